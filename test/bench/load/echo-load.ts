// WebSockets that send, and send again for every message that comes back: so many are under way all the time.

import { once } from 'node:events'
import { WebSocket } from 'ws'

export interface EchoLoad {
  readonly sockets: number
  /** Messages of one socket that are under way. */
  readonly inFlight: number
  readonly bytes: number
  readonly kind: 'text' | 'binary'
  readonly seconds: number
}

export interface EchoFigures {
  /** That came back. */
  readonly messages: number
  readonly seconds: number
}

/** @param url of a server that sends every message back */
export async function loadEcho(
  url: string,
  { sockets, inFlight, bytes, kind, seconds }: EchoLoad,
): Promise<EchoFigures> {
  const all = Array.from({ length: sockets }, () => connect(url))
  const message = kind === 'text' ? 'x'.repeat(bytes) : Buffer.alloc(bytes, 'x')
  try {
    await Promise.all(all.map((socket) => once(socket, 'open')))
    let count = 0
    for (const socket of all) {
      socket.on('message', (data: Buffer) => {
        if (data.byteLength !== bytes) throw new Error(`${bytes} bytes came back as ${data.byteLength}`)
        count++
        socket.send(message)
      })
    }
    const started = performance.now()
    for (const socket of all) for (let sent = 0; sent < inFlight; sent++) socket.send(message)
    const closed = all.map((socket) => once(socket, 'close'))
    const timer = Promise.withResolvers<void>()
    setTimeout(timer.resolve, seconds * 1000)
    const isLost = await Promise.race([timer.promise, Promise.race(closed).then(() => true)])
    if (isLost === true) throw new Error(`${url} has closed a socket`)
    return { messages: count, seconds: (performance.now() - started) / 1000 }
  } finally {
    for (const socket of all) socket.terminate()
  }
}

function connect(url: string): WebSocket {
  return new WebSocket(url.replace(/^http/, 'ws'), { perMessageDeflate: false })
}
