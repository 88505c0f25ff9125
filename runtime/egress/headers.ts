// The rules for headers that a plugin sends: which ones belong to the connection, and which may not follow a redirect.
// Lists are flat: names and values in turn, names in lower case.

/** Framing, routing and the connection are the client's own: a plugin that set them could smuggle a second request. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
])
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'cookie2'])
const OF_THE_BODY: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
])

/** Drops what a plugin may not set, as browsers do: without a word. */
export function withoutForbidden(headers: readonly string[]): string[] {
  return filterNames(headers, (name) => !OF_THE_CONNECTION.has(name) && !name.startsWith('proxy-'))
}

/** Drops credentials: for a redirect that leads to another origin. `secret` names headers that hold secrets. */
export function withoutCredentials(headers: readonly string[], secret: ReadonlySet<string>): string[] {
  return filterNames(headers, (name) => !CREDENTIALS.has(name) && !secret.has(name))
}

/** Drops what describes the body: for a redirect that drops the body. */
export function withoutBody(headers: readonly string[]): string[] {
  return filterNames(headers, (name) => !OF_THE_BODY.has(name))
}

/** Drops what no longer holds for an answer that has been decompressed: a plugin that passes it on would break it. */
export function withoutCompression(headers: readonly string[]): string[] {
  return filterNames(headers, (name) => name !== 'content-encoding' && name !== 'content-length')
}

/** The values of one name, joined as HTTP joins them; undefined where there is none. */
export function headerValue(headers: readonly string[], name: string): string | undefined {
  const values = headers.filter((_, index) => index % 2 === 1 && headers[index - 1] === name)
  return values.length === 0 ? undefined : values.join(', ')
}

function filterNames(headers: readonly string[], keep: (name: string) => boolean): string[] {
  return headers.filter((_, index) => keep(headers[index - (index % 2)] ?? ''))
}
