// Who has the data process: calls of one plugin, however many, do not keep another's waiting, and each plugin pays for its own.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestData, put, sql } from './helpers.ts'

/** Some milliseconds of a processor: far less than what makes a call slow. */
const STATEMENT =
  'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT count(*) FROM n'
const CALLS = 500
const NEIGHBOURS = ['neighbour-a', 'neighbour-b', 'neighbour-c', 'neighbour-d']

test('a flood of calls that are not slow one by one delays no other plugin until it is over', async (t) => {
  const charged = new Map<string, number>()
  const { data } = await openTestData(t, {
    charge: (pluginId, ms) => charged.set(pluginId, (charged.get(pluginId) ?? 0) + ms),
  })
  for (const id of ['culprit', ...NEIGHBOURS]) await put(data, id, 'key', { value: 'value' })
  let answered = 0
  const began = performance.now()
  const flood = Promise.all(
    Array.from({ length: CALLS }, async () => {
      await sql(data, 'culprit', STATEMENT)
      answered++
    }),
  )
  // Two of them, at least, have the culprit's process.
  const waits = await Promise.all(
    NEIGHBOURS.map(async (pluginId) => {
      const { text } = await data.call(
        { pluginId, method: 'kv.get', args: '["key"]', quotaBytes: 0 },
        undefined,
      )
      assert.notEqual(text, 'null')
      return performance.now() - began
    }),
  )
  const before = answered
  t.diagnostic(
    `neighbours waited for ${Math.max(...waits).toFixed(0)} ms, during which ${before} of ${CALLS} statements were executed`,
  )
  assert.ok(before < CALLS / 2, `${before} statements went first`)
  await flood
  const culprit = charged.get('culprit') ?? 0
  const others = NEIGHBOURS.reduce((sum, id) => sum + (charged.get(id) ?? 0), 0)
  t.diagnostic(`charged: culprit ${culprit} ms, neighbours ${others} ms`)
  assert.ok(culprit > 5 * others, `culprit ${culprit}, neighbours ${others}`)
})
