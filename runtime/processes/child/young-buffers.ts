// Memory of buffers that pass through a process is given back early.
// Buffers lie outside of V8's heap: a thousand of them fill none of the space of young objects, whose collection would free them in a
// millisecond, but count as memory in use, until V8 collects the whole heap because of them. A body that streams costs more for that than for its way.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** A collection takes a millisecond or less: nothing beside what so many bytes cost on their way. */
const EVERY_BYTES = 8 * 1024 * 1024

/** Of short ones, many requests have some: they die with the objects of these. */
const LONG = 16 * 1024

type Collect = (options: { readonly type: 'minor' }) => void

let collect: Collect | undefined
let bytes = 0

/** A buffer of so many bytes was taken that is soon free. */
export function countPassing(length: number): void {
  if (length < LONG) return
  bytes += length
  if (bytes < EVERY_BYTES) return
  bytes = 0
  // Made when it is first needed: most processes end before that.
  collect ??= collector()
  collect({ type: 'minor' })
}

/** The flag is part of V8's code caches, and what it makes is seen in new contexts only: so it stays as it is. */
function collector(): Collect {
  const present = exposed()
  if (present !== undefined) return present
  setFlagsFromString('--expose-gc')
  try {
    return exposed() ?? (() => undefined)
  } finally {
    setFlagsFromString('--no-expose-gc')
  }
}

function exposed(): Collect | undefined {
  return runInNewContext('globalThis.gc') as Collect | undefined
}
