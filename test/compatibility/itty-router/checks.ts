// What itty-router's routes and middlewares do for a real client.

import assert from 'node:assert/strict'
import type { Program, ProgramClient } from '../program.ts'

async function answerOf(client: ProgramClient, path: string, init?: RequestInit): Promise<[number, unknown]> {
  const response = await client.fetch(path, init)
  return [response.status, await response.json()]
}

export const program: Program = {
  packages: ['itty-router'],
  carried: ['itty-router'],
  manifest: { permissions: { kv: true } },
  checks: {
    async 'routes with parameters, optional and greedy ones, and queries'(client) {
      assert.deepEqual(await answerOf(client, '/hello/Ada%20L?a=1&a=2&b=%C3%A9'), [
        200,
        { hello: 'Ada%20L', query: { a: ['1', '2'], b: 'é' } },
      ])
      assert.deepEqual(await answerOf(client, '/hello'), [200, { hello: 'world', query: {} }])
      assert.deepEqual(await answerOf(client, '/files/a/b.txt'), [200, { path: 'a/b.txt' }])
      assert.deepEqual(await answerOf(client, '/nowhere'), [404, { status: 404, error: 'Not Found' }])
    },

    async 'withContent reads JSON and forms, withCookies cookies'(client) {
      const headers = { 'content-type': 'application/json' }
      const json = await answerOf(client, '/echo', { method: 'POST', headers, body: '{"a":[1]}' })
      assert.deepEqual(json, [201, { content: { a: [1] } }])
      const form = new FormData()
      form.append('name', 'Grace')
      assert.equal((await client.fetch('/echo', { method: 'POST', body: form })).status, 201)
      assert.deepEqual(await answerOf(client, '/cookies', { headers: { cookie: 'a=1; b=2' } }), [
        200,
        { a: '1', b: '2' },
      ])
    },

    async 'what a handler throws becomes its status'(client) {
      assert.deepEqual(await answerOf(client, '/throws'), [
        418,
        { status: 418, error: 'short and stout', size: 1 },
      ])
      assert.deepEqual(await answerOf(client, '/breaks'), [500, { status: 500, error: 'broken' }])
      assert.deepEqual(await answerOf(client, '/guarded'), [401, { status: 401, error: 'no key' }])
      assert.deepEqual(await answerOf(client, '/guarded', { headers: { 'x-key': 'k' } }), [200, 'in'])
    },

    async 'cors() answers the preflight and marks answers'(client) {
      const headers = { origin: 'https://shop.example', 'access-control-request-method': 'POST' }
      const preflight = await client.fetch('/echo', { method: 'OPTIONS', headers })
      assert.equal(preflight.status, 204)
      assert.equal(preflight.headers.get('access-control-allow-methods'), 'GET,POST')
      const get = await client.fetch('/hello', { headers })
      assert.equal(get.headers.get('access-control-allow-origin'), 'https://shop.example')
    },

    async 'env and ctx reach the handlers'(client) {
      assert.deepEqual(await answerOf(client, '/env'), [200, { kv: true, waits: 'function' }])
    },
  },
}
