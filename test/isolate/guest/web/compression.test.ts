// CompressionStream and DecompressionStream in the guest, against zlib of Node.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import zlib from 'node:zlib'
import { buildWeb, createGuest } from './harness.ts'

const code = await buildWeb()
const HELPERS = `
  const collect = async (stream) => new Uint8Array(await new Response(stream).arrayBuffer())
  const through = (bytes, pair) => collect(new Blob([bytes]).stream().pipeThrough(pair))`

test('what is compressed in the guest is read by zlib, and the other way round', async () => {
  using guest = createGuest(code)
  const text = Buffer.from('plugin '.repeat(200_000))
  for (const [format, inflate, deflate] of [
    ['gzip', zlib.gunzipSync, zlib.gzipSync],
    ['deflate', zlib.inflateSync, zlib.deflateSync],
    ['deflate-raw', zlib.inflateRawSync, zlib.deflateRawSync],
    ['brotli', zlib.brotliDecompressSync, zlib.brotliCompressSync],
    ['zstd', zlib.zstdDecompressSync, zlib.zstdCompressSync],
  ] as const) {
    const made = await guest.run(
      `${HELPERS}; return await through(args[0], new CompressionStream(args[1]))`,
      new Uint8Array(text),
      format,
    )
    assert.ok(text.equals(inflate(made as Uint8Array)), format)
    const read = await guest.run(
      `${HELPERS}; return await through(args[0], new DecompressionStream(args[1]))`,
      new Uint8Array(deflate(text)),
      format,
    )
    assert.ok(text.equals(read as Uint8Array), format)
  }
})

test('damaged, cut and lengthened data are a TypeError', async () => {
  using guest = createGuest(code)
  const packed = zlib.gzipSync('some text that is long enough to be cut')
  const damaged = Buffer.from(packed)
  damaged.writeUInt8(damaged.readUInt8(damaged.length - 6) ^ 1, damaged.length - 6)
  const inputs = [
    damaged,
    packed.subarray(0, -3),
    Buffer.concat([packed, Buffer.from('x')]),
    Buffer.from('no gzip'),
  ]
  const names = await guest.run(
    `${HELPERS}; return await Promise.all(args.map((bytes) => through(bytes, new DecompressionStream('gzip')).then((all) => all.length, (error) => error.name)))`,
    ...inputs.map((input) => new Uint8Array(input)),
  )
  assert.deepEqual(names, ['TypeError', 'TypeError', 'TypeError', 'TypeError'])
  assert.equal(
    await guest.run(`try { new CompressionStream('zip') } catch (error) { return error.name }`),
    'TypeError',
  )
  assert.equal(
    await guest.run(
      `const pair = new CompressionStream('gzip'); pair.readable.getReader().read().catch(() => 0); return await pair.writable.getWriter().write('text').then(String, (error) => error.name)`,
    ),
    'TypeError',
  )
})

test('frames of zstd may follow each other; damage, junk and windows over 8 MiB are refused', async () => {
  using guest = createGuest(code)
  const random = randomBytes(1000)
  const checked = await guest.run(
    `${HELPERS}; return await through(args[0], new CompressionStream('zstd'))`,
    new Uint8Array(random),
  )
  const frame = Buffer.from(checked as Uint8Array)
  const damaged = Buffer.from(frame)
  // In the middle of what cannot be compressed: only the checksum shows it.
  damaged.writeUInt8(damaged.readUInt8(500) ^ 1, 500)
  const zeros = Buffer.alloc(100_000)
  const results = await guest.run(
    `${HELPERS}; return await Promise.all(args.map((bytes) => through(bytes, new DecompressionStream('zstd')).then((all) => all.length, (error) => error.name)))`,
    ...[
      Buffer.concat([frame, frame]),
      damaged,
      frame.subarray(0, -1),
      Buffer.concat([frame, Buffer.from('junk')]),
      await zstdStream(zeros, 23),
      await zstdStream(zeros, 24),
    ].map((input) => new Uint8Array(input)),
  )
  assert.deepEqual(results, [2000, 'TypeError', 'TypeError', 'TypeError', zeros.length, 'TypeError'])
})

test('a bomb arrives in pieces, and nothing of it after the reader has gone', async () => {
  using guest = createGuest(code)
  const bomb = zlib.gzipSync(Buffer.alloc(64 * 1024 * 1024))
  const seen = await guest.run(
    `const pair = new DecompressionStream('gzip')
    const writer = pair.writable.getWriter()
    writer.write(args[0]).catch(() => 0)
    const reader = pair.readable.getReader()
    const first = (await reader.read()).value.length
    await reader.cancel()
    return { first }`,
    new Uint8Array(bomb),
  )
  const { first } = seen as { first: number }
  assert.ok(first > 0 && first <= 256 * 1024, `${first} bytes`)
  assert.equal(guest.calls.get('dropCompressions'), 1)
})

test('unfinished streams do not use up the places of others', async () => {
  using guest = createGuest(code)
  for (const format of ['deflate', 'brotli']) {
    const done = await guest.run(
      `${HELPERS}
      for (let i = 0; i < 400; i++) {
        const pair = new CompressionStream(args[0])
        pair.readable.getReader().read()
        await pair.writable.getWriter().write(new Uint8Array(10))
      }
      return (await through(new Uint8Array(10), new CompressionStream(args[0]))).length`,
      format,
    )
    assert.ok(Number(done) > 0, format)
  }
})

test('streams that hold much memory outside of the isolate are few', async () => {
  for (const [format, most] of [
    ['gzip', 128],
    ['brotli', 16],
    ['zstd', 16],
  ] as const) {
    using guest = createGuest(code)
    const opened = await guest.run(
      `const kept = []
      for (let i = 0; i < 200; i++) {
        const pair = new CompressionStream(args[0])
        pair.readable.getReader().read().catch(() => {})
        const writer = pair.writable.getWriter()
        writer.closed.catch(() => {})
        try { await writer.write(new Uint8Array(10)) } catch (error) { return [kept.length, error.name, error.message] }
        kept.push([pair, writer])
      }
      return kept.length`,
      format,
    )
    const family = format === 'gzip' ? 'gzip and deflate' : 'brotli and zstd'
    const message = `The data cannot be compressed: A plugin may have ${most} streams of ${family} open at once`
    assert.deepEqual(opened, [most, 'TypeError', message])
  }
})

/** Made by a stream: zstd makes the window smaller when it knows the length. */
async function zstdStream(bytes: Buffer, windowLog: number): Promise<Buffer> {
  const zip = zlib.createZstdCompress({ params: { [zlib.constants.ZSTD_c_windowLog]: windowLog } })
  const all = buffer(zip)
  zip.write(bytes, () => zip.end())
  return await all
}
