// The cache folder for bundles, code caches and the compile cache. Write access to it means running code as this user.
// Invariant: only this user (or root) can create a file there, or replace the folder.

import { lstatSync, mkdirSync, type Stats } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { codeRoot, isCheckout } from './code-root.ts'

const GROUP_MAY_WRITE = 0o020
const ANYONE_MAY_WRITE = 0o002
const STICKY = 0o1000

/**
 * Beside the code in a checkout, where the cache is as safe as the code; otherwise in the user's cache folder. Creates the
 * folder.
 * undefined: there is no safe one, as for a service without a home folder.
 */
export function cacheFolder(): string | undefined {
  const folder = isCheckout() ? join(codeRoot(), 'node_modules/.cache/plugbay') : userCacheFolder()
  return folder !== undefined && makeSafe(folder) ? folder : undefined
}

function userCacheFolder(): string | undefined {
  const { XDG_CACHE_HOME: cache = '' } = process.env
  if (isAbsolute(cache)) return join(cache, 'plugbay')
  const home = homedir()
  return isAbsolute(home) ? join(home, '.cache/plugbay') : undefined
}

/** Creates the folder if missing; false when others can write to it. */
export function makeSafe(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const own = lstatSync(folder)
    const parent = lstatSync(dirname(folder))
    return own.isDirectory() && isOurs(own) && parent.isDirectory() && isParentSafe(parent)
  } catch {
    return false // For example a read-only file system
  }
}

/** Windows has no such numbers: a profile and a checkout belong to their user there. */
function isOurs({ uid, mode }: Stats): boolean {
  const user = process.geteuid?.()
  return user === undefined || (uid === user && (mode & (GROUP_MAY_WRITE | ANYONE_MAY_WRITE)) === 0)
}

/** In a sticky folder, such as /tmp, others cannot rename our files. */
function isParentSafe({ uid, mode }: Stats): boolean {
  const user = process.geteuid?.()
  if (user === undefined) return true
  return (uid === user || uid === 0) && ((mode & ANYONE_MAY_WRITE) === 0 || (mode & STICKY) !== 0)
}
