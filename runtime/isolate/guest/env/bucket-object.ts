// What env.files gives for a file: the facts of R2, and a body that is read when it is asked for.

import type { BucketChecksums, BucketObject, BucketObjectBody } from '../../../../sdk/plugin-api/bucket.ts'
import {
  DIGESTS,
  HTTP_FIELDS,
  type HttpField,
  type WireFileBody,
  type WireHttpMetadata,
  type WireObject,
} from '../../../../sdk/protocol/bucket-wire.ts'
import {
  type BodyState,
  bodyBlob,
  bodyBytes,
  bodyJson,
  bodyStream,
  bodyText,
  isUsed,
} from '../web/fetch/body.ts'
import { fileStream } from '../web/fetch/file-body.ts'
import type { ByteRange } from './bucket-options.ts'
import type { StreamingCall } from './streaming-call.ts'

const { freeze, assign, keys, defineProperty } = Object
/** As for responses of fetch() (../web/fetch/response.ts). */
const MAX_WHOLE = 20_000_000

export function objectOf(wire: WireObject, range?: ByteRange): BucketObject {
  return freeze(factsOf(wire, range))
}

export function objectWithBody(
  wire: WireObject,
  range: ByteRange | undefined,
  call: StreamingCall,
): BucketObjectBody {
  const { offset, length } = range ?? { offset: 0, length: wire.size }
  const file: WireFileBody = { id: wire.id, start: offset, length }
  const stream = () => fileStream(file, async () => (await call('bucket.read', [file])).stream)
  const body: BodyState = { source: undefined, stream, used: false, maxWhole: MAX_WHOLE }
  const facts = factsOf(wire, range)
  defineProperty(facts, 'body', { get: () => bodyStream(body), enumerable: true })
  defineProperty(facts, 'bodyUsed', { get: () => isUsed(body), enumerable: true })
  return freeze(
    assign(facts, {
      arrayBuffer: async () => (await bodyBytes(body)).buffer,
      bytes: () => bodyBytes(body),
      text: () => bodyText(body),
      json: () => bodyJson(body),
      blob: () => bodyBlob(body, wire.http?.contentType ?? null),
    }),
  ) as unknown as BucketObjectBody
}

function factsOf(wire: WireObject, range: ByteRange | undefined): BucketObject {
  const { key, id, size, etag, uploaded, http, custom } = wire
  return {
    key,
    version: String(id),
    size,
    etag,
    httpEtag: `"${etag}"`,
    uploaded: new Date(uploaded),
    ...(http !== undefined && { httpMetadata: httpMetadataOf(http) }),
    ...(custom !== undefined && { customMetadata: custom }),
    ...(range !== undefined && { range }),
    checksums: checksumsOf(wire),
    storageClass: 'Standard',
    writeHttpMetadata: (headers) => writeHttp(http, headers),
  }
}

export function writeHttp(http: WireHttpMetadata | undefined, headers: Headers): void {
  if (http === undefined) return
  for (const name of keys(HTTP_FIELDS) as HttpField[]) {
    const value = http[name]
    if (value !== undefined) headers.set(HTTP_FIELDS[name], value)
  }
  if (http.cacheExpiry !== undefined) headers.set('expires', new Date(http.cacheExpiry).toUTCString())
}

function httpMetadataOf({ cacheExpiry, ...texts }: WireHttpMetadata) {
  return { ...texts, ...(cacheExpiry !== undefined && { cacheExpiry: new Date(cacheExpiry) }) }
}

function checksumsOf({ etag, digests }: WireObject): BucketChecksums {
  const known: Record<string, string> = { ...digests }
  // A file in parts has a digest of digests.
  if (!etag.includes('-')) known.sha256 = etag
  const checksums: Record<string, unknown> = {}
  for (const name of DIGESTS) {
    const hex = known[name]
    if (hex !== undefined) checksums[name] = bytesOfHex(hex)
  }
  defineProperty(checksums, 'toJSON', { value: () => ({ ...known }) })
  return freeze(checksums) as unknown as BucketChecksums
}

function bytesOfHex(hex: string): ArrayBuffer {
  const bytes = new Uint8Array(hex.length / 2)
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16)
  return bytes.buffer
}
