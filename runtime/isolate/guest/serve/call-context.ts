// The context of a handler, and the handling of its failure: the same for every guest call.

import type { Context } from '../../../../sdk/plugin-api/env.ts'
import type { Translate } from '../../../../sdk/plugin-api/language.ts'
import type { IncomingCall } from '../../../../sdk/protocol/channel.ts'
import type { FlatHeaders } from '../../../../sdk/protocol/guest-request.ts'
import type { Translations } from '../env/translations.ts'
import { findHeader } from '../web/fetch/headers.ts'
import { reportOf } from './error-report.ts'

export interface CallFacts {
  readonly user: Context['user']
  readonly language: string
  readonly action?: Context['action']
  readonly folders?: Context['folders']
  /** Of a request. */
  readonly url?: string
  readonly headers?: FlatHeaders
}

export interface CallParts {
  readonly abort: { readonly signal: AbortSignal }
  readonly translations: Translations
  readonly waitUntil: (promise: unknown) => void
}

const NO_FOLDERS: Context['folders'] = Object.freeze({})

/** `ctx` of a handler. A class: requests are many. */
export class CallContext implements Context {
  readonly user: Context['user']
  readonly language: string
  readonly action: Context['action']
  readonly folders: Context['folders']
  readonly #facts: CallFacts
  readonly #parts: CallParts

  constructor(facts: CallFacts, parts: CallParts) {
    const { user, language, action, folders = NO_FOLDERS } = facts
    this.user = user
    this.folders = folders
    this.language = language
    this.action = action
    this.#facts = facts
    this.#parts = parts
  }

  get baseUrl(): string | undefined {
    const { url, headers } = this.#facts
    if (url === undefined || headers === undefined) return undefined
    const origin = url.slice(0, url.indexOf('/', url.indexOf('://') + 3))
    return `${origin}${findHeader(headers, 'x-forwarded-prefix') ?? ''}/`
  }

  get dir(): 'ltr' | 'rtl' {
    return this.#parts.translations.directionOf(this.language)
  }

  /** A getter, so that it can be taken out of the context. */
  get t(): Translate {
    return this.#parts.translations.in(this.language)
  }

  get signal(): AbortSignal {
    return this.#parts.abort.signal
  }

  waitUntil(promise: Promise<unknown>): void {
    this.#parts.waitUntil(promise)
  }

  /** Part of the convention; there is no other origin to pass through to. */
  passThroughOnException(): void {}
}

export function failCall(call: IncomingCall, error: unknown): void {
  const { name, message, stack } = reportOf(error)
  call.fail({ code: 'GUEST_ERROR', name, message, stack })
}
