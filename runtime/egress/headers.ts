// Rules for headers that a plugin sends: those of the connection itself, and those that may not follow a redirect.
// Lists are flat: names and values alternate, names in lower case.

/** Framing, routing and the connection belong to the client: a plugin that set them could smuggle a second request. */
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

/** Drops headers that a plugin may not set, silently, as browsers do. */
export function withoutForbidden(headers: readonly string[]): string[] {
  return filterNames(headers, (name) => !OF_THE_CONNECTION.has(name) && !name.startsWith('proxy-'))
}

/** Drops credentials, for a redirect to another origin. `secret` names headers with secrets. */
export function withoutCredentials(headers: readonly string[], secret: ReadonlySet<string>): string[] {
  return filterNames(headers, (name) => !CREDENTIALS.has(name) && !secret.has(name))
}

/** Drops headers that describe the body, for a redirect without it. */
export function withoutBody(headers: readonly string[]): string[] {
  return filterNames(headers, (name) => !OF_THE_BODY.has(name))
}

/** Drops headers that do not hold after decompression: passing them on would break the plugin's response. */
export function withoutCompression(headers: readonly string[]): string[] {
  return filterNames(headers, (name) => name !== 'content-encoding' && name !== 'content-length')
}

/** All values of one name, joined as in HTTP; undefined without any. */
export function headerValue(headers: readonly string[], name: string): string | undefined {
  const values = headers.filter((_, index) => index % 2 === 1 && headers[index - 1] === name)
  return values.length === 0 ? undefined : values.join(', ')
}

function filterNames(headers: readonly string[], keep: (name: string) => boolean): string[] {
  return headers.filter((_, index) => keep(headers[index - (index % 2)] ?? ''))
}
