// The child-process half of the guest's web globals: URL parser, text decoders, randomness and the clock, from Node.
// Invariant: nothing here throws, keeps state of a plugin, or returns anything but plain values.
import { randomFillSync } from 'node:crypto'
import type { CommonHostFunctions, UrlPart } from '../guest/web/base/host.ts'

const MAX_RANDOM = 65_536
/** Steps of the clock in milliseconds: too coarse to time a cache line, fine enough to measure a request. */
const CLOCK_STEP = 0.1

const URL_PARTS: ReadonlySet<string> = new Set<UrlPart>([
  'href',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
])

const PATTERN_PARTS = [
  'protocol',
  'username',
  'password',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
] as const

/** Creates the functions that all isolates of this process share; see CommonHostFunctions for each one's contract. */
export function createHostFunctions(): CommonHostFunctions {
  const decoders = new Map<string, TextDecoder>()
  const encoder = new TextEncoder()

  function decoder(label: string, fatal: boolean): TextDecoder {
    const key = `${label} ${fatal}`
    const known = decoders.get(key)
    if (known !== undefined) return known
    const made = new TextDecoder(label, { fatal, ignoreBOM: true })
    // The key is the encoding's own name, of which there are 39: labels of plugins cannot fill the map.
    if (made.encoding === label) decoders.set(key, made)
    return made
  }

  function decodeText(bytes: Uint8Array, encoding: string, fatal: boolean): string | undefined {
    try {
      return decoder(encoding, fatal).decode(bytes)
    } catch {
      return undefined // Malformed under "fatal", or too long for a string: the guest throws its own TypeError
    }
  }

  return {
    parseUrl: (input, base) => (base === undefined ? URL.parse(input) : URL.parse(input, base))?.href,
    updateUrl: (href, part, value) => updateUrl(href, part, value),
    parsePattern: (request) => JSON.stringify(parsePattern(request)),
    encodingName,
    decodeText,
    pendingBytes: (bytes, encoding) => pendingBytes(bytes, encoding),
    encodeText: (text) => encoder.encode(text),
    randomBytes: (length) => randomFillSync(new Uint8Array(Math.min(Math.max(length >>> 0, 0), MAX_RANDOM))),
    now: () => Math.floor((performance.timeOrigin + performance.now()) / CLOCK_STEP) * CLOCK_STEP,
  }
}

function updateUrl(href: string, part: UrlPart, value: string): string | undefined {
  const url = URL.parse(href)
  if (url === null || !URL_PARTS.has(part)) return undefined
  try {
    url[part] = value
    return url.href
  } catch {
    return undefined // Only the setter of "href" throws
  }
}

function parsePattern(request: string): object {
  try {
    const { pattern, base, ignoreCase } = JSON.parse(request)
    const parsed =
      base === undefined
        ? new URLPattern(pattern, { ignoreCase })
        : new URLPattern(pattern, base, { ignoreCase })
    const components: Record<string, string> = {}
    for (const name of PATTERN_PARTS) components[name] = parsed[name]
    return { components, hasRegExpGroups: parsed.hasRegExpGroups }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

function encodingName(label: string): string | undefined {
  try {
    return new TextDecoder(label).encoding
  } catch {
    return undefined // RangeError: no such label
  }
}

/**
 * Multi-byte encodings only. A prefix is complete when a decoder that expects more and one that does not agree on it; the
 * longest incomplete character (gb18030) has three bytes before its last.
 */
function pendingBytes(bytes: Uint8Array, encoding: string): number {
  const most = Math.min(3, bytes.length)
  try {
    for (let back = 0; back <= most; back++) {
      const head = bytes.subarray(0, bytes.length - back)
      const tail = head.subarray(Math.max(0, head.length - 64))
      const open = new TextDecoder(encoding).decode(tail, { stream: true })
      if (open === new TextDecoder(encoding).decode(tail)) return back
    }
  } catch {
    return 0 // No such encoding: nothing can be pending
  }
  return 0
}
