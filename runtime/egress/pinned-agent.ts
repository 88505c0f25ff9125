// The connections of one plugin: each address is vetted first, and the connection uses exactly that address.
// Invariant: a name is resolved once per connection, and one refused address refuses the whole result.

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
  /** Decides which addresses names may resolve to; public ones by default. */
  readonly mayReach?: ((address: string) => boolean) | undefined
  readonly connectMs: number
  readonly idleMs: number
  /** Additional certificate authorities to trust. */
  readonly ca?: string | undefined
}

/** undici takes a tenth of a second to load: only a runtime whose plugins use the network pays for it. */
export async function createPinnedAgent(options: PinnedAgentOptions): Promise<Agent> {
  const { Agent, Pool, buildConnector } = await import('undici')
  return new Agent({
    // This class ignores proxies of the environment; undici supports them only in another one.
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

  /** An address in the grant itself is what the administrator meant. */
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
      // Node does not resolve a host that is already an address.
      if (literal !== undefined) vet(literal)
    } catch (error) {
      return callback(error as Error, null)
    }
    connect(target, (...result) => {
      const [error, socket] = result
      if (error !== null || socket === null) return callback(...result)
      try {
        // The remote address of the connection is authoritative.
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

/** Refuses a connection back into this runtime. */
export function ownRefusal({ origin }: URL): Error {
  return refused(`Requests to "${origin}" are refused: a plugin may not ask the server that it runs on`)
}
