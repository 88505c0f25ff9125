// Outbound HTTP requests of plugins: each plugin has connections and a queue of its own.
// Invariant: a request only goes to an origin that `permit` accepted, at an address that was vetted.

import type { Agent } from 'undici'
import { literalAddress } from './addresses.ts'
import { decodedBody, isDecoded } from './decode.ts'
import { failed, failureOf } from './egress-error.ts'
import { type Answer, type EgressRequest, follow } from './follow.ts'
import { headerValue, withoutCompression } from './headers.ts'
import { Lookups } from './lookups.ts'
import type { OwnServer } from './own-server.ts'
import { createPinnedAgent, ownRefusal, type Resolve, resolveBySystem } from './pinned-agent.ts'
import { createSlots, type Slots } from './slots.ts'

export interface EgressOptions {
  readonly ownServer: OwnServer
  readonly limits: {
    /** 10 MB. */
    readonly maxRequestBytes: number
    /** 100 MB. */
    readonly maxResponseBytes: number
  }
  readonly resolve?: Resolve
  /** Decides which addresses names may resolve to; public ones by default. */
  readonly mayReach?: (address: string) => boolean
  /** Additional certificate authorities to trust, in PEM. */
  readonly ca?: string
  readonly times?: Partial<EgressTimes>
  /** Called with the CPU time, in milliseconds, that the answer to a plugin has cost the runtime. */
  readonly charge?: ((pluginId: string, ms: number) => void) | undefined
}

export interface EgressTimes {
  /** From the start of a request to the head of its response, including redirects and the request body. 30,000. */
  readonly headMs: number
  /** Without a byte from the server, or without the plugin reading on. 30,000. */
  readonly idleMs: number
  /** Connections of a plugin without requests are closed after this time. 15,000. */
  readonly keepMs: number
}

export interface EgressResponse {
  readonly status: number
  readonly statusText: string
  readonly headers: readonly string[]
  /** Without its fragment. */
  readonly url: string
  readonly redirected: boolean
  /** Decompressed; undefined without a body. Must be iterated, or the signal aborted. */
  readonly body: AsyncGenerator<Uint8Array> | undefined
}

export interface EgressCall {
  readonly pluginId: string
  /** Throws for an origin that the plugin may not use; called for each hop. */
  readonly permit: (url: URL) => void
  /** Aborts the request, or its streaming response. */
  readonly signal: AbortSignal
}

export interface Egress {
  readonly limits: EgressOptions['limits']
  /** Rejects with PERMISSION_DENIED, FETCH_REFUSED, FETCH_FAILED or QUOTA_EXCEEDED. */
  request(request: EgressRequest, call: EgressCall): Promise<EgressResponse>
  close(): Promise<void>
}

/** The open connections and requests of one plugin. */
interface Outlet {
  readonly slots: Slots
  agent: Promise<Agent> | undefined
  timer: NodeJS.Timeout | undefined
}

/**
 * Per plugin.
 * @limit `fetch()`: requests under way
 * @passed the others wait for their turn
 */
const MAX_CONCURRENT = 32
const MAX_WAITING = 1000
const CONNECT_MS = 10_000
const DEFAULT_TIMES: EgressTimes = { headMs: 30_000, idleMs: 30_000, keepMs: 15_000 }
/** About 250 MB of output a second, on a thread of the runtime. */
const DECODING_MS_PER_BYTE = 4 / 1_000_000
const NO_BODY: ReadonlySet<number> = new Set([101, 204, 205, 304])

