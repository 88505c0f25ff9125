// The limit on checks of values: of the CPU time that they use, not of the time that passes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTimeLimit } from '../../runtime/host/time-limit.ts'

const limit = createTimeLimit()

test('a function that ends has its result, and one that goes on has none', () => {
  assert.deepEqual(
    limit(() => 'done', 50),
    { value: 'done' },
  )
  const backtracks = () => /^(a+)+$/.test(`${'a'.repeat(40)}b`)
  assert.equal(limit(backtracks, 50), undefined)
  assert.deepEqual(
    limit(() => 'and again', 50),
    { value: 'and again' },
  )
})

test('a function whose thread did not run is not over its limit', () => {
  let runs = 0
  const sleepsOnce = () => {
    runs += 1
    if (runs === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120)
    return 'done'
  }
  assert.deepEqual(limit(sleepsOnce, 50), { value: 'done' })
  assert.equal(runs, 2)
})

test('an error of the function is thrown', () => {
  assert.throws(
    () =>
      limit(() => {
        throw new RangeError('no')
      }, 50),
    { message: 'no' },
  )
})
