import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFailedAttempts, type FailedAttempts } from '../../../runtime/http/identity/failed-attempts.ts'
import { RetryLater } from '../../../runtime/http/server/problem.ts'

function fail(attempts: FailedAttempts, address: string, times = 1): void {
  for (let i = 0; i < times; i++) attempts.record('token', address)
}

test('the eleventh failure of an address is told to wait, for what is left of a minute', () => {
  let now = 0
  const attempts = createFailedAttempts({ now: () => now })
  fail(attempts, '1.2.3.4', 9)
  now = 20_000
  fail(attempts, '1.2.3.4')
  assert.throws(
    () => fail(attempts, '1.2.3.4'),
    (error: unknown) =>
      error instanceof RetryLater && error.code === 'TOO_MANY_ATTEMPTS' && error.afterSeconds === 40,
  )
  fail(attempts, '1.2.3.5')
  now = 60_000
  fail(attempts, '1.2.3.4', 10)
  assert.throws(() => fail(attempts, '1.2.3.4'), RetryLater)
})

test('wrong codes do not count as wrong tokens', () => {
  const attempts = createFailedAttempts({ now: () => 0 })
  fail(attempts, '1.2.3.4', 10)
  attempts.record('code', '1.2.3.4')
})

test('all addresses of one IPv6 network count as one, and a mapped IPv4 address as itself', () => {
  const attempts = createFailedAttempts({ now: () => 0 })
  fail(attempts, '2001:db8:1:2::1', 5)
  fail(attempts, '2001:db8:1:2:ffff::9', 5)
  assert.throws(() => fail(attempts, '2001:db8:1:2:3:4:5:6'), RetryLater)
  fail(attempts, '2001:db8:1:3::1')
  fail(attempts, '::ffff:5.6.7.8', 10)
  assert.throws(() => fail(attempts, '5.6.7.8'), RetryLater)
  fail(attempts, '::ffff:5.6.7.9')
})

test('memory is bounded: the oldest address is forgotten', () => {
  const attempts = createFailedAttempts({ now: () => 0, maxAddresses: 3 })
  for (const address of ['a', 'b', 'c', 'd']) fail(attempts, address, 10)
  for (const address of ['b', 'c', 'd']) assert.throws(() => fail(attempts, address), RetryLater)
  fail(attempts, 'a')
})
