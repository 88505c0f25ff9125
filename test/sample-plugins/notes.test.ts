// The notes in a real sandbox: public packages for D1, unmodified, over env.db.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startPlugin, type TestPlugin } from '../../runtime/testing/index.ts'

interface Note {
  readonly id: string
  readonly text: string
  readonly createdAt: string
  readonly tags: readonly string[]
}

describe('notes', () => {
  let plugin: TestPlugin
  const notes = async (query = ''): Promise<readonly Note[]> => {
    const response = await plugin.fetch(`/notes${query}`)
    assert.equal(response.status, 200, await response.clone().text())
    return ((await response.json()) as { notes: readonly Note[] }).notes
  }
  const texts = async (query?: string) => (await notes(query)).map(({ text }) => text)
  const add = (body: unknown) => plugin.fetch('/notes', { method: 'POST', body: JSON.stringify(body) })
  before(async () => {
    const user = { name: 'zoe' }
    plugin = await startPlugin(new URL('../../sample-plugins/notes/', import.meta.url), { user })
  })
  after(() => plugin.close())

  it('keeps notes with tags, newest first', async () => {
    assert.deepEqual(await notes(), [])
    const made = await add({ text: 'Buy tea', tags: ['shopping', 'tea'] })
    assert.equal(made.status, 201, await made.clone().text())
    const first = (await made.json()) as Note
    assert.deepEqual([first.text, first.tags], ['Buy tea', ['shopping', 'tea']])
    assert.equal((await add({ text: "Robert'); DROP TABLE note; -- 100% ☕", tags: [] })).status, 201)
    assert.equal((await add({ text: 'Drink tea', tags: ['tea'] })).status, 201)
    const all = await notes()
    assert.equal(all.length, 3)
    assert.deepEqual(
      all.find(({ text }) => text === 'Buy tea'),
      first,
    )
    assert.deepEqual(all.find(({ text }) => text.startsWith('Robert'))?.tags, [])
  })

  it('finds by word and by tag', async () => {
    assert.deepEqual((await texts('?search=tea')).sort(), ['Buy tea', 'Drink tea'])
    assert.deepEqual(await texts('?search=tea&tag=shopping'), ['Buy tea'])
    assert.deepEqual(await texts('?search=dri'), ['Drink tea'])
    assert.deepEqual(await texts('?tag=nothing'), [])
    for (const search of ['"', "'", 'a" OR "b', '*', '%00', 'NEAR(']) {
      await notes(`?search=${encodeURIComponent(search)}`)
    }
  })

  it('refuses an invalid note, and keeps nothing of it', async () => {
    for (const body of [null, {}, { text: ' ' }, { text: 'x', tags: ['a b'] }, { text: 'x', tags: 'a' }]) {
      assert.equal((await add(body)).status, 422)
    }
    assert.equal((await notes()).length, 3)
  })

  it('deletes a note with its tags', async () => {
    const [note] = await notes('?tag=shopping')
    assert.equal((await plugin.fetch(`/notes/${note?.id}`, { method: 'DELETE' })).status, 204)
    assert.equal((await plugin.fetch(`/notes/${note?.id}`, { method: 'DELETE' })).status, 404)
    assert.deepEqual(await notes('?tag=shopping'), [])
    assert.deepEqual(await texts('?search=tea'), ['Drink tea'])
  })

  it('has a page', async () => {
    const page = await plugin.page()
    assert.equal(page.status, 200)
    assert.match(await page.text(), /<h1>Notes<\/h1>/)
  })

  it('logs no error', async () => {
    assert.deepEqual(
      (await plugin.logs()).filter(({ level }) => level === 'error'),
      [],
    )
  })
})
