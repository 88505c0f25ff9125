// What a shared process says of the runs in it: at once when one begins, later when it has ended.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { RunRegister } from '../../runtime/isolate/run-register.ts'

function register(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const reported: (readonly number[])[] = []
  return { reported, runs: new RunRegister((slots) => void reported.push(slots)) }
}

test('a run is reported before begin() returns, with all others in progress', (t) => {
  const { reported, runs } = register(t)
  runs.begin(3)
  runs.begin(7)
  assert.deepEqual(reported, [[3], [3, 7]])
})

test('the end is reported a little later, once for several', (t) => {
  const { reported, runs } = register(t)
  for (const slot of [1, 2, 3]) runs.begin(slot)
  for (const slot of [1, 3]) runs.end(slot)
  assert.equal(reported.length, 3)
  t.mock.timers.tick(1)
  assert.deepEqual(reported.slice(3), [[2]])
})

test('a run that begins before the previous end was reported costs nothing', (t) => {
  const { reported, runs } = register(t)
  runs.begin(1)
  for (let n = 0; n < 100; n++) {
    runs.end(1)
    runs.begin(1)
  }
  t.mock.timers.tick(1)
  assert.deepEqual(reported, [[1]])
  runs.end(1)
  t.mock.timers.tick(1)
  assert.deepEqual(reported, [[1], []])
})
