// WebSockets of visitors: which requests of a server are handshakes for a plugin, and how they are answered.
// The request takes the same path as any other (backend/backend-gate.ts); only a plugin's 101 completes the handshake.
// Invariant: any other answer is a plain HTTP answer with the same checks and headers as usual.

import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { PAGE_TOKEN_HEADER } from '../backend/request-headers.ts'
import type { PluginRequest } from '../exchange/exchange.ts'
import { NodeResponses, requestFromNode } from '../exchange/node-exchange.ts'
import type { SocketAnswer, SocketOffer } from '../exchange/socket-offer.ts'
import type { Incoming, PluginTraffic } from '../routing/plugin-traffic.ts'
import { isPlainTarget, refuseTarget } from '../routing/raw-target.ts'
import { type SourceConfig, sourceOf } from '../server/request-source.ts'
import { type OfferedProtocols, OUR_PROTOCOL, readProtocols } from './protocols.ts'
import { SocketBridge } from './socket-bridge.ts'
import { WriteTurn } from './write-turn.ts'

export interface UpgradeConfig extends SourceConfig {
  readonly limits: { readonly maxSocketMessageBytes: number; readonly socketPingMs: number }
}

export interface UpgradeOptions {
  readonly config: UpgradeConfig
}

/** For "upgrade" of a Node server. False: the request is not for a plugin, and is untouched. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean

export interface Upgrades {
  /** Whether the request is a handshake for a plugin's backend; others are ordinary requests. */
  wants(request: IncomingMessage): boolean
  readonly handle: UpgradeHandler
  /** Closes every connection (1001). */
  close(): void
  /** Terminates all connections at once. */
  terminate(): void
}

/** How long a visitor may take to answer a closing frame. */
const CLOSE_MS = 5000
const GOING_AWAY = 1001
const KEY = /^[+/0-9A-Za-z]{22}==$/

interface Handshake {
  readonly headers: readonly string[]
  readonly protocol: string | undefined
}

export function createUpgrades(traffic: PluginTraffic, options: UpgradeOptions): Upgrades {
  const { config } = options
  const { maxSocketMessageBytes, socketPingMs } = config.limits
  const bridges = new Set<SocketBridge>()
  /** Until the plugin has responded. */
  const waiting = new Set<Duplex>()
  const handshakes = new WeakMap<IncomingMessage, Handshake>()
  const serverOptions = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxSocketMessageBytes,
    closeTimeout: CLOSE_MS,
    handleProtocols: (_offered: Set<string>, request: IncomingMessage) =>
      handshakes.get(request)?.protocol ?? (false as const),
  }
  const responses = new NodeResponses()
  const turn = new WriteTurn()
  const server = new WebSocketServer(serverOptions)
  server.on('headers', (lines, request) => {
    const { headers = [] } = handshakes.get(request) ?? {}
    for (let index = 0; index + 1 < headers.length; index += 2)
      lines.push(`${headers[index]}: ${headers[index + 1]}`)
  })

  let pings: NodeJS.Timeout | undefined
  const add = (bridge: SocketBridge): void => {
    bridges.add(bridge)
    pings ??= setInterval(() => {
      for (const each of bridges) each.ping()
    }, socketPingMs).unref()
  }
  const remove = (bridge: SocketBridge): void => {
    bridges.delete(bridge)
    if (bridges.size > 0) return
    clearInterval(pings)
    pings = undefined
  }

  function locate(request: IncomingMessage) {
    const protocols = isHandshake(request)
      ? readProtocols(request.headers['sec-websocket-protocol'])
      : undefined
    if (protocols === undefined) return undefined
    const located = traffic.locate(incomingOf(request, config))
    return located.kind === 'backend' ? { located, protocols } : undefined
  }

  /** On paths of ours; the listener of our own server refuses it as an ordinary request. */
  const isOdd = (request: IncomingMessage): boolean => {
    const { url = '/' } = request
    return (
      (traffic.isWhole ? url.startsWith('/') : url.startsWith(`${traffic.basePath}/`)) && !isPlainTarget(url)
    )
  }

  return {
    wants: (request) => !isOdd(request) && locate(request) !== undefined,
    handle(request, socket, head) {
      if (isOdd(request)) {
        socket.on('error', () => socket.destroy())
        refuseTarget(responses.sinkOf(responseOn(request, socket).response, 'runtime'), traffic.basePath)
        return true
      }
      const handshake = locate(request)
      if (handshake === undefined) return false
      const { located, protocols } = handshake
      // Node has removed its own listeners: an error would end the process.
      socket.on('error', () => socket.destroy())
      waiting.add(socket)
      socket.once('close', () => waiting.delete(socket))
      const { response, detach } = responseOn(request, socket)
      const accept = (answer: SocketAnswer): SocketBridge | undefined => {
        waiting.delete(socket)
        detach()
        const protocol = answer.protocol ?? (protocols.hasOurs ? OUR_PROTOCOL : undefined)
        handshakes.set(request, { headers: answer.headers, protocol })
        let bridge: SocketBridge | undefined
        // Synchronous; it does not call back when the visitor has disconnected.
        server.handleUpgrade(request, socket, head, (visitor) => {
          const made = new SocketBridge(visitor, { guest: answer.guest, connection: socket, turn })
          add(made)
          visitor.once('close', () => {
            remove(made)
            answer.onClose()
          })
          bridge = made
        })
        if (bridge === undefined) {
          answer.guest.cancel()
          answer.onClose()
        }
        return bridge
      }
      const offer: SocketOffer = { protocols: protocols.theirs, accept }
      const asked = requestFromUpgrade(request, { target: located.target, protocols, offer })
      traffic.handle(located, asked, responses.sinkOf(response, 'backend'))
      return true
    },
    close() {
      for (const bridge of bridges) bridge.close(GOING_AWAY)
    },
    terminate() {
      for (const socket of waiting) socket.destroy()
      for (const bridge of bridges) bridge.terminate()
    },
  }
}

