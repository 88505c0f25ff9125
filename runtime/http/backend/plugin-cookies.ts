// The cookies of a plugin. On an origin that others use too, the browser's name of each holds the id: "theme" of "notes" is
// "plugbay.notes.theme" there.
// Invariant: on a shared origin a plugin gets no cookie that it has not set itself, and sets none that other code there reads.

import type { Mount } from '../exchange/mount.ts'
import { SESSION_COOKIE_NAMES } from '../identity/session-cookie.ts'
import { STATE_COOKIE_NAMES } from '../pages/browser-state.ts'
import { PAGE_COOKIE_NAMES } from '../pages/page-cookie.ts'
import { BROWSER_COOKIE_NAMES } from '../sign-in/browser-cookie.ts'
import { TRANSACTION_COOKIE_NAMES } from '../sign-in/oidc/transaction-cookie.ts'

/** Cookies that a plugin neither sees nor sets. */
const OUR_COOKIES: readonly string[] = [
  ...SESSION_COOKIE_NAMES,
  ...BROWSER_COOKIE_NAMES,
  ...TRANSACTION_COOKIE_NAMES,
  ...PAGE_COOKIE_NAMES,
  ...STATE_COOKIE_NAMES,
]

/** Promises of a name that browsers enforce (RFC 6265bis, 4.1.3): they stay in front, in any case of letters. */
const PROMISE = /^__(?:secure|http)-/i
/** Promises that need the path "/", which is not the plugin's on a shared origin. */
const HOST_PROMISE = /^__host-/i

/** Browsers ignore longer ones. */
const MAX_COOKIE_LENGTH = 4096
/** Per visitor, on a shared origin: browsers forget other cookies of the origin when there are too many. */
const MAX_COOKIES = 20

type CookieMount = Pick<Mount, 'id' | 'mode' | 'path'>

/** What a plugin gets of a Cookie header; '' for nothing. */
export function cookiesForPlugin(header: string, mount: CookieMount): string {
  return mount.mode === 'own' ? withoutOurs(header) : itsOwn(header, mount.id)
}

/** The cookies that one answer sets. */
export class CookiesOfPlugin {
  readonly #mount: CookieMount
  /** Names that the visitor has for the plugin, in the browser's form; on an own origin none are needed. */
  readonly #names = new Set<string>()

  /** @param sent the Cookie header of the request */
  constructor(mount: CookieMount, sent: string | undefined) {
    this.#mount = mount
    if (mount.mode === 'own' || sent === undefined) return
    const mark = markOf(mount.id)
    for (const pair of sent.split(';').map((each) => each.trim()))
      if (innerPair(pair, mark) !== undefined) this.#names.add(nameOf(pair))
  }

  /** The Set-Cookie header for one of the plugin's; undefined for a cookie that it may not set. */
  set(value: string): string | undefined {
    const { mode, path, id } = this.#mount
    const [pair = '', ...attributes] = value.split(';')
    const name = nameOf(pair)
    // Browsers send a cookie without a name as its value alone, which reads as the name and value of another.
    if (name === '' || OUR_COOKIES.includes(name)) return undefined
    if (mode === 'own') return scoped(pair.trim(), attributes, pathIn(attributes))
    if (HOST_PROMISE.test(name)) return undefined
    const outer = outerName(name, id)
    const content = pair.slice(pair.indexOf('=') + 1).trim()
    if (outer.length + content.length > MAX_COOKIE_LENGTH) return undefined
    if (this.#names.size >= MAX_COOKIES && !this.#names.has(outer)) return undefined
    this.#names.add(outer)
    // One path for all: every request of a visitor shows how many there are.
    return scoped(`${outer}=${content}`, attributes, `${path}/`)
  }
}

function withoutOurs(header: string): string {
  if (!OUR_COOKIES.some((name) => header.includes(name))) return header
  return header
    .split(';')
    .filter((pair) => !OUR_COOKIES.includes(nameOf(pair)))
    .join(';')
    .trim()
}

function itsOwn(header: string, id: string): string {
  const mark = markOf(id)
  if (!header.includes(mark)) return ''
  let kept = ''
  for (const pair of header.split(';')) {
    const inner = innerPair(pair.trim(), mark)
    if (inner !== undefined) kept += kept === '' ? inner : `; ${inner}`
  }
  return kept
}

/** "__Secure-plugbay.notes.a=1" → "__Secure-a=1"; undefined for a cookie that is not the plugin's. */
function innerPair(pair: string, mark: string): string | undefined {
  const promise = PROMISE.exec(pair)?.[0] ?? ''
  if (!pair.startsWith(mark, promise.length)) return undefined
  const rest = pair.slice(promise.length + mark.length)
  // The browser has kept no promise of a name behind the mark, and `outerName` makes none of this form.
  if (PROMISE.test(rest) || HOST_PROMISE.test(rest)) return undefined
  return rest.indexOf('=') > 0 ? promise + rest : undefined
}

function outerName(name: string, id: string): string {
  const promise = PROMISE.exec(name)?.[0] ?? ''
  return promise + markOf(id) + name.slice(promise.length)
}

/** An id has no dot: no mark is the beginning of another. */
function markOf(id: string): string {
  return `plugbay.${id}.`
}

/** '' without "=". */
function nameOf(pair: string): string {
  return pair.slice(0, Math.max(0, pair.indexOf('='))).trim()
}

/** With this path, and without Domain. */
function scoped(pair: string, attributes: readonly string[], path: string): string {
  const kept = attributes
    .map((attribute) => attribute.trim())
    .filter((attribute) => !/^(path|domain)\b/i.test(attribute))
  return [pair, ...kept, `Path=${path}`].join('; ')
}

/** The path that the plugin wants; all of its origin by default, whatever the language of the page. */
function pathIn(attributes: readonly string[]): string {
  const wanted = attributes
    .map((attribute) => /^\s*path=(\/[^;]*)$/i.exec(attribute)?.[1]?.trim())
    .find((path) => path !== undefined)
  return wanted ?? '/'
}
