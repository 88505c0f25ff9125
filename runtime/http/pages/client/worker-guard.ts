// Runs first in a plugin's service worker. What the worker answers for pages bears the page policy, and is used only while the server
// cannot be reached: what the server says of a page (a newer release, none, cleared storage) counts at once.
// Invariant: nothing that the worker's own code changes reaches these functions. guardWorker() uses only its argument and the browser,
// because workers get its source text (service-worker.ts).

interface Answering extends Event {
  readonly request: Request
  respondWith(answer: unknown): void
}

interface WorkerScope {
  readonly FetchEvent: { readonly prototype: Answering }
  readonly InstallEvent?: { readonly prototype: object }
  readonly ExtendableEvent: { readonly prototype: object }
}

/** @param fixed the plugin headers, flat */
export function guardWorker(fixed: readonly string[]): void {
  const scope = globalThis as unknown as WorkerScope
  const { apply, deleteProperty } = Reflect
  const { fetch: nativeFetch, Response: NativeResponse, TypeError: NativeError } = globalThis
  const { includes } = String.prototype
  const { append, forEach } = Headers.prototype
  const { stopImmediatePropagation } = Event.prototype
  const { catch: otherwise } = Promise.prototype
  const toPromise = Promise.resolve.bind(Promise)
  const events = scope.FetchEvent.prototype
  const { respondWith } = events
  // An object of the worker may have properties of its own in front of these.
  const reader = <Owner extends object, Name extends keyof Owner & string>(owner: Owner, name: Name) => {
    const read = Object.getOwnPropertyDescriptor(owner, name)?.get as () => Owner[Name]
    return (from: unknown): Owner[Name] => apply(read, from, [])
  }
  const requestOf = reader(events, 'request')
  const modeOf = reader(Request.prototype, 'mode')
  const destinationOf = reader(Request.prototype, 'destination')
  const methodOf = reader(Request.prototype, 'method')
  const urlOf = reader(Request.prototype, 'url')
  const typeOf = reader(Response.prototype, 'type')
  const statusOf = reader(Response.prototype, 'status')
  const statusTextOf = reader(Response.prototype, 'statusText')
  const headersOf = reader(Response.prototype, 'headers')
  const bodyOf = reader(Response.prototype, 'body')

  /** Destinations that live by the policy of the page that asks; what else there is may bring a policy of its own. */
  const isOfPage = (name: string): boolean =>
    name === '' ||
    name === 'audio' ||
    name === 'audioworklet' ||
    name === 'font' ||
    name === 'image' ||
    name === 'json' ||
    name === 'manifest' ||
    name === 'paintworklet' ||
    name === 'script' ||
    name === 'style' ||
    name === 'track' ||
    name === 'video'

  const isOpening = (request: Request): boolean =>
    modeOf(request) === 'navigate' || !isOfPage(destinationOf(request))

  /** Throws for what is not a response. */
  function withPolicy(answer: unknown): Response {
    const type = typeOf(answer)
    // Browsers take neither for a page or a worker.
    if (type === 'opaque' || type === 'error') throw new NativeError('Not a response for a page')
    const status = statusOf(answer)
    const isBare = status === 204 || status === 205 || status === 304
    const made = new NativeResponse(isBare ? null : bodyOf(answer), {
      status,
      statusText: statusTextOf(answer),
    })
    const headers = headersOf(made)
    apply(forEach, headersOf(answer), [
      (value: string, name: string) => {
        apply(append, headers, [name, value])
      },
    ])
    for (let index = 0; index < fixed.length; index += 2)
      apply(append, headers, [fixed[index], fixed[index + 1]])
    return made
  }

  async function serverFirst(request: Request, answer: unknown): Promise<Response> {
    try {
      return await nativeFetch(request)
    } catch {
      return withPolicy(await answer)
    }
  }

  events.respondWith = function guardedRespondWith(this: Answering, answer: unknown): void {
    const request = requestOf(this)
    if (!isOpening(request)) return apply(respondWith, this, [answer])
    // It may never be used.
    apply(otherwise, toPromise(answer), [() => undefined])
    apply(respondWith, this, [serverFirst(request, answer)])
  }
  // Routes would answer without an event, from a cache that pages fill.
  if (scope.InstallEvent !== undefined) deleteProperty(scope.InstallEvent.prototype, 'addRoutes')
  addEventListener('fetch', (event) => {
    const request = requestOf(event)
    // A body can be sent once, and tickets are the server's.
    const isTheServers = methodOf(request) !== 'GET' || apply(includes, urlOf(request), ['plugbay-ticket='])
    if (isOpening(request) && isTheServers) apply(stopImmediatePropagation, event, [])
  })
  for (const each of [
    events,
    scope.ExtendableEvent.prototype,
    Event.prototype,
    Promise,
    Promise.prototype,
    Headers.prototype,
    Request.prototype,
    Response.prototype,
  ])
    Object.freeze(each)
}
