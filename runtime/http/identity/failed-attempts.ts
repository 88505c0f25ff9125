// Counts failed sign-ins per client address, so that secrets cannot be guessed at the speed of the network.
// Invariant: memory is bounded; the address that has waited longest is dropped first.

import { isIPv6 } from 'node:net'
import { RetryLater } from '../server/problem.ts'

export interface FailedAttemptsOptions {
  /** Milliseconds since any fixed moment. */
  readonly now?: () => number
  /** Failures within the window before the address must wait. 10. */
  readonly limit?: number
  /** 60,000. */
  readonly windowMs?: number
  /** 10,000. */
  readonly maxAddresses?: number
}

export interface FailedAttempts {
  /** @throws RetryLater TOO_MANY_ATTEMPTS */
  check(address: string): void
  record(address: string): void
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
    check(address) {
      const count = current(keyOf(address))
      if (count === undefined || count.failures < limit) return
      throw new RetryLater('TOO_MANY_ATTEMPTS', Math.max(1, Math.ceil((count.until - now()) / 1000)))
    },
    record(address) {
      const key = keyOf(address)
      const count = current(key)
      if (count !== undefined) {
        count.failures += 1
        return
      }
      if (counts.size >= maxAddresses) forgetOldest(counts)
      counts.set(key, { failures: 1, until: now() + windowMs })
    },
  }
}

/** A client with one IPv6 address has 2^64 of them. */
function keyOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  return [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4).join(':')
}

function forgetOldest(counts: Map<string, Count>): void {
  for (const key of counts.keys()) {
    counts.delete(key)
    return
  }
}
