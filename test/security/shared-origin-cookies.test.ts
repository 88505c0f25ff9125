// Class: allow lists towards plugins (K). On an origin that plugins share, the cookies of each are its own, under names that no other
// one gets; on an origin of its own, they are as the plugin sets them.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import {
  bothWays,
  type Client,
  install,
  logLines,
  rawRequest,
  startTestRuntime,
  type Way,
} from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { answer, BACKEND, seen } from './helpers/shared-origin.ts'

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
  await install(runtime, { id: 'evil', backend: BACKEND })
  await install(runtime, { id: 'other', backend: BACKEND })
})

bothWays(
  'K3 cookies are a plugin’s own: it sets, gets and loses them without its neighbours',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const set = await answer(client, [
      ['set-cookie', 'theme=dark; Path=/deep; HttpOnly'],
      ['set-cookie', 'a=b=c; Domain=example.org; Max-Age=9; SameSite=Strict'],
      ['set-cookie', '__Secure-x=1; Secure'],
      ['set-cookie', '__http-y=2; Secure; HttpOnly'],
    ])
    const cookies = set.getSetCookie()
    assert.deepEqual(cookies, [
      'plugbay.evil.theme=dark; HttpOnly; Path=/plugins/evil/',
      'plugbay.evil.a=b=c; Max-Age=9; SameSite=Strict; Path=/plugins/evil/',
      '__Secure-plugbay.evil.x=1; Secure; Path=/plugins/evil/',
      '__http-plugbay.evil.y=2; Secure; HttpOnly; Path=/plugins/evil/',
    ])
    const sent = ['connect.sid=SECRET', ...cookies.map((cookie) => cookie.split(';')[0])].join('; ')
    const { headers } = await seen(client, 'evil', { cookie: sent })
    assert.equal(headers.get('cookie'), 'theme=dark; a=b=c; __Secure-x=1; __http-y=2')
    assert.equal((await seen(client, 'other', { cookie: sent })).headers.get('cookie'), undefined)
  },
)

bothWays('K3 a cookie that the plugin cannot have set is not its own', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const planted of [
    'Plugbay.evil.x=1',
    'plugbay.EVIL.x=1',
    'plugbay.evil=1',
    'plugbay.evil.=1',
    'plugbay.evil.x',
    'plugbay.evil.__Host-x=1',
    'plugbay.evil.__secure-x=1',
    '__Secure-plugbay.evil.__Secure-x=1',
    '__Host-plugbay.evil.x=1',
    '__Secure-__Secure-plugbay.evil.x=1',
    'x=plugbay.evil.y=1',
    'plugbay.evil-2.x=1',
    '"plugbay.evil.x"=1',
  ]) {
    const { headers } = await seen(client, 'evil', { cookie: planted })
    assert.equal(headers.get('cookie'), undefined, planted)
  }
})

bothWays(
  'K3 what a browser would refuse, or take for another cookie, is left out and reported',
  async (t, way) => {
    const client = await way.open(t, runtime)
    for (const refused of [
      '__Host-x=1; Secure; Path=/',
      '__hOsT-x=1; Secure',
      '__Host-Http-x=1; Secure; HttpOnly',
      'nameless',
      '=nameless',
      'plugbay-session=forged',
      '__Host-plugbay-page=forged',
      `long=${'v'.repeat(4090)}`,
    ]) {
      assert.deepEqual((await answer(client, [['set-cookie', refused]])).getSetCookie(), [], refused)
    }
    assert.ok((await logLines(runtime, 'evil')).some(({ message }) => message.includes('set-cookie')))
  },
)

bothWays(
  'K3 a plugin cannot fill a browser with cookies until it forgets those of others',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const many = Array.from(
      { length: 60 },
      (_, index) => ['set-cookie', `c${index}=1; Path=/${index}`] as const,
    )
    const first = (await answer(client, many)).getSetCookie()
    assert.equal(first.length, 20)
    const jar = first.map((cookie) => cookie.split(';')[0]).join('; ')
    const next = await answer(
      client,
      [
        ['set-cookie', 'another=1'],
        ['set-cookie', 'c3=changed'],
      ],
      { cookie: jar },
    )
    assert.deepEqual(next.getSetCookie(), ['plugbay.evil.c3=changed; Path=/plugins/evil/'])
  },
)

/** On an origin of its own, on the server's own way in. */
async function onItsOwn(way: Way, client: Client, init: Parameters<typeof rawRequest>[2], path = '/api/') {
  const host = `evil.localhost:${new URL(client.origin).port}`
  const headers = { ...init?.headers, host } as Record<string, string>
  if (way.name === 'server') {
    const { text, rawHeaders } = await rawRequest(client.origin, path, { ...init, headers })
    return {
      text,
      cookies: rawHeaders.filter((_, index) => /^set-cookie$/i.test(rawHeaders[index - 1] ?? '')),
    }
  }
  const response = await client.fetch(path, { ...init, headers } as RequestInit)
  return { text: await response.text(), cookies: response.headers.getSetCookie() }
}

bothWays(
  'K6 on an origin of its own, cookies and credentials are the plugin’s, in both directions',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const headers = {
      cookie: 'mine=1; plugbay-page=SECRET',
      authorization: 'Basic bWluZQ==',
      'x-api-key': 'mine-too',
    }
    const { text } = await onItsOwn(way, client, { headers })
    const got = new Map(JSON.parse(text) as [string, string][])
    assert.equal(got.get('cookie'), 'mine=1')
    assert.equal(got.get('authorization'), headers.authorization)
    assert.equal(got.get('x-api-key'), 'mine-too')
    const body = JSON.stringify([
      ['set-cookie', '__Host-x=1; Secure; Path=/'],
      ['set-cookie', 'y=2; Path=/a'],
    ])
    const { cookies } = await onItsOwn(way, client, { method: 'POST', body }, '/api/set')
    assert.deepEqual(cookies, ['__Host-x=1; Secure; Path=/', 'y=2; Path=/a'])
  },
)
