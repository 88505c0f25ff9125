import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CpuShares } from '../../../runtime/sandbox/process/cpu-shares.ts'

function figures(
  slot: number,
  more: { readonly busyMs?: number; readonly poolMs?: number; readonly cpuMs?: number },
) {
  return { slot, cpuMs: 0, busyMs: 0, poolMs: 0, heapBytes: 0, externalBytes: 0, runMs: 0, ...more }
}

test('an instance that is alone in a process is charged for the whole process, whatever the process reports', () => {
  const shares = new CpuShares(false)
  shares.begin(300)
  assert.deepEqual(shares.divide([figures(1, { cpuMs: 9999 })], 350), [50])
  assert.deepEqual(shares.divide([figures(1, { cpuMs: 0 })], 350), [0])
  assert.deepEqual(shares.divide([figures(1, { cpuMs: -5 })], 500), [150])
  assert.equal(shares.rest(520), 20)
  assert.equal(shares.rest(undefined), 0)
})

test('in a shared process time goes by the time that each was running', () => {
  const shares = new CpuShares(true)
  shares.begin(1000)
  assert.deepEqual(shares.divide([figures(1, { busyMs: 100 }), figures(2, { busyMs: 300 })], 1200), [50, 150])
  // Figures grow; who rests is charged for nothing.
  assert.deepEqual(shares.divide([figures(1, { busyMs: 100 }), figures(2, { busyMs: 400 })], 1290), [0, 90])
  assert.deepEqual(shares.divide([figures(1, { busyMs: 100 }), figures(2, { busyMs: 400 })], 1300), [0, 0])
})

test('what a process does for itself is not charged to an instance that ran for a moment', () => {
  const shares = new CpuShares(true)
  shares.begin(0)
  assert.deepEqual(shares.divide([figures(1, { busyMs: 1 }), figures(2, {})], 500), [2, 0])
})

test('in a shared process threads of the pool are charged to those whose operations are on them', () => {
  const shares = new CpuShares(true)
  shares.begin(0)
  // No code runs; two operations of the first, for a moment one of the second.
  assert.deepEqual(shares.divide([figures(1, { poolMs: 500 }), figures(2, { poolMs: 10 })], 510), [500, 10])
  // A slot pays for its runs beside, and never for more than its own threads can do.
  const later = [figures(1, { poolMs: 1000 }), figures(2, { poolMs: 10, busyMs: 100 })]
  assert.deepEqual(shares.divide(later, 810), [250, 50])
  assert.deepEqual(shares.divide([figures(1, { poolMs: 1001 })], 1810), [1])
})

test('without figures of the system, those of V8 count; invalid ones count as nothing', () => {
  const shares = new CpuShares(true)
  shares.begin(undefined)
  assert.deepEqual(shares.divide([figures(1, { cpuMs: 30 }), figures(2, { cpuMs: 5 })], undefined), [30, 5])
  const later = [figures(1, { cpuMs: 50 }), figures(2, { cpuMs: Number.NaN })]
  assert.deepEqual(shares.divide(later, undefined), [20, 0])
  assert.deepEqual(shares.divide([], undefined), [])
})
