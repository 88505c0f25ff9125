import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EVERY_MS, UsageHistory } from '../../../runtime/sandbox/usage/usage-history.ts'
import { UsageMeters } from '../../../runtime/sandbox/usage/usage-meters.ts'

const MEGABYTE = 1_048_576
const BEGAN = Date.UTC(2026, 0, 1)

function start(mostPlugins?: number) {
  let now = BEGAN
  const meters = new UsageMeters()
  const history = new UsageHistory({
    ...{ meters, now: () => now },
    ...(mostPlugins !== undefined && { mostPlugins }),
  })
  const pass = (minutes: number) => {
    for (let n = 0; n < minutes; n++) {
      now += EVERY_MS
      history.endMinute()
    }
  }
  const later = (ms: number) => {
    now += ms
  }
  return { meters, history, pass, later }
}

function use(meters: UsageMeters, id: string, requests: number): void {
  for (let n = 0; n < requests; n++) meters.of(id).countRequest()
}

describe('UsageHistory', () => {
  test('has a point for each minute of the last hour, the newest of which still grows', () => {
    const { meters, history, pass, later } = start()
    const meter = meters.of('notes')
    use(meters, 'notes', 3)
    meter.countError()
    meter.owe(600)
    meter.reach(12 * MEGABYTE)
    pass(1)
    meter.owe(300)
    meters.tasksOf('notes').owe(300)
    meters.tasksOf('notes').countRequest()
    meter.reach(MEGABYTE)
    later(6000)
    assert.deepEqual(history.of('notes', 'hour'), [
      { at: '2026-01-01T00:01:00.000Z', seconds: 60, cpuPercent: 1, memoryMb: 12, requests: 3, errors: 1 },
      // Tasks use CPU time, but their runs are not requests.
      { at: '2026-01-01T00:01:06.000Z', seconds: 6, cpuPercent: 10, memoryMb: 1, requests: 0, errors: 0 },
    ])
    use(meters, 'notes', 2)
    assert.equal(history.of('notes', 'hour').at(-1)?.requests, 2)
    pass(100)
    later(1)
    const hour = history.of('notes', 'hour')
    assert.equal(hour.length, 60)
    assert.ok(hour.every(({ requests, cpuPercent, memoryMb }) => requests + cpuPercent + memoryMb === 0))
  })

  test('has a point for each quarter of the last day, with sums and peaks of its minutes', () => {
    const { meters, history, pass, later } = start()
    for (let minute = 0; minute < 30; minute++) {
      use(meters, 'notes', 2)
      meters.of('notes').reach((minute + 1) * MEGABYTE)
      pass(1)
    }
    assert.deepEqual(
      history.of('notes', 'day').map(({ seconds, requests, memoryMb }) => [seconds, requests, memoryMb]),
      [
        [900, 30, 15],
        [900, 30, 30],
      ],
    )
    pass(24 * 60)
    later(1)
    const day = history.of('notes', 'day')
    assert.equal(day.length, 96)
    assert.equal(
      day.reduce((sum, { requests }) => sum + requests, 0),
      0,
    )
  })

  test('a plugin that was never active is shown as idle', () => {
    const { meters, history, pass } = start()
    meters.of('quiet')
    pass(2)
    assert.deepEqual(
      history.of('quiet', 'hour').map(({ requests }) => requests),
      [0, 0],
    )
  })

  test('keeps the points of so many plugins only, and invents none for the others', () => {
    const { meters, history, pass } = start(2)
    for (const id of ['a', 'b']) use(meters, id, 1)
    pass(1)
    use(meters, 'b', 1)
    pass(1)
    use(meters, 'c', 5)
    pass(1)
    const requests = (id: string) => history.of(id, 'hour').map((point) => point.requests)
    assert.deepEqual(requests('b'), [1, 1, 0])
    // It made room: what it did is not known, and not that it did nothing.
    assert.deepEqual(requests('a'), [])
    assert.equal(requests('c').at(-1), 5)
    use(meters, 'a', 7)
    pass(1)
    assert.deepEqual(requests('a'), [7])
  })

  test('forgets plugins that are uninstalled', () => {
    const { meters, history, pass, later } = start()
    use(meters, 'notes', 4)
    pass(1)
    meters.delete('notes')
    pass(1)
    use(meters, 'notes', 1)
    later(1)
    assert.deepEqual(
      history.of('notes', 'hour').map(({ requests }) => requests),
      [0, 0, 1],
    )
  })

  test('a clock that is set back makes no point negative', () => {
    const { meters, history, pass, later } = start()
    meters.of('notes').owe(100)
    later(-3_600_000)
    assert.deepEqual(history.of('notes', 'hour'), [])
    later(1000)
    assert.deepEqual(
      history.of('notes', 'hour').map(({ seconds, cpuPercent }) => [seconds, cpuPercent]),
      [[1, 10]],
    )
    pass(1)
    assert.equal(history.of('notes', 'hour').length, 1)
  })
})
