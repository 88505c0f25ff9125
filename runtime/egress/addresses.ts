// Which addresses of the internet protocol lead out to the public network, and which lead to somebody's own.
// Invariant: what is not known to be public is not public.

import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Reaches the host of a cloud machine, although it is written like any public address (Azure). */
const CLOUD_HOST = '168.63.129.16'

/** The only block of IPv6 out of which public addresses are given. */
const GLOBAL_IPV6 = [ipaddr.IPv6.parse('2000::'), 3] as [ipaddr.IPv6, number]

/**
 * Whether an address is one of the public network: not private, loopback, link-local (where cloud machines keep their
 * metadata), shared, multicast, reserved or unspecified, and no IPv6 form that carries an IPv4 address inside.
 */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0 || text.includes('%')) return false
  const address = ipaddr.parse(text)
  if (address.range() !== 'unicast') return false
  if (address instanceof ipaddr.IPv6) return address.match(GLOBAL_IPV6)
  return text !== CLOUD_HOST
}

/** Whether an address leads to the machine itself, whatever its network is. */
export function isLoopback(text: string): boolean {
  if (isIP(text) === 0) return false
  const address = ipaddr.process(text.split('%')[0] ?? text)
  const range = address.range()
  return range === 'loopback' || range === 'unspecified'
}

/** The address that a URL's host is written as, without brackets; undefined for a name. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return isIP(bare) === 0 ? undefined : bare
}
