// The heads of a guest call "fetch" and of its reply on the wire. Bodies travel separately.

import type { WireFileBody } from './bucket-wire.ts'

/** Names and values alternate: ["accept", "text/html", "cookie", "a=1", "cookie", "b=2"]. Names are lower case. */
export type FlatHeaders = readonly string[]

export interface GuestRequestHead {
  readonly m: 'fetch'
  readonly method: string
  /** Absolute, and already in the canonical form of the URL standard. */
  readonly url: string
  readonly headers: FlatHeaders
  readonly user: { readonly name: string; readonly permissions: readonly string[] } | null
  /** Labels log lines. */
  readonly requestId: string
  /** The language of the answer, as a BCP 47 tag. */
  readonly language: string
  /** It requests a WebSocket: what follows the head, in both directions, are messages (see socket-wire.ts). */
  readonly upgrade?: true
}

export interface GuestResponseHead {
  /** Instead of a body: a file of env.files, which the host sends. */
  readonly file?: WireFileBody
  readonly status: number
  readonly statusText: string
  readonly headers: FlatHeaders
}
