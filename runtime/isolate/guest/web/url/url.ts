// URL as in the URL standard: a serialised URL, split only when a part is accessed.
// Invariant: #href is always a serialisation by the host's parser, or equal to one.
import type { UrlPart } from '../base/host.ts'
import { slice } from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import { defineInterface, requireArguments, toUsv } from '../base/webidl.ts'
import { attachToUrl, refill, type URLSearchParams } from './url-search-params.ts'
import { isCanonical, learnOrigin, splitHref, type UrlParts } from './url-syntax.ts'

/** Longer URLs are refused before they are copied out of the isolate. */
const MAX_LENGTH = 32 * 1024 * 1024

const PARSED = Object.freeze({})

export let isUrl: (value: object) => value is URL

export class URL {
  #href: string
  #parts: UrlParts | undefined
  #params: URLSearchParams | undefined

  static {
    isUrl = (value): value is URL => #href in value
  }

  constructor(url: unknown, base?: unknown) {
    if (base === PARSED) {
      this.#href = url as string
      return
    }
    requireArguments(arguments.length, 1, 'URL')
    const href = parse(url, base)
    if (href === undefined) throw new TypeError('Invalid URL')
    this.#href = href
  }

  static canParse(url: unknown, base?: unknown): boolean {
    requireArguments(arguments.length, 1, 'URL.canParse()')
    return parse(url, base) !== undefined
  }

  static parse(url: unknown, base?: unknown): URL | null {
    requireArguments(arguments.length, 1, 'URL.parse()')
    const href = parse(url, base)
    return href === undefined ? null : new URL(href, PARSED)
  }

  #split(): UrlParts {
    this.#parts ??= splitHref(this.#href)
    return this.#parts
  }

  #assign(href: string): void {
    this.#href = href
    this.#parts = undefined
    if (this.#params !== undefined) refill(this.#params, this.#rawQuery())
  }

  #update(part: UrlPart, value: unknown): void {
    const text = toUsv(value)
    const href = text.length > MAX_LENGTH ? undefined : realm.host.updateUrl(this.#href, part, text)
    if (href !== undefined) this.#assign(href)
    else if (part === 'href') throw new TypeError('Invalid URL')
  }

  /** The query from URLSearchParams: escaped already, so it is spliced in. */
  #setQuery(query: string): void {
    const { schemeEnd, hostStart, pathStart, pathEnd, queryEnd } = this.#split()
    const opaque = hostStart < 0 && slice(this.#href, schemeEnd, schemeEnd + 1) !== '/'
    if (opaque && pathStart !== pathEnd) {
      // The end of an opaque path depends on whether a query follows
      this.#href = realm.host.updateUrl(this.#href, 'search', query) ?? this.#href
    } else {
      const mark = query === '' ? '' : `?${query}`
      this.#href = slice(this.#href, 0, pathEnd) + mark + slice(this.#href, queryEnd)
    }
    this.#parts = undefined
  }

  #rawQuery(): string {
    const { pathEnd, queryEnd } = this.#split()
    return slice(this.#href, pathEnd + 1, queryEnd)
  }

  get href(): string {
    realm.lastHref = this.#href
    return this.#href
  }
  set href(value: unknown) {
    this.#update('href', value)
  }
  toString(): string {
    return this.#href
  }
  get origin(): string {
    const { schemeEnd, hostStart, hostEnd, pathStart, pathEnd } = this.#split()
    const scheme = slice(this.#href, 0, schemeEnd)
    switch (scheme) {
      case 'http:':
      case 'https:':
      case 'ws:':
      case 'wss:':
      case 'ftp:':
        return `${scheme}//${slice(this.#href, hostStart, hostEnd)}`
      case 'blob:': {
        const inner = parse(slice(this.#href, pathStart, pathEnd), undefined)
        if (inner === undefined) return 'null'
        const url = new URL(inner, PARSED)
        return url.protocol === 'http:' || url.protocol === 'https:' ? url.origin : 'null'
      }
      default:
        return 'null'
    }
  }
  get protocol(): string {
    return slice(this.#href, 0, this.#split().schemeEnd)
  }
  set protocol(value: unknown) {
    this.#update('protocol', value)
  }
  get username(): string {
    const { userStart, userEnd } = this.#split()
    const user = slice(this.#href, userStart, userEnd)
    const colon = user.indexOf(':')
    return colon < 0 ? user : slice(user, 0, colon)
  }
  set username(value: unknown) {
    this.#update('username', value)
  }
  get password(): string {
    const { userStart, userEnd } = this.#split()
    const user = slice(this.#href, userStart, userEnd)
    const colon = user.indexOf(':')
    return colon < 0 ? '' : slice(user, colon + 1)
  }
  set password(value: unknown) {
    this.#update('password', value)
  }
  get host(): string {
    const { hostStart, hostEnd } = this.#split()
    return hostStart < 0 ? '' : slice(this.#href, hostStart, hostEnd)
  }
  set host(value: unknown) {
    this.#update('host', value)
  }
  get hostname(): string {
    const { hostStart, hostNameEnd } = this.#split()
    return hostStart < 0 ? '' : slice(this.#href, hostStart, hostNameEnd)
  }
  set hostname(value: unknown) {
    this.#update('hostname', value)
  }
  get port(): string {
    const { hostNameEnd, hostEnd } = this.#split()
    return hostNameEnd < 0 ? '' : slice(this.#href, hostNameEnd + 1, hostEnd)
  }
  set port(value: unknown) {
    this.#update('port', value)
  }
  get pathname(): string {
    const { pathStart, pathEnd } = this.#split()
    return slice(this.#href, pathStart, pathEnd)
  }
  set pathname(value: unknown) {
    this.#update('pathname', value)
  }
  get search(): string {
    const { pathEnd, queryEnd } = this.#split()
    return queryEnd - pathEnd < 2 ? '' : slice(this.#href, pathEnd, queryEnd)
  }
  set search(value: unknown) {
    this.#update('search', value)
  }
  get searchParams(): URLSearchParams {
    this.#params ??= attachToUrl(this.#rawQuery(), (query) => this.#setQuery(query))
    return this.#params
  }
  get hash(): string {
    const { queryEnd } = this.#split()
    return this.#href.length - queryEnd < 2 ? '' : slice(this.#href, queryEnd)
  }
  set hash(value: unknown) {
    this.#update('hash', value)
  }
  toJSON(): string {
    return this.#href
  }
}
defineInterface(URL, 'URL')

/** Serialised URL, or undefined when `url` cannot be parsed. */
export function parse(url: unknown, base: unknown): string | undefined {
  if (base === undefined) {
    if (typeof url === 'string') {
      if (url === realm.lastHref && url !== '') return url
      if (isCanonical(url)) return url
    }
    const input = toUsv(url)
    if (input.length > MAX_LENGTH) return undefined
    const href = realm.host.parseUrl(input, undefined)
    if (href !== undefined) learnOrigin(input, href)
    return href
  }
  const input = toUsv(url)
  const against = toUsv(base)
  if (input.length > MAX_LENGTH || against.length > MAX_LENGTH) return undefined
  return realm.host.parseUrl(input, against)
}
