// The cookie that holds the secret of a browser session.
// Invariant: on https only the `__Host-` name counts, so that no other host and no plain http page can plant one; below a base path
// `__Secure-`, and only if it is there once.

import { parse, serialize } from 'hono/utils/cookie'
import type { Config } from '../../config/config.ts'
import { type SourceConfig, sourceOf } from '../server/request-source.ts'

export type SessionConfig = SourceConfig & Pick<Config, 'basePath'>

const NAME = 'plugbay-session'
const SECURE_NAME = `__Host-${NAME}`
/** "__Host-" wants the path "/". Below a base path others on the origin must not get the cookie, and have one of the same name. */
const SECURE_NAME_BELOW = `__Secure-${NAME}`

/** All names, for code that keeps the cookie from plugins. */
export const SESSION_COOKIE_NAMES: readonly string[] = [NAME, SECURE_NAME, SECURE_NAME_BELOW]

/** Browser sessions end after a week. */
export const SESSION_TTL_MS = 7 * 24 * 3_600_000

export function readSessionCookie(request: Request, config: SessionConfig): string | undefined {
  const header = request.headers.get('cookie')
  if (header === null) return undefined
  const name = nameOf(request, config)
  // This prefix does not keep other hosts of the domain from planting one: of two, either may be theirs.
  if (name === SECURE_NAME_BELOW && header.split(`${name}=`).length > 2) return undefined
  const value = parse(header, name)[name]
  return value === '' ? undefined : value
}

/** The value of a Set-Cookie header; an empty secret deletes the cookie. */
export function sessionCookie(request: Request, config: SessionConfig, secret: string): string {
  const maxAge = secret === '' ? 0 : SESSION_TTL_MS / 1000
  const path = config.basePath === '' ? '/' : config.basePath
  const name = nameOf(request, config)
  return serialize(name, secret, {
    ...{ httpOnly: true, sameSite: 'Strict', path, maxAge },
    secure: name !== NAME,
  } as const)
}

function nameOf(request: Request, config: SessionConfig): string {
  if (sourceOf(request, config)?.scheme !== 'https') return NAME
  return config.basePath === '' ? SECURE_NAME : SECURE_NAME_BELOW
}
