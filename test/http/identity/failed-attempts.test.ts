import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFailedAttempts } from '../../../runtime/http/identity/failed-attempts.ts'
import { RetryLater } from '../../../runtime/http/server/problem.ts'

function fail(attempts: ReturnType<typeof createFailedAttempts>, address: string, times: number): void {
  for (let i = 0; i < times; i++) attempts.record(address)
}

test('an address waits after ten failures, for what is left of a minute', () => {
  let now = 0
  const attempts = createFailedAttempts({ now: () => now })
  fail(attempts, '1.2.3.4', 9)
  attempts.check('1.2.3.4')
  now = 20_000
  attempts.record('1.2.3.4')
  assert.throws(
    () => attempts.check('1.2.3.4'),
    (error: unknown) =>
      error instanceof RetryLater && error.code === 'TOO_MANY_ATTEMPTS' && error.afterSeconds === 40,
  )
  attempts.check('1.2.3.5')
  now = 60_000
  attempts.check('1.2.3.4')
  fail(attempts, '1.2.3.4', 9)
  attempts.check('1.2.3.4')
})

test('all addresses of one IPv6 network count as one, and a mapped IPv4 address as itself', () => {
  const attempts = createFailedAttempts({ now: () => 0 })
  fail(attempts, '2001:db8:1:2::1', 5)
  fail(attempts, '2001:db8:1:2:ffff::9', 5)
  assert.throws(() => attempts.check('2001:db8:1:2:3:4:5:6'), RetryLater)
  attempts.check('2001:db8:1:3::1')
  fail(attempts, '::ffff:5.6.7.8', 10)
  assert.throws(() => attempts.check('5.6.7.8'), RetryLater)
  attempts.check('::ffff:5.6.7.9')
})

test('memory is bounded: the oldest address is forgotten', () => {
  const attempts = createFailedAttempts({ now: () => 0, maxAddresses: 3 })
  for (const address of ['a', 'b', 'c', 'd']) fail(attempts, address, 10)
  attempts.check('a')
  for (const address of ['b', 'c', 'd']) assert.throws(() => attempts.check(address), RetryLater)
})
