// Receives a file from a page: in one request, or in parts that go on after a cut. The parts have the shape of resumable uploads for HTTP
// (draft-ietf-httpbis-resumable-upload), except that the page names the upload, so that it finds it again after a reload.
// Invariant: what is answered with success is stored; a part is stored whole, or not at all.

import type {
  BucketMultipartUpload,
  BucketObject,
  BucketReceived,
} from '../../../../sdk/plugin-api/bucket.ts'
import type { WireUpload } from '../../../../sdk/protocol/bucket-wire.ts'
import { Response } from '../web/fetch/response.ts'
import { HostError } from './host-calls.ts'

export interface Receiving {
  readonly request: Request
  /** Stores the body of the request as the file. */
  readonly put: () => Promise<BucketObject>
  /** The upload of that name; without `begins`, null when there is none. */
  readonly open: (name: string, begins: boolean) => Promise<WireUpload | null>
  readonly uploadOf: (id: string) => BucketMultipartUpload
  readonly objectOf: (found: NonNullable<WireUpload['object']>) => BucketObject
}

const NAME = /[?&]upload=([\w-]{16,128})(?:&|#|$)/
const NAMELESS = /[?&]upload=/
const NONE = 'There is no such upload: it was cancelled, or is older than seven days'
const MISMATCH = 'https://iana.org/assignments/http-problem-types#mismatching-upload-offset'

/** What the page that sends it is to do: by code of the error of the host. */
const STATUSES: Readonly<Record<string, number>> = {
  QUOTA_EXCEEDED: 507,
  STORE_FULL: 507,
  STORE_READ_ONLY: 503,
  // It was replaced while the part arrived: the next attempt reaches the release that serves.
  RELEASE_REPLACED: 503,
  NOT_FOUND: 404,
}

export async function receiveFile(receiving: Receiving): Promise<BucketReceived> {
  const { method, url } = receiving.request
  const name = NAME.exec(url)?.[1]
  try {
    if (name !== undefined && method === 'POST') return await begin(receiving, name)
    if (name !== undefined && method === 'PATCH') return await append(receiving, name)
    if (name === undefined && NAMELESS.test(url)) return refused(400, 'The address names no upload')
    if (method === 'PUT' || method === 'POST') return complete(await receiving.put())
  } catch (error) {
    const status = error instanceof HostError ? STATUSES[error.code] : undefined
    if (status === undefined) throw error
    return refused(status, (error as HostError).message, { code: (error as HostError).code })
  }
  const headers = { allow: name === undefined ? 'POST, PUT' : 'POST, PATCH' }
  return refused(405, 'A file is sent by PUT or POST, and a part of one by PATCH', { headers })
}

async function begin(
  { request, open, uploadOf, objectOf }: Receiving,
  name: string,
): Promise<BucketReceived> {
  const isEnd = request.headers.get('upload-cancel') === '?1'
  const upload = await open(name, !isEnd)
  if (upload?.object !== undefined) return complete(objectOf(upload.object))
  if (upload === null) return unfinished(204)
  if (!isEnd) return unfinished(201, arrived(upload))
  await uploadOf(upload.id).abort()
  return unfinished(204)
}

async function append(
  { request, open, uploadOf, objectOf }: Receiving,
  name: string,
): Promise<BucketReceived> {
  const { headers } = request
  const upload = await open(name, false)
  if (upload === null) return refused(404, NONE)
  if (upload.object !== undefined) return complete(objectOf(upload.object))
  const offset = arrived(upload)
  if (headers.get('upload-offset') !== String(offset)) {
    const more = { type: MISMATCH, headers: { 'upload-offset': String(offset) } }
    return refused(409, `${offset} bytes of the file have arrived`, more)
  }
  const target = uploadOf(upload.id)
  await target.uploadPart(upload.parts.length + 1, request.body as ReadableStream<Uint8Array> | null)
  const now = await open(name, false)
  if (now === null) return refused(404, NONE)
  const size = arrived(now)
  if (headers.get('upload-complete') !== '?1') return unfinished(204, size)
  const wanted = headers.get('upload-length')
  if (wanted !== null && wanted !== String(size))
    return refused(400, `The file has ${wanted} bytes, and ${size} have arrived`)
  return complete(await target.complete(now.parts.map(([partNumber, etag]) => ({ partNumber, etag }))))
}

function arrived({ parts }: WireUpload): number {
  let bytes = 0
  for (const [, , size] of parts) bytes += size
  return bytes
}

function complete(object: BucketObject): BucketReceived {
  const { key, size, etag, httpEtag } = object
  const headers = { etag: httpEtag, 'upload-complete': '?1', 'upload-offset': String(size) }
  return { object, response: Response.json({ key, size, etag }, { status: 201, headers }) as never }
}

function unfinished(status: number, offset?: number): BucketReceived {
  const headers = {
    'upload-complete': '?0',
    ...(offset !== undefined && { 'upload-offset': String(offset) }),
  }
  return { object: null, response: new Response(null, { status, headers }) as never }
}

function refused(
  status: number,
  title: string,
  more: { readonly type?: string; readonly code?: string; readonly headers?: Record<string, string> } = {},
): BucketReceived {
  const { headers, ...members } = more
  const body = JSON.stringify({ title, status, ...members })
  const type = { 'content-type': 'application/problem+json' }
  return { object: null, response: new Response(body, { status, headers: { ...type, ...headers } }) as never }
}
