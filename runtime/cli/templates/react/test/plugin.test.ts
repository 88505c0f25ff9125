import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startPlugin } from 'plugbay/testing'
import type { Visits } from '../backend/visits.ts'

test('counts visits', async () => {
  const plugin = await startPlugin(new URL('..', import.meta.url))
  try {
    const read = async (): Promise<Visits> => (await plugin.fetch('/visits')).json()
    assert.deepEqual(await read(), { days: [] })
    for (let visit = 0; visit < 2; visit++)
      assert.equal((await plugin.fetch('/visits', { method: 'POST' })).status, 201)
    assert.deepEqual(
      (await read()).days.map(({ count }) => count),
      [2],
    )
    assert.equal((await plugin.fetch('/visits', { method: 'PUT' })).status, 405)
    assert.equal((await plugin.fetch('/other')).status, 404)
  } finally {
    await plugin.close()
  }
})
