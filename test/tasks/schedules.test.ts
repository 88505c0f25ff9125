// When tasks run: the grid of repetitions, cron with time zones and both changes of the clock, options that are refused.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readOptions } from '../../runtime/tasks/read-options.ts'
import { backoffMs, nextDue } from '../../runtime/tasks/repeat.ts'

const NOW = Date.parse('2026-03-28T12:00:00Z')
const read = (options: unknown) => readOptions(options, { nowMs: NOW, maxDeadlineSeconds: 7200 })
const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString())

describe('a repetition', () => {
  const spec = { repeat: { seconds: 60 }, repeatUntilMs: null }

  it('stays on the grid, however late a run was or how long it took', () => {
    assert.equal(nextDue(spec, NOW, NOW + 1000), NOW + 60_000)
    assert.equal(nextDue(spec, NOW, NOW + 60_000), NOW + 60_000)
    assert.equal(nextDue(spec, NOW, NOW + 61_000), NOW + 120_000)
  })

  it('skips what was missed', () => {
    assert.equal(nextDue(spec, NOW, NOW + 3_600_001), NOW + 3_660_000)
  })

  it('counts on when the clock was set back', () => {
    assert.equal(nextDue(spec, NOW, NOW - 3_600_000), NOW + 60_000)
  })

  it('ends with repeatUntil', () => {
    assert.equal(nextDue({ ...spec, repeatUntilMs: NOW + 60_000 }, NOW, NOW), NOW + 60_000)
    assert.equal(nextDue({ ...spec, repeatUntilMs: NOW + 59_999 }, NOW, NOW), undefined)
    assert.equal(nextDue({ repeat: null, repeatUntilMs: null }, NOW, NOW), undefined)
  })

  it('runs once in the night without the hour, and once in the night with the hour twice', () => {
    const paris = { repeat: { cron: '30 2 * * *', timeZone: 'Europe/Paris' }, repeatUntilMs: null }
    const spring = Date.parse('2026-03-28T12:00:00Z')
    const first = nextDue(paris, spring, spring)
    assert.equal(iso(first), '2026-03-29T01:00:00.000Z')
    assert.equal(iso(nextDue(paris, first ?? 0, first ?? 0)), '2026-03-30T00:30:00.000Z')
    const autumn = Date.parse('2026-10-24T12:00:00Z')
    const once = nextDue(paris, autumn, autumn)
    assert.equal(iso(once), '2026-10-25T00:30:00.000Z')
    assert.equal(iso(nextDue(paris, once ?? 0, once ?? 0)), '2026-10-26T01:30:00.000Z')
  })
})

describe('the time to another attempt', () => {
  it('is attempts^4 + 5 seconds by default', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 10].map((attempts) => backoffMs(null, attempts) / 1000),
      [6, 21, 86, 261, 10_005],
    )
  })

  it('can be fixed, or grow by a factor up to a longest one', () => {
    const grows = { seconds: 2, factor: 3, maxSeconds: 20 }
    assert.deepEqual(
      [1, 2, 3, 4, 1000].map((attempts) => backoffMs(grows, attempts) / 1000),
      [2, 6, 18, 20, 20],
    )
  })
})

describe('options', () => {
  it('have the defaults that docs/tasks.md names', () => {
    const {
      runAtMs,
      repeat,
      dedupe,
      priority,
      queue,
      weight,
      isExclusive,
      maxAttempts,
      backoff,
      deadlineSeconds,
    } = read(undefined)
    assert.deepEqual(
      {
        runAtMs,
        repeat,
        dedupe,
        priority,
        queue,
        weight,
        isExclusive,
        maxAttempts,
        backoff,
        deadlineSeconds,
      },
      {
        ...{ runAtMs: NOW, repeat: null, dedupe: 'add', priority: 5, queue: 'default', weight: 1 },
        ...{ isExclusive: false, maxAttempts: 25, backoff: null, deadlineSeconds: 3600 },
      },
    )
    assert.equal(read({ key: 'a' }).dedupe, 'replace')
    assert.equal(read({ repeatSeconds: 60 }).dedupe, 'replace')
    assert.equal(read({ key: 'a', replaceExisting: false }).dedupe, 'add')
    assert.equal(read({ deadlineSeconds: 1_000_000 }).deadlineSeconds, 7200)
  })

  it('name a first time by a delay, a date or a cron expression', () => {
    assert.equal(read({ delaySeconds: 1.5 }).runAtMs, NOW + 1500)
    assert.equal(iso(read({ at: '2027-01-01T00:00:00Z' }).runAtMs), '2027-01-01T00:00:00.000Z')
    assert.equal(read({ at: NOW + 5 }).runAtMs, NOW + 5)
    assert.equal(iso(read({ cron: '0 3 * * *', timeZone: 'Asia/Tokyo' }).runAtMs), '2026-03-28T18:00:00.000Z')
  })

  const REFUSED: readonly (readonly [unknown, RegExp])[] = [
    [[], /must be an object/],
    ['soon', /must be an object/],
    [{ delay: 5 }, /There is no option "delay"/],
    [{ repeatSecond: 5 }, /did you mean "repeatSeconds"/],
    [JSON.parse('{"__proto__": 1}'), /There is no option "__proto__"/],
    [{ delaySeconds: -1 }, /"delaySeconds" must be a number from 0/],
    [{ delaySeconds: '5' }, /"delaySeconds" must be a number/],
    [{ repeatSeconds: 0.5 }, /"repeatSeconds" must be a whole number/],
    [{ cron: '* * * * * *' }, /"cron" is not valid/],
    [{ cron: '61 * * * *' }, /"cron" is not valid/],
    [{ cron: '0 0 31 2 *' }, /"cron" never matches/],
    [{ cron: '0 3 * * *', timeZone: 'Mars/Base' }, /"cron" is not valid/],
    [{ cron: '0 3 * * *', repeatSeconds: 5 }, /exclude each other/],
    [{ timeZone: 'Europe/Paris' }, /belongs to "cron"/],
    [{ at: 'tomorrow' }, /"at" must be a time/],
    [{ at: 0, delaySeconds: 1 }, /give one of them/],
    [{ weight: 101 }, /"weight" must be/],
    [{ priority: -1 }, /"priority" must be/],
    [{ queue: 'a b' }, /"queue" must be a name/],
    [{ key: 'k'.repeat(201) }, /"key" must be text/],
    [{ key: '' }, /"key" must be text/],
    [{ dedupe: 'never' }, /"dedupe" must be one of/],
    [{ dedupe: 'skip', replaceExisting: true }, /exclude each other/],
    [{ maxAttempts: 0 }, /"maxAttempts" must be/],
    [{ backoff: {} }, /must have "seconds"/],
    [{ backoff: { seconds: 1, jitter: 2 } }, /There is no option of "backoff" "jitter"/],
  ]
  for (const [options, message] of REFUSED)
    it(`are refused: ${JSON.stringify(options)}`, () => {
      assert.throws(() => read(options), { code: 'TASK_INVALID', message })
    })
})
