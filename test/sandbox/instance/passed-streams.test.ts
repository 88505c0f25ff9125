import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PassedStreams } from '../../../runtime/sandbox/instance/passed-streams.ts'

/** Chunks of one byte each, which arrive when they are let go. */
function slowly(count: number) {
  const waiting: (() => void)[] = []
  let isClosed = false
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (let n = 0; n < count; n++) {
        await new Promise<void>((resolve) => waiting.push(resolve))
        yield Uint8Array.of(n)
      }
    } finally {
      isClosed = true
    }
  }
  const go = () => waiting.shift()?.()
  return { source: source(), go, isClosed: () => isClosed }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

async function collect(bytes: AsyncIterable<Uint8Array>, into: number[]): Promise<void> {
  for await (const chunk of bytes) into.push(...chunk)
}

test('each byte goes one way, whenever the rest is taken', async () => {
  for (let step = 0; step <= 12; step++) {
    const { source, go } = slowly(6)
    const streams = new PassedStreams()
    const [guest, other]: [number[], number[]] = [[], []]
    const sending = collect(streams.open(1, source, []), guest)
    for (let n = 0; n < step; n++) {
      // Between the arrival of a chunk, and that its reader goes on.
      if (n % 2 === 0) await turn()
      else go()
    }
    const passed = streams.take(1)
    const rest = passed === undefined ? Promise.resolve() : collect(passed.rest, other)
    for (let n = 0; n < 8; n++) {
      await turn()
      go()
    }
    await rest
    assert.equal(passed === undefined, step === 12 && guest.length === 6, `${step}`)
    passed?.end()
    await sending
    assert.deepEqual([...guest, ...other], [0, 1, 2, 3, 4, 5], `${step}`)
    if (passed !== undefined) assert.equal(passed.sent, guest.length, `${step}`)
    assert.equal(streams.take(1), undefined)
  }
})

test('a source that fails ends both, each with its error', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Uint8Array.of(1)
    throw new Error('torn')
  }
  const streams = new PassedStreams()
  const stream = streams.open(1, failing(), [])
  const passed = streams.take(1)
  assert.ok(passed !== undefined)
  const other: number[] = []
  await assert.rejects(collect(passed.rest, other), /torn/)
  passed.end({ error: new Error('torn') })
  await assert.rejects(collect(stream, []), /torn/)
  assert.deepEqual(other, [1])
})

test('nothing is kept of a stream that has failed', async () => {
  // It fails when it is read first.
  const source: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('torn')) }),
  }
  const streams = new PassedStreams()
  await assert.rejects(collect(streams.open(1, source, []), []), /torn/)
  assert.equal(streams.take(1), undefined)
})

test('a stream that is cancelled ends for whoever has taken it, and its source is closed', async () => {
  const { source, go, isClosed } = slowly(6)
  const streams = new PassedStreams()
  const cancelled = new AbortController()
  const stream = streams.open(1, source, [cancelled.signal])
  const passed = streams.take(1)
  assert.ok(passed !== undefined)
  const rest = collect(passed.rest, [])
  await turn()
  cancelled.abort(new Error('enough'))
  go()
  await assert.rejects(rest, /enough/)
  await assert.rejects(collect(stream, []), /enough/)
  assert.equal(isClosed(), true)
})

test('a stream is taken once, by its number', () => {
  const { source } = slowly(1)
  const streams = new PassedStreams()
  streams.open(7, source, [])
  for (const id of [8, '7', null, undefined, {}, 7.5]) assert.equal(streams.take(id), undefined)
  assert.notEqual(streams.take(7), undefined)
  assert.equal(streams.take(7), undefined)
})
