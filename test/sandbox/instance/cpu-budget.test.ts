import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CallCharge, CpuBudget, type CpuSample } from '../../../runtime/sandbox/instance/cpu-budget.ts'

/** An instance that is looked at every 250 ms. */
function watched(budgetMs = 1000) {
  const budget = new CpuBudget(budgetMs)
  const calls = new Set<CallCharge>()
  let now = 0
  let cpuMs = 0
  let started = 0
  return {
    start(): CallCharge {
      const call = { cpuAt: -1, rivals: 0, startedAt: 0, isStreaming: false }
      started++
      calls.add(call)
      return call
    },
    end: (call: CallCharge) => calls.delete(call),
    check(used: number, more: Partial<CpuSample> = {}): string | undefined {
      now += 250
      cpuMs += used
      const openCalls = calls.size
      return budget.check({
        cpuMs,
        totalMs: cpuMs,
        busyMs: 0,
        now,
        calls,
        openCalls,
        started,
        waiting: 0,
        isLoading: false,
        ...more,
      })
    },
  }
}

describe('CpuBudget', () => {
  test('a request may use its budget over as many awaits as it likes, and no more', () => {
    const { start, check } = watched()
    check(0)
    start()
    for (let round = 0; round < 5; round++) assert.equal(check(200), undefined)
    assert.equal(check(200), undefined)
    assert.match(check(200) ?? '', /A request used more than 1000 ms/)
  })

  test('requests that share the time share their budgets', () => {
    const { start, end, check } = watched()
    check(0)
    start()
    for (let round = 0; round < 20; round++) {
      const short = start()
      assert.equal(check(250), undefined)
      end(short)
    }
  })

  test('what was used before a request, and what an answer uses that has begun, is not counted for it', () => {
    const { start, check } = watched()
    check(0)
    const streaming = start()
    assert.equal(check(900), undefined)
    streaming.isStreaming = true
    for (let round = 0; round < 20; round++) assert.equal(check(250), undefined)
    start()
    assert.equal(check(250), undefined)
    assert.equal(check(900), undefined)
  })

  test('promises of waitUntil have budgets of their own', () => {
    const { start, check } = watched()
    check(0)
    start()
    check(0)
    assert.equal(check(1900, { waiting: 1 }), undefined)
    assert.notEqual(check(200, { waiting: 1 }), undefined)
  })

  test('so many of them bring no budget more', () => {
    const { check } = watched()
    check(0, { waiting: 1_000_000 })
    assert.equal(check(4000, { waiting: 1_000_000 }), undefined)
    assert.notEqual(check(2000, { waiting: 1_000_000 }), undefined)
  })

  test('background work that keeps a core busy is stopped when the budget is used up', () => {
    const { check } = watched()
    check(0)
    for (let round = 0; round < 4; round++) assert.equal(check(250), undefined)
    assert.match(check(250) ?? '', /1125 ms of CPU time while no request waited/)
  })

  test('background work on a third of a core, in threads or in host calls, is stopped too', () => {
    const { check } = watched()
    let rounds = 0
    check(0, { totalMs: 0 })
    while (rounds < 100 && check(0, { totalMs: 83 * (rounds + 1) }) === undefined) rounds++
    assert.ok(rounds > 10 && rounds < 20, `${rounds} looks`)
  })

  test('background work that would take a whole core has no free share while others want it', () => {
    const { check } = watched()
    check(0)
    // A twentieth of a core is all that is left for it.
    let rounds = 0
    while (rounds < 200 && check(12.5, { busyMs: 245 * (rounds + 1) }) === undefined) rounds++
    assert.ok(rounds > 70 && rounds < 90, `${rounds} looks`)
  })

  test('a little background work may continue for ever, and a pause restores the budget', () => {
    const { check } = watched()
    check(0)
    for (let round = 0; round < 100; round++) assert.equal(check(25), undefined)
    for (let round = 0; round < 200; round++) assert.equal(check(round % 40 < 3 ? 250 : 0), undefined)
  })

  test('requests between do not hide what goes on behind them', () => {
    const { start, end, check } = watched()
    check(0)
    let reason: string | undefined
    for (let round = 0; round < 20 && reason === undefined; round++) {
      if (round % 2 === 0) {
        const call = start()
        reason = check(250)
        end(call)
      } else reason = check(250)
    }
    assert.match(reason ?? '', /while no request waited/)
  })

  test('loading a large module is not charged to a request', () => {
    const { check } = watched()
    for (let round = 0; round < 20; round++) assert.equal(check(250, { isLoading: true }), undefined)
    assert.equal(check(250), undefined)
  })
})
