// What this machine offers as a jail, for tests that need one; and the processes below another, as /proc tells them.

import { readdirSync, readFileSync } from 'node:fs'
import { findJail } from '../../runtime/processes/jail/jail.ts'

export const JAIL = await findJail({ mode: 'auto' })

/** Options of a test that needs bwrap. */
export const ONLY_IN_JAIL = JAIL.kind === 'bwrap' ? {} : { skip: JAIL.reason }

/** Children of a process, their children, and so on. */
export function descendantsOf(pid: number): number[] {
  const children = childrenOf(pid)
  return [...children, ...children.flatMap(descendantsOf)]
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return [] // It ended meanwhile.
  }
}
