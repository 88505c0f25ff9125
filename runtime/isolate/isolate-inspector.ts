// The inspector of one isolate, in development: messages of the Chrome DevTools protocol, in and out.
// Invariant: one session for as long as the isolate lives; what it says leaves in pieces that fit a frame.

import ivm from 'isolated-vm'
import type { WarmIsolate } from './warm-isolate.ts'

/** Bytes. */
const PIECE = 512 * 1024

export type SendPiece = (piece: Uint8Array, more: boolean) => void

export class IsolateInspector {
  readonly #session: ivm.InspectorSession

  /** @param warm made with an inspector, and not running */
  constructor(warm: Pick<WarmIsolate, 'isolate' | 'context'>, send: SendPiece) {
    this.#session = openSession(warm)
    const tell = (message: string) => {
      const bytes = Buffer.from(message)
      for (let start = 0; start < bytes.length; start += PIECE)
        send(bytes.subarray(start, start + PIECE), start + PIECE < bytes.length)
    }
    this.#session.onResponse = (_id, message) => tell(message)
    this.#session.onNotification = tell
  }

  /** Also while a run is paused. */
  receive(message: string): void {
    this.#session.dispatchProtocolMessage(message)
  }

  close(): void {
    this.#session.dispose()
  }
}

/** V8 (14) wants the thread that holds the isolate, which isolated-vm (7.0) does not take for this: a callback of the isolate has it. */
function openSession({ isolate, context }: Pick<WarmIsolate, 'isolate' | 'context'>): ivm.InspectorSession {
  let session: ivm.InspectorSession | undefined
  context.evalClosureSync('$0()', [
    new ivm.Callback(() => {
      session = isolate.createInspectorSession()
    }),
  ])
  if (session === undefined) throw new Error('The inspector did not open')
  return session
}
