// MIME types as the MIME Sniffing standard parses and writes them.
import { exec, toLowerCase } from '../base/primordials.ts'

export interface MimeType {
  /** "type/subtype" in lower case. */
  readonly essence: string
  readonly parameters: ReadonlyMap<string, string>
}

const NOT_TOKEN = /[^!#$%&'*+\-.^_`|~\w]/
const NOT_QUOTED = /[^\t\x20-\x7e\x80-\xff]/

/** Undefined for text that is not a MIME type. */
export function parseMimeType(input: string): MimeType | undefined {
  const text = trim(input)
  const slash = text.indexOf('/')
  if (slash < 1) return undefined
  const semicolon = text.indexOf(';', slash)
  const end = semicolon < 0 ? text.length : semicolon
  const type = text.slice(0, slash)
  const subtype = trimEnd(text.slice(slash + 1, end))
  if (subtype === '' || exec(NOT_TOKEN, type) !== null || exec(NOT_TOKEN, subtype) !== null) return undefined
  return { essence: toLowerCase(`${type}/${subtype}`), parameters: parseParameters(text, end) }
}

function parseParameters(text: string, start: number): Map<string, string> {
  const parameters = new Map<string, string>()
  let at = start
  while (at < text.length) {
    at++ // The ";"
    while (isSpace(text.charCodeAt(at))) at++
    const nameStart = at
    while (at < text.length && text[at] !== ';' && text[at] !== '=') at++
    const name = toLowerCase(text.slice(nameStart, at))
    if (at >= text.length) break
    if (text[at] === ';') continue
    at++
    let value: string
    if (text[at] === '"') {
      const quoted = readQuoted(text, at)
      value = quoted.value
      at = quoted.end
      while (at < text.length && text[at] !== ';') at++
    } else {
      const valueStart = at
      while (at < text.length && text[at] !== ';') at++
      value = trimEnd(text.slice(valueStart, at))
      if (value === '') continue
    }
    const valid = name !== '' && exec(NOT_TOKEN, name) === null && exec(NOT_QUOTED, value) === null
    if (valid && !parameters.has(name)) parameters.set(name, value)
  }
  return parameters
}

function readQuoted(text: string, start: number): { value: string; end: number } {
  let value = ''
  let at = start + 1
  for (; at < text.length; at++) {
    const char = text[at] as string
    if (char === '"') return { value, end: at + 1 }
    if (char === '\\') {
      at++
      value += at < text.length ? (text[at] as string) : '\\'
    } else value += char
  }
  return { value, end: at }
}

export function serializeMimeType(type: MimeType): string {
  let text = type.essence
  for (const [name, value] of type.parameters) {
    const plain = value !== '' && exec(NOT_TOKEN, value) === null
    text += `;${name}=${plain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`
  }
  return text
}

function trim(text: string): string {
  let start = 0
  while (start < text.length && isSpace(text.charCodeAt(start))) start++
  return trimEnd(text.slice(start))
}

/** Without a regular expression, which would take quadratic time for spaces followed by something else. */
function trimEnd(text: string): string {
  let end = text.length
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(0, end)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d
}
