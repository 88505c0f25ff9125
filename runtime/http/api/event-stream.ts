// Server-sent events: a response that stays open, with a heartbeat, a limit on their number, and an end.
// Invariant: when the client disconnects, reads too slowly, loses its permission or its credential ends, its listener is
// unsubscribed.

import { PlugbayError } from '../../errors.ts'
import type { Unsubscribe } from '../../lifecycle/plugins.ts'
import type { Principal } from '../../permissions/principal.ts'
import { PrincipalSlots } from './principal-slots.ts'

export interface StreamLimits {
  /** 15,000: below the patience of common proxies. */
  readonly heartbeatMs: number
  /** 200 streams at once, of all clients. */
  readonly maxStreams: number
  /** 50 of them for one principal. */
  readonly maxStreamsEach: number
  /** 1 MB that a slow client has not read yet; it is disconnected there and can resume. */
  readonly maxBufferedBytes: number
}

export const DEFAULT_STREAM_LIMITS: StreamLimits = {
  heartbeatMs: 15_000,
  maxStreams: 200,
  maxStreamsEach: 50,
  maxBufferedBytes: 1_000_000,
}

interface StreamEvent {
  readonly event: string
  readonly id: number
  readonly data: unknown
}

interface StreamSource {
  /** Subscribes; events are sent in order. */
  start(send: (event: StreamEvent) => void): Unsubscribe
  /** Checked at each heartbeat; the stream ends when it returns false. */
  readonly stillAllowed: () => Promise<boolean>
  /** The stream ends when it calls its listener. */
  readonly onEnded: (listener: () => void) => Unsubscribe
  readonly request: Request
  readonly principal: Principal | null
}

export interface EventStreams {
  /** @throws PlugbayError TOO_MANY_LISTENERS */
  open(source: StreamSource): Response
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // Otherwise nginx would buffer events.
  'x-accel-buffering': 'no',
}

/** @param ending aborted when all streams must end */
export function createEventStreams(limits: StreamLimits, ending: AbortSignal): EventStreams {
  let open = 0
  const slots = new PrincipalSlots(limits.maxStreamsEach, 'TOO_MANY_LISTENERS')
  return {
    open(source) {
      // The answer to HEAD has no body whose end would stop it.
      if (source.request.method === 'HEAD') return new Response(null, { headers: HEADERS })
      if (open >= limits.maxStreams) throw new PlugbayError('TOO_MANY_LISTENERS')
      const giveBack = slots.take(source.principal)
      open += 1
      const body = streamOf(source, {
        limits,
        signal: AbortSignal.any([source.request.signal, ending]),
        onEnd: () => {
          open -= 1
          giveBack()
        },
      })
      return new Response(body, { headers: HEADERS })
    },
  }
}

/** The id of the last event that a returning client has seen. */
export function lastEventId(request: Request): number | undefined {
  const text = request.headers.get('last-event-id')
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

interface StreamLife {
  readonly limits: StreamLimits
  /** Ends it. */
  readonly signal: AbortSignal
  readonly onEnd: () => void
}

function streamOf(source: StreamSource, { limits, signal, onEnd }: StreamLife): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const stops: Unsubscribe[] = []
  let ended = false

  function end(): void {
    if (ended) return
    ended = true
    for (const stop of stops) stop()
    onEnd()
  }

  function listen(write: (text: string) => void): Unsubscribe {
    try {
      return source.start(({ event, id, data }) => {
        write(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`)
      })
    } catch (error) {
      end()
      throw error
    }
  }

  function start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    function close(): void {
      if (ended) return
      end()
      controller.close()
    }

    function write(text: string): void {
      if (ended) return
      controller.enqueue(encoder.encode(text))
      if ((controller.desiredSize ?? 0) < 0) close()
    }

    async function beat(): Promise<void> {
      // A failed check counts as not allowed.
      const allowed = await source.stillAllowed().catch(() => false)
      if (allowed) write(': \n\n')
      else close()
    }

    const timer = setInterval(beat, limits.heartbeatMs)
    timer.unref()
    stops.push(() => clearInterval(timer))
    if (signal.aborted) return close()
    signal.addEventListener('abort', close, { once: true })
    stops.push(() => signal.removeEventListener('abort', close))
    stops.push(source.onEnded(close))
    if (ended) return
    // The first bytes tell the client that it is connected.
    write(': connected\n\n')
    const stop = listen(write)
    // A source that was cut off while it replayed old events must be stopped here.
    if (ended) stop()
    else stops.push(stop)
  }

  const strategy = new ByteLengthQueuingStrategy({ highWaterMark: limits.maxBufferedBytes })
  return new ReadableStream<Uint8Array>({ start, cancel: end }, strategy)
}
