// Decompresses responses. Bodies are hostile: the decompressed size is bounded absolutely and by ratio, and never held as a
// whole.

import { pipeline, Readable, type Transform } from 'node:stream'
// As a whole: a name that Node 20 lacks would fail there before its version is reported (needs-node.ts).
import zlib from 'node:zlib'
import { failed } from './egress-error.ts'

/** Accept-Encoding of requests for which the plugin sets none. */
export const ACCEPT_ENCODING = 'gzip, deflate, br'

const MAX_CODINGS = 3
/** Maximum ratio of inflated to deflated size; not checked below the floor. */
const MAX_RATIO = 200
const RATIO_FLOOR = 1024 * 1024

export interface BodyLimits {
  /** Size of the body after and before decompression. */
  readonly maxBytes: number
}

/**
 * The decompressed body. A body with an unknown encoding is returned as it is.
 * The iteration throws FETCH_FAILED for a body that is malformed or grows too large.
 */
export async function* decodedBody(
  body: Readable,
  contentEncoding: string | undefined,
  { maxBytes }: BodyLimits,
): AsyncGenerator<Uint8Array> {
  const codings = codingsOf(contentEncoding)
  if (codings.length > MAX_CODINGS) throw failed('The answer is compressed too many times')
  let arrived = 0
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      arrived += chunk.byteLength
      if (arrived > maxBytes) throw tooLarge(maxBytes)
      yield chunk
    }
  }
  if (!codings.every(isKnown)) return yield* counted()
  let given = 0
  for await (const chunk of codings.reverse().reduce(decoded, counted())) {
    given += chunk.byteLength
    if (given > maxBytes) throw tooLarge(maxBytes)
    if (given > RATIO_FLOOR && given > MAX_RATIO * arrived)
      throw failed('The answer grows too much when it is decompressed')
    yield chunk
  }
}

function tooLarge(maxBytes: number): Error {
  return failed(`The answer is larger than ${maxBytes} bytes`)
}

/** Whether decodedBody() changes the body. */
export function isDecoded(contentEncoding: string | undefined): boolean {
  const codings = codingsOf(contentEncoding)
  return codings.length > 0 && codings.every(isKnown)
}

function codingsOf(contentEncoding = ''): string[] {
  return contentEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')
}

function isKnown(coding: string): boolean {
  return ['gzip', 'x-gzip', 'deflate', 'br', 'zstd'].includes(coding)
}

async function* decoded(source: AsyncGenerator<Uint8Array>, coding: string): AsyncGenerator<Uint8Array> {
  const first = await source.next()
  // A missing body, as in the response to HEAD, is not malformed.
  if (first.done) return
  const whole = prepend(first.value, source)
  const decoder = decoderOf(coding, first.value)
  // pipeline() destroys both ends on a failure; the iteration throws it.
  pipeline(Readable.from(whole, { objectMode: false }), decoder, () => undefined)
  try {
    yield* decoder as AsyncIterable<Uint8Array>
  } catch (error) {
    if (error instanceof Error && /^(?:Z_|ZSTD_|ERR_BROTLI|ERR__ERROR_|ERR_PADDING)/.test(codeOf(error)))
      throw failed('The answer is not compressed the way it says', error)
    throw error
  }
}

async function* prepend(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  yield* rest
}

/** Lenient at the end, as browsers are: a truncated response yields what it held. */
function decoderOf(coding: string, first: Uint8Array): Transform {
  const zlibOptions = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH }
  if (coding === 'br') {
    const flush = zlib.constants.BROTLI_OPERATION_FLUSH
    return zlib.createBrotliDecompress({ flush, finishFlush: flush })
  }
  // Never requested by the runtime, but a plugin may pass on what its visitor accepts.
  if (coding === 'zstd') return zlib.createZstdDecompress()
  if (coding !== 'deflate') return zlib.createGunzip(zlibOptions)
  // "deflate" means zlib's format, but some servers send raw deflate.
  return ((first[0] ?? 0) & 0x0f) === 8 ? zlib.createInflate(zlibOptions) : zlib.createInflateRaw(zlibOptions)
}

function codeOf(error: Error): string {
  return String((error as NodeJS.ErrnoException).code ?? '')
}
