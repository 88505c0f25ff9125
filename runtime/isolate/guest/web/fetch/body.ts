// The body of a Request or Response: whole text or bytes as long as possible, a stream on demand.
// Invariant: bytes in `source` are never written to and never reach plugin code uncopied.

import { bytesSlice, jsonParse } from '../base/primordials.ts'
import { isBufferSource, isObject, toUsv, viewBytes } from '../base/webidl.ts'
import {
  type BodySource,
  isDisturbed,
  isReadableStream,
  passOn,
  readAll,
  streamOf,
  untouchedSource,
} from '../streams/streams.ts'
import { decodeBody, decodeUtf8, encodeUtf8 } from '../text/utf8.ts'
import { parseForm } from '../url/form-urlencoded.ts'
import { isSearchParams } from '../url/url-search-params.ts'
import { type Blob, blobBytes, blobRemote, isBlob, makeBlob } from './blob.ts'
import { FormData, isFormData } from './form-data.ts'
import { parseMimeType, serializeMimeType } from './mime-type.ts'
import { parseMultipart, serializeMultipart } from './multipart.ts'

export interface BodyState {
  source: BodySource | undefined
  /** A function creates the stream on first use. */
  stream: ReadableStream | (() => ReadableStream) | undefined
  used: boolean
  /** Maximum size that text(), json() and the like read. */
  readonly maxWhole?: number | undefined
}

export function noBody(): BodyState {
  return { source: undefined, stream: undefined, used: false }
}

export function hasBody(body: BodyState): boolean {
  return body.source !== undefined || body.stream !== undefined
}

/** Body and content type of a BodyInit that is neither null nor undefined. */
export function extractBody(init: unknown): { body: BodyState; type: string | undefined } {
  if (typeof init === 'string') return whole(toUsv(init), 'text/plain;charset=UTF-8')
  if (isObject(init)) {
    if (isBufferSource(init)) return whole(bytesSlice(viewBytes(init)), undefined)
    if (isBlob(init)) {
      const type = init.type || undefined
      if (blobRemote(init) === undefined) return whole(blobBytes(init), type)
      return { body: streamBody(init.stream()), type }
    }
    if (isSearchParams(init)) {
      return whole(init.toString(), 'application/x-www-form-urlencoded;charset=UTF-8')
    }
    if (isFormData(init)) {
      const { bytes, type } = serializeMultipart(init)
      return whole(bytes, type)
    }
    if ('getReader' in init && isReadableStream(init)) return { body: streamBody(init), type: undefined }
  }
  return whole(toUsv(init), 'text/plain;charset=UTF-8')
}

function whole(source: BodySource, type: string | undefined): { body: BodyState; type: string | undefined } {
  return { body: { source, stream: undefined, used: false }, type }
}

function streamBody(stream: ReadableStream): BodyState {
  if (stream.locked || isDisturbed(stream))
    throw new TypeError('The stream of the body is locked or was read')
  const source = untouchedSource(stream)
  return { source, stream, used: false }
}

export function isUsed(body: BodyState): boolean {
  return body.used || (typeof body.stream === 'object' && isDisturbed(body.stream))
}

function isUnusable(body: BodyState): boolean {
  return isUsed(body) || (typeof body.stream === 'object' && body.stream.locked)
}

export function requireUsable(body: BodyState): void {
  if (isUnusable(body)) throw new TypeError('The body is locked or was read already')
}

/** The value of the `body` getter. */
export function bodyStream(body: BodyState): ReadableStream | null {
  if (typeof body.stream === 'function') body.stream = body.stream()
  else if (body.stream === undefined && body.source !== undefined) {
    body.stream = streamOf(body.source)
    // A body that was read without a stream appears as a stream that was read.
    if (body.used) {
      body.stream.cancel().catch(() => undefined) // Cancelling a stream of streamOf() cannot fail
      body.stream.getReader()
    }
  }
  return body.stream ?? null
}

/** Splits an unused body in two. */
export function cloneBody(body: BodyState): BodyState {
  requireUsable(body)
  if (!hasBody(body)) return noBody()
  if (body.source !== undefined) return { source: body.source, stream: undefined, used: false }
  const [one, two] = (bodyStream(body) as ReadableStream).tee()
  body.stream = one
  return { source: undefined, stream: two, used: false, maxWhole: body.maxWhole }
}

/** Takes over an unused body: the previous owner's counts as read. */
export function moveBody(body: BodyState): BodyState {
  requireUsable(body)
  const { source, stream } = body
  if (source === undefined && typeof stream === 'object') {
    return { source: undefined, stream: passOn(stream), used: false }
  }
  if (hasBody(body)) markUsed(body)
  return { source, stream: typeof stream === 'function' ? stream : undefined, used: false }
}

/** The body in one piece; a stream is read to its end. */
export async function consume(body: BodyState): Promise<BodySource> {
  const taken = takeBody(body)
  if (taken.stream !== undefined) return await readAll(taken.stream, body.maxWhole)
  return taken.source ?? ''
}

/** Marks the body as read and returns what it was. */
export function takeBody(body: BodyState): {
  source: BodySource | undefined
  stream: ReadableStream | undefined
} {
  requireUsable(body)
  if (!hasBody(body)) return NOTHING
  const { source } = body
  if (source !== undefined) {
    markUsed(body)
    return { source, stream: undefined }
  }
  const stream = bodyStream(body) ?? undefined
  body.used = true
  return { source: undefined, stream }
}

const NOTHING = Object.freeze({ source: undefined, stream: undefined })

function markUsed(body: BodyState): void {
  body.used = true
  // A holder of the stream must find it read, not readable a second time.
  if (typeof body.stream === 'object') body.stream.getReader()
}

export async function bodyText(body: BodyState): Promise<string> {
  const content = await consume(body)
  return typeof content === 'string' ? withoutMark(content) : decodeBody(content)
}

/** The text was never encoded, but must read as if it had been. */
function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** A byte order mark stays: it is part of the first name. */
async function formText(body: BodyState): Promise<string> {
  const content = await consume(body)
  return typeof content === 'string' ? content : (decodeUtf8(content, false) as string)
}

export async function bodyBytes(body: BodyState): Promise<Uint8Array<ArrayBuffer>> {
  const content = await consume(body)
  return typeof content === 'string' ? encodeUtf8(content) : bytesSlice(content)
}

export async function bodyJson(body: BodyState): Promise<unknown> {
  return jsonParse(await bodyText(body))
}

export async function bodyBlob(body: BodyState, contentType: string | null): Promise<Blob> {
  const bytes = await bodyBytes(body)
  const type = contentType === null ? undefined : parseMimeType(contentType)
  return makeBlob(bytes, type === undefined ? '' : serializeMimeType(type))
}

export async function bodyForm(body: BodyState, contentType: string | null): Promise<FormData> {
  const type = contentType === null ? undefined : parseMimeType(contentType)
  const boundary = type?.parameters.get('boundary')
  if (type?.essence === 'multipart/form-data' && boundary !== undefined) {
    return parseMultipart(await bodyBytes(body), boundary)
  }
  if (type?.essence === 'application/x-www-form-urlencoded') {
    const form = new FormData()
    const list = parseForm(await formText(body))
    for (let i = 0; i < list.length; i += 2) form.append(list[i], list[i + 1])
    return form
  }
  await consume(body)
  throw new TypeError(
    'formData() needs a body of the type multipart/form-data or application/x-www-form-urlencoded',
  )
}
