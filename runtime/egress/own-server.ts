// Addresses of this runtime itself: plugins may not send requests to them, whatever they were granted.
// Otherwise a plugin could reach the admin API and other plugins from inside the machine.

import { networkInterfaces } from 'node:os'
import type { Config } from '../config/config.ts'
import { publicAddresses } from '../config/public-urls.ts'
import { isLoopback } from './addresses.ts'

export interface OwnServer {
  /** Registers a listener of the runtime: as long as it is open, plugins cannot connect to its port. */
  listensAt(port: number): void
  /** Whether visitors reach the runtime at this origin. */
  isOwnOrigin(url: URL): boolean
  /** Whether a connection to this address and port would reach the runtime. */
  isOwnAddress(address: string, port: number): boolean
}

export function createOwnServer(
  config: Pick<Config, 'publicUrl' | 'publicUrls' | 'pluginDomain'>,
): OwnServer {
  const ports = new Set<number>()
  const addresses = publicAddresses(config)
  const origins = new Set(addresses.map(({ url }) => url.origin))
  const suffixes = [config.pluginDomain, ...addresses.map(({ pluginDomain }) => pluginDomain)].flatMap(
    (domain) => (domain === null ? [] : [`.${domain.toLowerCase()}`]),
  )
  return {
    listensAt(port) {
      ports.add(port)
    },
    isOwnOrigin(url) {
      return origins.has(url.origin) || suffixes.some((suffix) => url.hostname.endsWith(suffix))
    },
    isOwnAddress(address, port) {
      return ports.has(port) && (isLoopback(address) || isOfThisMachine(address))
    },
  }
}

/** Read each time, because addresses come and go with networks. */
function isOfThisMachine(address: string): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === address))
}
