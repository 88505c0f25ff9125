// Whose turn it is while a request body arrives, and by when: the deadline is the plugin's, not that of a slow visitor.
// Invariant: somebody's deadline always runs; a body that goes on arriving and being read is never cut.

import type { SendStream } from '../../../sdk/protocol/streams.ts'

/** A visitor may be silent for so long. Listeners that wait less say so themselves, with 408. */
const SILENT_MS = 30_000

/**
 * Moves the deadline of a call with every step of its body: it counts anew from the last byte that the plugin got, and for
 * as long as the plugin waits for more the visitor has at least `SILENT_MS`.
 */
export function pauseWhileReceiving(
  body: SendStream,
  deadlineMs: number,
  setDeadline: (at: number) => void,
): void {
  const { write, credit, end } = body
  const turn = (ms: number): void => setDeadline(performance.now() + ms)
  const visitorsTurn = (): void => turn(Math.max(deadlineMs, SILENT_MS))
  const pluginsTurn = (): void => turn(deadlineMs)
  visitorsTurn()
  body.write = (chunk, extra) => {
    const wantsMore = write.call(body, chunk, extra)
    if (wantsMore) visitorsTurn()
    else pluginsTurn()
    return wantsMore
  }
  body.credit = (bytes) => {
    credit.call(body, bytes)
    if (body.writable) visitorsTurn()
  }
  body.end = () => {
    end.call(body)
    pluginsTurn()
  }
}
