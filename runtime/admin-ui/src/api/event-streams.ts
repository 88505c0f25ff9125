// Every event stream of the page goes through here: closed while the tab is hidden, shared between tabs that follow the same, and never
// more than a few at once, whatever is open. A browser has six connections to a server, for all its tabs and the pages of plugins.
// Invariant: where a stream gets no place, its reader is not connected and polls.

import { apiUrl } from './client.ts'

/** Of all tabs together: half of the connections stay free for requests. */
const MOST_STREAMS = 3
const RETRY_MS = 15_000

export interface EventReader {
  /** Listeners by the name of the event, called with its data. */
  readonly on: Readonly<Record<string, (data: string) => void>>
  /** Events arrive. What was missed before has to be asked for. */
  readonly onOpen: () => void
  /** None arrive; `isRefused`: the server has refused the stream, which is tried again later. */
  readonly onLost: (isRefused: boolean) => void
  /** Whether a tab may join the stream of another one later: with `false`, each reader gets it from its start. Default true. */
  readonly isShared?: boolean
}

/** What the tab with the stream tells the others that follow the same. */
type Told =
  | { readonly kind: 'open' | 'lost' | 'joined' }
  | { readonly kind: 'event'; readonly name: string; readonly data: string }

/** Follows a stream of the API. Returns the function that ends it. */
export function followEvents(path: string, reader: EventReader): () => void {
  const url = apiUrl(path)
  let period: AbortController | undefined
  const follow = () => {
    period?.abort()
    period = undefined
    if (document.visibilityState !== 'visible') return
    period = new AbortController()
    begin(url, reader, period.signal)
  }
  follow()
  document.addEventListener('visibilitychange', follow)
  return () => {
    document.removeEventListener('visibilitychange', follow)
    period?.abort()
  }
}

function begin(url: string, reader: EventReader, signal: AbortSignal): void {
  signal.addEventListener('abort', () => reader.onLost(false))
  // Browsers have locks on https and on this machine: elsewhere each visible tab has streams of its own.
  const { locks } = navigator as { readonly locks?: LockManager }
  if (locks === undefined) return void stream(url, reader, { signal, tell: () => undefined })
  if (reader.isShared === false) {
    const open = () => stream(url, reader, { signal, tell: () => undefined })
    return ignoreAbort(inPlace(locks, signal, open), signal)
  }
  const channel = new BroadcastChannel(`plugbay ${url}`)
  signal.addEventListener('abort', () => channel.close())
  let isOpen = false
  channel.addEventListener('message', ({ data }: MessageEvent<Told>) => {
    if (data.kind === 'open') reader.onOpen()
    else if (data.kind === 'lost') reader.onLost(false)
    else if (data.kind === 'event') reader.on[data.name]?.(data.data)
    else if (isOpen) channel.postMessage({ kind: 'open' } satisfies Told)
  })
  channel.postMessage({ kind: 'joined' } satisfies Told)
  const lead = () =>
    inPlace(locks, signal, () =>
      stream(url, reader, {
        signal,
        tell: (told) => {
          if (told.kind !== 'event') isOpen = told.kind === 'open'
          if (!signal.aborted) channel.postMessage(told)
        },
      }),
    )
  ignoreAbort(locks.request(`plugbay ${url}`, { signal }, lead), signal)
}

/** Runs `open` in the first place that is free. */
async function inPlace(locks: LockManager, signal: AbortSignal, open: () => Promise<void>): Promise<void> {
  const waiting = new AbortController()
  let isTaken = false
  const waits = Array.from({ length: MOST_STREAMS }, (_, place) =>
    locks.request(placeName(place), { signal: AbortSignal.any([signal, waiting.signal]) }, async () => {
      // The others were asked for at the same time.
      if (isTaken) return
      isTaken = true
      waiting.abort()
      await open()
    }),
  )
  await Promise.allSettled(waits)
}

function placeName(place: number): string {
  return `plugbay stream ${place}`
}

interface StreamUse {
  readonly signal: AbortSignal
  readonly tell: (told: Told) => void
}

/** Resolves when the signal is aborted. */
function stream(url: string, reader: EventReader, { signal, tell }: StreamUse): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let source: EventSource | undefined
  const connect = () => {
    const made = new EventSource(url)
    source = made
    made.addEventListener('open', () => {
      reader.onOpen()
      tell({ kind: 'open' })
    })
    made.addEventListener('error', () => {
      // The browser does not retry a refused stream (a proxy, a restart, the end of the session).
      const isRefused = made.readyState === EventSource.CLOSED
      reader.onLost(isRefused)
      tell({ kind: 'lost' })
      if (isRefused) timer = setTimeout(connect, RETRY_MS)
    })
    for (const [name, listener] of Object.entries(reader.on))
      made.addEventListener(name, ({ data }: MessageEvent<string>) => {
        listener(data)
        tell({ kind: 'event', name, data })
      })
  }
  connect()
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    source?.close()
    resolve()
  })
  return promise
}

/** A request for a lock ends with the signal. */
function ignoreAbort(asked: Promise<unknown>, signal: AbortSignal): void {
  asked.catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}
