import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DURATION_BUCKETS, HttpMeter } from '../../../runtime/http/metrics/http-meter.ts'

test('counts answers by target, class and duration', () => {
  const meter = new HttpMeter()
  meter.record('backend', 200, 1)
  meter.record('backend', 204, 1.1)
  meter.record('backend', 504, 10_001)
  meter.record('page', 304, 0)
  const [backend, page, runtime] = meter.figures
  assert.deepEqual(backend?.classes, [0, 2, 0, 0, 1])
  assert.equal(backend?.count, 3)
  assert.ok(Math.abs((backend?.sumSeconds ?? 0) - 10.0031) < 1e-9)
  // 1 ms is in the first bucket, 1.1 ms in the second, 10.001 s in none.
  assert.deepEqual(backend?.buckets, [1, ...DURATION_BUCKETS.slice(1).map(() => 2)])
  assert.deepEqual(page?.classes, [0, 0, 1, 0, 0])
  assert.equal(runtime?.count, 0)
})

test('a status that is none does not fall out of the table', () => {
  const meter = new HttpMeter()
  meter.record('page', 999, 1)
  meter.record('page', 0, 1)
  meter.record('runtime', 200, 1)
  assert.deepEqual(meter.figures[1]?.classes, [1, 0, 0, 0, 1])
  assert.deepEqual(meter.figures[2]?.classes, [0, 1, 0, 0, 0])
})
