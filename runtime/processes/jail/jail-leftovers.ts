// Ends what a runtime that was killed may have left of a jail that was not ready yet. bwrap makes the process that becomes the
// child, and lets it begin by a word; a bwrap that is killed in between leaves it waiting for that word for ever, before any
// code of ours has run and before it is bound to the life of anybody.
// Invariant: a process that still has its bwrap is never touched, whichever runtime it belongs to.

import { readdirSync } from 'node:fs'
import { codeRoot } from '../../bundles/code-root.ts'
import { commandOf, isFirstOfNamespace, nameOf, parentOf } from '../process-figures.ts'

/** @returns how many there were */
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
    return false // It ended between two looks, or belongs to another user.
  }
}
