// The connections of one plugin: every address is vetted before a connection is made to it, and that very address is used.
// Invariant: a name is resolved once per connection, and one bad address in the answer refuses the whole answer.

import { lookup as systemLookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import type { Agent, buildConnector } from 'undici'
import { isPublicAddress, literalAddress } from './addresses.ts'
import { refused } from './egress-error.ts'
import type { OwnServer } from './own-server.ts'

export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

/** All addresses of a name, in the order to try them. Rejects with Node's DNS errors. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>

export const resolveBySystem: Resolve = (hostname) => systemLookup(hostname, { all: true, order: 'verbatim' })

export interface PinnedAgentOptions {
  readonly resolve: Resolve
  readonly ownServer: OwnServer
  /** Which addresses names may lead to; public ones by default. */
  readonly mayReach?: ((address: string) => boolean) | undefined
  readonly connectMs: number
  readonly idleMs: number
  /** Certificates of authorities to trust beside the usual ones. */
  readonly ca?: string | undefined
}

/** undici costs a tenth of a second to load: only a runtime whose plugins use the network pays for it. */
export async function createPinnedAgent(options: PinnedAgentOptions): Promise<Agent> {
  const { Agent, Pool, buildConnector } = await import('undici')
  return new Agent({
    // Proxies of the environment do not count here: undici knows of them in another class only.
    factory: (origin, inherited) =>
      new Pool(String(origin), {
        ...inherited,
        connect: pinnedConnector(new URL(origin), options, buildConnector),
      }),
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: options.idleMs,
    keepAliveMaxTimeout: 10_000,
    maxHeaderSize: 64 * 1024,
  })
}

function pinnedConnector(
  url: URL,
  options: PinnedAgentOptions,
  build: typeof buildConnector,
): buildConnector.connector {
  const { resolve, ownServer, mayReach = isPublicAddress } = options
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  const literal = literalAddress(url.hostname)

  /** An address that stands in the grant itself is what the administrator meant. */
  const vet = (address: string): void => {
    if (ownServer.isOwnAddress(address, port)) throw ownRefusal(url)
    if (literal === undefined && !mayReach(address)) throw privateRefusal(url)
  }
  const vetted = async (hostname: string): Promise<readonly ResolvedAddress[]> => {
    const addresses = await resolve(hostname)
    if (addresses.length === 0) throw Object.assign(new Error('No address'), { code: 'ENOTFOUND' })
    for (const { address } of addresses) vet(address)
    return addresses
  }
  const lookup: LookupFunction = (hostname, { all }, callback) => {
    vetted(hostname).then(
      (addresses) => {
        const [first] = addresses
        if (all)
          callback(
            null,
            addresses.map(({ address, family }) => ({ address, family })),
          )
        else callback(null, first?.address ?? '', first?.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    )
  }
  const connect = build({
    lookup,
    timeout: options.connectMs,
    allowH2: false,
    autoSelectFamily: true,
    ...(options.ca !== undefined && { ca: options.ca }),
  } as buildConnector.BuildOptions)

  return (target, callback) => {
    try {
      // Node looks nothing up where the host is an address already.
      if (literal !== undefined) vet(literal)
    } catch (error) {
      return callback(error as Error, null)
    }
    connect(target, (...result) => {
      const [error, socket] = result
      if (error !== null || socket === null) return callback(...result)
      try {
        // The address that counts is the one at the other end of the wire.
        vet(socket.remoteAddress ?? '')
        callback(null, socket)
      } catch (refusal) {
        socket.destroy()
        callback(refusal as Error, null)
      }
    })
  }
}

function privateRefusal({ origin }: URL): Error {
  return refused(
    `Requests to "${origin}" are refused: its name leads to an address that is not public; ` +
      'an administrator can grant the address itself, such as "http://192.168.1.20:8080"',
  )
}

/** For what leads back into this runtime. */
export function ownRefusal({ origin }: URL): Error {
  return refused(`Requests to "${origin}" are refused: a plugin may not ask the server that it runs on`)
}
