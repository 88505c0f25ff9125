// Frames as bytes: whole again however the socket cuts them, and refused when they lie about their length.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeFrame, FrameReader, FrameWriter, MAX_FRAME_BYTES } from '../../../sdk/protocol/frame-codec.ts'
import { CALL, CHUNK, MORE } from '../../../sdk/protocol/wire.ts'

type Seen = [number, number, number, string, string | undefined]

function reader(maxBytes?: number) {
  const seen: Seen[] = []
  const made = new FrameReader(
    (kind, slot, id, head, body) =>
      seen.push([
        kind,
        slot,
        id,
        head,
        body === undefined ? undefined : Buffer.from(body).toString('latin1'),
      ]),
    { maxBytes },
  )
  return { seen, push: (chunk: Uint8Array) => made.push(Buffer.from(chunk)) }
}

const FRAMES: readonly Seen[] = [
  [CALL, 0, 1, '{"m":"x"}', undefined],
  [CALL | MORE, 4_294_967_295, 4_294_967_295, 'ünïcödé €', 'bytes\u0000\u00ff'],
  [CHUNK, 7, 2, '', 'b'],
  [7, 1, 0, '', undefined],
]
const BYTES = Buffer.concat(
  FRAMES.map(([kind, slot, id, head, body]) =>
    encodeFrame(kind, slot, id, head, body === undefined ? undefined : Buffer.from(body, 'latin1')),
  ),
)

test('frames come out as they went in, in one piece, byte by byte, and cut at every place', () => {
  const whole = reader()
  whole.push(BYTES)
  assert.deepEqual(whole.seen, FRAMES)
  const single = reader()
  for (const byte of BYTES) single.push(Uint8Array.of(byte))
  assert.deepEqual(single.seen, FRAMES)
  for (let cut = 1; cut < BYTES.length; cut++) {
    const split = reader()
    split.push(BYTES.subarray(0, cut))
    split.push(BYTES.subarray(cut))
    assert.deepEqual(split.seen, FRAMES, `cut at ${cut}`)
  }
})

test('text as a body is UTF-8', () => {
  const { seen, push } = reader()
  push(encodeFrame(1, 1, 1, 'h', '€'))
  assert.deepEqual(seen, [[1, 1, 1, 'h', Buffer.from('€').toString('latin1')]])
})

test('a body that is kept is not overwritten by what comes later', () => {
  const kept: Uint8Array[] = []
  const frames = new FrameReader((_kind, _slot, _id, _head, body) => void kept.push(body ?? new Uint8Array()))
  const chunk = encodeFrame(1, 1, 1, '', Buffer.from('first'))
  frames.push(chunk)
  frames.push(encodeFrame(1, 1, 1, '', Buffer.from('other')))
  assert.deepEqual(
    kept.map((bytes) => Buffer.from(bytes).toString()),
    ['first', 'other'],
  )
})

test('a length over the limit, or too short for a header, is refused at its fourth byte', () => {
  for (const length of [0, 1, 12, MAX_FRAME_BYTES + 1, 0x7fffffff, 0xffffffff]) {
    const { push } = reader()
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(length)
    assert.throws(() => push(bytes), /refused/, String(length))
  }
  const { push, seen } = reader(1000)
  push(encodeFrame(1, 1, 1, '', new Uint8Array(900)))
  assert.equal(seen.length, 1)
  assert.throws(() => push(encodeFrame(1, 1, 1, '', new Uint8Array(1001))), /refused/)
})

test('a head that is longer than its frame is refused', () => {
  const frame = encodeFrame(1, 1, 1, 'head', Buffer.from('body'))
  for (const length of [9, 1000, 0xffffffff]) {
    frame.writeUInt32LE(length, 13)
    assert.throws(() => reader().push(frame), /longer than itself/)
  }
})

test('random bytes throw or give frames, and nothing else', () => {
  let state = 7
  const random = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state >>> 16
  }
  for (let round = 0; round < 2000; round++) {
    const bytes = Buffer.from(Array.from({ length: 64 }, () => (random() % 3 === 0 ? random() & 255 : 0)))
    const { push, seen } = reader()
    try {
      push(bytes)
    } catch (error) {
      assert.match(String(error), /refused/)
    }
    assert.ok(seen.length <= 4)
  }
})

test('a reader that may not go on hands out the rest later, in order, and takes more meanwhile', () => {
  const seen: number[] = []
  let left = 0
  const made = new FrameReader((_kind, _slot, id) => void seen.push(id), { mayGoOn: () => left-- > 0 })
  const many = (from: number) =>
    Buffer.concat(Array.from({ length: 100 }, (_, n) => encodeFrame(1, 1, from + n, 'head', undefined)))
  assert.equal(made.push(many(0)), false)
  assert.ok(seen.length > 0 && seen.length < 20, `${seen.length} at once`)
  assert.equal(made.push(many(100)), false)
  let turns = 0
  while (!made.resume()) turns++
  assert.ok(turns > 10)
  assert.deepEqual(
    seen,
    Array.from({ length: 200 }, (_, n) => n),
  )
})

