// A snapshot in packs: what the programs of the system make of them, and who may read one.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import { defineHost } from '../../../runtime/index.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { SnapshotSection } from '../../../sdk/protocol/host-data.ts'
import { install, startTestRuntime, temporaryFolder, until } from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'
import { run as command } from './helpers.ts'

const FILES = 40
const FILE_BYTES = 100_000

const BACKEND = `
const take = (env, args, body) => env.host.call('data.snapshot', args, body)
const SNAPSHOT = { form: 'packs', sources: ['media'], packBytes: 1000000 }

async function* lines(stream) {
  let text = ''
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk
    for (let end; (end = text.indexOf('\\n')) !== -1; text = text.slice(end + 1)) yield JSON.parse(text.slice(0, end))
  }
}

export default {
  async fetch(request, env, ctx) {
    const run = new Function('env', 'root', 'take', 'lines', 'SNAPSHOT', 'return (async () => {' + (await request.text()) + '})()')
    try {
      const [volume] = await env.volumes.list()
      return Response.json((await run(env, await env.volumes.open(volume.id), take, lines, SNAPSHOT)) ?? null)
    } catch (error) {
      return Response.json({ code: error.code })
    }
  },
}
`
const scope = sharedScope()
let runtime: Runtime
let media: string
let drive: string
const contents = new Map<string, Buffer>()

before(async () => {
  const folder = await temporaryFolder(scope)
  drive = await temporaryFolder(scope)
  media = join(folder, 'media')
  await mkdir(media)
  for (let n = 0; n < FILES; n++) {
    const bytes = randomBytes(FILE_BYTES)
    contents.set(createHash('sha256').update(bytes).digest('hex'), bytes)
    await writeFile(join(media, `${n}`), bytes)
  }
  const host = defineHost({
    id: 'library',
    version: '2.3.0',
    data: { media: { title: 'Media', folder: media } },
  })
  const limits = { deadlineMs: 60_000, cpuMs: 60_000 }
  runtime = await startTestRuntime(scope, { host, config: { volumes: { roots: [drive] }, limits } })
  const permissions = { volumes: 'readwrite', host: ['data.snapshot'] }
  for (const id of ['packer', 'other'])
    await install(runtime, { id, backend: BACKEND, manifest: { permissions } })
})

async function run<T>(code: string, plugin = 'packer'): Promise<T> {
  const url = `http://127.0.0.1:3000/plugins/${plugin}/api/`
  const response = await createApp(runtime).request(url, { method: 'POST', body: code })
  return (await response.json()) as T
}

async function nothingLeft(): Promise<void> {
  await until('its folder is gone', async () => (await readdir(runtime.store.paths.staging)).length === 0)
}

test('each pack is a file that zstd and tar read, with what its sections say', async () => {
  const sections = await run<SnapshotSection[]>(`
    const all = []
    let name, packs = 0, piped
    for await (const section of lines(await take(env, SNAPSHOT))) {
      all.push(section)
      name ??= section.packs
      if (section.parts?.length > 0 && piped === undefined) {
        const file = await (await root.getFileHandle('pack-' + packs++, { create: true })).createWritable()
        piped = (await take(env, { pack: name })).pipeTo(file)
      }
      if (section.packed) {
        await piped
        piped = undefined
      }
    }
    return all`)
  assert.equal(sections.at(-1)?.isLast, true)
  const own = join(drive, 'plugbay/packer')
  const seen = new Set<string>()
  let parts: string[] = []
  let count = 0
  for (const section of sections) {
    parts.push(...(section.parts ?? []).map((part) => part.slice(0, 64)))
    if (section.packed === undefined) continue
    const path = join(own, `pack-${count++}`)
    const bytes = await readFile(path)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    assert.deepEqual(section.packed, { bytes: bytes.length, sha256 })
    assert.ok(bytes.length > 300_000 && bytes.length < 2_500_000, `${bytes.length} bytes`)
    command('zstd', '-q', '-d', path, '-o', `${path}.tar`)
    assert.deepEqual(command('tar', '-tf', `${path}.tar`).trim().split('\n'), parts)
    const out = `${path}.out`
    await mkdir(out)
    command('tar', '-xf', `${path}.tar`, '-C', out)
    for (const part of parts) {
      assert.ok(contents.get(part)?.equals(await readFile(join(out, part))))
      seen.add(part)
    }
    parts = []
  }
  assert.deepEqual([seen.size, parts], [FILES, []])
  assert.ok(count > 1)
  await nothingLeft()
})

test('nothing is packed before its pack is read', async () => {
  const seen = await run<{ lines: number }>(`
    const reading = lines(await take(env, SNAPSHOT))
    const { value: { packs } } = await reading.next()
    const first = await reading.next()
    const second = await Promise.race([reading.next(), new Promise((resolve) => setTimeout(resolve, 500, 'waits'))])
    const pack = await take(env, { pack: packs })
    const reader = pack.getReader()
    await reader.read()
    const third = second === 'waits' ? 'goes on' : second
    await reader.cancel()
    await reading.return().catch(() => undefined)
    return [first.value.parts.length > 0, second, third]`)
  assert.deepEqual(seen, [true, 'waits', 'goes on'])
  await nothingLeft()
})

test('who has not begun a snapshot reads none of its packs', async () => {
  const refused = { code: 'NOT_FOUND' }
  assert.deepEqual(await run(`return await take(env, { pack: 'none' })`), refused)
  const name = await run<string>(`
    globalThis.reading = lines(await take(env, SNAPSHOT))
    return (await reading.next()).value.packs`)
  assert.match(name, /^[0-9a-f-]{36}$/)
  assert.deepEqual(await run(`return await take(env, { pack: '${name}' })`, 'other'), refused)
  assert.deepEqual(await run(`return await take(env, { pack: '${name}' }, new Uint8Array(70000))`), {
    code: 'QUOTA_EXCEEDED',
  })
  assert.deepEqual(await run(`return await take(env, { pack: '${name}', key: 'short' })`), {
    code: 'VALUE_INVALID',
  })
  const second = await run(`
    const first = (await take(env, { pack: '${name}' })).getReader()
    await first.read()
    const second = (await take(env, { pack: '${name}' })).getReader()
    const { code } = await second.read().catch((error) => error)
    return { code }`)
  assert.deepEqual(second, { code: 'STATE_CONFLICT' })
  await run('await globalThis.reading.return().catch(() => undefined)')
  await nothingLeft()
  assert.deepEqual(await run(`return await take(env, { pack: '${name}' })`), refused)
})

test('a pack that is not read to its end ends the snapshot', async () => {
  const seen = await run(`
    const reading = lines(await take(env, SNAPSHOT))
    const { value: { packs } } = await reading.next()
    await (await take(env, { pack: packs })).cancel()
    for (;;) {
      const { done, value } = await reading.next()
      if (done || value.isLast) return 'whole'
    }`)
  assert.deepEqual(seen, { code: 'HOST_CALL_FAILED' })
  await nothingLeft()
})
