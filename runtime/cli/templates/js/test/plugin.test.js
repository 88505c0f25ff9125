import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startPlugin } from 'plugbay/testing'

test('says hello, and knows no other address', async () => {
  const plugin = await startPlugin(new URL('..', import.meta.url))
  try {
    const hello = await plugin.fetch('/hello')
    assert.equal(hello.status, 200)
    assert.deepEqual(await hello.json(), { message: 'Hello from My plugin' })
    assert.equal((await plugin.fetch('/other')).status, 404)
  } finally {
    await plugin.close()
  }
})
