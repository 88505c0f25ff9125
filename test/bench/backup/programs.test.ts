import assert from 'node:assert/strict'
import { test } from 'node:test'
import { childrenMs } from './programs.ts'

test('the CPU time of the children is the last line of times', () => {
  assert.equal(childrenMs('e3b0c442  -\n0m0.010000s 0m0.020000s\n1m1.250000s 0m0.500000s\n'), 61_750)
})
