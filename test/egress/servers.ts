// Real servers on loopback that count what reaches them, and a way out to try them with.

import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import {
  createEgress,
  type Egress,
  type EgressOptions,
  type EgressResponse,
} from '../../runtime/egress/egress.ts'
import type { EgressRequest } from '../../runtime/egress/follow.ts'
import { createOwnServer } from '../../runtime/egress/own-server.ts'
import { PlugbayError } from '../../runtime/errors.ts'
import type { Closers } from '../support/scope.ts'

export interface CountingServer {
  readonly origin: string
  readonly port: number
  /** Requests so far. */
  readonly hits: IncomingMessage[]
  /** Connections so far. */
  readonly connections: () => number
}

export async function startServer(
  t: Pick<TestContext, 'after'> | Closers,
  listener: RequestListener,
  host = '127.0.0.1',
): Promise<CountingServer> {
  const hits: IncomingMessage[] = []
  let connections = 0
  const server = createServer((request, response) => {
    hits.push(request)
    listener(request, response)
  })
  server.on('connection', () => connections++)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, resolve)
  })
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  return { origin: `http://${name}:${port}`, port, hits, connections: () => connections }
}

export interface Way {
  readonly egress: Egress
  readonly ask: (
    url: string,
    init?: Partial<EgressRequest> & { readonly signal?: AbortSignal },
  ) => Promise<EgressResponse>
}

export interface WayOptions extends Partial<EgressOptions> {
  /** Granted origins; all by default. */
  readonly granted?: readonly string[]
}

export function openWay(t: Pick<TestContext, 'after'> | Closers, options: WayOptions = {}): Way {
  const { granted, ...rest } = options
  const egress = createEgress({
    ownServer: createOwnServer({ publicUrl: null, publicUrls: [], pluginDomain: null }),
    limits: { maxRequestBytes: 10_000_000, maxResponseBytes: 100_000_000 },
    ...rest,
  })
  t.after(() => egress.close())
  return {
    egress,
    ask(url, { signal = new AbortController().signal, ...init } = {}) {
      const request: EgressRequest = {
        method: 'GET',
        url: new URL(url),
        headers: [],
        secretHeaders: new Set(),
        body: undefined,
        bodyLength: undefined,
        redirect: 'follow',
        ...init,
      }
      const permit = ({ origin }: URL) => {
        if (granted !== undefined && !granted.includes(origin)) throw new PlugbayError('PERMISSION_DENIED')
      }
      return egress.request(request, { pluginId: 'asker', permit, signal })
    },
  }
}

export async function textOf(answer: EgressResponse): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of answer.body ?? []) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** The body of what a server was sent. */
export async function received(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
