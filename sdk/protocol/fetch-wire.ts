// The heads of the host call "net.fetch" and of its answer, as they cross the wall. Bodies travel beside them, or as streams.

import type { FlatHeaders } from './guest-request.ts'

export interface FetchRequestHead {
  readonly method: string
  /** Absolute. */
  readonly url: string
  readonly headers: FlatHeaders
  readonly redirect: 'follow' | 'manual' | 'error'
  /** Bytes of a body that is whole but travels in chunks; absent where nobody knows. */
  readonly bodyLength?: number
}

export interface FetchResponseHead {
  readonly status: number
  readonly statusText: string
  readonly headers: FlatHeaders
  /** Where the answer came from, redirects followed; without a fragment. */
  readonly url: string
  readonly redirected: boolean
}