export function createEgress(options: EgressOptions): Egress {
  const { ownServer, limits, resolve = resolveBySystem, mayReach, ca } = options
  const times = { ...DEFAULT_TIMES, ...options.times }
  const lookups = new Lookups(resolve)
  const outlets = new Map<string, Outlet>()

  function outletOf(pluginId: string): Outlet {
    const known = outlets.get(pluginId)
    if (known !== undefined) return known
    const slots = createSlots({ max: MAX_CONCURRENT, maxWaiting: MAX_WAITING })
    const outlet: Outlet = { slots, agent: undefined, timer: undefined }
    outlets.set(pluginId, outlet)
    return outlet
  }

  /** Closes an outlet that has not been used for a while. */
  function rest(pluginId: string, outlet: Outlet): void {
    if (outlet.slots.size > 0) return
    clearTimeout(outlet.timer)
    outlet.timer = setTimeout(() => {
      outlets.delete(pluginId)
      void destroy(outlet)
    }, times.keepMs).unref()
  }

  async function request(asked: EgressRequest, call: EgressCall): Promise<EgressResponse> {
    const permit = (url: URL): void => {
      call.permit(url)
      const literal = literalAddress(url.hostname)
      const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
      const isOwn =
        ownServer.isOwnOrigin(url) || (literal !== undefined && ownServer.isOwnAddress(literal, port))
      if (isOwn) throw ownRefusal(url)
    }
    // Before anything waits or is loaded, so that a refusal is always immediate.
    permit(asked.url)
    const outlet = outletOf(call.pluginId)
    clearTimeout(outlet.timer)
    const release = await outlet.slots.take(call.signal)
    const end = once(() => {
      call.signal.removeEventListener('abort', abort)
      release()
      rest(call.pluginId, outlet)
    })
    const stop = new AbortController()
    const abort = () => {
      stop.abort(call.signal.reason)
      end()
    }
    call.signal.addEventListener('abort', abort, { once: true })
    const timer = setTimeout(
      () => stop.abort(failed(`"${asked.url.origin}" gave no answer within ${times.headMs} ms`)),
      times.headMs,
    )
    try {
      outlet.agent ??= createPinnedAgent({
        resolve: lookups.for(call.pluginId),
        ownServer,
        mayReach,
        connectMs: Math.min(CONNECT_MS, times.headMs),
        idleMs: times.idleMs,
        ca,
      })
      const agent = await outlet.agent
      call.signal.throwIfAborted()
      const answer = await follow(asked, { agent, permit, signal: stop.signal })
      const charge = (ms: number) => options.charge?.(call.pluginId, ms)
      return answerOf(answer, asked, { limits, times, stop, end, charge })
    } catch (error) {
      end()
      throw failureOf(error, asked.url.origin)
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    limits,
    request,
    async close() {
      const open = [...outlets.values()]
      outlets.clear()
      await Promise.all(open.map(destroy))
    },
  }
}

async function destroy(outlet: Outlet): Promise<void> {
  clearTimeout(outlet.timer)
  await (await outlet.agent)?.destroy()
}

interface Reading {
  readonly limits: EgressOptions['limits']
  readonly times: EgressTimes
  readonly stop: AbortController
  readonly end: () => void
  readonly charge: (ms: number) => void
}

function answerOf(answer: Answer, asked: EgressRequest, reading: Reading): EgressResponse {
  const { status, statusText, headers, redirected } = answer
  const url = new URL(answer.url)
  url.hash = ''
  const head = { status, statusText, headers, url: url.href, redirected }
  if (asked.method === 'HEAD' || NO_BODY.has(status)) {
    // The body is empty; reading it frees the connection for reuse.
    answer.body.resume()
    reading.end()
    return { ...head, body: undefined }
  }
  const encoding = headerValue(headers, 'content-encoding')
  const passed = isDecoded(encoding) ? withoutCompression(headers) : headers
  return { ...head, headers: passed, body: read(answer, encoding, reading) }
}

/** The body, at the pace of its reader. A reader that stalls loses it, because it occupies a connection and a slot. */
async function* read(
  answer: Answer,
  encoding: string | undefined,
  { limits, times, stop, end, charge }: Reading,
): AsyncGenerator<Uint8Array> {
  const { origin } = answer.url
  const cost = isDecoded(encoding) ? DECODING_MS_PER_BYTE : 0
  try {
    for await (const chunk of decodedBody(answer.body, encoding, { maxBytes: limits.maxResponseBytes })) {
      charge(chunk.byteLength * cost)
      const stalled = setTimeout(() => {
        stop.abort(failed(`The answer of "${origin}" was not read for ${times.idleMs} ms`))
        end()
      }, times.idleMs)
      try {
        yield chunk
      } finally {
        clearTimeout(stalled)
      }
    }
  } catch (error) {
    stop.signal.throwIfAborted()
    throw failureOf(error, origin)
  } finally {
    answer.body.destroy()
    end()
  }
}

function once(action: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    action()
  }
}
