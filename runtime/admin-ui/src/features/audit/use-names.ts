// Names for the ids of users and tokens, as far as the reader may see them and they are still there.

import { useQuery } from '@tanstack/react-query'
import { tokensQuery, usersQuery } from '../../api/people.ts'
import { useMay } from '../../app/session.ts'

/** The name of an id; the id itself for all others. */
export function useNames(): (id: string) => string {
  const enabled = useMay()('users.manage')
  const users = useQuery({ ...usersQuery, enabled })
  const tokens = useQuery({ ...tokensQuery, enabled })
  const names = new Map([...(users.data ?? []), ...(tokens.data ?? [])].map(({ id, name }) => [id, name]))
  return (id) => names.get(id) ?? id
}
