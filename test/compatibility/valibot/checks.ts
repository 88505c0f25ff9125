// What valibot makes of good and bad input.

import assert from 'node:assert/strict'
import type { Program, ProgramClient } from '../program.ts'

async function post(client: ProgramClient, path: string, body: unknown): Promise<[number, unknown]> {
  const response = await client.fetch(path, { method: 'POST', body: JSON.stringify(body) })
  return [response.status, await response.json()]
}

export const program: Program = {
  packages: ['valibot'],
  checks: {
    async 'pipes transform what is valid, and name what is not'(client) {
      const good = { email: ' ADA@example.org ', password: '12345678', age: '36' }
      assert.deepEqual(await post(client, '/login', good), [
        200,
        { email: 'ada@example.org', password: '12345678', age: 36 },
      ])
      assert.deepEqual(await post(client, '/login', { email: 'ada', password: '1' }), [
        400,
        { email: ['not an address'], password: ['too short'] },
      ])
    },

    async 'variants, asynchronous checks and the class of the error'(client) {
      assert.deepEqual(await post(client, '/shape', { type: 'circle', radius: 1 }), [200, true])
      assert.deepEqual(await post(client, '/shape', { type: 'circle', radius: 0 }), [200, false])
      assert.deepEqual(await post(client, '/shape', { type: 'square', side: 1, more: 1 }), [200, false])
      assert.deepEqual(await post(client, '/name', 'new'), [200, true])
      assert.deepEqual(await post(client, '/name', 'taken'), [200, false])
      assert.deepEqual(await post(client, '/parse', {}), [200, [true, 'ValiError']])
    },
  },
}
