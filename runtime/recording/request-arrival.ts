// A request for a plugin, from its arrival on: what the runtime answers in place of the plugin is recorded with the reason.
// Invariant: nothing is kept of a request that the plugin answers; its call is recorded where it is made.

import type { FlatHeaders } from '../../sdk/protocol/guest-request.ts'
import { ERROR_CODES, type ErrorCode } from '../errors.ts'
import type { Principal } from '../permissions/principal.ts'
import type { SecretMask } from '../secrets/secret-mask.ts'
import type { PluginRecording } from './plugin-recording.ts'
import { shownHeaders, shownTarget, shownText } from './shown.ts'

export interface ArrivedRequest {
  readonly method: string
  /** Path and query, as the list of calls shows them. */
  readonly target: string
  readonly headers: FlatHeaders
}

interface ArrivalParts {
  readonly recording: PluginRecording
  readonly mask: SecretMask
}

export class RequestArrival {
  readonly #request: ArrivedRequest
  readonly #parts: ArrivalParts
  readonly #at = performance.now()
  #user: string | null = null
  #requestId: string | undefined
  #isAnswered = false

  constructor(request: ArrivedRequest, parts: ArrivalParts) {
    this.#request = request
    this.#parts = parts
  }

  isFor(user: Pick<Principal, 'name'> | null): void {
    this.#user = user?.name ?? null
  }

  isSent(requestId: string): void {
    this.#requestId = requestId
  }

  /** The first refusal counts. */
  isRefused(
    { code, why }: { readonly code: ErrorCode; readonly why?: string | undefined },
    status: number,
  ): void {
    if (this.#isAnswered) return
    this.#isAnswered = true
    const { recording, mask } = this.#parts
    const { title, hint } = ERROR_CODES[code]
    const end = { outcome: code, status, message: shownText(why ?? `${title}. ${hint}`, mask) }
    if (this.#requestId !== undefined) return recording.answered(this.#requestId, end)
    const { method, target, headers } = this.#request
    const facts = {
      requestId: null,
      call: 'fetch',
      title: `${shownText(method, mask)} ${shownTarget(target, mask)}`,
      user: this.#user,
      requestHeaders: shownHeaders(headers, mask),
    }
    recording.begin(facts, this.#at).end({ ...end, reached: false })
  }
}
