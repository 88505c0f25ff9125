// A bridge of a WebSocket without a runtime around it: a real visitor on one side, a test that plays the guest on the other.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { SocketBridge } from '../../runtime/http/sockets/socket-bridge.ts'
import { WriteTurn } from '../../runtime/http/sockets/write-turn.ts'
import { Channel, type IncomingCall } from '../../sdk/protocol/channel.ts'
import type { SendStream } from '../../sdk/protocol/streams.ts'

export interface Joined {
  readonly visitor: WebSocket
  readonly bridge: SocketBridge
  /** What the guest sends. */
  readonly guest: SendStream
  readonly call: IncomingCall
  /** False after a violation of the protocol: the owner would end the process then. */
  isSound(): boolean
  /** How often the end of the guest's side was reported. */
  ends(): number
}

/** A visitor's connection and a guest's call, joined by a bridge; the frames between go through memory. */
export async function join(t: TestContext): Promise<Joined> {
  const http = createServer()
  const server = new WebSocketServer({ server: http, maxPayload: 1000 })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', () => resolve()))
  t.after(() => http.close())
  const visitor = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`)
  t.after(() => visitor.terminate())
  const [[accepted, request]] = (await Promise.all([once(server, 'connection'), once(visitor, 'open')])) as [
    [WebSocket, IncomingMessage],
    unknown,
  ]
  let isSound = true
  let ends = 0
  let incoming: IncomingCall | undefined
  const guest: Channel = new Channel(
    (kind, id, head, body) => {
      isSound &&= host.receive(kind, id, head, body as Uint8Array | undefined)
    },
    {
      call: (call) => {
        incoming = call
      },
    },
  )
  const host: Channel = new Channel(
    (kind, id, head, body) => guest.receive(kind, id, head, body as Uint8Array | undefined),
    { call: () => assert.fail('the guest calls nothing') },
  )
  const reply = Promise.withResolvers<SocketBridge>()
  const call = host.call(
    '{}',
    undefined,
    {
      reply(_head, _body, messages) {
        assert.ok(messages !== undefined && call.body !== undefined)
        messages.observe({ received() {}, receivedAll: () => ends++ })
        const socket = { upload: call.body, messages, cancel: () => call.cancel() }
        const options = { guest: socket, connection: request.socket, turn: new WriteTurn() }
        reply.resolve(new SocketBridge(accepted, options))
      },
      error: ({ message }) => reply.reject(new Error(message)),
    },
    true,
  )
  assert.ok(incoming)
  // The reply needs `call`, which is known by now.
  const stream = incoming.replyStream('{}')
  const bridge = await reply.promise
  return { visitor, bridge, guest: stream, call: incoming, isSound: () => isSound, ends: () => ends }
}
