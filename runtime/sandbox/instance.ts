// One running isolate of a release, seen from the runtime: guest calls go in with a deadline, host calls come out.
// Invariant: every call is settled by its deadline, and when the instance ends, exactly once.

import { Channel, type IncomingCall, type OutgoingCall, type ReplySink } from '../../sdk/protocol/channel.ts'
import { HOST_CALLS, isHostCall } from '../../sdk/protocol/host-calls.ts'
import type { ReceiveStream } from '../../sdk/protocol/streams.ts'
import type { Body, SendFrame, WireError } from '../../sdk/protocol/wire.ts'
import { ERROR_CODES, PlugbayError } from '../errors.ts'
import type { GuestEvent, GuestExports } from '../isolate/boot-config.ts'
import { sendStream, streamsOf } from './host-streams.ts'
import { parseGuestEvent, parseHostCall } from './hostile-frames.ts'
import { InstanceFailure, type InstanceSpec } from './types.ts'

/** How the figures of an instance look from outside. */
export interface InstanceFigures {
  cpuMs: number
  heapBytes: number
}

interface OpenCall {
  /** Infinite once the head of the reply has come. */
  deadline: number
  isStreaming: boolean
  call: OutgoingCall | undefined
  readonly sink: ReplySink
}

/** Code that an answer has left behind ruins a process soon, or at a moment of its own choice, when all are suspects. */
const SUSPECT_MS = 1000

export class Instance {
  readonly spec: InstanceSpec
  readonly slot: number
  readonly shared: boolean
  /** Settles when the plugin's module has loaded, or failed to. */
  readonly loaded: Promise<GuestExports>
  readonly figures: InstanceFigures = { cpuMs: 0, heapBytes: 0 }
  /** Host calls that may have changed something. */
  effects = 0
  lastActive = performance.now()
  /** Promises of ctx.waitUntil that are pending. */
  waiting = 0
  isLoading = true
  readonly #channel: Channel
  readonly #open = new Map<number, OpenCall>()
  readonly #loading = Promise.withResolvers<GuestExports>()
  readonly #onViolation: (reason: string) => void
  #nextKey = 1
  #ended: InstanceFailure | undefined
  readonly #onEnded: ((failure: InstanceFailure) => void)[] = []

