// A connection that breaks: passes bytes to a server, until as many as agreed have passed; then it resets what is open.

import { connect, createServer, type Socket } from 'node:net'
import type { Scope } from './scope.ts'

export interface CuttingProxy {
  readonly port: number
  /** Bytes from clients so far. */
  readonly passed: number
  /** Connections that were reset. */
  readonly cuts: number
  /** Resets all connections when so many bytes more have come from clients; until `mend()`, new ones are reset as well. */
  cutAfter(bytes: number, more?: { readonly isMended?: boolean }): void
  /** Resets the connection that has brought so many bytes more, instead of passing the next answer. */
  loseAnswerAfter(bytes: number): void
  mend(): void
}

export async function startCuttingProxy(t: Scope, target: number): Promise<CuttingProxy> {
  let passed = 0
  let cuts = 0
  let cutAt = Number.POSITIVE_INFINITY
  let loseAt = Number.POSITIVE_INFINITY
  let isMendedThen = false
  const open = new Set<Socket>()
  const cut = (socket: Socket) => {
    cuts++
    socket.resetAndDestroy()
  }
  const server = createServer((client) => {
    if (passed >= cutAt) return cut(client)
    const upstream = connect(target, '127.0.0.1')
    open.add(client)
    client.on('data', (bytes: Buffer) => {
      passed += bytes.byteLength
      upstream.write(bytes)
      if (passed < cutAt) return
      if (isMendedThen) cutAt = Number.POSITIVE_INFINITY
      for (const socket of [...open]) cut(socket)
    })
    upstream.on('data', (bytes) => {
      if (passed < loseAt) return void client.write(bytes)
      loseAt = Number.POSITIVE_INFINITY
      cut(client)
    })
    const end = () => {
      open.delete(client)
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port')
  return {
    port: address.port,
    get passed() {
      return passed
    },
    get cuts() {
      return cuts
    },
    cutAfter(bytes, { isMended = false } = {}) {
      cutAt = passed + bytes
      isMendedThen = isMended
    },
    loseAnswerAfter(bytes) {
      loseAt = passed + bytes
    },
    mend() {
      cutAt = Number.POSITIVE_INFINITY
    },
  }
}
