import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveBackend, LivePlugin } from '../../runtime/contributions/live-plugin.ts'
import { problemOf, stateOf } from '../../runtime/lifecycle/state.ts'
import { InstanceFailure } from '../../runtime/sandbox/types.ts'
import { servingPlugin } from '../contributions/serving-plugin.ts'

const ENABLED = { enabled: true, candidateVersion: null }
const DISABLED = { enabled: false, candidateVersion: null }
const WAITING = { enabled: true, candidateVersion: '2.0.0' }

const FAILURE = new InstanceFailure('GUEST_CRASHED', 'The process died')

function serving(state: LiveBackend['state'] | null): LivePlugin {
  if (state === null) return servingPlugin('ant')
  const never = () => {
    throw new Error('A state is worked out without a call')
  }
  const runner: LiveBackend = {
    state,
    lastFailure: FAILURE,
    sockets: 0,
    call: never,
    exports: undefined,
    verify: never,
  }
  return servingPlugin('ant', {}, { runner })
}

const failed: LivePlugin = {
  kind: 'unavailable',
  id: 'ant',
  reason: 'failed',
  problem: { code: 'LOAD_FAILED', message: 'It does not load' },
}

test('a release that waits for approval hides what serves, unless the plugin is disabled', () => {
  for (const live of [serving('running'), serving('quarantined'), serving(null), failed, undefined])
    assert.equal(stateOf(WAITING, live), 'waiting-approval')
  assert.equal(stateOf({ ...WAITING, enabled: false }, { ...failed, reason: 'disabled' }), 'disabled')
})

test('what serves has the state of its backend, and is running without one', () => {
  for (const state of ['idle', 'starting', 'running', 'failed', 'quarantined'] as const)
    assert.equal(stateOf(ENABLED, serving(state)), state)
  // Its release has just been swapped out.
  assert.equal(stateOf(ENABLED, serving('stopped')), 'idle')
  assert.equal(stateOf(ENABLED, serving(null)), 'running')
})

test('what does not serve has the state that is its reason', () => {
  assert.equal(stateOf(ENABLED, failed), 'failed')
  assert.equal(stateOf(ENABLED, undefined), 'starting')
  assert.equal(stateOf(DISABLED, undefined), 'disabled')
})

test('the problem is what keeps it from serving, or the last failure of a backend that does not start', () => {
  assert.deepEqual(problemOf(failed), { code: 'LOAD_FAILED', message: 'It does not load' })
  assert.deepEqual(problemOf(serving('failed')), { code: 'GUEST_CRASHED', message: 'The process died' })
  for (const live of [serving('running'), serving('idle'), serving(null), undefined])
    assert.equal(problemOf(live), null)
})
