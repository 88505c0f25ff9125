// The child-process half of CompressionStream and DecompressionStream: zlib, off this thread, for the streams of one isolate.
// A request holds a thread from its turn until its result.
// Invariant: a request takes one piece of input and returns at most MAX_OUTPUT bytes; further output waits inside zlib until
// the guest requests it, so that no archive can fill this process.

import zlib from 'node:zlib'
import type { ZipRequest, ZipResult } from '../guest/web/streams/compression-wire.ts'
import type { PoolSeat } from '../pool-turns.ts'

export interface CompressionHost {
  /** Starts one step of a stream, now or in its turn; `answer` is called once, later. */
  start(id: number, head: string, body: Uint8Array | undefined): void
  /** Ends streams that are not needed any more: their numbers, separated by commas. */
  drop(handles: string): void
  /** Ends all streams. */
  close(): void
}

type Answer = (id: number, head: string, body: Uint8Array | undefined) => void
type Zip = zlib.Gzip | zlib.ZstdCompress | zlib.ZstdDecompress

const MAX_OUTPUT = 256 * 1024
/** Measured: one of zlib holds some 1 MB with its buffers. */
const MAX_STREAMS = 128
/** One of zstd holds 5 to 9 MB, one of brotli 14 to 18 MB: outside of V8's limits, so it is counted here. */
const MAX_LARGE_STREAMS = 16
/** zlib's default for brotli is meant for files that are compressed once. */
const BROTLI_QUALITY = 5
/** The default of the command line tool of zstd. */
const ZSTD_LEVEL = 3
/** Each chunk of output is a way to the pool and back: with the usual 16 kB, those take longer than zstd itself. */
const ZSTD_CHUNKS = { chunkSize: MAX_OUTPUT }
/** A decoder holds a window as large as its input says: 8 MiB, which RFC 8878 asks of every decoder, and not 128. */
const ZSTD_WINDOW_LOG = 23

/** A request that waits for a result. */
interface Waiting {
  readonly id: number
  /** It has left its thread. */
  readonly done: () => void
}

interface Stream {
  readonly zip: Zip
  readonly isLarge: boolean
  request: Waiting | undefined
  /** The input has been processed completely. */
  isIdle: boolean
  failure: string | undefined
}

export function createCompressionHost(answer: Answer, seat: PoolSeat): CompressionHost {
  const streams = new Map<number, Stream>()

  function open(request: ZipRequest): Stream {
    const isLarge = request.format === 'brotli' || request.format === 'zstd'
    const most = isLarge ? MAX_LARGE_STREAMS : MAX_STREAMS
    const open = [...streams.values()].filter((stream) => stream.isLarge === isLarge).length
    if (open >= most) {
      const kind = isLarge ? 'streams of brotli and zstd' : 'streams of gzip and deflate'
      throw new Error(`A plugin may have ${most} ${kind} open at once`)
    }
    const zip = createZip(request)
    const stream: Stream = { zip, isLarge, request: undefined, isIdle: false, failure: undefined }
    streams.set(request.stream, stream)
    stream.zip.on('readable', () => pump(request.stream, stream))
    stream.zip.on('end', () => {
      stream.isIdle = true
      pump(request.stream, stream)
    })
    stream.zip.on('error', (error) => {
      stream.failure ??= error.message
      pump(request.stream, stream)
    })
    return stream
  }

  function close(handle: number, stream: Stream): void {
    streams.delete(handle)
    stream.zip.destroy()
    stream.request?.done()
    stream.request = undefined
  }

  /** Completes the request when its input is processed or its output is full. */
  function pump(handle: number, stream: Stream): void {
    const { request } = stream
    if (request === undefined) return
    if (stream.failure !== undefined) {
      close(handle, stream)
      return reply(request.id, { error: stream.failure })
    }
    const pieces: Buffer[] = []
    let length = 0
    while (length < MAX_OUTPUT) {
      const piece: unknown = stream.zip.read(
        Math.min(stream.zip.readableLength, MAX_OUTPUT - length) || undefined,
      )
      if (!Buffer.isBuffer(piece)) break
      pieces.push(piece)
      length += piece.length
    }
    const more = stream.zip.readableLength > 0 || !stream.isIdle
    if (length === 0 && more) return
    stream.request = undefined
    request.done()
    if (stream.zip.readableEnded && !more) close(handle, stream)
    reply(request.id, { more }, length === 0 ? undefined : new Uint8Array(Buffer.concat(pieces)))
  }

  function reply(id: number, result: ZipResult, body?: Uint8Array): void {
    // In a turn of its own, never inside the guest's call.
    setImmediate(answer, id, JSON.stringify(result), body)
  }

  function begin(waiting: Waiting, head: string, body: Uint8Array | undefined): void {
    const request = JSON.parse(head) as ZipRequest
    const stream = streams.get(request.stream) ?? open(request)
    // The guest asks for one step of a stream at a time.
    if (stream.request !== undefined) throw new Error('The stream is busy')
    stream.request = waiting
    if (stream.failure !== undefined || request.step === 'more') return pump(request.stream, stream)
    stream.isIdle = false
    if (request.step === 'end') {
      stream.zip.end()
    } else {
      stream.zip.write(body ?? new Uint8Array(0), (error) => {
        // Reported here first: a success must not overtake it.
        if (error) stream.failure ??= error.message
        stream.isIdle = true
        pump(request.stream, stream)
      })
    }
    // Output pushed before a request would not be announced again.
    stream.zip.read(0)
  }

  return {
    start(id, head, body) {
      seat.take((done) => {
        try {
          begin({ id, done }, head, body)
        } catch (error) {
          done()
          const message = error instanceof Error ? error.message : String(error)
          reply(id, { error: message })
        }
      })
    },
    drop(handles) {
      for (const text of handles.split(',')) {
        const stream = streams.get(Number(text))
        if (stream !== undefined) close(Number(text), stream)
      }
    },
    close() {
      for (const [handle, stream] of [...streams]) close(handle, stream)
    },
  }
}

function createZip({ format, isCompression }: ZipRequest): Zip {
  // Trailing bytes are an error of the standard, not of zlib.
  const strict = { rejectGarbageAfterEnd: true }
  switch (format) {
    case 'gzip':
      return isCompression ? zlib.createGzip() : zlib.createGunzip(strict)
    case 'deflate':
      return isCompression ? zlib.createDeflate() : zlib.createInflate(strict)
    case 'deflate-raw':
      return isCompression ? zlib.createDeflateRaw() : zlib.createInflateRaw(strict)
    case 'brotli': {
      const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY }
      return isCompression ? zlib.createBrotliCompress({ params }) : zlib.createBrotliDecompress(strict)
    }
    case 'zstd': {
      const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag, ZSTD_d_windowLogMax } = zlib.constants
      return isCompression
        ? zlib.createZstdCompress({
            ...ZSTD_CHUNKS,
            params: { [ZSTD_c_compressionLevel]: ZSTD_LEVEL, [ZSTD_c_checksumFlag]: 1 },
          })
        : zlib.createZstdDecompress({
            ...strict,
            ...ZSTD_CHUNKS,
            params: { [ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG },
          })
    }
  }
}
