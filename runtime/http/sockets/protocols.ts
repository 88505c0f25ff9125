// The sub-protocols that a page offers: this is the only header of a WebSocket that a page can set, so it carries the
// page token. Invariant: plugins see neither the token nor our own name, and the token is never sent back.

/** Answered when the plugin chooses none: Chromium drops a connection if none of its sub-protocols is chosen. */
export const OUR_PROTOCOL = 'plugbay'
const TOKEN_PREFIX = 'plugbay-token.'

/** Of RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

export interface OfferedProtocols {
  readonly theirs: readonly string[]
  readonly hasOurs: boolean
  readonly token: string | undefined
}

/** Undefined for a header that is not a list of distinct tokens. */
export function readProtocols(header: string | undefined): OfferedProtocols | undefined {
  if (header === undefined) return { theirs: [], hasOurs: false, token: undefined }
  const all = header.split(',').map((part) => part.trim())
  if (new Set(all).size !== all.length || !all.every((part) => TOKEN.test(part))) return undefined
  const tokens = all.filter((part) => part.startsWith(TOKEN_PREFIX))
  return {
    theirs: all.filter((part) => part !== OUR_PROTOCOL && !part.startsWith(TOKEN_PREFIX)),
    hasOurs: all.includes(OUR_PROTOCOL),
    token: tokens[0]?.slice(TOKEN_PREFIX.length),
  }
}
