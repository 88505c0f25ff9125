// Parses and writes multipart/form-data, as the Fetch and HTML standards define it.

import { bytesIndexOf, SafeUint8Array } from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import { concatBytes, decodeBody, decodeUtf8, encodeUtf8 } from '../text/utf8.ts'
import { blobBytes, File } from './blob.ts'
import { FormData, formEntries } from './form-data.ts'

const CR = 0x0d
const LF = 0x0a
const DASH = 0x2d

export function serializeMultipart(form: FormData): { bytes: Uint8Array<ArrayBuffer>; type: string } {
  const boundary = `----plugbay-form-${randomName()}`
  const pieces: Uint8Array[] = []
  const list = formEntries(form)
  for (let i = 0; i < list.length; i += 2) {
    const name = escapeName(normalize(list[i] as string))
    const value = list[i + 1] as string | File
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`
    if (typeof value === 'string') pieces.push(encodeUtf8(`${head}\r\n\r\n${normalize(value)}\r\n`))
    else {
      const type = value.type || 'application/octet-stream'
      pieces.push(
        encodeUtf8(`${head}; filename="${escapeName(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`),
      )
      pieces.push(blobBytes(value), encodeUtf8('\r\n'))
    }
  }
  pieces.push(encodeUtf8(`--${boundary}--\r\n`))
  return { bytes: concatBytes(pieces), type: `multipart/form-data; boundary=${boundary}` }
}

function randomName(): string {
  let name = ''
  for (const byte of realm.host.randomBytes(12)) name += byte.toString(16).padStart(2, '0')
  return name
}

function normalize(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '\r\n')
}

function escapeName(name: string): string {
  return name.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22')
}

/** Throws a TypeError when the bytes are not multipart/form-data with that boundary. */
export function parseMultipart(bytes: Uint8Array<ArrayBuffer>, boundary: string): FormData {
  const form = new FormData()
  const mark = encodeUtf8(`--${boundary}`)
  let at = findBytes(bytes, mark, 0)
  if (at < 0) throw malformed('the boundary is not there')
  at += mark.length
  for (;;) {
    if (bytes[at] === DASH && bytes[at + 1] === DASH) return form
    while (bytes[at] === 0x20 || bytes[at] === 0x09) at++
    if (bytes[at] !== CR || bytes[at + 1] !== LF) throw malformed('a boundary has no line end')
    const head = readHead(bytes, at + 2)
    const end = findDelimiter(bytes, mark, head.end)
    if (end < 0) throw malformed('a part has no end')
    const content = new SafeUint8Array(bytes.buffer, bytes.byteOffset + head.end, end - head.end)
    if (head.filename === undefined) form.append(head.name, decodeBody(content))
    else form.append(head.name, new File([content], head.filename, { type: head.type }))
    at = end + 2 + mark.length
  }
}

function malformed(why: string): TypeError {
  return new TypeError(`The body is not multipart/form-data: ${why}`)
}

interface PartHead {
  readonly name: string
  readonly filename: string | undefined
  readonly type: string
  /** Offset of the content. */
  readonly end: number
}

function readHead(bytes: Uint8Array, start: number): PartHead {
  let parameters: ReadonlyMap<string, string> | undefined
  let type = 'text/plain'
  let at = start
  for (;;) {
    const lineEnd = findLineEnd(bytes, at)
    if (lineEnd < 0) throw malformed('a header has no end')
    if (lineEnd === at) {
      const name = parameters?.get('name')
      if (name === undefined) throw malformed('a part has no name')
      return { name, filename: parameters?.get('filename'), type, end: lineEnd + 2 }
    }
    const line = decodeUtf8(
      new SafeUint8Array(bytes.buffer, bytes.byteOffset + at, lineEnd - at),
      false,
    ) as string
    const colon = line.indexOf(':')
    if (colon < 1) throw malformed('a header has no name')
    const value = line.slice(colon + 1).trim()
    switch (line.slice(0, colon).trim().toLowerCase()) {
      case 'content-disposition':
        if (!/^form-data\s*(;|$)/i.test(value)) throw malformed('a part is not "form-data"')
        parameters = readParameters(value)
        break
      case 'content-type':
        type = value
        break
      case 'content-transfer-encoding':
        if (!/^(?:7bit|8bit|binary)$/i.test(value))
          throw malformed(`the transfer encoding "${value}" is unknown`)
    }
    at = lineEnd + 2
  }
}

/** Parameters of a Content-Disposition; the first of a name counts. Backslashes are ordinary, as browsers send them. */
function readParameters(value: string): Map<string, string> {
  const parameters = new Map<string, string>()
  let at = value.indexOf(';')
  while (at >= 0) {
    const equals = value.indexOf('=', at)
    if (equals < 0) break
    const name = value
      .slice(at + 1, equals)
      .trim()
      .toLowerCase()
    const quoted = value[equals + 1] === '"'
    const start = quoted ? equals + 2 : equals + 1
    const found = value.indexOf(quoted ? '"' : ';', start)
    const end = found < 0 ? value.length : found
    const text = quoted ? value.slice(start, end) : value.slice(start, end).trim()
    if (!parameters.has(name)) parameters.set(name, unescapeName(text))
    at = value.indexOf(';', end)
  }
  return parameters
}

function unescapeName(text: string): string {
  return text.replace(/%0A/gi, '\n').replace(/%0D/gi, '\r').replace(/%22/g, '"')
}

function findLineEnd(bytes: Uint8Array, start: number): number {
  for (let at = bytesIndexOf(bytes, CR, start); at >= 0; at = bytesIndexOf(bytes, CR, at + 1)) {
    if (bytes[at + 1] === LF) return at
  }
  return -1
}

/** Offset of the next CR LF and boundary, from `start` on; the content of a part ends there. */
function findDelimiter(bytes: Uint8Array, mark: Uint8Array, start: number): number {
  for (let at = findLineEnd(bytes, start); at >= 0; at = findLineEnd(bytes, at + 1)) {
    if (matches(bytes, mark, at + 2)) return at
  }
  return -1
}

function findBytes(bytes: Uint8Array, mark: Uint8Array, start: number): number {
  for (let at = bytesIndexOf(bytes, DASH, start); at >= 0; at = bytesIndexOf(bytes, DASH, at + 1)) {
    if (matches(bytes, mark, at)) return at
  }
  return -1
}

function matches(bytes: Uint8Array, mark: Uint8Array, at: number): boolean {
  for (let i = 0; i < mark.length; i++) if (bytes[at + i] !== mark[i]) return false
  return true
}