  constructor(
    spec: InstanceSpec,
    place: { slot: number; shared: boolean; send: SendFrame; onViolation: (reason: string) => void },
  ) {
    this.spec = spec
    this.slot = place.slot
    this.shared = place.shared
    this.#onViolation = place.onViolation
    this.#channel = new Channel(place.send, {
      call: (call) => this.#receiveCall(call),
      event: (head) => this.#receiveEvent(head),
    })
    this.loaded = this.#loading.promise
    // Whoever loads awaits it; a process that dies before anyone does must not raise an unhandled rejection.
    this.loaded.catch(() => undefined)
  }

  get openCalls(): number {
    return this.#open.size
  }

  get busy(): boolean {
    return this.#open.size > 0 || this.waiting > 0
  }

  /** Whether it may be what ruined the process that it shares. */
  get isSuspect(): boolean {
    return this.busy || this.isLoading || performance.now() - this.lastActive < SUSPECT_MS
  }

  get ended(): InstanceFailure | undefined {
    return this.#ended
  }

  /** Each listener is called once, when the instance is no more; at once when that has been. */
  onEnded(listener: (failure: InstanceFailure) => void): void {
    if (this.#ended !== undefined) listener(this.#ended)
    else this.#onEnded.push(listener)
  }

  /**
   * Makes a guest call. The sink gets GUEST_ERROR, GUEST_DEADLINE, GUEST_CRASHED or CANCELLED.
   * The deadline counts until the head of the reply.
   */
  call(head: string, body: Body, sink: ReplySink, more = false): OutgoingCall | undefined {
    const now = performance.now()
    this.lastActive = now
    const key = this.#nextKey++
    const open: OpenCall = {
      deadline: now + this.spec.limits.deadlineMs,
      isStreaming: false,
      call: undefined,
      sink,
    }
    this.#open.set(key, open)
    const done = () => {
      this.lastActive = performance.now()
      this.#open.delete(key)
    }
    open.call = this.#channel.call(
      head,
      body,
      {
        reply: (replyHead, replyBody, stream) => {
          if (!this.#open.has(key)) return
          if (stream === undefined) done()
          // The call stays open while its body streams; the deadline is met.
          else {
            open.deadline = Number.POSITIVE_INFINITY
            open.isStreaming = true
          }
          sink.reply(replyHead, replyBody, stream === undefined ? undefined : withEnd(stream, done))
        },
        error: (error) => {
          if (!this.#open.has(key)) return
          done()
          sink.error(error)
        },
      },
      more,
    )
    const { call } = open
    return {
      id: call.id,
      body: call.body,
      cancel() {
        call.cancel()
        // A reply whose stream nobody reads has no other end.
        if (open.isStreaming) done()
      },
    }
  }

  event(head: string): void {
    this.#channel.event(head)
  }

  receive(kind: number, id: number, head: string, body: Uint8Array | undefined): void {
    if (this.#ended !== undefined) return
    if (!this.#channel.receive(kind, id, head, body)) this.#onViolation(`malformed frame of kind ${kind}`)
  }

  /** Fails the calls whose deadline has passed. Calls are kept in the order of their start. */
  checkDeadlines(now: number): void {
    for (const [key, open] of this.#open) {
      if (open.deadline > now) continue
      this.#open.delete(key)
      open.sink.error({
        code: 'GUEST_DEADLINE',
        message: `No answer within ${this.spec.limits.deadlineMs} ms`,
      })
      open.call?.cancel()
    }
  }

  /** Ends the instance here: fails what is open. The owner ends the isolate. */
  end(failure: InstanceFailure): void {
    if (this.#ended !== undefined) return
    this.#ended = failure
    this.#loading.reject(failure)
    // Whoever makes a call anew, because it failed here, must not find this instance again.
    for (const listener of this.#onEnded) listener(failure)
    this.#channel.close({ code: failure.code, message: failure.message })
    this.#open.clear()
  }

  #receiveCall(call: IncomingCall): void {
    this.lastActive = performance.now()
    const request = parseHostCall(call.head)
    if (request === undefined || this.#channel.serving > this.spec.limits.maxHostCalls + 16) {
      this.#onViolation(request === undefined ? 'malformed host call' : 'flood of host calls')
      return
    }
    if (!isHostCall(request.method) || HOST_CALLS[request.method].effect) this.effects++
    // Every host call catches and returns: a rejection never leaves this function.
    const streams = streamsOf(call)
    this.spec.hostCall(request.method, request.args, call.body, streams).then(
      ({ head, body, stream }) => {
        const text = JSON.stringify(head ?? null)
        if (stream === undefined) call.reply(text, body)
        else void sendStream(call, text, { source: stream, signal: streams.signal, toWireError })
      },
      (error: unknown) => call.fail(toWireError(error)),
    )
  }

  #receiveEvent(head: string): void {
    const event = parseGuestEvent(head)
    if (event === undefined) return this.#onViolation('malformed event')
    this.#handleEvent(event)
  }

  #handleEvent(event: GuestEvent): void {
    switch (event.e) {
      case 'loaded':
        this.isLoading = false
        return this.#loading.resolve(event.exports)
      case 'load-failed':
        return this.#loading.reject(
          new InstanceFailure('LOAD_FAILED', event.error.message, { report: event.error }),
        )
      case 'unhandled':
        return this.spec.onError(event.error)
      case 'log':
        return this.spec.onLog(event.level, event.text)
      case 'waiting':
        this.waiting = event.count
        this.lastActive = performance.now()
        return
    }
  }
}

/** Tells when a reply's stream has been read to its end or failed. */
function withEnd(stream: ReceiveStream, done: () => void): ReceiveStream {
  const read = stream.read.bind(stream)
  stream.read = (sink) =>
    read({
      chunk: (bytes) => sink.chunk(bytes),
      end() {
        done()
        sink.end()
      },
      error(error) {
        done()
        sink.error(error)
      },
    })
  return stream
}

function toWireError(error: unknown): WireError {
  if (!(error instanceof PlugbayError))
    return { code: 'HOST_CALL_FAILED', message: ERROR_CODES.HOST_CALL_FAILED.title }
  return { code: error.code, message: error.message, hint: error.row.hint }
}
