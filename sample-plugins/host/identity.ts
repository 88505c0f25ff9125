// Who a request comes from: the members of the library, for its own pages and for the runtime.

import { parse } from 'hono/utils/cookie'
import type { Authenticate } from 'plugbay'
import type { Members } from './database/members.ts'
import type { Member, Role } from './database/types.ts'

export const SESSION_COOKIE = 'library-session'

/** What a role may do with plugins. A librarian administers them; others visit their pages, and teachers see what is read and checked. */
const PERMISSIONS: Readonly<Record<Role, readonly string[]>> = {
  librarian: ['*'],
  teacher: ['events.view', 'media.view', 'tasks.view'],
  pupil: [],
}

export function memberOf(members: Members, request: Request): Member | undefined {
  const token = sessionOf(request)
  return token === undefined ? undefined : members.bySession(token)
}

export function sessionOf(request: Request): string | undefined {
  return parse(request.headers.get('cookie') ?? '', SESSION_COOKIE)[SESSION_COOKIE]
}

/** The members are the users of the runtime, too: it has no accounts of its own here. */
export function authenticateBy(members: Members): Authenticate {
  return async (request) => {
    const member = memberOf(members, request)
    return member === undefined ? null : { ...userOf(member), kind: 'application' }
  }
}

export function userOf({ name, role }: Member) {
  return { name, permissions: PERMISSIONS[role] }
}
