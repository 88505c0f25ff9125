// Mistakes in declared tasks that only their meaning shows.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTasks } from '../../../../runtime/package/worker/manifest/check-tasks.ts'

const messages = (task: object) =>
  checkTasks([{ id: 'nightly', ...task }], () => []).map(({ message }) => message)

test('a cron expression with five fields and a known time zone is accepted', () => {
  assert.deepEqual(messages({ cron: '0 3 * * 1-5', timeZone: 'Europe/Paris' }), [])
  assert.deepEqual(messages({ cron: '*/5 * * * *' }), [])
  assert.deepEqual(messages({ delaySeconds: 5, repeatSeconds: 60 }), [])
})

test('one that is broken, never matches or is in no known zone is refused, with the expression', () => {
  assert.match(messages({ cron: '61 * * * *' }).join(), /"61 \* \* \* \*" is not a cron expression/)
  assert.match(messages({ cron: '* * * * * *' }).join(), /is not a cron expression/)
  assert.match(messages({ cron: '0 0 31 2 *' }).join(), /never matches a time/)
  assert.match(messages({ cron: '0 3 * * *', timeZone: 'Mars/Base' }).join(), /is not a cron expression/)
})

test('what excludes each other is refused', () => {
  assert.match(messages({ cron: '0 3 * * *', repeatSeconds: 5 }).join(), /takes the place of "repeatSeconds"/)
  assert.match(messages({ timeZone: 'Europe/Paris' }).join(), /belongs to "cron"/)
})
