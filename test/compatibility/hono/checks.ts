// What Hono's middlewares do for a real client.

import assert from 'node:assert/strict'
import type { Program } from '../program.ts'

const ORIGIN = 'https://shop.example'

export const program: Program = {
  packages: ['hono'],
  carried: ['hono'],
  checks: {
    async 'cors() answers a preflight, and lets its own origin read'({ fetch }) {
      const preflight = await fetch('/cors/item', {
        method: 'OPTIONS',
        headers: {
          origin: ORIGIN,
          'access-control-request-method': 'PUT',
          'access-control-request-headers': 'x-mine',
        },
      })
      assert.equal(preflight.status, 204)
      const { headers } = preflight
      assert.equal(headers.get('access-control-allow-origin'), ORIGIN)
      assert.equal(headers.get('access-control-allow-methods'), 'GET,PUT')
      assert.equal(headers.get('access-control-allow-headers'), 'x-mine')
      assert.equal(headers.get('access-control-max-age'), '600')
      const put = await fetch('/cors/item', { method: 'PUT', headers: { origin: ORIGIN } })
      assert.equal(put.headers.get('access-control-allow-credentials'), 'true')
      assert.equal(await put.text(), 'put')
      const foreign = await fetch('/cors/item', {
        method: 'PUT',
        headers: { origin: 'https://evil.example' },
      })
      assert.equal(foreign.headers.get('access-control-allow-origin'), null)
    },

    async 'etag() answers 304 to the tag that it gave'({ fetch }) {
      const page = await fetch('/etag/page')
      assert.equal(await page.text(), '<h1>&lt;Tom &amp; Jerry&gt;</h1>')
      const tag = page.headers.get('etag') ?? ''
      assert.match(tag, /^"[0-9a-f]{40}"$/)
      const again = await fetch('/etag/page', { headers: { 'if-none-match': tag } })
      assert.deepEqual([again.status, again.headers.get('etag'), await again.text()], [304, tag, ''])
      assert.equal((await fetch('/etag/page', { headers: { 'if-none-match': '"other"' } })).status, 200)
    },

    async 'jwt() lets a signed token in, and nothing else'({ fetch }) {
      const me = (authorization?: string) =>
        fetch('/jwt/me', { headers: authorization === undefined ? {} : { authorization } })
      const missing = await me()
      assert.equal(missing.status, 401)
      assert.match(missing.headers.get('www-authenticate') ?? '', /^Bearer realm=/)
      const { token } = (await (await fetch('/login', { method: 'POST' })).json()) as { token: string }
      assert.deepEqual(await (await me(`Bearer ${token}`)).json(), { sub: 'ada', exp: 4_000_000_000 })
      const [head, , signature] = token.split('.')
      const forged = btoa(JSON.stringify({ sub: 'eve', exp: 4_000_000_000 })).replaceAll('=', '')
      assert.equal((await me(`Bearer ${head}.${forged}.${signature}`)).status, 401)
    },

    async 'basicAuth() and bearerAuth() ask for credentials, and take the right ones'({ fetch }) {
      const asked = await fetch('/basic/me')
      assert.equal(asked.status, 401)
      assert.match(asked.headers.get('www-authenticate') ?? '', /^Basic realm=/)
      const basic = (pair: string) => ({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` })
      assert.equal(await (await fetch('/basic/me', { headers: basic('ada:löwe') })).text(), 'in')
      assert.equal((await fetch('/basic/me', { headers: basic('ada:lowe') })).status, 401)
      const bearer = (token: string) => fetch('/bearer/me', { headers: { authorization: `Bearer ${token}` } })
      assert.equal(await (await bearer('letmein')).text(), 'in')
      assert.equal((await bearer('letmeout')).status, 401)
    },

    async 'validator() refuses what is not valid with 400'({ fetch }) {
      const post = (body: string) =>
        fetch('/items', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      const good = await post('{"name":"tea"}')
      assert.deepEqual([good.status, await good.json()], [201, { stored: 'tea' }])
      const wrong = await post('{"name":1}')
      assert.deepEqual([wrong.status, await wrong.json()], [400, { error: 'a name is a text' }])
      const broken = await post('{"name":')
      assert.deepEqual([broken.status, await broken.text()], [400, 'Malformed JSON in request body'])
    },

    async 'csrf(), bodyLimit() and timeout() refuse in their own words'({ fetch }) {
      const form = (origin: string) =>
        fetch('/csrf/form', { method: 'POST', headers: { origin }, body: new URLSearchParams({ a: '1' }) })
      assert.deepEqual(await (await form(ORIGIN)).json(), { a: '1' })
      assert.equal((await form('https://evil.example')).status, 403)
      const small = (length: number) => fetch('/small/body', { method: 'POST', body: 'x'.repeat(length) })
      assert.equal(await (await small(100)).text(), '100')
      const large = await small(101)
      assert.deepEqual([large.status, await large.text()], [413, 'too much'])
      const late = await fetch('/slow/never')
      assert.deepEqual([late.status, await late.text()], [408, 'took too long'])
    },

    async 'compress() compresses, secureHeaders() and requestId() add headers'({ fetch }) {
      const packed = await fetch('/packed/text', { headers: { 'accept-encoding': 'gzip' } })
      assert.equal(packed.headers.get('content-encoding'), 'gzip')
      assert.equal(await packed.text(), 'plugbay '.repeat(1000))
      const plain = await fetch('/packed/text', { headers: { 'accept-encoding': 'identity' } })
      assert.equal(plain.headers.get('content-encoding'), null)
      const safe = await fetch('/safe/page', { headers: { 'x-request-id': 'mine-1' } })
      assert.equal(safe.headers.get('x-download-options'), 'noopen')
      // The policy of a plugin's answers is the runtime's.
      assert.equal(safe.headers.get('strict-transport-security'), null)
      assert.deepEqual([safe.headers.get('x-request-id'), await safe.text()], ['mine-1', 'mine-1'])
    },

    async 'signed cookies are read back, changed ones are not'({ fetch }) {
      const [cookie = ''] = (await fetch('/cookie/set')).headers.getSetCookie()
      const pair = cookie.split(';', 1)[0] ?? ''
      const get = async (value: string) => (await fetch('/cookie/get', { headers: { cookie: value } })).json()
      assert.equal(await get(pair), 'ada')
      assert.equal(await get(pair.replace('ada', 'eve')), false)
      assert.equal(await get('other=1'), null)
    },

    async 'streamText() and stream() give their parts one by one'({ fetch }) {
      const response = await fetch('/stream/text')
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
      assert.equal((await reader?.read())?.value, 'one')
      await fetch('/step/text', { method: 'POST' })
      let rest = ''
      for (;;) {
        const part = await reader?.read()
        if (part === undefined || part.done) break
        rest += part.value
      }
      assert.equal(rest, ' two\nthree')
      assert.deepEqual(
        new Uint8Array(await (await fetch('/stream/bytes')).arrayBuffer()),
        new Uint8Array([1, 2, 3, 4]),
      )
    },

    async 'a reader who leaves a stream is told to onAbort()'({ fetch, logged }) {
      const leave = new AbortController()
      const response = await fetch('/stream/left', { signal: leave.signal })
      const reader = response.body?.getReader()
      assert.equal((await reader?.read())?.done, false)
      leave.abort()
      await logged(/^the reader left$/)
    },

    async 'streamSSE() speaks to an EventSource, which comes back with the last id'({ fetch, events }) {
      const source = events('/stream/events', ['count'])
      assert.deepEqual(await source.next(), { type: 'count', data: 'first\nline two', id: '1' })
      await fetch('/step/events', { method: 'POST' })
      assert.deepEqual(await source.next(), { type: 'message', data: '{"ü":"☕"}', id: '2' })
      assert.deepEqual(await source.next(), { type: 'count', data: 'first\nline two', id: '3' })
    },
  },
}