test('a frame that comes byte by byte costs its own length, not an object for every byte', () => {
  const { push, seen } = reader()
  const frame = encodeFrame(CHUNK, 1, 1, '', new Uint8Array(300_000))
  global.gc?.()
  const before = process.memoryUsage()
  for (const byte of frame.subarray(0, -1)) push(Uint8Array.of(byte))
  const after = process.memoryUsage()
  assert.equal(seen.length, 0)
  const grown = after.arrayBuffers - before.arrayBuffers
  assert.ok(grown < 20_000_000, `${grown} bytes for a frame of ${frame.length}`)
  push(frame.subarray(-1))
  assert.equal(seen[0]?.[4]?.length, 300_000)
})

/** A socket that keeps what is written to it, and says how often something would leave. */
function socket() {
  const writes: Uint8Array[] = []
  let corks = 0
  let departures = 0
  const made = {
    write(bytes: Uint8Array) {
      writes.push(bytes)
      if (corks === 0) departures++
      return true
    },
    cork: () => void corks++,
    uncork() {
      if (--corks === 0) departures++
    },
  }
  return { made, writes, departures: () => departures }
}

test('a long body is neither copied on its way out nor handed out but where it lies, and arrives in its order', () => {
  const { made, writes, departures } = socket()
  const writer = new FrameWriter(made)
  const slab = new Uint8Array(300_000).map((_, index) => index % 251)
  const body = slab.subarray(1000, 1000 + 200_000)
  writer.send(CALL, 1, 1, 'before', new Uint8Array(10))
  writer.send(CHUNK | MORE, 1, 2, 'head', body)
  assert.equal(departures(), 1, 'the short frame, the front of the long one and its body leave together')
  assert.equal(writes.length, 2)
  assert.equal(writes[1], body)
  writer.send(CALL, 1, 3, 'after', undefined)
  writer.flush()
  const seen: [number, string, Uint8Array | undefined][] = []
  const frames = new FrameReader((_kind, _slot, id, head, bytes) => void seen.push([id, head, bytes]))
  const chunk = Buffer.concat(writes)
  frames.push(chunk)
  assert.deepEqual(
    seen.map(([id, head]) => [id, head]),
    [
      [1, 'before'],
      [2, 'head'],
      [3, 'after'],
    ],
  )
  assert.deepEqual(seen[1]?.[2], new Uint8Array(body))
  assert.equal(seen[1]?.[2]?.buffer, chunk.buffer)
  assert.notEqual(seen[0]?.[2]?.buffer, chunk.buffer)
})

test('long frames come out as they went in, however they are cut', () => {
  const body = new Uint8Array(100_000).map((_, index) => index % 253)
  const bytes = Buffer.concat([
    encodeFrame(CHUNK, 1, 1, 'first', body),
    encodeFrame(CHUNK, 1, 2, '', body.subarray(0, 40_000)),
    encodeFrame(CHUNK, 1, 3, 'third', undefined),
  ])
  for (const size of [1, 3, 17, 1000, 32_768, 65_536, 100_022, 140_000]) {
    const seen: [number, string, number, boolean][] = []
    const frames = new FrameReader((_kind, _slot, id, head, got) => {
      const isSame = got === undefined || Buffer.compare(got, body.subarray(0, got.byteLength)) === 0
      seen.push([id, head, got?.byteLength ?? 0, isSame])
    })
    for (let at = 0; at < bytes.length; at += size) frames.push(Buffer.from(bytes.subarray(at, at + size)))
    const expected = [
      [1, 'first', 100_000, true],
      [2, '', 40_000, true],
      [3, 'third', 0, true],
    ]
    assert.deepEqual(seen, expected, `pieces of ${size} bytes`)
  }
})

test('a body that is put together from pieces fills its buffer, one that is not shares it with nobody who would lose it', () => {
  const bodies: Uint8Array[] = []
  const frames = new FrameReader((_kind, _slot, _id, _head, body) => body !== undefined && bodies.push(body))
  const bytes = Buffer.concat(
    [1, 2, 3].map((id) => encodeFrame(CHUNK, 1, id, 'head', new Uint8Array(65_536))),
  )
  const cut = bytes.length / 2
  frames.push(bytes.subarray(0, cut))
  frames.push(bytes.subarray(cut))
  assert.deepEqual(
    bodies.map(({ buffer }) => [buffer === bytes.buffer, buffer.byteLength === 65_536]),
    [
      [true, false],
      [false, true],
      [true, false],
    ],
  )
})

test('a long frame that is announced costs no more memory than has come of it, but for a first piece', () => {
  const frames = new FrameReader(() => assert.fail('no frame is whole'), { maxBytes: 128 * 1024 * 1024 })
  const before = process.memoryUsage().arrayBuffers
  const announced = Buffer.alloc(64)
  announced.writeUInt32LE(100 * 1024 * 1024)
  frames.push(announced)
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
})

test('frames of one tick leave in one write, in their order', async () => {
  const { made, writes } = socket()
  const writer = new FrameWriter(made)
  for (let id = 1; id <= 5; id++) writer.send(CALL, 1, id, String(id), undefined)
  assert.equal(writes.length, 0)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(writes.length, 1)
  writer.send(CALL, 1, 6, '6', undefined)
  writer.flush()
  assert.equal(writes.length, 2)
  const { seen, push } = reader()
  for (const bytes of writes) push(bytes)
  assert.deepEqual(
    seen.map(([, , id]) => id),
    [1, 2, 3, 4, 5, 6],
  )
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(writes.length, 2, 'what was flushed is not sent again')
})
