// What the File System standard says of writing, positions, locks and moves, case by case, in a plugin.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { install, startTestRuntime, temporaryFolder } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

/** Each case gets a new folder, and tells how each of its steps has ended. */
const BACKEND = `
const text = async (handle) => await (await handle.getFile()).text()
const make = async (root, name, content = '') => {
  const handle = await root.getFileHandle(name, { create: true })
  const stream = await handle.createWritable()
  await stream.write(content)
  await stream.close()
  return handle
}
const name = async (work) => {
  try { await (typeof work === 'function' ? work() : work); return 'done' } catch (error) { return error.name }
}
let cases = 0
export default {
  async fetch(request, env) {
    const volume = await env.volumes.open((await env.volumes.list())[0].id)
    const root = await volume.getDirectoryHandle('case-' + cases++, { create: true })
    const run = new Function('root', 'make', 'text', 'name', 'return (async () => {' + (await request.text()) + '})()')
    return Response.json(await run(root, make, text, name))
  },
}
`

/** The code of each case, and what it gives. */
const CASES: Readonly<Record<string, readonly [code: string, result: unknown]>> = {
  'every kind of data is written at the position, which moves on': [
    `const f = await make(root, 'f'); const s = await f.createWritable()
     await s.write('ab'); await s.write(new Uint8Array([99, 100]).buffer); await s.write(new Uint8Array([0, 101, 0]).subarray(1, 2))
     await s.write(new Blob(['f', 'g'])); await s.write({ type: 'write', data: 'h' }); await s.write('🤘'); await s.close()
     return [await text(f), (await f.getFile()).size]`,
    ['abcdefgh🤘', 12],
  ],
  'a digest is that of the content, and of nothing else': [
    `const f = await make(root, 'f', 'x'.repeat(9_000_000))
     const hex = (digest) => [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
     const same = []
     for (const algorithm of ['SHA-1', 'SHA-256', 'sha-384', 'SHA-512']) {
       const read = new crypto.DigestStream(algorithm)
       await (await f.getFile()).stream().pipeTo(read)
       same.push(hex(await f.digest(algorithm)) === hex(await read.digest))
     }
     const empty = await make(root, 'empty')
     same.push(hex(await empty.digest({ name: 'SHA-256' })).slice(0, 8))
     const wrong = [await name(f.digest('MD5')), await name(f.digest())]
     await f.remove()
     return [same, wrong, await name(f.digest('SHA-256'))]`,
    [[true, true, true, true, 'e3b0c442'], ['NotSupportedError', 'TypeError'], 'NotFoundError'],
  ],
  'a file of a folder is copied into another': [
    `const one = await make(root, 'one', 'x'.repeat(600000)); const f = await make(root, 'f'); const s = await f.createWritable()
     await s.write(await one.getFile()); await s.close(); return (await text(f)) === (await text(one))`,
    true,
  ],
  'a write at a position leaves the rest, and zeros before it': [
    `const f = await make(root, 'f'); const s = await f.createWritable()
     await s.write('1234567890'); await s.write({ type: 'write', position: 4, data: 'abc' }); await s.write('d')
     await s.write({ type: 'write', position: 12, data: '!' }); await s.close(); return await text(f)`,
    '1234abcd90\0\0!',
  ],
  'seek and truncate move the position as they should': [
    `const f = await make(root, 'f', '1234567890'); const s = await f.createWritable({ keepExistingData: true })
     await s.truncate(5); await s.write('ab'); await s.seek(9); await s.truncate(6); await s.write('cd'); await s.close()
     return await text(f)`,
    'ab345\0cd',
  ],
  'commands that lack something, or are none, fail by name': [
    `const f = await make(root, 'f', 'kept'); const out = []
     for (const wrong of [{ type: 'truncate' }, { type: 'seek' }, { type: 'write' }, { type: 'write', data: null }, { type: 'seek', position: null },
       { type: 'truncate', size: null }, { type: 'truncate', size: -1 }, { type: 'other' }, null, 5, {}])
       out.push(await name((await f.createWritable()).write(wrong)))
     return [...out, await text(f)]`,
    [
      ...['SyntaxError', 'SyntaxError', 'SyntaxError', 'TypeError', 'TypeError', 'TypeError', 'TypeError'],
      ...['TypeError', 'TypeError', 'TypeError', 'TypeError', 'kept'],
    ],
  ],
  'a stream that has failed has released its lock, and takes nothing any more': [
    `const f = await make(root, 'f', 'kept'); const s = await f.createWritable({ mode: 'exclusive' }); const w = s.getWriter()
     const out = [await name(w.write(null)), await name(w.write('x')), await name(w.close())]
     const again = await f.createWritable({ mode: 'exclusive' }); await again.close()
     return [...out, await text(f)]`,
    ['TypeError', 'TypeError', 'TypeError', ''],
  ],
  'after close() nothing can be done, and only one close() succeeds': [
    `const f = await make(root, 'f'); const s = await f.createWritable(); await s.write('x')
     const closed = await Promise.all(Array.from({ length: 20 }, () => name(s.close())))
     return [closed.filter((one) => one === 'done').length, await name(s.write('y')), await name(s.truncate(0)), await text(f)]`,
    [1, 'TypeError', 'TypeError', 'x'],
  ],
  'two streams do not see each other, and the last to close wins': [
    `const f = await make(root, 'f'); const one = await f.createWritable(); const two = await f.createWritable()
     await one.write('one'); await two.write('two'); const out = [await text(f)]
     await two.close(); out.push(await text(f)); await one.close(); return [...out, await text(f)]`,
    ['', 'two', 'one'],
  ],
  'abort() leaves the file, and the folder, as they were': [
    `const f = await make(root, 'f', 'kept'); const s = await f.createWritable(); await s.write('x'); await s.abort()
     return [await text(f), await Array.fromAsync(root.keys()), await name(root.removeEntry('f'))]`,
    ['kept', ['f'], 'done'],
  ],
  'commands are queued, and the stream is not locked between them': [
    `const f = await make(root, 'f'); const s = await f.createWritable()
     s.write('abc'); s.write('def'); s.truncate(9); s.seek(0); s.write('xyz'); const { locked } = s; await s.close()
     return [locked, await text(f)]`,
    [false, 'xyzdef\0\0\0'],
  ],
  'what is gone cannot be written, read or moved': [
    `const d = await root.getDirectoryHandle('d', { create: true }); const f = await make(d, 'f', 'x'); const file = await f.getFile()
     await root.removeEntry('d', { recursive: true })
     return [await name(f.createWritable()), await name(f.createWritable({ keepExistingData: true })), await name(file.text()), await name(f.move('g')),
       await name(d.getFileHandle('g', { create: true })), await name(Array.fromAsync(d.keys()))]`,
    Array.from({ length: 6 }, () => 'NotFoundError'),
  ],
  'a file is renamed, moved, and takes the place of another; its handle goes with it': [
    `const a = await root.getDirectoryHandle('a', { create: true }); const b = await root.getDirectoryHandle('b', { create: true })
     const f = await make(a, 'f', 'content'); await make(b, 'g', 'replaced')
     await f.move('e'); await f.move('e'); await f.move(b); await f.move(b, 'g')
     return [await text(f), f.name, await Array.fromAsync(a.keys()), await Array.fromAsync(b.keys()), await root.resolve(f)]`,
    ['content', 'g', [], ['g'], ['b', 'g']],
  ],
  'what is being written, or would be replaced while it is, does not move': [
    `const f = await make(root, 'f', '1'); const g = await make(root, 'g', '2'); const s = await g.createWritable()
     const out = [await name(f.move('g')), await name(g.move('h')), await name(root.removeEntry('g'))]; await s.close()
     return [...out, await name(f.move('g')), await text(f)]`,
    [
      ...['NoModificationAllowedError', 'NoModificationAllowedError', 'NoModificationAllowedError'],
      'done',
      '1',
    ],
  ],
  'names that are none, and moves into files, are refused': [
    `const f = await make(root, 'f'); const g = await make(root, 'g')
     return [await name(f.move('')), await name(f.move('Lorem.')), await name(f.move('a*b')), await name(f.move(root, 'a/b')), await name(f.move(g)), await name(f.move())]`,
    Array.from({ length: 6 }, () => 'TypeError'),
  ],
  'a folder is iterated in four ways, and a loop may end early': [
    `for (const n of ['x', 'y']) await make(root, n); await root.getDirectoryHandle('z', { create: true }); const out = []
     for await (const [n, h] of root) out.push(n + h.kind[0]); for await (const [n] of root.entries()) { out.push(n.length); break }
     return [out.slice(0, 3).sort(), out.slice(3), (await Array.fromAsync(root.values())).length, (await Array.fromAsync(root.keys())).sort()]`,
    [['xf', 'yf', 'zd'], [1], 3, ['x', 'y', 'z']],
  ],
}

const scope = sharedScope()
let runtime: Runtime

before(async () => {
  const volumes = { roots: [await temporaryFolder(scope)] }
  runtime = await startTestRuntime(scope, {
    config: { volumes, limits: { deadlineMs: 60_000, cpuMs: 30_000 } },
  })
  const manifest = { permissions: { volumes: 'readwrite' } }
  await install(runtime, { id: 'cases', backend: BACKEND, manifest })
})

for (const [title, [body, result]] of Object.entries(CASES)) {
  test(title, async () => {
    const url = 'http://127.0.0.1:3000/plugins/cases/api/'
    const response = await createApp(runtime).request(url, { method: 'POST', body })
    assert.deepEqual(await response.json(), result)
  })
}
