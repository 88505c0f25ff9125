// Classifies IP addresses: public ones, and those that lead to private networks or to this machine.
// Invariant: an address that is not known to be public is not public.

import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Reaches the host of a cloud machine, although it looks like a public address (Azure). */
const CLOUD_HOST = '168.63.129.16'

/** The only block of IPv6 with public addresses. */
const GLOBAL_IPV6 = [ipaddr.IPv6.parse('2000::'), 3] as [ipaddr.IPv6, number]

/**
 * Whether an address is public: not private, loopback, link-local (where cloud machines keep their metadata), shared,
 * multicast, reserved or unspecified, and not an IPv6 form with an embedded IPv4 address.
 */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0 || text.includes('%')) return false
  const address = ipaddr.parse(text)
  if (address.range() !== 'unicast') return false
  if (address instanceof ipaddr.IPv6) return address.match(GLOBAL_IPV6)
  return text !== CLOUD_HOST
}

/** Whether an address leads to this machine, whatever its network is. */
export function isLoopback(text: string): boolean {
  if (isIP(text) === 0) return false
  const address = ipaddr.process(text.split('%')[0] ?? text)
  const range = address.range()
  return range === 'loopback' || range === 'unspecified'
}

/** The address in a URL's host, without brackets; undefined for a name. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return isIP(bare) === 0 ? undefined : bare
}
