import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UsageMeter } from '../../../runtime/sandbox/usage/usage-meter.ts'

const MEGABYTE = 1_048_576

function usage(heap: number, external = 0) {
  return { cpuMs: 0, heapBytes: heap * MEGABYTE, externalBytes: external * MEGABYTE, openCalls: 0 }
}

describe('UsageMeter', () => {
  test('adds the instances that run, remembers the most, and keeps the time of those that ended', () => {
    const meter = new UsageMeter()
    const first = usage(10, 2)
    const second = usage(5)
    meter.attach(first)
    meter.attach(second)
    first.cpuMs = 100
    second.cpuMs = 50
    second.openCalls = 3
    meter.spend(150, performance.now(), 50)
    const { memoryMb, peakMemoryMb, externalMemoryMb, cpuMs, requestsInFlight } = meter.figures
    assert.deepEqual([memoryMb, peakMemoryMb, externalMemoryMb, cpuMs, requestsInFlight], [17, 17, 2, 150, 3])
    meter.detach(first)
    meter.detach(first)
    second.cpuMs = 60
    assert.equal(meter.figures.memoryMb, 5)
    assert.equal(meter.figures.peakMemoryMb, 17)
    assert.equal(meter.figures.cpuMs, 160)
    assert.deepEqual(meter.memory, { heapBytes: 5 * MEGABYTE, externalBytes: 0, peakBytes: 17 * MEGABYTE })
    // Ended for its memory, before its figures could tell of it.
    meter.reach(64 * MEGABYTE)
    assert.equal(meter.figures.peakMemoryMb, 64)
    meter.reach(20 * MEGABYTE)
    assert.equal(meter.figures.peakMemoryMb, 64)
  })

  test('what others use on its behalf counts beside, and like its own', () => {
    const meter = new UsageMeter()
    const now = performance.now()
    meter.owe(29_000)
    assert.equal(meter.figures.cpuMs, 29_000)
    assert.equal(meter.figures.cpuPercent, 0)
    // A request pays for 10 ms of both together.
    for (let n = 0; n < 100; n++) meter.serve()
    assert.equal(meter.spend(2000, now, 50), false)
    assert.equal(meter.spend(0, now, 50), false)
    meter.owe(100)
    assert.equal(meter.spend(0, now, 50), true)
  })

  test('counts host calls by name', () => {
    const meter = new UsageMeter()
    for (const name of ['kv.get', 'kv.get', 'kv.put'] as const) meter.countHostCall(name)
    const { hostCalls } = meter.figures
    assert.deepEqual([hostCalls['kv.get'], hostCalls['kv.put'], hostCalls['db.query']], [2, 1, 0])
    assert.equal(
      Object.values(hostCalls).reduce((sum, value) => sum + value),
      3,
    )
  })

  test('is over the cap when the average is, and not a moment longer', () => {
    const meter = new UsageMeter()
    const now = performance.now()
    assert.equal(meter.throttledMs(50), 0)
    assert.equal(meter.spend(30_000, now, 50), false)
    assert.equal(meter.throttledMs(50), 0)
    assert.equal(meter.spend(100, now, 50), true)
    const wait = meter.throttledMs(50)
    assert.ok(wait > 0 && wait <= 60_000, String(wait))
    assert.equal(meter.spend(0, now + 120_000, 50), false)
    assert.equal(meter.throttledMs(50), 0)
  })

  test('quick responses to many visitors are no reason to throttle, slow ones are', () => {
    const meter = new UsageMeter()
    const now = performance.now()
    for (let n = 0; n < 10_000; n++) meter.serve()
    assert.equal(meter.spend(59_000, now, 50), false)
    assert.equal(meter.figures.cpuPercent, 0)
    for (let n = 0; n < 100; n++) meter.serve()
    // 100 requests of a second each, of which 10 ms do not count.
    assert.equal(meter.spend(100_000, now, 50), true)
    assert.equal(meter.figures.cpuPercent, 165)
  })

  test('lines that a sandbox process does not hold back are held back here', () => {
    const meter = new UsageMeter()
    const taken = () => meter.takeLogLine(100, 5500)
    // Two seconds of the other clock may arrive in one of ours, each with a line about what was dropped.
    for (let n = 0; n < 202; n++) assert.equal(taken(), true)
    for (let n = 0; n < 50; n++) assert.equal(taken(), false)
    assert.equal(meter.takeLogLine(100, 6000), true)
    assert.deepEqual([meter.figures.logLines, meter.figures.logLinesDropped], [203, 50])
  })
})
