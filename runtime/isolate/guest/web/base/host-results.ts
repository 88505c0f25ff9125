// Asynchronous work of the host: a queue that limits how much runs at once, and the table of waiting requests. Queued work
// costs memory of this isolate, not of the host.
// Invariant: every request is settled once; at most MAX_RUNNING are at the host.
import { DOMException } from './dom-exception.ts'
import { mapDelete, mapGet, mapSet, SafeMap, SafePromise } from './primordials.ts'
import { currentRequest, enter, type RequestOwner } from './request-context.ts'

/** The number of threads of the host for such work. */
const MAX_RUNNING = 4
const MAX_QUEUED = 10_000

export interface HostResult {
  readonly head: string
  readonly body: ArrayBuffer | undefined
}

/** Passes a request to the host under this id. */
type Start = (id: number) => void

interface Waiting {
  readonly start: Start
  readonly resolve: (result: HostResult) => void
  readonly reject: (reason: unknown) => void
  /** The request that started it. */
  readonly owner: RequestOwner | undefined
  next: Waiting | undefined
}

const running = new SafeMap<number, Waiting>()
const cell = {
  lastId: 0,
  running: 0,
  queued: 0,
  first: undefined as Waiting | undefined,
  last: undefined as Waiting | undefined,
}

/** Calls `start` now, or when others have been answered; rejects with a QuotaExceededError when too many wait. */
export function askHost(start: Start): Promise<HostResult> {
  return new SafePromise((resolve, reject) => {
    const waiting: Waiting = { start, resolve, reject, owner: currentRequest(), next: undefined }
    if (cell.running < MAX_RUNNING) return begin(waiting)
    if (cell.queued >= MAX_QUEUED) {
      throw new DOMException(`More than ${MAX_QUEUED} operations are waiting`, 'QuotaExceededError')
    }
    cell.queued++
    if (cell.last === undefined) cell.first = waiting
    else cell.last.next = waiting
    cell.last = waiting
  })
}

/** Handles the host's result. Never throws. */
export function hostResult(id: number, head: string, body: ArrayBuffer | undefined): void {
  const waiting = mapGet(running, id)
  if (waiting === undefined) return
  mapDelete(running, id)
  cell.running--
  enter(waiting.owner)
  waiting.resolve({ __proto__: null, head, body } as unknown as HostResult)
  const next = cell.first
  if (next === undefined) return
  cell.first = next.next
  if (cell.first === undefined) cell.last = undefined
  cell.queued--
  begin(next)
}

function begin(waiting: Waiting): void {
  cell.lastId = cell.lastId >= 0x7fffffff ? 1 : cell.lastId + 1
  const id = cell.lastId
  cell.running++
  mapSet(running, id, waiting)
  waiting.start(id)
}
