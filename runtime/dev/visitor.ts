// The visitor of pages and backend under `plugbay dev`: by default one with every permission; --as names another one.

import type { Principal } from '../permissions/principal.ts'

/** Anyone on this machine may open the pages. The admin API still requires its token. */
export const DEVELOPER: Principal = { name: 'developer', permissions: ['*'], kind: 'application' }

const PERMISSION = /^(?:\*|[A-Za-z][\w-]*(?:\.[\w-]+)*(?:\.\*)?)$/
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@ -]{0,99}$/u

/**
 * "stranger" has not signed in (null); "ada" has, without any permission; "ada:events.view,reports.*" has these.
 * Undefined for any other text.
 */
export function readVisitor(text: string): Principal | null | undefined {
  if (text === 'stranger') return null
  const [name = '', given, ...more] = text.split(':')
  const permissions = given === undefined ? [] : given.split(',')
  const isWell = more.length === 0 && NAME.test(name) && permissions.every((each) => PERMISSION.test(each))
  return isWell ? { name, permissions, kind: 'application' } : undefined
}
