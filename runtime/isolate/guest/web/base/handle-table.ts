// Numbers of resources that the host holds for this isolate, and whether plugin code can still reach them.
// Finalisers do not run in an isolate, so the table checks by itself, once every so many additions.
// Invariant: what it reports as gone is not reachable from anything in this isolate.
import { floor, mapDelete, mapSet, mapSize, max, SafeMap, uncurry } from './primordials.ts'

export interface Handle {
  readonly handle: number
}

export interface HandleTable {
  /** `owner` must live as long as anything that uses its handle. */
  add(owner: Handle): void
  /** The host already knows that it is not needed any more. */
  forget(handle: number): void
}

const SafeWeakRef = WeakRef
const deref = uncurry(WeakRef.prototype.deref) as (ref: WeakRef<Handle>) => Handle | undefined
const mapForEach = uncurry(Map.prototype.forEach) as <K, V>(
  map: Map<K, V>,
  visit: (value: V, key: K) => void,
) => void

/** See expose-gc.ts; undefined when the owner of the isolate does not provide it. */
const { gc: collect } = globalThis as { gc?: () => void }

/**
 * `drop` gets the numbers of collected owners, separated by commas. From half of `limit` on, and ever more often towards it,
 * the table runs the garbage collector; what the host refuses beyond `limit` is really in use.
 */
export function createHandleTable(limit: number, drop: (handles: string) => void): HandleTable {
  const known = new SafeMap<number, WeakRef<Handle>>()
  const leastStep = floor(limit / 16)
  let sweepAt = floor(limit / 2)

  function sweep(): void {
    collect?.()
    let gone = ''
    mapForEach(known, (ref, handle) => {
      if (deref(ref) !== undefined) return
      mapDelete(known, handle)
      gone += gone === '' ? `${handle}` : `,${handle}`
    })
    if (gone !== '') drop(gone)
    const size = mapSize(known)
    sweepAt = size + max(leastStep, floor((limit - size) / 2))
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
