// Which request the code works for that runs now. V8 gives an isolate no asynchronous context, so it is told by runs: one
// delivery and the microtasks after it. What answers a request's timer, host call or body belongs to that request.
// Invariant: set before any plugin code of a run, and forgotten with the next run.

/** Runs whose owner is still known when the host tells of a rejection in one of them. */
const REMEMBERED = 64

const cell = { owner: undefined as string | undefined, run: 0 }
const owners: (string | undefined)[] = new Array(REMEMBERED).fill(undefined)

/** A delivery begins; the host counts them too. */
export function beginRun(): void {
  cell.run++
  enter(undefined)
}

/** Id of the request that the run belongs to; undefined for none. */
export function currentRequest(): string | undefined {
  return cell.owner
}

/** What comes until the end of the run is done for this request. */
export function enter(requestId: string | undefined): void {
  cell.owner = requestId
  owners[cell.run % REMEMBERED] = requestId
}

/** Enters as whoever owned an earlier run. */
export function enterRun(run: number): void {
  const isKnown = run <= cell.run && run > cell.run - REMEMBERED
  enter(isKnown ? owners[run % REMEMBERED] : undefined)
}
