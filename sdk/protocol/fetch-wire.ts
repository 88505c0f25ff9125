// The heads of the host call "net.fetch" and of its reply on the wire. Bodies travel separately, whole or as streams.

import type { FlatHeaders } from './guest-request.ts'

export interface FetchRequestHead {
  readonly method: string
  /** Absolute. */
  readonly url: string
  readonly headers: FlatHeaders
  readonly redirect: 'follow' | 'manual' | 'error'
  /** Length of a body that is known in full but travels in chunks; absent when it is unknown. */
  readonly bodyLength?: number
}

export interface FetchResponseHead {
  readonly status: number
  readonly statusText: string
  readonly headers: FlatHeaders
  /** The final URL, after redirects; without a fragment. */
  readonly url: string
  readonly redirected: boolean
}
