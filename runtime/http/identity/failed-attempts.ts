// Counts wrong secrets of an operator's own choice, and wrong sign-in codes, per client address and kind: after ten in a minute the
// address is asked to wait. It is for clients that repeat a mistake, and shows in a log. A right secret is not held up
// (authenticate.ts), so what keeps a secret from being guessed is its length.
// Invariant: memory is bounded; the address that has waited longest is dropped first.

import { isIPv6 } from 'node:net'
import { RetryLater } from '../server/problem.ts'

export interface FailedAttemptsOptions {
  /** Milliseconds since any fixed moment. */
  readonly now?: () => number
  /** Failures within the window that are answered as such. 10. */
  readonly limit?: number
  /** 60,000. */
  readonly windowMs?: number
  /** 10,000. */
  readonly maxAddresses?: number
}

export interface FailedAttempts {
  /**
   * Counts a failure.
   * @throws RetryLater TOO_MANY_ATTEMPTS for one beyond the limit
   */
  record(kind: string, address: string): void
}

interface Count {
  failures: number
  readonly until: number
}

export function createFailedAttempts(options: FailedAttemptsOptions = {}): FailedAttempts {
  const { now = Date.now, limit = 10, windowMs = 60_000, maxAddresses = 10_000 } = options
  const counts = new Map<string, Count>()

  function current(key: string): Count | undefined {
    const count = counts.get(key)
    if (count === undefined || count.until > now()) return count
    counts.delete(key)
    return undefined
  }

  return {
    record(kind, address) {
      const key = `${kind} ${networkOf(address)}`
      const count = current(key)
      if (count !== undefined && count.failures >= limit)
        throw new RetryLater('TOO_MANY_ATTEMPTS', Math.max(1, Math.ceil((count.until - now()) / 1000)))
      if (count !== undefined) {
        count.failures += 1
        return
      }
      if (counts.size >= maxAddresses) forgetOldest(counts)
      counts.set(key, { failures: 1, until: now() + windowMs })
    },
  }
}

/**
 * What the addresses of one client have in common: a client with one IPv6 address has 2^64 of them.
 * @param width `wide`: what clients of one site have in common (IPv4 /24, IPv6 /48)
 */
export function networkOf(address: string, width: 'client' | 'wide' = 'client'): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!isIPv6(plain)) return width === 'wide' ? plain.split('.').slice(0, 3).join('.') : plain
  const [head = '', tail] = plain.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const parts = [...before, ...Array<string>(zeros).fill('0'), ...after]
  return parts.slice(0, width === 'wide' ? 3 : 4).join(':')
}

function forgetOldest(counts: Map<string, Count>): void {
  for (const key of counts.keys()) {
    counts.delete(key)
    return
  }
}
