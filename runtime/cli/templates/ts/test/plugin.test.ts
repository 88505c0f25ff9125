import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startPlugin } from 'plugbay/testing'

test('says hello and counts', async () => {
  const plugin = await startPlugin(new URL('..', import.meta.url))
  try {
    const first = await plugin.fetch('/hello')
    assert.equal(first.status, 200)
    assert.deepEqual(await first.json(), { message: 'Hello from My plugin', count: 1 })
    const second = await plugin.fetch('/hello')
    assert.deepEqual(await second.json(), { message: 'Hello from My plugin', count: 2 })
  } finally {
    await plugin.close()
  }
})

test('knows no other address', async () => {
  const plugin = await startPlugin(new URL('..', import.meta.url))
  try {
    assert.equal((await plugin.fetch('/other')).status, 404)
  } finally {
    await plugin.close()
  }
})
