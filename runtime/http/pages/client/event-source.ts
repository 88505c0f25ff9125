// EventSource over fetch(), which can send a header: a page token never stands in a URL. Runs in the browser.
// Invariant: eventSourceOver() uses only its argument and the browser, because pages get its source text (page-script.ts).

/** The class behaves as the standard's (HTML, 9.2), but a stream is opened by `send`. */
export function eventSourceOver(
  send: typeof fetch,
): new (
  url: string | URL,
  options?: { readonly withCredentials?: boolean },
) => EventTarget {
  const CONNECTING = 0
  const OPEN = 1
  const CLOSED = 2
  // A carriage return at the end may be the first half of a line end.
  const LINE_END = /\r\n|\n|\r(?!$)/

  return class PageEventSource extends EventTarget {
    static readonly CONNECTING = CONNECTING
    static readonly OPEN = OPEN
    static readonly CLOSED = CLOSED
    readonly CONNECTING = CONNECTING
    readonly OPEN = OPEN
    readonly CLOSED = CLOSED
    readonly url: string
    readonly withCredentials: boolean
    readyState: number = CONNECTING
    onopen: ((event: Event) => void) | null = null
    onmessage: ((event: MessageEvent) => void) | null = null
    onerror: ((event: Event) => void) | null = null
    #retryMs = 3000
    #lastId = ''
    #timer: ReturnType<typeof setTimeout> | undefined
    #abort = new AbortController()

    constructor(url: string | URL, options: { readonly withCredentials?: boolean } = {}) {
      super()
      this.url = new URL(url, document.baseURI).href
      this.withCredentials = options.withCredentials === true
      void this.#connect()
    }

    close(): void {
      this.readyState = CLOSED
      clearTimeout(this.#timer)
      this.#abort.abort()
    }

    async #connect(): Promise<void> {
      this.#abort = new AbortController()
      const headers: Record<string, string> = { accept: 'text/event-stream' }
      if (this.#lastId !== '') headers['last-event-id'] = this.#lastId
      const { signal } = this.#abort
      const credentials = this.withCredentials ? 'include' : 'same-origin'
      try {
        const response = await send(this.url, { headers, signal, credentials, cache: 'no-store' })
        const type = response.headers.get('content-type') ?? ''
        if (response.status !== 200 || !/^text\/event-stream\s*(;|$)/i.test(type) || response.body === null)
          return this.#fail()
        if (this.readyState === CLOSED) return
        this.readyState = OPEN
        this.#fire(new Event('open'))
        await this.#read(response.body, new URL(response.url).origin)
      } catch {
        // The connection could not be made, or was lost: as the standard says, another follows.
      }
      this.#reconnect()
    }

    async #read(body: ReadableStream<BufferSource>, origin: string): Promise<void> {
      const reader = body.pipeThrough(new TextDecoderStream()).getReader()
      let rest = ''
      let data = ''
      let type = ''
      let id = this.#lastId
      const take = (line: string): void => {
        if (line === '') {
          this.#lastId = id
          const event = new MessageEvent(type === '' ? 'message' : type, {
            data: data.slice(0, -1),
            origin,
            lastEventId: id,
          })
          const isWanted = data !== '' && this.readyState !== CLOSED
          data = ''
          type = ''
          if (isWanted) this.#fire(event)
          return
        }
        const colon = line.indexOf(':')
        const field = colon === -1 ? line : line.slice(0, colon)
        const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
        if (field === 'data') data += `${value}\n`
        else if (field === 'event') type = value
        else if (field === 'id' && !value.includes('\0')) id = value
        else if (field === 'retry' && /^\d+$/.test(value)) this.#retryMs = Number(value)
      }
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        rest += value
        for (let end = LINE_END.exec(rest); end !== null; end = LINE_END.exec(rest)) {
          const line = rest.slice(0, end.index)
          rest = rest.slice(end.index + end[0].length)
          take(line)
        }
      }
    }

    #reconnect(): void {
      if (this.readyState === CLOSED) return
      this.readyState = CONNECTING
      this.#timer = setTimeout(() => void this.#connect(), this.#retryMs)
      this.#fire(new Event('error'))
    }

    #fail(): void {
      if (this.readyState === CLOSED) return
      this.close()
      this.#fire(new Event('error'))
    }

    #fire(event: Event | MessageEvent): void {
      if (event.type === 'open') this.onopen?.(event)
      else if (event.type === 'error') this.onerror?.(event)
      else if (event.type === 'message') this.onmessage?.(event as MessageEvent)
      this.dispatchEvent(event)
    }
  }
}
