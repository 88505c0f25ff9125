// Starts a program inside bwrap, and hands bwrap the seccomp filter.
// Invariant: the program has the descriptors that it was given, and none of bwrap's own.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import type { ChildRights } from '../child-flags.ts'
import { type BwrapFeatures, bwrapArguments, SECCOMP_FD } from './bwrap.ts'
import { seccompFilter } from './seccomp.ts'

export interface Bwrap {
  /** Its absolute path. */
  readonly binary: string
  readonly features: BwrapFeatures
}

export interface JailedOptions extends Omit<SpawnOptions, 'stdio'> {
  readonly rights: ChildRights
  /** Descriptors 0 to 3 of the program; those behind them belong to bwrap, the first being INFO_FD. */
  readonly stdio: readonly [
    'ignore' | 'pipe',
    'ignore' | 'pipe',
    'ignore' | 'inherit' | 'pipe',
    'ignore' | 'pipe',
  ]
}

export function spawnInJail(
  { binary, features }: Bwrap,
  command: readonly string[],
  options: JailedOptions,
): ChildProcess {
  const { rights, stdio, ...others } = options
  const filter = features.seccomp ? seccompFilter({ processes: rights.childProcess === true }) : undefined
  const child = spawn(binary, [...bwrapArguments(rights, features), ...command], {
    ...others,
    stdio: [...stdio, 'pipe', ...(filter === undefined ? [] : (['pipe'] as const))],
  })
  if (filter !== undefined) {
    const pipes: readonly unknown[] = child.stdio
    const pipe = pipes[SECCOMP_FD] as Duplex | null | undefined
    // A bwrap that ends before it has read the filter starts no program, and says why by itself.
    pipe?.on('error', () => undefined)
    pipe?.resume().end(filter)
  }
  return child
}
