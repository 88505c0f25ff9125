// The inside of a worker (see ../worker-client.ts): answers the runtime's calls one after the other or as they come.
// Errors cross as values: code and message, no stack.

import { Channel } from '../../../sdk/protocol/channel.ts'
import type { Body } from '../../../sdk/protocol/wire.ts'
import { openParentLink } from './parent-link.ts'
import { startWatchdog } from './watchdog.ts'

export interface WorkerAnswer {
  readonly head: unknown
  readonly body?: Body
}

export type WorkerHandler = (
  head: unknown,
  body: Uint8Array | undefined,
) => WorkerAnswer | Promise<WorkerAnswer>

export function serveWorker(handler: WorkerHandler): void {
  startWatchdog()
  const link = openParentLink((kind, _slot, id, head, body) => channel.receive(kind, id, head, body))
  const channel = new Channel((kind, id, head, body) => link.send(kind, 0, id, head, body), {
    async call(call) {
      try {
        const outcome = handler(JSON.parse(call.head), call.body)
        // A handler that is done at once is answered at once, as one that throws is: so answers keep the order of calls.
        const answer = outcome instanceof Promise ? await outcome : outcome
        call.reply(JSON.stringify(answer.head), answer.body)
      } catch (error) {
        const code = (error as { code?: unknown }).code
        call.fail({
          code: typeof code === 'string' ? code : 'INTERNAL',
          message: describe(error, typeof code === 'string'),
        })
      }
    },
  })
}

/** A fault of ours keeps its stack, for the server's log; an error with a code says what it has to say. */
function describe(error: unknown, expected: boolean): string {
  if (!(error instanceof Error)) return 'unknown error'
  return expected ? error.message : (error.stack ?? error.message)
}
