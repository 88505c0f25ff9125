// The runtime's side of one process that moves data in or out: steps in sequence, each with a deadline enforced here.
// Invariant: when a step fails, hangs or takes too much memory, the process is killed, and every later step fails.

import type { Channel } from '../../../sdk/protocol/channel.ts'
import { bytesOf, StreamFailure, sendBytes } from '../../../sdk/protocol/stream-bytes.ts'
import type { ReceiveStream, SendStream } from '../../../sdk/protocol/streams.ts'
import type { Body } from '../../../sdk/protocol/wire.ts'
import type { ChildEntry } from '../../bundles/children.ts'
import { isErrorCode, PlugbayError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Child, ChildOptions } from '../../processes/child.ts'
import type { Jail } from '../../processes/jail/jail.ts'
import { connect } from '../../processes/link.ts'

/** How long steps may take, in milliseconds. */
export interface TransferTimes {
  /** A step that takes longer is aborted. */
  readonly stepMs: number
  /** The same of what follows a body, when the whole of it has been received. */
  readonly checkMs: number
  /** A body without progress for longer is aborted. */
  readonly idleMs: number
}

export interface TransferOptions {
  /** The kind of child, for the log. */
  readonly name: string
  readonly entry: ChildEntry
  readonly rights: ChildOptions['rights']
  readonly jail: Jail
  readonly log: Log
  readonly times: TransferTimes
}

const CHECK_MS = 250
const MAX_RESIDENT_BYTES = 768_000_000

interface Late {
  readonly code: 'HOST_CALL_FAILED' | 'DEADLINE'
  readonly message: string
}
const LATE: Late = { code: 'HOST_CALL_FAILED', message: 'The snapshot did not end in time' }

interface Answer {
  readonly head: unknown
  readonly stream: ReceiveStream | undefined
}

export class TransferProcess<Step> {
  readonly #child: Child
  readonly #channel: Channel
  readonly #times: TransferTimes
  readonly #timer: NodeJS.Timeout
  #end = Number.POSITIVE_INFINITY
  /** What is said when `#end` has passed. */
  #late: Late = LATE

  constructor({ times, ...options }: TransferOptions) {
    const { child, channel } = connect({
      ...options,
      onExit: () => this.#fail('The data process ended unexpectedly'),
    })
    this.#child = child
    this.#channel = channel
    this.#times = times
    this.#timer = setInterval(() => this.#check(), CHECK_MS)
    this.#timer.unref()
  }

  get pid(): number {
    return this.#child.pid
  }

  /** CPU time that it has used, in milliseconds; undefined where the system does not report it. */
  cpuMs(): number | undefined {
    return this.#child.cpuMs()
  }

  /** Rejects with a PlugbayError: the code of the step, DEADLINE for a check, or HOST_CALL_FAILED. */
  async call(step: Step, body?: Body): Promise<unknown> {
    return (await this.#send(step, { body })).head
  }

  /** A step with the source as its body. Rejects as call(), and as the source does. */
  async upload(step: Step, source: AsyncIterable<Uint8Array>): Promise<unknown> {
    return (await this.#send(step, { source })).head
  }

  /** The body of a step's reply, to be iterated once. Throws as call(). */
  async *download(step: Step): AsyncGenerator<Uint8Array> {
    const { stream } = await this.#send(step, {})
    if (stream === undefined) return
    try {
      for await (const chunk of bytesOf(stream)) {
        this.#end = performance.now() + this.#times.idleMs
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
    step: Step,
    { body, source }: { readonly body?: Body; readonly source?: AsyncIterable<Uint8Array> },
  ): Promise<Answer> {
    this.#end = performance.now() + this.#times.stepMs
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
        this.#end = performance.now() + this.#times.checkMs
        this.#late = lateCheck(this.#times.checkMs)
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
      this.#end = performance.now() + this.#times.idleMs
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

function lateCheck(ms: number): Late {
  const message = `Checking the snapshot takes longer than ${ms / 1000} s; nothing was changed`
  return { code: 'DEADLINE', message }
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
