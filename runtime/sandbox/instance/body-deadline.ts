// The deadline for a response to begin while its request body is still arriving: it limits the plugin, not a slow client.
// Invariant: one side's deadline always runs; a body that keeps arriving and being read is never cut off.

/** How long a client may stay silent. Listeners with a shorter limit enforce it themselves, with 408. */
const SILENT_MS = 30_000

/**
 * Deadline in milliseconds since the last progress of a body; it restarts at every progress.
 * @param isClients whether the plugin waits for more of the body; otherwise it has all that arrived, and must respond or read
 * on
 */
export function turnMs(isClients: boolean, deadlineMs: number): number {
  return isClients ? Math.max(deadlineMs, SILENT_MS) : deadlineMs
}
