// Where this runtime itself is reached: no plugin may ask there, whatever it was granted.
// A plugin that could would speak to the admin API and to other plugins from inside the machine.

import { networkInterfaces } from 'node:os'
import type { Config } from '../config/config.ts'
import { isLoopback } from './addresses.ts'

export interface OwnServer {
  /** The runtime listens there: for as long as it lives, that port is closed to its plugins. */
  listensAt(port: number): void
  /** Whether an origin is one that visitors of the runtime use. */
  isOwnOrigin(url: URL): boolean
  /** Whether a connection to this address and port would end at the runtime. */
  isOwnAddress(address: string, port: number): boolean
}

export function createOwnServer(config: Pick<Config, 'publicUrl' | 'pluginDomain'>): OwnServer {
  const ports = new Set<number>()
  const publicOrigin = config.publicUrl === null ? undefined : URL.parse(config.publicUrl)?.origin
  const suffix = config.pluginDomain === null ? undefined : `.${config.pluginDomain.toLowerCase()}`
  return {
    listensAt(port) {
      ports.add(port)
    },
    isOwnOrigin(url) {
      if (url.origin === publicOrigin) return true
      return suffix !== undefined && url.hostname.endsWith(suffix)
    },
    isOwnAddress(address, port) {
      return ports.has(port) && (isLoopback(address) || isOfThisMachine(address))
    },
  }
}

/** Asked anew each time: addresses come and go with networks. */
function isOfThisMachine(address: string): boolean {
  return Object.values(networkInterfaces()).some((list) => list?.some((one) => one.address === address))
}
