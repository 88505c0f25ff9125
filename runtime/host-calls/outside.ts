// What a test puts around the outside world of a runtime: its network, its data and its time.
// Invariant: without it, nothing is changed.

import type { DataProcesses } from '../data/data-processes.ts'
import type { Egress } from '../egress/egress.ts'
import type { Sandbox } from '../sandbox/placement/sandbox.ts'
import type { Handlers } from './host-calls.ts'

export interface Outside {
  /** In place of the network, or around it. */
  readonly egress: (network: Egress) => Egress
  /** Gets the data of plugins, and where their backends run. */
  readonly opened: (data: OutsideData, sandbox: OutsideSandbox) => void
  /** Around the host calls of plugins. */
  readonly handlers: (handlers: Handlers) => Handlers
  /** Of background tasks: milliseconds since the epoch. */
  readonly now: () => number
  /** How far the clock of backends and of their data is ahead of the machine's; undefined where it is that. */
  readonly clockAheadMs: (() => number) | undefined
}

export type OutsideData = Pick<DataProcesses, 'call' | 'buckets'>
export type OutsideSandbox = Pick<Sandbox, 'setClock'>

export const REAL_OUTSIDE: Outside = {
  egress: (network) => network,
  opened: () => undefined,
  handlers: (handlers) => handlers,
  now: Date.now,
  clockAheadMs: undefined,
}
