// What usb-backup says of a failure, where the list of drives alone would mislead.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sentenceOf } from '../../../sample-plugins/usb-backup/backend/drive/sentences.ts'

const COMFORT = 'The backups before it are untouched.'
/** Neither a drive that was removed nor one that does not answer is listed. */
const circumstances = {
  env: { volumes: { list: async () => [] } },
  ...{ drive: 'd1', what: 'The backup', comfort: COMFORT },
} as unknown as Parameters<typeof sentenceOf>[1]

function failure(name: string, code: string): DOMException {
  const cause = Object.assign(new Error('It failed'), { code })
  return Object.assign(new DOMException('It failed', name), { cause })
}

test('a drive that does not answer is not said to be removed', async () => {
  assert.equal(
    await sentenceOf(failure('NotReadableError', 'FOLDER_UNRESPONSIVE'), circumstances),
    `The drive does not answer. ${COMFORT}`,
  )
  assert.equal(
    await sentenceOf(failure('NotFoundError', 'FOLDER_GONE'), circumstances),
    `The drive was removed before the backup was complete. ${COMFORT}`,
  )
})
