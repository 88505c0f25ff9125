// What a test puts around the outside world of a runtime: its network, its data and its time.
// Invariant: without it, nothing is changed.

import type { DataProcesses } from '../data/data-processes.ts'
import type { Egress } from '../egress/egress.ts'
import type { Handlers } from './host-calls.ts'

export interface Outside {
  /** In place of the network, or around it. */
  readonly egress: (network: Egress) => Egress
  /** Gets the data of plugins. */
  readonly opened: (data: Pick<DataProcesses, 'call'>) => void
  /** Around the host calls of plugins. */
  readonly handlers: (handlers: Handlers) => Handlers
  /** Of background tasks: milliseconds since the epoch. */
  readonly now: () => number
}

export const REAL_OUTSIDE: Outside = {
  egress: (network) => network,
  opened: () => undefined,
  handlers: (handlers) => handlers,
  now: Date.now,
}
