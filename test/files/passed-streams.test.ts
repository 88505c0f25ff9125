// A stream of the host that a plugin pipes to a file of a volume: the host writes it, and the plugin decides over it as over any other.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { before, beforeEach, test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import { defineHost, PlugbayError } from '../../runtime/index.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { install, send, startTestRuntime, temporaryFolder, until } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

const CHUNK = 100_000
const CHUNKS = 200
/** Windows of both streams, pieces on their way, and what is being made. */
const MOST_AHEAD = 2_000_000
const MOST_KEPT = 60_000_000

const BACKEND = `
export default {
  async fetch(request, env, ctx) {
    const run = new Function('env', 'root', 'return (async () => {' + (await request.text()) + '})()')
    try {
      const [volume] = await env.volumes.list()
      return Response.json((await run(env, await env.volumes.open(volume.id))) ?? null)
    } catch (error) {
      return Response.json({ error: error.name, code: error.code || error.cause?.code, message: error.message })
    }
  },
}
`
const OPEN = `
    const file = await root.getFileHandle('out', { create: true })
    const writable = await file.createWritable()`

let made = 0
let isCancelled = false
/** What happens before the chunk of that number. */
let interrupt: { readonly at: number; readonly work: () => Promise<void> } | undefined

function chunk(number: number): Uint8Array {
  return new Uint8Array(CHUNK).fill(number)
}

function stream(count: number): ReadableStream<Uint8Array> {
  made = 0
  isCancelled = false
  return new ReadableStream(
    {
      async pull(controller) {
        if (interrupt?.at === made) await interrupt.work()
        if (made === count) controller.close()
        else controller.enqueue(chunk(made++))
      },
      cancel() {
        isCancelled = true
      },
    },
    { highWaterMark: 0 },
  )
}

const host = defineHost({
  id: 'library',
  version: '1.0.0',
  calls: {
    'media.read': {
      args: { type: 'integer' },
      result: 'stream',
      effect: false,
      run: (n) => stream(Number(n)),
    },
  },
})
const GRANTS = { volumes: 'readwrite', host: ['media.read'] }

const scope = sharedScope()
let runtime: Runtime
let drive: string
/** Of a server with chunks. */
let origin: string

