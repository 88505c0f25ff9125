// The language of a visitor whose address names none: what the user has chosen, else what the browser prefers, else the default.
// Invariant: with one language, and for a header that was seen before, it costs a look-up.

import { parse } from 'hono/utils/cookie'
import type { Languages } from '../../languages/languages.ts'
import type { Principal } from '../../permissions/principal.ts'
import type { PluginRequest } from './exchange.ts'
import { headerOf } from './headers.ts'

/** A choice that outlives the visit: set by the application around the runtime, or by a plugin on its own origin. */
export const LANGUAGE_COOKIE = 'plugbay-language'

/** Headers that the answer depends on. */
export const VARY_BY_LANGUAGE: readonly string[] = ['vary', 'Accept-Language, Cookie']

export type LanguageOf = (request: Pick<PluginRequest, 'headers'>, user: Principal | null) => string

export function createLanguageOf(languages: Languages): LanguageOf {
  return (request, user) => {
    if (languages.available.length === 1) return languages.default
    const chosen = choiceOf(user, languages) ?? cookieOf(request, languages)
    return chosen ?? languages.accepted(headerOf(request, 'accept-language'))
  }
}

function choiceOf(user: Principal | null, languages: Languages): string | undefined {
  const { language } = user ?? {}
  if (language === undefined) return undefined
  return languages.has(language) ? language : languages.match([language])
}

function cookieOf(request: Pick<PluginRequest, 'headers'>, languages: Languages): string | undefined {
  const cookies = headerOf(request, 'cookie')
  if (cookies === undefined || !cookies.includes(LANGUAGE_COOKIE)) return undefined
  const language = parse(cookies, LANGUAGE_COOKIE)[LANGUAGE_COOKIE]
  return language !== undefined && languages.has(language) ? language : undefined
}
