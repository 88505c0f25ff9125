// The worker's side (see ../worker-client.ts): answers the runtime's calls in sequence or as they arrive.
// Errors cross as values: code and message, no stack.

import { Channel, type IncomingCall } from '../../../sdk/protocol/channel.ts'
import { sendBytes } from '../../../sdk/protocol/stream-bytes.ts'
import type { ReceiveStream } from '../../../sdk/protocol/streams.ts'
import type { Body, WireError } from '../../../sdk/protocol/wire.ts'
import { openParentLink } from './parent-link.ts'
import { startWatchdog } from './watchdog.ts'

export interface WorkerResult {
  readonly head: unknown
  readonly body?: Body
  /** Instead of `body`: a body in chunks, at the pace of its reader. */
  readonly stream?: AsyncIterable<Uint8Array>
}

export type WorkerHandler<Call> = (
  call: Call,
  body: Uint8Array | undefined,
  /** Instead of `body` when it continues in chunks. */
  upload: ReceiveStream | undefined,
) => WorkerResult | Promise<WorkerResult>

export interface WorkerOptions<Call> {
  /** Parses the head of a call; JSON by default. */
  readonly read?: (head: string) => Call
  /** Calls whose reply leaves before the next call starts, so that after a crash it is known what was executed. */
  readonly tellsAtOnce?: (call: Call) => boolean
}

export function serveWorker<Call>(handler: WorkerHandler<Call>, options: WorkerOptions<Call> = {}): void {
  const { read = (head) => JSON.parse(head) as Call, tellsAtOnce = () => false } = options
  startWatchdog()
  const link = openParentLink((kind, _slot, id, head, body) => channel.receive(kind, id, head, body))
  const channel = new Channel((kind, id, head, body) => link.send(kind, 0, id, head, body), {
    async call(call) {
      const asked = read(call.head)
      try {
        const outcome = handler(asked, call.body, call.stream)
        // A handler that ends synchronously is answered synchronously, also when it throws: so replies keep the order of calls.
        const answer = outcome instanceof Promise ? await outcome : outcome
        const head = JSON.stringify(answer.head)
        if (answer.stream === undefined) call.reply(head, answer.body)
        else await replyStream(call, head, answer.stream)
      } catch (error) {
        call.fail(toWireError(error))
      }
      if (tellsAtOnce(asked)) link.flush()
    },
  })
}

async function replyStream(
  call: IncomingCall,
  head: string,
  source: AsyncIterable<Uint8Array>,
): Promise<void> {
  let isWanted = true
  call.onCancel(() => {
    isWanted = false
  })
  const target = call.replyStream(head)
  try {
    await sendBytes(target, source, () => isWanted)
    target.end()
  } catch (error) {
    target.abort(toWireError(error))
  }
}

function toWireError(error: unknown): WireError {
  const code = (error as { code?: unknown }).code
  const isExpected = typeof code === 'string'
  return { code: isExpected ? code : 'INTERNAL', message: describe(error, isExpected) }
}

/** An internal error keeps its stack for the server's log; an error with a code needs none. */
function describe(error: unknown, expected: boolean): string {
  if (!(error instanceof Error)) return 'unknown error'
  return expected ? error.message : (error.stack ?? error.message)
}
