// CompressionStream and DecompressionStream: transform streams around zlib in the child process.
// Invariant: at most one request per stream is in progress; an abandoned stream is ended at the host, at the latest when others
// are opened after it was garbage-collected.

import { createHandleTable } from '../base/handle-table.ts'
import { askHost } from '../base/host-results.ts'
import { bytesSlice, jsonParse, jsonStringify, SafeUint8Array } from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import { defineInterface, isBufferSource, requireArguments, toText, viewBytes } from '../base/webidl.ts'
import type { ZipFormat, ZipRequest, ZipResult } from './compression-wire.ts'
import { streams } from './streams.ts'

/** Input that is copied to the host at once. */
const MAX_PIECE = 256 * 1024
/**
 * The limit in host-functions/compression.ts.
 * @limit `CompressionStream`, `DecompressionStream` of gzip and deflate: open at once
 * @passed the stream fails with a `TypeError`
 */
const MAX_STREAMS = 128
/**
 * The limit in host-functions/compression.ts.
 * @limit `CompressionStream`, `DecompressionStream` of brotli and zstd: open at once
 * @passed the stream fails with a `TypeError`
 */
const MAX_LARGE_STREAMS = 16

const FORMATS: ReadonlySet<string> = new Set<ZipFormat>(['gzip', 'deflate', 'deflate-raw', 'brotli', 'zstd'])

interface Pair {
  readonly readable: object
  readonly writable: object
}

const drop = (gone: string) => realm.host.dropCompressions(gone)
const small = createHandleTable(MAX_STREAMS, drop)
const large = createHandleTable(MAX_LARGE_STREAMS, drop)
const cell = { lastHandle: 0 }

function compression(format: ZipFormat, isCompression: boolean): Pair {
  const handles = format === 'brotli' || format === 'zstd' ? large : small
  // Opened with the first piece of input: until then there is nothing to end.
  let handle: { readonly handle: number } | undefined
  let underWay: Promise<void> | undefined

  async function step(
    controller: { enqueue(chunk: unknown): void },
    name: 'write' | 'end',
    body?: Uint8Array,
  ) {
    if (handle === undefined) {
      cell.lastHandle++
      handle = { handle: cell.lastHandle }
      handles.add(handle)
    }
    const stream = handle.handle
    for (let next: ZipRequest['step'] = name; ; next = 'more') {
      const request: ZipRequest = { stream, format, isCompression, step: next }
      const head = jsonStringify(request)
      const piece = next === 'write' ? body : undefined
      const answer = await askHost((id) => realm.host.startCompression(id, head, piece))
      const result = jsonParse(answer.head) as ZipResult
      if ('error' in result) {
        handles.forget(stream)
        throw new TypeError(`The data cannot be ${isCompression ? '' : 'de'}compressed: ${result.error}`)
      }
      if (answer.body !== undefined) controller.enqueue(new SafeUint8Array(answer.body))
      if (!result.more) break
    }
    if (name === 'end') handles.forget(stream)
  }

  const { TransformStream } = streams()
  return new TransformStream<unknown, unknown>({
    async transform(chunk, controller) {
      if (!isBufferSource(chunk)) throw new TypeError('A chunk is not an ArrayBuffer or a view of one')
      const bytes = viewBytes(chunk)
      for (let at = 0; at < bytes.length; at += MAX_PIECE) {
        underWay = step(controller, 'write', bytesSlice(bytes, at, at + MAX_PIECE))
        await underWay
      }
    },
    flush: (controller) => step(controller, 'end'),
    async cancel() {
      try {
        // The host answers a step of a stream that is there: what is written would wait for ever otherwise.
        await underWay
      } catch {} // The write rejects with it.
      if (handle === undefined) return
      handles.forget(handle.handle)
      realm.host.dropCompressions(`${handle.handle}`)
    },
  })
}

function toFormat(value: unknown): ZipFormat {
  const format = toText(value)
  if (!FORMATS.has(format))
    throw new TypeError('The format is none of "gzip", "deflate", "deflate-raw", "brotli", "zstd"')
  return format as ZipFormat
}

/**
 * @deviation Takes `brotli` and `zstd`, too; the latter at level 3, with a checksum. TypeScript knows neither: `'zstd' as CompressionFormat`.
 */
export class CompressionStream {
  readonly #pair: Pair
  constructor(format: unknown) {
    requireArguments(arguments.length, 1, 'CompressionStream')
    this.#pair = compression(toFormat(format), true)
  }
  get readable(): object {
    return this.#pair.readable
  }
  get writable(): object {
    return this.#pair.writable
  }
}
defineInterface(CompressionStream, 'CompressionStream')

/** @deviation Takes `brotli` and `zstd`, too; the latter with a window of 8 MiB at most. */
export class DecompressionStream {
  readonly #pair: Pair
  constructor(format: unknown) {
    requireArguments(arguments.length, 1, 'DecompressionStream')
    this.#pair = compression(toFormat(format), false)
  }
  get readable(): object {
    return this.#pair.readable
  }
  get writable(): object {
    return this.#pair.writable
  }
}
defineInterface(DecompressionStream, 'DecompressionStream')
