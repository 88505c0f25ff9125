import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ServiceTimes } from '../../../runtime/sandbox/runner/service-times.ts'

function times(...samples: readonly number[]): ServiceTimes {
  const made = new ServiceTimes()
  for (const ms of samples) {
    made.addAnswer(ms)
    made.addHold(ms)
  }
  return made
}

const FULL = { ahead: 0, places: 10, stalledMs: 0 }

describe('ServiceTimes', () => {
  test('expects nothing of a plugin that nothing is known of', () => {
    assert.equal(times().expect({ ...FULL, ahead: 1000 }), 0)
  })

  test('expects places to become free one after the other, and an answer to take a quarter longer than usual at most', () => {
    const steady = times(200, 200, 200)
    assert.equal(steady.answerMs, 250)
    assert.equal(steady.expect(FULL), 20 + 250)
    assert.equal(steady.expect({ ...FULL, ahead: 99 }), 2000 + 250)
  })

  test('takes places that have not become free for long as a sign', () => {
    const quick = times(2)
    assert.equal(quick.expect({ ...FULL, ahead: 9, stalledMs: 5000 }), 5000 + 2.5)
  })

  test('forgets one slow request, and follows when all are slow', () => {
    const once = times(...new Array<number>(20).fill(1), 10_000, ...new Array<number>(100).fill(1))
    assert.ok(once.answerMs < 20, String(once.answerMs))
    const all = times(...new Array<number>(100).fill(1), ...new Array<number>(40).fill(1000))
    assert.ok(all.answerMs > 1000, String(all.answerMs))
  })

  test('an answer that streams for long holds its place, and does not make answers late', () => {
    const downloads = new ServiceTimes()
    downloads.addAnswer(4)
    downloads.addHold(30_000)
    assert.equal(downloads.answerMs, 5)
    assert.equal(downloads.expect(FULL), 3000 + 5)
  })
})
