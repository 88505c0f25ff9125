// The runtime's side of one process that moves data in or out: steps, each with a deadline enforced here.
// Invariant: when a step fails, hangs or takes too much memory, the process is killed, and every later step fails.

import type { Channel } from '../../../sdk/protocol/channel.ts'
import { bytesOf, StreamFailure, sendBytes } from '../../../sdk/protocol/stream-bytes.ts'
import type { ReceiveStream } from '../../../sdk/protocol/streams.ts'
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

interface Deadline {
  at: number
  /** What is said when it has passed. */
  late: Late
}

interface Sent {
  readonly body?: Body
  readonly source?: AsyncIterable<Uint8Array>
}

interface Answer {
  readonly head: unknown
  readonly stream: ReceiveStream | undefined
}

export class TransferProcess<Step> {
  readonly #child: Child
  readonly #channel: Channel
  readonly #times: TransferTimes
  readonly #timer: NodeJS.Timeout
  /** Of the steps that are under way. */
  readonly #deadlines = new Set<Deadline>()

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
    return await this.#whole(step, { body })
  }

  /** A step with the source as its body. Rejects as call(), and as the source does. */
  async upload(step: Step, source: AsyncIterable<Uint8Array>): Promise<unknown> {
    return await this.#whole(step, { source })
  }

  /** The body of a step's reply, to be iterated once. Throws as call(). */
  async *download(step: Step, body?: Body): AsyncGenerator<Uint8Array> {
    const deadline = this.#begin()
    try {
      const { stream } = await this.#send(step, { body }, deadline)
      if (stream === undefined) return
      deadline.at = Number.POSITIVE_INFINITY
      for await (const chunk of bytesOf(stream)) {
        deadline.at = performance.now() + this.#times.idleMs
        yield chunk
      }
    } catch (error) {
      throw error instanceof StreamFailure ? toPlugbayError(error) : error
    } finally {
      this.#deadlines.delete(deadline)
    }
  }

  /** Kills the process, whatever it is doing. Idempotent. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#fail('closing')
    await this.#child.exited
  }

  async #whole(step: Step, sent: Sent): Promise<unknown> {
    const deadline = this.#begin()
    try {
      return (await this.#send(step, sent, deadline)).head
    } finally {
      this.#deadlines.delete(deadline)
    }
  }

  #begin(): Deadline {
    const deadline = { at: performance.now() + this.#times.stepMs, late: LATE }
    this.#deadlines.add(deadline)
    return deadline
  }

  async #send(step: Step, { body, source }: Sent, deadline: Deadline): Promise<Answer> {
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
        await Promise.race([sendBytes(call.body, this.#moving(source, deadline)), promise])
        call.body.end()
        deadline.at = performance.now() + this.#times.checkMs
        deadline.late = lateCheck(this.#times.checkMs)
      }
      return await promise
    } catch (error) {
      call.cancel()
      throw error
    }
  }

  async *#moving(source: AsyncIterable<Uint8Array>, deadline: Deadline): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      deadline.at = performance.now() + this.#times.idleMs
      yield chunk
    }
  }

  #check(): void {
    const now = performance.now()
    const passed = [...this.#deadlines].find(({ at }) => now > at)
    if (passed !== undefined) this.#fail(passed.late.message, passed.late.code)
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
