// The input of a URLPattern match: a URL, or parts of one, as its eight components.
import { exec, slice, startsWith } from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import { isObject, toText, toUsv } from '../base/webidl.ts'
import { URL } from './url.ts'

export const COMPONENTS = [
  'protocol',
  'username',
  'password',
  'hostname',
  'port',
  'pathname',
  'search',
  'hash',
] as const
export type Component = (typeof COMPONENTS)[number]
export type Components = Readonly<Record<Component, string>>

/** A URLPatternInit with its members as strings. */
export type PatternInit = Partial<Record<Component | 'baseURL', string>>

/** In the order of Web IDL. */
const INIT_MEMBERS = [
  'baseURL',
  'hash',
  'hostname',
  'password',
  'pathname',
  'port',
  'protocol',
  'search',
  'username',
] as const
const DEFAULT_PORTS: Readonly<Record<string, string | undefined>> = Object.assign(Object.create(null), {
  http: '80',
  https: '443',
  ws: '80',
  wss: '443',
  ftp: '21',
  file: '',
})
export const SPECIAL_SCHEMES = ['http', 'https', 'ws', 'wss', 'ftp', 'file'] as const
const DUMMY = 'https://dummy.invalid/'
const DUMMY_HOST = 'dummy.invalid'

function isSpecial(protocol: string): boolean {
  return DEFAULT_PORTS[protocol] !== undefined
}

export function readInit(value: object): PatternInit {
  const init: PatternInit = Object.create(null)
  for (let i = 0; i < INIT_MEMBERS.length; i++) {
    const name = INIT_MEMBERS[i] as (typeof INIT_MEMBERS)[number]
    const member = (value as Readonly<Record<string, unknown>>)[name]
    if (member !== undefined) init[name] = toUsv(member)
  }
  return init
}

/** Undefined when nothing can match: the URL or a part of it is invalid. */
export function componentsOf(input: unknown, base: unknown): Components | undefined {
  if (isObject(input)) {
    if (base !== undefined) throw new TypeError('A base URL goes with a string only')
    return fromInit(readInit(input))
  }
  const url = base === undefined ? URL.parse(toText(input)) : URL.parse(toText(input), toText(base))
  return url === null ? undefined : fromUrl(url)
}

function fromUrl(url: URL): Components {
  return {
    protocol: slice(url.protocol, 0, -1),
    username: url.username,
    password: url.password,
    hostname: url.hostname,
    port: url.port,
    pathname: url.pathname,
    search: slice(url.search, 1),
    hash: slice(url.hash, 1),
  }
}

/** "Process a URLPatternInit" of the standard, for the type "url". */
function fromInit(init: PatternInit): Components | undefined {
  const result: Record<Component, string> = {
    protocol: '',
    username: '',
    password: '',
    hostname: '',
    port: '',
    pathname: '',
    search: '',
    hash: '',
  }
  let base: Components | undefined
  if (init.baseURL !== undefined) {
    const url = URL.parse(init.baseURL)
    if (url === null) return undefined
    base = fromUrl(url)
    inherit(result, init, base)
  }
  const { protocol } = init
  if (protocol !== undefined) {
    const scheme = canonicalProtocol(protocol)
    if (scheme === undefined) return undefined
    result.protocol = scheme
  }
  for (let i = 1; i < COMPONENTS.length; i++) {
    const name = COMPONENTS[i] as Component
    const given = init[name]
    if (given === undefined) continue
    const value = canonical(name, given, { protocol: result.protocol, base })
    if (value === undefined) return undefined
    result[name] = value
  }
  return result
}

/** A part is inherited from the base URL when neither it nor an earlier one is given. */
function inherit(result: Record<Component, string>, init: PatternInit, base: Components): void {
  const { protocol, hostname, port, username, pathname, search, hash } = init
  if (protocol !== undefined) return
  result.protocol = base.protocol
  if (hostname !== undefined) return
  if (port === undefined && username === undefined) {
    result.username = base.username
    if (init.password === undefined) result.password = base.password
  }
  result.hostname = base.hostname
  if (port !== undefined) return
  result.port = base.port
  if (pathname !== undefined) return
  result.pathname = base.pathname
  if (search !== undefined) return
  result.search = base.search
  if (hash === undefined) result.hash = base.hash
}

interface Surroundings {
  readonly protocol: string
  readonly base: Components | undefined
}

function canonical(name: Component, value: string, around: Surroundings): string | undefined {
  const special = around.protocol === '' || isSpecial(around.protocol)
  switch (name) {
    case 'protocol':
      return canonicalProtocol(value)
    case 'username':
    case 'password':
      return value === '' ? '' : updated(DUMMY, name, value)?.[name]
    case 'hostname':
      return canonicalHostname(value, special ? DUMMY : `${around.protocol}://${DUMMY_HOST}/`)
    case 'port':
      return canonicalPort(value, around.protocol)
    case 'pathname':
      return canonicalPathname(value, special, around.base)
    case 'search': {
      const text = startsWith(value, '?') ? slice(value, 1) : value
      return text === '' ? '' : slice(updated(DUMMY, 'search', text)?.search ?? '?', 1)
    }
    case 'hash': {
      const text = startsWith(value, '#') ? slice(value, 1) : value
      return text === '' ? '' : slice(updated(DUMMY, 'hash', text)?.hash ?? '#', 1)
    }
  }
}

function updated(href: string, part: Component, value: string): URL | undefined {
  const result = realm.host.updateUrl(href, part, value)
  return result === undefined ? undefined : new URL(result)
}

function canonicalProtocol(value: string): string | undefined {
  const text = value.endsWith(':') ? slice(value, 0, -1) : value
  if (text === '') return ''
  const url = URL.parse(`${text}://${DUMMY_HOST}/`)
  return url === null ? undefined : slice(url.protocol, 0, -1)
}

/** The setter does not change the URL when the host is invalid. */
function canonicalHostname(value: string, dummy: string): string | undefined {
  if (value === '') return ''
  const hostname = updated(dummy, 'hostname', value)?.hostname
  return hostname === DUMMY_HOST && value !== DUMMY_HOST ? undefined : hostname
}

function canonicalPort(value: string, protocol: string): string | undefined {
  if (value === '') return ''
  const digits = exec(/^[0-9]+/, value.replaceAll(/[\t\n\r]/g, ''))?.[0]
  if (digits === undefined || Number(digits) > 65_535) return undefined
  const port = `${Number(digits)}`
  return port === DEFAULT_PORTS[protocol] ? '' : port
}

function canonicalPathname(
  value: string,
  special: boolean,
  base: Components | undefined,
): string | undefined {
  if (!special) {
    const url = value === '' ? null : URL.parse(`opaque:${value}`)
    return value === ''
      ? ''
      : startsWith(value, '/')
        ? updated('a://b/', 'pathname', value)?.pathname
        : url?.pathname
  }
  let path = value
  if (base !== undefined && !startsWith(path, '/') && startsWith(base.pathname, '/')) {
    path = slice(base.pathname, 0, base.pathname.lastIndexOf('/') + 1) + path
  }
  if (path === '') return ''
  if (startsWith(path, '/')) return updated(DUMMY, 'pathname', path)?.pathname
  // The setter would add the slash itself, and dots would leave the path.
  const pathname = updated(DUMMY, 'pathname', `/-${path}`)?.pathname
  return pathname === undefined ? undefined : slice(pathname, 2)
}
