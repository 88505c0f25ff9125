// Files of granted folders: pieces are on their way while others are used, in order, and never more than a few.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { HostCall } from '../../../../runtime/isolate/guest/env/host-calls.ts'

/** As in the guest, but in this process: what it asks of the host is counted here. */
interface Guest {
  createWritableStream(
    call: HostCall,
    writer: number,
  ): WritableStream & { write(data: unknown): Promise<void> }
  makeRemoteFile(
    remote: {
      readonly size: number
      read(start: number, length: number): Promise<Uint8Array<ArrayBuffer>>
    },
    facts: { readonly name: string; readonly type: string; readonly lastModified: number },
  ): { stream(): ReadableStream<Uint8Array> }
}

const { outputFiles } = await build({
  stdin: {
    contents: `export { createWritableStream } from './files/writable.ts'; export { makeRemoteFile } from './fetch/blob.ts'`,
    resolveDir: fileURLToPath(new URL('../../../../runtime/isolate/guest/web', import.meta.url)),
  },
  ...{ bundle: true, write: false, format: 'esm', target: 'esnext', platform: 'neutral' },
  mainFields: ['module', 'main'],
  tsconfigRaw: { compilerOptions: { strict: true } },
})
const source = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64')
const { createWritableStream, makeRemoteFile } = (await import(
  `data:text/javascript;base64,${source}`
)) as Guest

const PIECE = 256 * 1024

interface Asked {
  readonly method: string
  readonly position: unknown
  readonly answer: (head?: unknown) => void
}

/** Its answers are sent by the test. */
function slowHost() {
  const open: Asked[] = []
  const all: string[] = []
  const call: HostCall = (method, [, position], body) => {
    const { promise, resolve } = Promise.withResolvers<{ head: unknown; body: undefined }>()
    all.push(`${method} ${position ?? ''} ${body?.length ?? ''}`.trim())
    const asked: Asked = {
      method,
      position,
      answer(head = null) {
        open.splice(open.indexOf(asked), 1)
        resolve({ head, body: undefined })
      },
    }
    open.push(asked)
    return promise
  }
  return { call, open, all }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

test('a stream goes on while eight pieces are on their way, and closes when all have arrived', async () => {
  const { call, open, all } = slowHost()
  const stream = createWritableStream(call, 1)
  const writer = stream.getWriter()
  let accepted = 0
  for (let n = 0; n < 20; n++) void writer.write(new Uint8Array(PIECE)).then(() => accepted++)
  const closed = writer.close()
  await settled()
  assert.deepEqual([open.length, accepted], [8, 8])
  for (let n = 0; n < 12; n++) {
    open[0]?.answer()
    await settled()
    assert.equal(open.length, 8)
  }
  while (open.length > 0) {
    assert.equal(all.length, 20, 'it is not committed yet')
    open[0]?.answer()
    await settled()
    if (open[0]?.method === 'files.commit') break
  }
  open[0]?.answer()
  await closed
  assert.deepEqual(
    all.slice(0, 20),
    Array.from({ length: 20 }, (_, n) => `files.write ${n * PIECE} ${PIECE}`),
  )
  assert.equal(all[20], 'files.commit')
})

test('small writes go in one piece while another is on its way, each to its place', async () => {
  const { call, open, all } = slowHost()
  const stream = createWritableStream(call, 1)
  const writer = stream.getWriter()
  for (let n = 0; n < 3; n++) await writer.write(new Uint8Array(100))
  await settled()
  assert.deepEqual(all, ['files.write 0 100'], 'the first one does not wait')
  open[0]?.answer()
  await settled()
  assert.deepEqual(all.slice(1), ['files.write 100 200'])
  await writer.write(new Uint8Array(50))
  await writer.write({ type: 'write', position: 350, data: new Uint8Array(7) })
  assert.deepEqual(all.slice(2), [], 'it continues what waits')
  await writer.write({ type: 'seek', position: 10 })
  await writer.write(new Uint8Array(1))
  const closed = writer.close()
  while (open.length > 0) {
    open[0]?.answer()
    await settled()
  }
  await closed
  assert.deepEqual(all.slice(2), ['files.write 300 57', 'files.write 10 1', 'files.commit'])
})

test('a big write between small ones fills their piece', async () => {
  const { call, open, all } = slowHost()
  const writer = createWritableStream(call, 1).getWriter()
  for (const length of [10, 10, PIECE, 10]) await writer.write(new Uint8Array(length))
  const closed = writer.close()
  await settled()
  while (open.length > 0) {
    open[0]?.answer()
    await settled()
  }
  await closed
  assert.deepEqual(all, [
    'files.write 0 10',
    `files.write 10 ${PIECE}`,
    `files.write ${10 + PIECE} 20`,
    'files.commit',
  ])
})

test('write() of the stream itself resolves when the piece has arrived, and rejects as it does', async () => {
  const { call, open } = slowHost()
  const stream = createWritableStream(call, 1)
  let done = false
  const written = stream.write('text').then(() => {
    done = true
  })
  await settled()
  assert.equal(done, false)
  open[0]?.answer()
  await written
  const refused = stream.write('more')
  await settled()
  open[0]?.answer({ error: 'QuotaExceededError', message: 'full' })
  await assert.rejects(refused, { name: 'QuotaExceededError' })
})

test('a piece that fails ends the stream, also when it was taken already', async () => {
  const { call, open, all } = slowHost()
  const stream = createWritableStream(call, 1)
  const writer = stream.getWriter()
  await writer.write(new Uint8Array(10))
  await writer.write(new Uint8Array(10))
  open[0]?.answer({ error: 'QuotaExceededError', message: 'full' })
  await assert.rejects(writer.closed, { name: 'QuotaExceededError' })
  await assert.rejects(writer.write('more'), { name: 'QuotaExceededError' })
  assert.equal(all.at(-1), 'files.discard')
})

test('a file is read four pieces ahead, in order, and no further when its reader has gone', async () => {
  const open: { readonly start: number; readonly answer: () => void }[] = []
  let asked = 0
  const file = makeRemoteFile(
    {
      size: 20 * PIECE + 5,
      read: (start, length) => {
        asked++
        const { promise, resolve } = Promise.withResolvers<Uint8Array<ArrayBuffer>>()
        // Short answers are completed.
        const answer = () =>
          resolve(new Uint8Array(start === PIECE && length === PIECE ? 100 : length).fill(start / PIECE))
        open.push({ start, answer })
        return promise
      },
    },
    { name: 'x', type: '', lastModified: 0 },
  )
  const reader = file.stream().getReader()
  const first = reader.read()
  await settled()
  assert.equal(asked, 4)
  for (const { answer } of open.splice(0).reverse()) answer()
  assert.deepEqual([(await first).value?.byteLength, (await first).value?.[0]], [PIECE, 0])
  const second = reader.read()
  await settled()
  for (const { answer } of open.splice(0)) answer()
  assert.deepEqual([(await second).value?.byteLength, (await second).value?.[0]], [PIECE, 1])
  const before = asked
  await reader.cancel()
  for (const { answer } of open.splice(0)) answer()
  await settled()
  assert.equal(asked, before)
})