/** RFC 6455, 4.2.1; anything else is an ordinary request, which the plugin answers. */
function isHandshake({ method, httpVersion, headers, headersDistinct }: IncomingMessage): boolean {
  const { upgrade, 'sec-websocket-key': key, 'sec-websocket-version': version } = headers
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0
  return (
    method === 'GET' &&
    httpVersion === '1.1' &&
    headersDistinct.host?.length === 1 &&
    upgrade?.toLowerCase() === 'websocket' &&
    version === '13' &&
    key !== undefined &&
    KEY.test(key) &&
    !hasBody
  )
}

function incomingOf(request: IncomingMessage, config: SourceConfig): Incoming {
  const { url = '/', headers } = request
  const isProxied =
    config.trustProxy &&
    (headers['x-forwarded-host'] !== undefined || headers['x-forwarded-proto'] !== undefined)
  if (!isProxied) return { url, host: headers.host, scheme: 'http' }
  const pairs = Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string])
  const source = sourceOf(new Request('http://localhost/', { headers: pairs }), config)
  return { url, host: source?.host, scheme: source?.scheme ?? 'http' }
}

/** The response to a visitor who gets no socket: one answer, and the end of the connection. */
function responseOn(request: IncomingMessage, socket: Duplex) {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Socket)
  const drained = () => response.emit('drain')
  socket.on('drain', drained)
  const detach = (): void => {
    socket.off('drain', drained)
    response.detachSocket(socket as Socket)
  }
  response.once('finish', () => {
    detach()
    socket.end(() => socket.destroy())
  })
  return { response, detach }
}

interface UpgradeParts {
  readonly target: string
  readonly protocols: OfferedProtocols
  readonly offer: SocketOffer
}

/** Moves the page token, which a page can only send as a sub-protocol, into its header; the plugin sees its own sub-protocols only. */
function requestFromUpgrade(incoming: IncomingMessage, parts: UpgradeParts): PluginRequest {
  const { target, protocols, offer } = parts
  const request = requestFromNode(incoming, target)
  const headers: string[] = []
  for (let index = 0; index + 1 < request.headers.length; index += 2) {
    const name = request.headers[index] as string
    if (name === 'sec-websocket-protocol' || name === 'sec-websocket-extensions') continue
    headers.push(name, request.headers[index + 1] as string)
  }
  if (protocols.theirs.length > 0) headers.push('sec-websocket-protocol', protocols.theirs.join(', '))
  if (protocols.token !== undefined) headers.push(PAGE_TOKEN_HEADER, protocols.token)
  return { ...request, headers, body: undefined, socket: offer }
}
