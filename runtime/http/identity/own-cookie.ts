// Cookies of the runtime: their names and attributes.
// Invariant: on https only the `__Host-` name counts, so that no other host and no plain http page can plant one; below a base path
// `__Secure-`, and only if it is there once.

import { parse, serialize } from 'hono/utils/cookie'
import type { Config } from '../../config/config.ts'
import { type SourceConfig, sourceOf } from '../server/request-source.ts'

export type CookieConfig = SourceConfig & Pick<Config, 'basePath'>

export interface OwnCookie {
  /** All of its names, for code that keeps it from plugins. */
  readonly names: readonly string[]
  read(request: Request, config: CookieConfig): string | undefined
  /** The value of a Set-Cookie header; an empty value deletes the cookie. */
  write(request: Request, config: CookieConfig, value: string): string
}

export interface CookieLife {
  readonly maxAgeSeconds: number
  /** Strict. Lax for what another site leads back with. */
  readonly sameSite?: 'Strict' | 'Lax'
}

export function ownCookie(plain: string, { maxAgeSeconds, sameSite = 'Strict' }: CookieLife): OwnCookie {
  const secure = `__Host-${plain}`
  // "__Host-" wants the path "/". Below a base path others on the origin must not get the cookie, and have one of the same name.
  const below = `__Secure-${plain}`

  function nameOf(request: Request, config: CookieConfig): string {
    if (sourceOf(request, config)?.scheme !== 'https') return plain
    return config.basePath === '' ? secure : below
  }

  return {
    names: [plain, secure, below],
    read(request, config) {
      const header = request.headers.get('cookie')
      if (header === null) return undefined
      const name = nameOf(request, config)
      // This prefix does not keep other hosts of the domain from planting one: of two, either may be theirs.
      if (name === below && header.split(`${name}=`).length > 2) return undefined
      const value = parse(header, name)[name]
      return value === '' ? undefined : value
    },
    write(request, config, value) {
      const name = nameOf(request, config)
      return serialize(name, value, {
        ...{ httpOnly: true, sameSite, secure: name !== plain },
        path: config.basePath === '' ? '/' : config.basePath,
        maxAge: value === '' ? 0 : maxAgeSeconds,
      } as const)
    },
  }
}
