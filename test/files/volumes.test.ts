// env.volumes, as a plugin uses it: a real runtime, real processes, real folders.

import assert from 'node:assert/strict'
import { readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { api, install, send, startTestRuntime, temporaryFolder, until } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

const BACKEND = `
export default {
  async fetch(request, env, ctx) {
    const run = new Function('env', 'root', 'return (async () => {' + (await request.text()) + '})()')
    try {
      const [volume] = await env.volumes.list()
      const root = await env.volumes.open(volume.id)
      return Response.json((await run(env, root)) ?? null)
    } catch (error) {
      return Response.json({ error: error.name, code: error.cause?.code })
    }
  },
}
`
const scope = sharedScope()
let runtime: Runtime
let drive: string

before(async () => {
  drive = await temporaryFolder(scope)
  const volumes = { roots: [drive, join(drive, 'absent')] }
  // A large body may take longer than a request usually may.
  runtime = await startTestRuntime(scope, {
    config: { volumes, limits: { deadlineMs: 60_000, cpuMs: 60_000 } },
  })
  await install(runtime, KEEPER)
})

const KEEPER = { id: 'keeper', backend: BACKEND, manifest: { permissions: { volumes: 'readwrite' } } }

async function run(code: string, from = runtime): Promise<unknown> {
  const url = 'http://127.0.0.1:3000/plugins/keeper/api/'
  const response = await createApp(from).request(url, { method: 'POST', body: code })
  return await response.json()
}

test("a file is written and read in the plugin's own folder", async () => {
  const seen = await run(`
    const file = await root.getFileHandle('a.txt', { create: true })
    const stream = await file.createWritable()
    await stream.write('hello')
    await stream.close()
    return [await (await file.getFile()).text(), await Array.fromAsync(root.keys())]`)
  assert.deepEqual(seen, ['hello', ['a.txt']])
  assert.equal(await readFile(join(drive, 'plugbay/keeper/a.txt'), 'utf8'), 'hello')
})

test('a volume is described without its path, and an administrator sees all of it', async () => {
  const seen = (await run('return await env.volumes.list()')) as Record<string, unknown>[]
  const fields = ['filesystem', 'freeBytes', 'id', 'kind', 'metadata', 'name', 'totalBytes', 'writable']
  assert.deepEqual(Object.keys(seen[0] ?? {}).toSorted(), fields)
  assert.equal(JSON.stringify(seen).includes(drive), false)
  assert.equal(seen.length, 1, 'a volume with a problem is not shown to plugins')
  const { items } = (await (await api(runtime, '/volumes')).json()) as { items: Record<string, unknown>[] }
  const [usable, gone] = items
  const facts = [usable?.path, usable?.kind, usable?.problem, usable?.dataFolder]
  assert.deepEqual(facts, [drive, 'folder', null, 'plugbay'])
  assert.equal((gone?.problem as { code: string } | undefined)?.code, 'FOLDER_GONE')
  const opened = await run(`return await env.volumes.open('${String(gone?.id)}')`)
  assert.deepEqual(opened, { error: 'NotFoundError', code: 'FOLDER_GONE' })
  assert.deepEqual(await run("return await env.volumes.open('none')"), { error: 'NotFoundError' })
})

test('a body of any size passes through a backend, which holds a few chunks of it', async () => {
  // 80 MB, in a backend of 64 MB.
  const seen = await run(`
    const file = await root.getFileHandle('large', { create: true })
    const writable = await file.createWritable()
    let left = 320
    const pull = (c) => (left-- > 0 ? c.enqueue(new Uint8Array(262144).fill(left)) : c.close())
    await new ReadableStream({ pull }, { highWaterMark: 0 }).pipeTo(writable)
    const { size } = await file.getFile()
    let sum = 0, longest = 0
    for await (const chunk of (await file.getFile()).stream()) { sum += chunk.byteLength; longest = Math.max(longest, chunk.byteLength) }
    const slice = (await file.getFile()).slice(262143, 262145)
    return [size, sum, longest <= 262144, [...await slice.bytes()], slice.size]`)
  assert.deepEqual(seen, [320 * 262_144, 320 * 262_144, true, [319 % 256, 318 % 256], 2])
})

test('a file is the body of a response, and no part of another one before it is read', async () => {
  await run(`
    const stream = await (await root.getFileHandle('body', { create: true })).createWritable()
    await stream.write('0123456789')
    await stream.close()`)
  const seen = await run(`
    const file = await (await root.getFileHandle('body')).getFile()
    const texts = [await new Response(file).text(), await new Response(file.slice(2, 4)).text(), await structuredClone(file).text()]
    const form = new FormData()
    form.set('a', file)
    const errors = []
    for (const wrong of [() => new Blob([file]), () => new Response(form)])
      try { wrong(); errors.push('taken') } catch (error) { errors.push(error.name) }
    return [...texts, ...errors, file.size, file.name, file instanceof Blob]`)
  assert.deepEqual(seen, ['0123456789', '23', '0123456789', 'TypeError', 'TypeError', 10, 'body', true])
})

test('handles have the identity and the exceptions of the standard', async () => {
  const seen = await run(`
    const dir = await root.getDirectoryHandle('dir', { create: true })
    const file = await dir.getFileHandle('f', { create: true })
    const again = await (await (await env.volumes.open((await env.volumes.list())[0].id)).getDirectoryHandle('dir')).getFileHandle('f')
    const outcomes = []
    for (const work of [
      () => root.getFileHandle('dir'), () => root.getFileHandle('none'), () => root.getDirectoryHandle('..'), () => root.getFileHandle('a/b'),
      () => root.getFileHandle('CON', { create: true }), () => root.removeEntry('dir'), () => new FileSystemFileHandle(), () => file.move('g'),
      () => dir.removeEntry('g'), () => dir.remove(), () => root.remove(),
    ])
      try { await work(); outcomes.push('done') } catch (error) { outcomes.push(error.name + (error instanceof DOMException ? '' : '!')) }
    return [
      await file.isSameEntry(again), await file.isSameEntry(dir), await root.resolve(again), await dir.resolve(root),
      [dir.kind, file.kind, file.name, String(file), root.name], outcomes,
    ]`)
  assert.deepEqual(seen, [
    // Renamed meanwhile: the other handle still has the old name.
    ...[false, false, ['dir', 'f'], null],
    ['directory', 'file', 'g', '[object FileSystemFileHandle]', 'keeper'],
    [
      ...['TypeMismatchError', 'NotFoundError', 'TypeError!', 'TypeError!'],
      ...['TypeError!', 'InvalidModificationError', 'TypeError!', 'done', 'done', 'done', 'NotAllowedError'],
    ],
  ])
})

test('a link that stands on the drive in place of the folders of plugins leads nowhere', async (t) => {
  const other = await temporaryFolder(t)
  const outside = await temporaryFolder(t)
  await symlink(outside, join(other, 'plugbay'))
  const second = await startTestRuntime(t, { config: { volumes: { roots: [other] } } })
  await install(second, KEEPER)
  assert.deepEqual(await run('return 1', second), { error: 'TypeMismatchError' })
  assert.deepEqual(await readdir(outside), [])
})

test('a grant that is narrowed counts for the next call, and without one there are no volumes', async () => {
  await run(`
    globalThis.kept = await (await root.getFileHandle('kept', { create: true })).createWritable()
    await kept.write('1')`)
  assert.equal((await send(runtime, 'PUT', '/plugins/keeper/grants', { volumes: 'read' })).status, 200)
  const narrowed = await run(`return await root.getFileHandle('new', { create: true })`)
  assert.deepEqual(narrowed, { error: 'NotAllowedError', code: 'PERMISSION_DENIED' })
  assert.deepEqual(await run('return (await env.volumes.list())[0].writable'), false)
  assert.equal(await readFile(join(drive, 'plugbay/keeper/kept'), 'utf8'), '')
  assert.equal((await send(runtime, 'PUT', '/plugins/keeper/grants', {})).status, 200)
  assert.deepEqual(await run('return 1'), { error: 'TypeError' })
  assert.equal((await send(runtime, 'PUT', '/plugins/keeper/grants', { volumes: 'readwrite' })).status, 200)
})

test('a plugin that is disabled leaves nothing unfinished behind', async () => {
  await run(`
    globalThis.open = await (await root.getFileHandle('open', { create: true })).createWritable()
    await open.write('1')`)
  assert.equal((await send(runtime, 'POST', '/plugins/keeper/disable')).status, 200)
  const own = join(drive, 'plugbay/keeper')
  await until('what was being written is gone', async () =>
    (await readdir(own)).every((name) => !name.startsWith('.plugbay-')),
  )
  assert.equal(await readFile(join(own, 'open'), 'utf8'), '')
})
