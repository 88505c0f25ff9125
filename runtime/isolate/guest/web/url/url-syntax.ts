// Splits serialised URLs into parts, and recognises inputs that are their own serialisation.
// Invariant: every href here came from the host's parser or passed `isCanonical`, so no part needs escaping or checks.
import {
  charCodeAt,
  exec,
  indexOf,
  lastIndexOf,
  mapClear,
  mapHas,
  mapSet,
  mapSize,
  SafeMap,
  slice,
  startsWith,
} from '../base/primordials.ts'

/** Offsets into an href; `hostStart` is -1 for a URL without an authority. */
export interface UrlParts {
  /** After the colon. */
  readonly schemeEnd: number
  readonly userStart: number
  /** End of user name and password: the "@", or `hostStart`. */
  readonly userEnd: number
  readonly hostStart: number
  /** Before the colon of the port. */
  readonly hostNameEnd: number
  readonly hostEnd: number
  readonly pathStart: number
  readonly pathEnd: number
  /** Without the fragment. */
  readonly queryEnd: number
}

const SLASH = 0x2f

export function splitHref(href: string): UrlParts {
  const schemeEnd = indexOf(href, ':') + 1
  const fragment = indexOf(href, '#')
  const queryEnd = fragment < 0 ? href.length : fragment
  const question = indexOf(href, '?')
  const pathEnd = question < 0 || question > queryEnd ? queryEnd : question
  if (charCodeAt(href, schemeEnd) !== SLASH || charCodeAt(href, schemeEnd + 1) !== SLASH) {
    // "web+demo:/.//path": the "/." only prevents a path that begins with "//" from reading as a host.
    const pathStart = startsWith(href, '/.//', schemeEnd) ? schemeEnd + 2 : schemeEnd
    const none = {
      userStart: schemeEnd,
      userEnd: schemeEnd,
      hostStart: -1,
      hostNameEnd: -1,
      hostEnd: schemeEnd,
    }
    return { schemeEnd, ...none, pathStart, pathEnd, queryEnd }
  }
  const userStart = schemeEnd + 2
  let hostEnd = indexOf(href, '/', userStart)
  if (hostEnd < 0 || hostEnd > pathEnd) hostEnd = pathEnd
  const at = indexOf(href, '@', userStart)
  const userEnd = at >= 0 && at < hostEnd ? at : userStart
  const hostStart = userEnd === userStart ? userStart : userEnd + 1
  const colon = lastIndexOf(href, ':', hostEnd - 1)
  // A colon before "]" belongs to an IPv6 address.
  const hasPort = colon >= hostStart && indexOf(slice(href, colon, hostEnd), ']') < 0
  const hostNameEnd = hasPort ? colon : hostEnd
  return {
    schemeEnd,
    userStart,
    userEnd,
    hostStart,
    hostNameEnd,
    hostEnd,
    pathStart: hostEnd,
    pathEnd,
    queryEnd,
  }
}

/** Characters that path, query and fragment all leave as they are; "\" and everything escaped is left out. */
const SIMPLE =
  /^(https?:\/\/[a-z0-9.:-]+)\/[\w\-.~!$&()*+,;=:@%/]*(\?[\w\-.~!$&()*+,;=:@%/?]*)?(#[\w\-.~!$&()*+,;=:@%/?]*)?$/
/** Segments "." and "..", also escaped, which the parser removes: anything that begins like one. */
const MAYBE_DOTS = /\/(?:\.|%2e)/i
const MAX_ORIGINS = 64

/** Origins that the host's parser left unchanged. */
const knownOrigins = new SafeMap<string, true>()

/** Whether `input` is a URL that equals its own serialisation. False also means "ask the host". */
export function isCanonical(input: string): boolean {
  if (input.length > 8192) return false
  const match = exec(SIMPLE, input)
  return match !== null && mapHas(knownOrigins, match[1] as string) && exec(MAYBE_DOTS, input) === null
}

/** Remembers the origin of `input` if the parser left it unchanged. */
export function learnOrigin(input: string, href: string): void {
  const match = exec(SIMPLE, input)
  if (match === null || match[1] === undefined || !startsWith(href, `${match[1]}/`)) return
  if (mapSize(knownOrigins) >= MAX_ORIGINS) mapClear(knownOrigins)
  mapSet(knownOrigins, match[1], true)
}
