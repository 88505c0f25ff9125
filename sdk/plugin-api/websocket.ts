// The globals of WebSockets that a backend has beside those of the web: the shape of Cloudflare Workers.

declare global {
  interface WebSocket {
    /** Begins to deliver what arrives; before it, nothing can be sent. */
    accept(): void
  }

  interface ResponseInit {
    /** The end of a WebSocketPair that becomes the visitor's. The status is 101 then. */
    webSocket?: WebSocket | null
  }

  interface Response {
    readonly webSocket?: WebSocket | null
  }

  /**
   * Two WebSockets of which each gets what the other one sends.
   * @example
   * const [client, server] = Object.values(new WebSocketPair())
   * server.accept()
   * server.addEventListener('message', ({ data }) => server.send(data))
   * return new Response(null, { status: 101, webSocket: client })
   */
  var WebSocketPair: new () => { readonly 0: WebSocket; readonly 1: WebSocket }
}

export {}
