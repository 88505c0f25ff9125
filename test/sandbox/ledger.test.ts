import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Ledger } from '../../runtime/sandbox/ledger.ts'

const MEGABYTE = 1_048_576

function usage(heap: number, external = 0) {
  return { cpuMs: 0, heapBytes: heap * MEGABYTE, externalBytes: external * MEGABYTE, openCalls: 0 }
}

describe('Ledger', () => {
  test('adds the instances that run, remembers the most, and keeps the time of those that ended', () => {
    const ledger = new Ledger()
    const first = usage(10, 2)
    const second = usage(5)
    ledger.attach(first)
    ledger.attach(second)
    first.cpuMs = 100
    second.cpuMs = 50
    second.openCalls = 3
    ledger.spend(150, performance.now(), 50)
    const { memoryMb, peakMemoryMb, externalMemoryMb, cpuMs, requestsInFlight } = ledger.figures
    assert.deepEqual([memoryMb, peakMemoryMb, externalMemoryMb, cpuMs, requestsInFlight], [17, 17, 2, 150, 3])
    ledger.detach(first)
    ledger.detach(first)
    second.cpuMs = 60
    assert.equal(ledger.figures.memoryMb, 5)
    assert.equal(ledger.figures.peakMemoryMb, 17)
    assert.equal(ledger.figures.cpuMs, 160)
    assert.deepEqual(ledger.memory, { heapBytes: 5 * MEGABYTE, externalBytes: 0, peakBytes: 17 * MEGABYTE })
    // Ended for its memory, before its figures could tell of it.
    ledger.reach(64 * MEGABYTE)
    assert.equal(ledger.figures.peakMemoryMb, 64)
    ledger.reach(20 * MEGABYTE)
    assert.equal(ledger.figures.peakMemoryMb, 64)
  })

  test('counts host calls by name, and none that does not exist', () => {
    const ledger = new Ledger()
    for (const name of ['kv.get', 'kv.get', 'kv.put', 'kv.nothing', 'constructor', '__proto__'])
      ledger.countHostCall(name)
    const { hostCalls } = ledger.figures
    assert.deepEqual([hostCalls['kv.get'], hostCalls['kv.put'], hostCalls['db.query']], [2, 1, 0])
    assert.equal(
      Object.values(hostCalls).reduce((sum, value) => sum + value),
      3,
    )
  })

  test('is over the cap when the average is, and not a moment longer', () => {
    const ledger = new Ledger()
    const now = performance.now()
    assert.equal(ledger.throttledMs(50), 0)
    assert.equal(ledger.spend(30_000, now, 50), false)
    assert.equal(ledger.throttledMs(50), 0)
    assert.equal(ledger.spend(100, now, 50), true)
    const wait = ledger.throttledMs(50)
    assert.ok(wait > 0 && wait <= 60_000, String(wait))
    assert.equal(ledger.spend(0, now + 120_000, 50), false)
    assert.equal(ledger.throttledMs(50), 0)
  })

  test('quick answers to many visitors are no offence, slow ones are', () => {
    const ledger = new Ledger()
    const now = performance.now()
    for (let n = 0; n < 10_000; n++) ledger.serve()
    assert.equal(ledger.spend(59_000, now, 50), false)
    assert.equal(ledger.figures.cpuPercent, 0)
    for (let n = 0; n < 100; n++) ledger.serve()
    // 100 requests of a second each, of which 10 ms do not count.
    assert.equal(ledger.spend(100_000, now, 50), true)
    assert.equal(ledger.figures.cpuPercent, 165)
  })

  test('lines that a sandbox process does not hold back are held back here', () => {
    const ledger = new Ledger()
    const taken = () => ledger.takeLogLine(100, 5500)
    // Two seconds of the other clock may arrive in one of ours, each with a line about what was dropped.
    for (let n = 0; n < 202; n++) assert.equal(taken(), true)
    for (let n = 0; n < 50; n++) assert.equal(taken(), false)
    assert.equal(ledger.takeLogLine(100, 6000), true)
    assert.deepEqual([ledger.figures.logLines, ledger.figures.logLinesDropped], [203, 50])
  })
})
