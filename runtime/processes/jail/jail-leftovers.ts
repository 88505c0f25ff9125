// Kills orphaned bwrap processes left by a crashed runtime. bwrap creates the process that becomes the child, and sends it a
// message to begin. A bwrap that is killed in between leaves it waiting for ever, before any code of ours has run, and before
// its life is bound to a parent's.
// Invariant: a process that still has its bwrap is never touched, whichever runtime it belongs to.

import { readdirSync } from 'node:fs'
import { codeRoot } from '../../bundles/code-root.ts'
import { commandOf, isFirstOfNamespace, nameOf, parentOf } from '../process-figures.ts'

/** @returns the number of killed processes */
export function endJailLeftovers(): number {
  if (process.platform !== 'linux') return 0
  const leftovers = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter(isLeftover)
  return leftovers.filter(end).length
}

function isLeftover(pid: number): boolean {
  if (nameOf(pid) !== 'bwrap' || !isFirstOfNamespace(pid)) return false
  if (nameOf(parentOf(pid) ?? 0) === 'bwrap') return false
  return commandOf(pid).some((word) => word.startsWith(codeRoot()))
}

function end(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch {
    return false // It ended meanwhile, or belongs to another user.
  }
}
