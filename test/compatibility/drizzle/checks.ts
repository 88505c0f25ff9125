// What Drizzle ORM does on env.db, which has D1's shape.

import assert from 'node:assert/strict'
import type { Program, ProgramClient } from '../program.ts'

interface Note {
  readonly id: number
  readonly text: string
  readonly year: number
  readonly tags: readonly string[]
}

async function add({ fetch }: ProgramClient, text: string, ...tags: readonly string[]): Promise<Response> {
  return await fetch('/notes', { method: 'POST', body: JSON.stringify({ text, tags }) })
}

async function list({ fetch }: ProgramClient, query = ''): Promise<readonly Note[]> {
  return (await (await fetch(`/notes${query}`)).json()) as readonly Note[]
}

export const program: Program = {
  packages: ['drizzle-orm'],
  manifest: { permissions: { database: true } },
  migrations: true,
  checks: {
    async 'rows with relations come back as they were inserted, in order'(client) {
      assert.deepEqual(await (await add(client, 'Buy tea', 'tea', 'shopping')).json(), { id: 1 })
      await add(client, "Robert'); DROP TABLE note; -- 100% ☕")
      await add(client, 'Drink tea', 'tea')
      const year = new Date().getUTCFullYear()
      assert.deepEqual(await list(client), [
        { id: 3, text: 'Drink tea', year, tags: ['tea'] },
        { id: 2, text: "Robert'); DROP TABLE note; -- 100% ☕", year, tags: [] },
        { id: 1, text: 'Buy tea', year, tags: ['shopping', 'tea'] },
      ])
    },

    async 'conditions and sub-selects find rows'(client) {
      const texts = async (query: string) => (await list(client, query)).map(({ text }) => text)
      assert.deepEqual(await texts('?search=tea'), ['Drink tea', 'Buy tea'])
      assert.deepEqual(await texts('?search=tea&tag=shopping'), ['Buy tea'])
      assert.deepEqual(await texts('?tag=nothing'), [])
    },

    async 'a batch that fails leaves nothing behind'(client) {
      const twice = await add(client, 'Never', 'same', 'same')
      assert.equal(twice.status, 500)
      assert.equal((await list(client)).length, 3)
    },

    async 'a row goes with what depends on it'(client) {
      const remove = async (id: number) => (await client.fetch(`/notes/${id}`, { method: 'DELETE' })).json()
      assert.deepEqual([await remove(1), await remove(1)], [1, 0])
      assert.deepEqual(await list(client, '?tag=shopping'), [])
      assert.equal((await list(client)).length, 2)
    },
  },
}
