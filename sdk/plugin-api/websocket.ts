// The WebSocket globals that a backend has in addition to those of the web: the shape of Cloudflare Workers.

declare global {
  interface WebSocket {
    /** Starts to deliver messages; nothing can be sent before. */
    accept(): void
  }

  interface ResponseInit {
    /** The end of a WebSocketPair that becomes the visitor's. The status is then 101. */
    webSocket?: WebSocket | null
  }

  interface Response {
    readonly webSocket?: WebSocket | null
  }

  /**
   * Two WebSockets; each receives what the other one sends.
   * @example
   * const [client, server] = Object.values(new WebSocketPair())
   * server.accept()
   * server.addEventListener('message', ({ data }) => server.send(data))
   * return new Response(null, { status: 101, webSocket: client })
   */
  var WebSocketPair: new () => { readonly 0: WebSocket; readonly 1: WebSocket }
}

export {}
