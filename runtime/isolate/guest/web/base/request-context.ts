// The request that the running code works for. V8 provides no asynchronous context in an isolate, so it is tracked per run: one
// delivery and the microtasks after it. The result of a request's timer, host call or body belongs to that request.
// Invariant: set before any plugin code of a run, and reset with the next run.

/** Runs whose owner is still known when the host reports a rejection in one of them. */
const REMEMBERED = 64

/** The request, or the call of a handler, that code works for. */
export interface RequestOwner {
  /** Labels log lines. */
  readonly id: string
  readonly language: string
}

const cell = { owner: undefined as RequestOwner | undefined, run: 0 }
const owners: (RequestOwner | undefined)[] = new Array(REMEMBERED).fill(undefined)

/** A delivery begins; the host counts them too. */
export function beginRun(): void {
  cell.run++
  enter(undefined)
}

/** The request that the run belongs to; undefined without one. */
export function currentRequest(): RequestOwner | undefined {
  return cell.owner
}

/** The rest of the run belongs to this request. */
export function enter(owner: RequestOwner | undefined): void {
  cell.owner = owner
  owners[cell.run % REMEMBERED] = owner
}

/** Enters the request of an earlier run. */
export function enterRun(run: number): void {
  const isKnown = run <= cell.run && run > cell.run - REMEMBERED
  enter(isKnown ? owners[run % REMEMBERED] : undefined)
}
