// The runtime's side of one snapshot process: steps in sequence, each with a deadline enforced here.
// Invariant: when a step fails, hangs or takes too much memory, the process is killed, and every later step fails.

import type { Channel } from '../../../sdk/protocol/channel.ts'
import { bytesOf, StreamFailure, sendBytes } from '../../../sdk/protocol/stream-bytes.ts'
import type { ReceiveStream, SendStream } from '../../../sdk/protocol/streams.ts'
import type { Body } from '../../../sdk/protocol/wire.ts'
import { childEntry } from '../../bundles/children.ts'
import { isErrorCode, PlugbayError } from '../../errors.ts'
import type { Child } from '../../processes/child.ts'
import { NO_JAIL } from '../../processes/jail/jail.ts'
import { connect } from '../../processes/link.ts'
import type { DataProcessOptions } from '../data-process.ts'
import type { SnapshotCall } from './snapshot-call.ts'

const entry = childEntry('data-transfer')
/** A step that takes longer is aborted. */
const STEP_MS = 120_000
/** Checking an import takes longer than this if its schema was made to. It begins when the whole body has been received. */
const IMPORT_CHECK_MS = 10_000
/** A body without progress for longer is aborted. */
const IDLE_MS = 60_000
const CHECK_MS = 250
const MAX_RESIDENT_BYTES = 768_000_000

interface Late {
  readonly code: 'HOST_CALL_FAILED' | 'DEADLINE'
  readonly message: string
}
const LATE: Late = { code: 'HOST_CALL_FAILED', message: 'The snapshot did not end in time' }
const LATE_CHECK: Late = {
  code: 'DEADLINE',
  message: `Checking the snapshot takes longer than ${IMPORT_CHECK_MS / 1000} s; nothing was changed`,
}

type Begin = Extract<SnapshotCall, { readonly method: 'begin' }>

interface Answer {
  readonly head: unknown
  readonly stream: ReceiveStream | undefined
}

export class SnapshotProcess {
  /** Settles when the process has started, or has failed to. */
  readonly ready: Promise<unknown>
  readonly #child: Child
  readonly #channel: Channel
  readonly #timer: NodeJS.Timeout
  #end = Number.POSITIVE_INFINITY
  /** What is said when `#end` has passed. */
  #late: Late = LATE

  constructor(options: Pick<DataProcessOptions, 'folder' | 'jail' | 'log'>, begin: Omit<Begin, 'method'>) {
    const { folder, jail = NO_JAIL, log } = options
    const { child, channel } = connect({
      name: 'data transfer',
      entry: entry(),
      rights: { read: [folder], write: [folder] },
      jail,
      log,
      onExit: () => this.#fail('The data process ended unexpectedly'),
    })
    this.#child = child
    this.#channel = channel
    this.#timer = setInterval(() => this.#check(), CHECK_MS)
    this.#timer.unref()
    this.ready = this.call({ method: 'begin', ...begin })
    // A caller that did not wait for `ready` gets the error from its step.
    this.ready.catch(() => undefined)
  }

  get pid(): number {
    return this.#child.pid
  }

  /** Rejects with a PlugbayError: the code of the step, DEADLINE for a check, or HOST_CALL_FAILED. */
  async call(step: SnapshotCall, body?: Body): Promise<unknown> {
    return (await this.#send(step, { body })).head
  }

  /** A step with the source as its body. Rejects as call(), and as the source does. */
  async upload(step: SnapshotCall, source: AsyncIterable<Uint8Array>): Promise<unknown> {
    return (await this.#send(step, { source })).head
  }

  /** The body of a step's reply, to be iterated once. Throws as call(). */
  async *download(step: SnapshotCall): AsyncGenerator<Uint8Array> {
    const { stream } = await this.#send(step, {})
    if (stream === undefined) return
    try {
      for await (const chunk of bytesOf(stream)) {
        this.#end = performance.now() + IDLE_MS
        yield chunk
      }
    } catch (error) {
      throw error instanceof StreamFailure ? toPlugbayError(error) : error
    } finally {
      this.#end = Number.POSITIVE_INFINITY
    }
  }

  /** Kills the process, whatever it is doing. Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#fail('closing')
    await this.#child.exited
  }

  async #send(
    step: SnapshotCall,
    { body, source }: { readonly body?: Body; readonly source?: AsyncIterable<Uint8Array> },
  ): Promise<Answer> {
    this.#end = performance.now() + STEP_MS
    this.#late = LATE
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const call = this.#channel.call(
      JSON.stringify(step),
      body,
      {
        reply: (head, _body, stream) => resolve({ head: JSON.parse(head), stream }),
        error: (error) => reject(toPlugbayError(error)),
      },
      source !== undefined,
    )
    try {
      if (source !== undefined && call.body !== undefined) {
        // A failed step needs no more of the body, and must not wait for it.
        await Promise.race([this.#sendAll(call.body, source), promise])
        call.body.end()
        this.#end = performance.now() + IMPORT_CHECK_MS
        this.#late = LATE_CHECK
      }
      return await promise
    } catch (error) {
      call.cancel()
      throw error
    } finally {
      this.#end = Number.POSITIVE_INFINITY
    }
  }

  async #sendAll(target: SendStream, source: AsyncIterable<Uint8Array>): Promise<void> {
    await sendBytes(target, this.#moving(source))
  }

  async *#moving(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.#end = performance.now() + IDLE_MS
      yield chunk
    }
  }

  #check(): void {
    if (performance.now() > this.#end) this.#fail(this.#late.message, this.#late.code)
    else if (this.#child.residentBytes() > MAX_RESIDENT_BYTES) this.#fail('The snapshot used too much memory')
  }

  #fail(reason: string, code: Late['code'] = 'HOST_CALL_FAILED'): void {
    this.#child.kill(reason)
    this.#channel.close({ code, message: reason })
  }
}

function toPlugbayError({
  code,
  message,
}: {
  readonly code: string
  readonly message: string
}): PlugbayError {
  return new PlugbayError(isErrorCode(code) ? code : 'HOST_CALL_FAILED', message)
}
