import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { judge, type RunnerFailure } from '../../../runtime/sandbox/runner/backoff.ts'
import { InstanceFailure } from '../../../runtime/sandbox/types.ts'

const POLICY = { maxFailures: 5, failureWindowMs: 1000 }

function failuresAt(...times: readonly number[]): RunnerFailure[] {
  const failure = new InstanceFailure('GUEST_CRASHED', 'It ended')
  return times.map((at) => ({ at, time: '', failure }))
}

describe('backoff', () => {
  test('grows with the failures within the window, and ends in quarantine', () => {
    const waits = [1, 2, 3, 4, 5].map((count) => {
      const times = Array.from({ length: count }, (_, index) => 500 + index)
      const now = times.at(-1) ?? 0
      const { notBefore, isQuarantined } = judge(failuresAt(...times), now, POLICY)
      return [notBefore - now, isQuarantined]
    })
    assert.deepEqual(waits, [
      [0, false],
      [0, false],
      [200, false],
      [1000, false],
      [5000, true],
    ])
  })

  test('failures that are older than the window do not count', () => {
    const { failures, notBefore, isQuarantined } = judge(failuresAt(0, 1, 2, 3, 1500), 1500, POLICY)
    assert.deepEqual([failures.length, notBefore, isQuarantined], [1, 1500, false])
  })

  test('waits no longer than five seconds, however many failures are allowed', () => {
    const many = failuresAt(...Array.from({ length: 50 }, (_, index) => index))
    assert.equal(judge(many, 49, { ...POLICY, maxFailures: 100 }).notBefore, 5049)
  })
})
