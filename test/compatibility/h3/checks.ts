// What an h3 application does for a real client.

import assert from 'node:assert/strict'
import type { Program, ProgramClient } from '../program.ts'

async function jsonOf(client: ProgramClient, path: string, init?: RequestInit): Promise<unknown> {
  return await (await client.fetch(path, init)).json()
}

export const program: Program = {
  packages: ['h3', 'zod'],
  checks: {
    async 'routes, mounted applications and redirects'(client) {
      const { fetch } = client
      assert.deepEqual(await jsonOf(client, '/hello/Ada?x=1&y=%C3%A9'), {
        hello: 'Ada',
        query: { x: '1', y: 'é' },
      })
      assert.deepEqual(await jsonOf(client, '/mounted/where'), { where: '/where' })
      const away = await fetch('/away')
      assert.equal(away.status, 307)
      assert.match(away.headers.get('location') ?? '', /\/api\/hello\/away$/)
      assert.equal((await fetch('/hello/x')).headers.get('x-plugin-seen'), 'yes')
      assert.equal((await fetch('/nowhere')).status, 404)
      assert.equal((await fetch('/hello/x', { method: 'HEAD' })).status, 200)
    },

    async 'bodies and queries are validated, forms are read'(client) {
      const post = (body: string) =>
        client.fetch('/items', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      const made = await post('{"name":"tea","size":2}')
      assert.deepEqual([made.status, await made.json()], [201, { name: 'tea', size: 2 }])
      assert.equal((await post('{"name":"tea","size":-1}')).status, 400)
      assert.equal((await post('{"name"')).status, 400)
      assert.deepEqual(await jsonOf(client, '/page?page=3'), { page: 3 })
      assert.equal((await client.fetch('/page?page=0')).status, 400)
      const form = new FormData()
      form.append('file', new File(['12345'], 'a.txt'))
      assert.deepEqual(await jsonOf(client, '/form', { method: 'POST', body: form }), {
        names: ['file'],
        size: 5,
      })
    },

    async 'sessions sealed with Web Crypto are opened again'({ fetch }) {
      const count = async (cookie: string) => {
        const response = await fetch('/visits', { headers: { cookie } })
        const [set = ''] = response.headers.getSetCookie()
        return { ...((await response.json()) as { count: number }), cookie: set.split(';', 1)[0] ?? '' }
      }
      const first = await count('')
      assert.equal(first.count, 1)
      assert.equal((await count(first.cookie)).count, 2)
      assert.equal((await count(`${first.cookie}x`)).count, 1)
    },

    async 'cookies are set and deleted'({ fetch }) {
      const [set = ''] = (await fetch('/cookie')).headers.getSetCookie()
      assert.match(set, /^a=%C3%BC; (?=.*HttpOnly)(?=.*Max-Age=60)/)
      const again = await fetch('/cookie', { headers: { cookie: 'a=%C3%BC' } })
      assert.match(again.headers.getSetCookie()[0] ?? '', /^a=; (?=.*Max-Age=0)/)
      assert.deepEqual(await again.json(), { before: 'ü' })
    },

    async 'handleCors() answers the preflight, basicAuth() asks'({ fetch }) {
      const headers = { origin: 'https://shop.example', 'access-control-request-method': 'GET' }
      const preflight = await fetch('/cors/item', { method: 'OPTIONS', headers })
      assert.equal(preflight.status, 204)
      assert.equal(preflight.headers.get('access-control-allow-origin'), 'https://shop.example')
      assert.equal((await fetch('/basic/me')).status, 401)
      const authorization = `Basic ${btoa('ada:lion')}`
      assert.equal(await (await fetch('/basic/me', { headers: { authorization } })).text(), 'ada')
    },

    async 'errors have their status and data, others tell nothing'({ fetch, logged }) {
      const taken = await fetch('/fails')
      assert.equal(taken.status, 409)
      assert.partialDeepStrictEqual(await taken.json(), { message: 'taken', data: { by: 'eve' } })
      await logged(/^h3 tells 409$/)
      const broken = await fetch('/breaks')
      assert.equal(broken.status, 500)
      assert.doesNotMatch(await broken.text(), /internal matter/)
    },

    async 'iterables and server-sent events stream'({ fetch, events }) {
      assert.equal(await (await fetch('/parts')).text(), 'one two')
      const source = events('/events', ['count'])
      assert.deepEqual(await source.next(), { type: 'count', data: 'one', id: '1' })
      assert.deepEqual(await source.next(), { type: 'message', data: 'two', id: '1' })
    },
  },
}
