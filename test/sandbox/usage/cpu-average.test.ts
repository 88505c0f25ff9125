import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CPU_WINDOW_MS, CpuAverage } from '../../../runtime/sandbox/usage/cpu-average.ts'

test('is the share of a core over the last minute', () => {
  const average = new CpuAverage()
  for (let second = 0; second < 120; second++) average.add(500, second * 1000)
  assert.equal(average.percent(119_500), 50)
  assert.equal(average.percent(119_000 + CPU_WINDOW_MS / 2), 25)
  assert.equal(average.percent(119_000 + CPU_WINDOW_MS), 0)
})

test('says how long it takes until it is below, and keeps its word', () => {
  const average = new CpuAverage()
  const start = 1_000_000
  for (let second = 0; second < 40; second++) average.add(1000, start + second * 1000)
  const now = start + 39_000
  assert.equal(average.msUntilBelow(100, now), 0)
  // 40 s of work: ten of them must be older than a minute.
  const wait = average.msUntilBelow(50, now)
  assert.equal(wait, start + 9000 + CPU_WINDOW_MS - now)
  assert.ok(average.msUntilBelow(50, now + wait - 1) > 0)
  assert.equal(average.msUntilBelow(50, now + wait), 0)
})

test('forgets everything after a long silence, and starts again', () => {
  const average = new CpuAverage()
  average.add(60_000, 5000)
  assert.ok(average.msUntilBelow(50, 6000) > 0)
  assert.equal(average.msUntilBelow(50, 10_000_000), 0)
  average.add(6000, 10_000_500)
  assert.equal(average.percent(10_000_900), 10)
})

test('a use that is larger than all that is allowed takes the whole minute', () => {
  const average = new CpuAverage()
  average.add(100_000, 100)
  assert.equal(average.msUntilBelow(1, 100), CPU_WINDOW_MS - 100)
})
