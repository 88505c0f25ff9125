// Threads for what plugins leave to Node's pool: crypto and compression.
// Invariant: in a shared process each plugin has threads of its own, so that no operation waits for one of a neighbour, however
// long that is: a thread cannot be interrupted. They share the processors, as their isolates do.

/** Instances of one shared process: the most that one crash can affect. */
export const MAX_SHARED = 32
/** Two, so that a short operation of a plugin need not wait for a long one of its own. */
const EACH_SHARED = 2
/** As many as Node starts by itself. */
const ALONE = 4

export interface PoolThreads {
  /** Of the process; undefined: as many as Node starts by itself. They start at the first operation, and cost little while idle. */
  readonly all: number | undefined
  /** Those that one instance may occupy. */
  readonly each: number
}

export function poolThreads(shared: boolean): PoolThreads {
  return shared ? { all: MAX_SHARED * EACH_SHARED, each: EACH_SHARED } : { all: undefined, each: ALONE }
}
