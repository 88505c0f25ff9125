// What a public plugin lets other sites read by CORS, for answers that it did not make itself: without the header, a page of another
// site cannot even read the status of an error.
// Invariant: an error says no more to another site than the plugin's own answers have allowed it to read.

import type { FlatHeaders } from '../../../sdk/protocol/guest-request.ts'

/** Of one plugin: a wildcard plugin needs none, and one that lists its origins has few. */
const MAX_ORIGINS = 100
const NAME = 'access-control-allow-origin'
const CREDENTIALS = 'access-control-allow-credentials'

export class GivenCors {
  readonly #byOrigin = new Map<string, boolean>()

  /** @param headers of an answer, as the visitor gets it */
  note(headers: FlatHeaders): void {
    const origin = headerIn(headers, NAME)
    if (origin === undefined || (this.#byOrigin.size >= MAX_ORIGINS && !this.#byOrigin.has(origin))) return
    const allowsCredentials = headerIn(headers, CREDENTIALS) === 'true'
    if (this.#byOrigin.get(origin) !== allowsCredentials) this.#byOrigin.set(origin, allowsCredentials)
  }

  /** Flat. */
  headersFor(origin: string): readonly string[] {
    const key = this.#byOrigin.has(origin) ? origin : '*'
    const allowsCredentials = this.#byOrigin.get(key)
    if (allowsCredentials === undefined) return []
    return [NAME, key, ...(allowsCredentials ? [CREDENTIALS, 'true'] : []), 'vary', 'origin']
  }
}

function headerIn(headers: FlatHeaders, name: string): string | undefined {
  const at = headers.indexOf(name)
  return at === -1 ? undefined : headers[at + 1]
}
