// By when an answer must have begun while a request body is still arriving: the deadline is the plugin's, not a slow client's.
// Invariant: somebody's deadline always runs; a body that goes on arriving and being read is never cut.

/** A client may be silent for so long. Listeners that wait less say so themselves, with 408. */
const SILENT_MS = 30_000

/**
 * Milliseconds from the last step of a body, to be counted from there again at every step.
 * @param isClients whether the plugin waits for more of the body; else it has what has come, and must answer or read on
 */
export function turnMs(isClients: boolean, deadlineMs: number): number {
  return isClients ? Math.max(deadlineMs, SILENT_MS) : deadlineMs
}
