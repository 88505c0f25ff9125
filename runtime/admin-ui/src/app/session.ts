// The signed-in user, for every part of the page. Invariant: what the user may not do is not offered; the server decides all the same.

import { createContext, useCallback, useContext } from 'react'
import type { Session } from '../../../../sdk/api/session.ts'
import { holds } from '../../../../sdk/permissions/permission-strings.ts'

export const SessionContext = createContext<Session>({ name: '', permissions: [] })

export function useSession(): Session {
  return useContext(SessionContext)
}

/** Whether plugins can be developed here: it is the server of "plugbay dev". */
export function useMayDevelop(): boolean {
  const { isDevelopment = false, permissions } = useSession()
  return isDevelopment && holds(permissions, 'plugins.manage')
}

/** Whether the user has a permission, such as "plugins.manage"; null needs none. */
export function useMay(): (permission: string | null) => boolean {
  const { permissions } = useSession()
  return useCallback((permission) => permission === null || holds(permissions, permission), [permissions])
}
