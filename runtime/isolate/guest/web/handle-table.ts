// Numbers of things that the host holds for this isolate, and whether plugin code can still reach them.
// Finalisers do not run in an isolate, so the table looks for itself, every so many additions.
import { mapDelete, mapSet, mapSize, SafeMap, uncurry } from './primordials.ts'

export interface Handle {
  readonly handle: number
}

export interface HandleTable {
  /** `owner` must live as long as anything that uses its handle. */
  add(owner: Handle): void
  /** The host knows already that it is not needed any more. */
  forget(handle: number): void
}

const SafeWeakRef = WeakRef
const deref = uncurry(WeakRef.prototype.deref) as (ref: WeakRef<Handle>) => Handle | undefined
const mapForEach = uncurry(Map.prototype.forEach) as <K, V>(
  map: Map<K, V>,
  visit: (value: V, key: K) => void,
) => void

/** `drop` gets the numbers of what the garbage collector took, separated by commas. */
export function createHandleTable(sweepEvery: number, drop: (handles: string) => void): HandleTable {
  const known = new SafeMap<number, WeakRef<Handle>>()
  let sweepAt = sweepEvery

  function sweep(): void {
    let gone = ''
    mapForEach(known, (ref, handle) => {
      if (deref(ref) !== undefined) return
      mapDelete(known, handle)
      gone += gone === '' ? `${handle}` : `,${handle}`
    })
    if (gone !== '') drop(gone)
    sweepAt = mapSize(known) + sweepEvery
  }

  return {
    add(owner) {
      mapSet(known, owner.handle, new SafeWeakRef(owner))
      if (mapSize(known) >= sweepAt) sweep()
    },
    forget: (handle) => {
      mapDelete(known, handle)
    },
  }
}