before(async () => {
  drive = await temporaryFolder(scope)
  const limits = { deadlineMs: 60_000, cpuMs: 60_000, volumeBytes: MOST_KEPT }
  runtime = await startTestRuntime(scope, {
    host,
    config: { volumes: { roots: [drive] }, limits },
  })
  const server = createServer((_request, response) => {
    for (const part of all(100)) response.write(part)
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  scope.after(async () => void server.close())
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const manifest = { permissions: { ...GRANTS, network: [origin] } }
  await install(runtime, { id: 'piper', backend: BACKEND, manifest })
})

beforeEach(() => {
  interrupt = undefined
})

async function run(code: string): Promise<unknown> {
  const url = 'http://127.0.0.1:3000/plugins/piper/api/'
  const response = await createApp(runtime).request(url, { method: 'POST', body: code })
  return await response.json()
}

/** That the plugin has written, so far. */
async function pieces(): Promise<number> {
  return (await runtime.plugins.get('piper')).resources.hostCalls['files.write'] ?? 0
}

const out = () => join(drive, 'plugbay/piper/out')

async function assertContent(parts: readonly Uint8Array[]): Promise<void> {
  const wanted = createHash('sha256')
  for (const part of parts) wanted.update(part)
  const found = createHash('sha256')
  for await (const piece of createReadStream(out())) found.update(piece)
  assert.equal(found.digest('hex'), wanted.digest('hex'))
}

const all = (count: number) => Array.from({ length: count }, (_, n) => chunk(n))

test('a stream of the host goes to a file past the plugin, and is the same', async () => {
  const before = await pieces()
  await run(`${OPEN}
    await (await env.host.call('media.read', ${CHUNKS})).pipeTo(writable)`)
  await assertContent(all(CHUNKS))
  // 20 MB; the plugin has written the window that had arrived.
  const written = (await pieces()) - before
  assert.ok(written <= 8, `${written} pieces were written by the plugin`)
})

test('the writable goes on where the stream has ended, and a stream is put where the writable stands', async () => {
  await run(`${OPEN}
    await writable.write('before')
    await (await env.host.call('media.read', 30)).pipeTo(writable, { preventClose: true })
    await writable.write('between')
    await (await env.host.call('media.read', 30)).pipeTo(writable, { preventClose: true })
    await (await env.host.call('media.read', 0)).pipeTo(writable, { preventClose: true })
    await writable.write('after')
    await writable.close()`)
  const text = (word: string) => Buffer.from(word)
  await assertContent([text('before'), ...all(30), text('between'), ...all(30), text('after')])
})

test('what is queued, read or locked before is where it belongs', async () => {
  const seen = await run(`${OPEN}
    const queued = writable.write('queued')
    const stream = await env.host.call('media.read', 30)
    await stream.pipeTo(writable, { preventClose: true })
    await queued
    const half = await env.host.call('media.read', 30)
    const reader = half.getReader()
    const { value } = await reader.read()
    const locked = await half.pipeTo(writable).catch((error) => error.name)
    reader.releaseLock()
    await writable.write(value)
    await half.pipeTo(writable)
    return locked`)
  assert.equal(seen, 'TypeError')
  await assertContent([Buffer.from('queued'), ...all(30), ...all(30)])
})

test('the body of a request that was fetched goes the same way', async () => {
  const before = await pieces()
  const seen = await run(`${OPEN}
    const { body } = await fetch('${origin}')
    await body.pipeTo(writable)`)
  assert.equal(seen, null)
  await assertContent(all(100))
  assert.ok((await pieces()) - before <= 8)
})

test('the host reads no faster than it writes', async () => {
  const seen = await run(`${OPEN}
    const stream = await env.host.call('media.read', ${CHUNKS})
    await new Promise((resolve) => setTimeout(resolve, 300))
    await stream.pipeTo(writable)`)
  assert.equal(seen, null)
  assert.equal(made, CHUNKS)
  // While nothing is written, nothing but the window was read.
  let ahead = 0
  interrupt = {
    at: 100,
    async work() {
      ahead = made
    },
  }
  await run(`${OPEN}
    globalThis.idle = await env.host.call('media.read', ${CHUNKS})
    await writable.abort()`)
  assert.ok(made * CHUNK < MOST_AHEAD && ahead === 0, `${made} chunks were read`)
  await run('await globalThis.idle.cancel()')
})

test('a stream that fails leaves the old content, and the plugin gets its error', async () => {
  await run(`${OPEN}
    await writable.write('old')
    await writable.close()`)
  interrupt = {
    at: 150,
    work: async () => {
      throw new PlugbayError('STATE_CONFLICT', 'The film has torn')
    },
  }
  const seen = await run(`${OPEN}
    await (await env.host.call('media.read', ${CHUNKS})).pipeTo(writable)`)
  assert.deepEqual(seen, { error: 'HostError', code: 'STATE_CONFLICT', message: 'The film has torn' })
  assert.equal(await readFile(out(), 'utf8'), 'old')
  await nothingUnfinished()
})

test('a file that becomes too large fails as it does by write(), and the host reads no further', async () => {
  const seen = (await run(`${OPEN}
    await (await env.host.call('media.read', 1000)).pipeTo(writable)`)) as { error: string }
  assert.equal(seen.error, 'QuotaExceededError')
  await until('the stream was cancelled', async () => isCancelled)
  assert.ok(made * CHUNK < MOST_KEPT + MOST_AHEAD, `${made} chunks were read`)
  await nothingUnfinished()
})

test('a plugin cancels what passes by', async () => {
  const seen = await run(`${OPEN}
    const stop = new AbortController()
    const stream = await env.host.call('media.read', 100000)
    const piped = stream.pipeTo(writable, { signal: stop.signal }).catch((error) => error.message)
    setTimeout(() => stop.abort(new Error('enough')), 100)
    return await piped`)
  assert.equal(seen, 'enough')
  await until('the stream was cancelled', async () => isCancelled)
  await nothingUnfinished()
})

test('a grant that is narrowed ends it in the middle, at either end', async () => {
  for (const [grants, wanted] of [
    [
      { volumes: 'read', host: ['media.read'] },
      { error: 'NotAllowedError', code: 'PERMISSION_DENIED' },
    ],
    [{ volumes: 'readwrite' }, { error: 'HostError', code: 'PERMISSION_DENIED' }],
  ] as const) {
    interrupt = {
      at: 100,
      async work() {
        assert.equal((await send(runtime, 'PUT', '/plugins/piper/grants', grants)).status, 200)
      },
    }
    const { message: _message, ...seen } = (await run(`${OPEN}
      await (await env.host.call('media.read', ${CHUNKS})).pipeTo(writable)`)) as { message: string }
    // The name of a DOMException has a number, too.
    assert.equal((seen as { error: string }).error, wanted.error)
    await until('the stream was cancelled', async () => isCancelled)
    assert.ok(made < CHUNKS, 'it was read to its end')
    interrupt = undefined
    assert.equal((await send(runtime, 'PUT', '/plugins/piper/grants', GRANTS)).status, 200)
    await nothingUnfinished()
  }
})

test('the host takes nothing for a stream that it does not send, and a stream only once', async () => {
  const seen = await run(`${OPEN}
    const stream = await env.host.call('media.read', 30)
    const second = await (await root.getFileHandle('second', { create: true })).createWritable()
    const outcomes = await Promise.allSettled([stream.pipeTo(writable), stream.pipeTo(second)])
    return outcomes.map(({ status }) => status)`)
  assert.deepEqual(seen, ['fulfilled', 'rejected'])
  await assertContent(all(30))
})

async function nothingUnfinished(): Promise<void> {
  await until('nothing unfinished is left', async () =>
    (await readdir(join(drive, 'plugbay/piper'))).every((name) => !name.startsWith('.plugbay-')),
  )
}
