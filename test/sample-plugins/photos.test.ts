// The album in a real sandbox: who may see, send and delete photos, and what is refused. The page is tested in a browser.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { SAMPLES } from '../../runtime/samples/folder-source.ts'
import { ensureSamplePage } from '../../runtime/samples/sample-page.ts'
import { startPlugin, type TestPlugin } from '../../runtime/testing/index.ts'

describe('photos', () => {
  let plugin: TestPlugin
  const send = (path: string, type = 'image/png', body = 'pixels') =>
    plugin.fetch(path, { method: 'PUT', headers: { 'content-type': type }, body })
  const list = async () => {
    const answer = await plugin.fetch('/photos')
    return (await answer.json()) as { me: string; photos: { id: string }[]; storage: { usage: number } }
  }
  before(async () => {
    await ensureSamplePage(`${SAMPLES}/photos`)
    plugin = await startPlugin(`${SAMPLES}/photos`, { user: { name: 'zoë/1' } })
  })
  after(() => plugin.close())

  it('keeps photos, with the name and the size that the page says', async () => {
    const path = '/photos/zo%C3%AB%2F1/a-1'
    assert.equal((await send(`${path}?name=${encodeURIComponent('<b>.png')}&width=4&height=3`)).status, 201)
    const { me, photos, storage } = await list()
    const [photo] = photos
    assert.deepEqual(
      { ...photo, at: 0 },
      { owner: 'zoë/1', id: 'a-1', name: '<b>.png', size: 6, width: 4, height: 3, at: 0 },
    )
    assert.equal(me, 'zoë/1')
    assert.ok(storage.usage > 6)
    assert.equal(await (await plugin.fetch(`${path}/small`)).text(), 'pixels', 'for want of a small one')
    assert.equal((await send(`${path}/small`, 'image/webp', 'small')).status, 201)
    const small = await plugin.fetch(`${path}/small`)
    assert.deepEqual([small.headers.get('content-type'), await small.text()], ['image/webp', 'small'])
  })

  it('takes no photo for somebody else, nothing that could hold a script, and no other path', async () => {
    assert.equal((await send('/photos/ada/a-1')).status, 403)
    assert.equal((await plugin.fetch('/photos/ada/a-1', { method: 'DELETE' })).status, 403)
    for (const type of ['image/svg+xml', 'text/html', ''])
      assert.equal((await send('/photos/zo%C3%AB%2F1/x', type)).status, 415, type)
    for (const path of [
      '/',
      '/photos/',
      '/photos/zo%C3%AB%2F1/../x',
      '/photos/zo%C3%AB%2F1/a.b',
      '/photos/%zz',
    ])
      assert.equal((await send(path)).status, 404, path)
  })

  it('deletes a photo with its small picture', async () => {
    const path = '/photos/zo%C3%AB%2F1/a-1'
    assert.equal((await plugin.fetch(path, { method: 'DELETE' })).status, 204)
    assert.equal((await plugin.fetch(`${path}/small`)).status, 404)
    assert.deepEqual((await list()).photos, [])
  })
})
