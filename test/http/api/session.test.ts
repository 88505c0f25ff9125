import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openApi, problemOf } from '../../support/api-server.ts'
import { startTestRuntime } from '../../support/runtime.ts'

const runtime = await startTestRuntime({ after })
const JSON_TYPE = { 'content-type': 'application/json' }

function signIn(body: object, headers: Record<string, string> = {}): RequestInit {
  return { method: 'POST', body: JSON.stringify(body), headers: { ...JSON_TYPE, ...headers } }
}

test('a token buys a session cookie that scripts cannot read and other sites cannot send', async (t) => {
  const api = await openApi(t, runtime)
  const response = await api.request('/session', signIn({ token: api.admin }))
  assert.equal(response.status, 204)
  const [cookie = '', ...attributes] = (response.headers.get('set-cookie') ?? '').split('; ')
  assert.match(cookie, /^plugbay-session=[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(attributes.toSorted(), ['HttpOnly', 'Max-Age=604800', 'Path=/', 'SameSite=Strict'])
  const who = await api.request('/session', { headers: { cookie } })
  assert.deepEqual(await who.json(), { name: 'admin', permissions: ['*'] })
  const { items } = await runtime.store.audit.list({ subject: api.adminId })
  assert.equal(items[0]?.action, 'session.create')
})

test('on https the cookie has the __Host- prefix and is Secure', async (t) => {
  const api = await openApi(t, runtime, { publicUrl: 'https://media.example.org' })
  const headers = { ...JSON_TYPE, host: 'media.example.org', origin: 'https://media.example.org' }
  const response = await api.request('/session', signIn({ token: api.admin }, headers))
  const cookie = response.headers.get('set-cookie') ?? ''
  assert.match(cookie, /^__Host-plugbay-session=/)
  assert.match(cookie, /; Secure/)
  assert.match(cookie, /; Path=\//)
  assert.doesNotMatch(cookie, /Domain/i)
})

test('a one-time code opens one session of the token that it was issued for', async (t) => {
  const api = await openApi(t, runtime)
  const code = api.signInCodes.issue(api.adminId)
  const first = await api.request('/session', signIn({ code }))
  assert.equal(first.status, 204)
  const again = await api.request('/session', signIn({ code }))
  assert.equal(again.status, 401)
  assert.equal(again.headers.get('set-cookie'), null)
})

test('signing out ends the session and takes the cookie away', async (t) => {
  const api = await openApi(t, runtime)
  const cookie = await api.session()
  const headers = { cookie, origin: 'http://localhost' }
  const response = await api.request('/session', { method: 'DELETE', headers })
  assert.equal(response.status, 204)
  assert.match(response.headers.get('set-cookie') ?? '', /^plugbay-session=; Max-Age=0; Path=\//)
  assert.equal((await api.request('/session', { headers: { cookie } })).status, 401)
  assert.equal((await api.request('/session', { method: 'DELETE' })).status, 204)
})

test('other pages can neither sign a browser in nor out', async (t) => {
  const api = await openApi(t, runtime)
  const cookie = await api.session()
  for (const headers of [
    { cookie },
    { cookie, origin: 'null' },
    { cookie, origin: 'http://evil.localhost' },
  ]) {
    assert.equal((await api.request('/session', { method: 'DELETE', headers })).status, 403)
  }
  for (const origin of ['null', 'http://evil.localhost', 'http://localhost:1']) {
    assert.equal(
      (await api.request('/session', signIn({ token: api.admin }, { origin }))).status,
      403,
      origin,
    )
  }
  assert.equal((await api.request('/session', { headers: { cookie } })).status, 200)
})

test('wrong secrets are refused alike, and told to wait after ten; right ones sign in all the same', async (t) => {
  const api = await openApi(t, runtime)
  for (const wrong of [(i: number) => ({ token: `pbt_${i}` }), (i: number) => ({ code: `c${i}` })])
    for (let i = 0; i < 10; i++)
      assert.equal((await api.request('/session', signIn(wrong(i)))).status, 401, JSON.stringify(wrong(i)))
  for (const wrong of [{ token: 'pbt_wrong' }, { code: 'wrong' }]) {
    const waiting = await api.request('/session', signIn(wrong))
    assert.equal(waiting.status, 429)
    assert.equal(waiting.headers.get('retry-after'), '60')
    assert.equal((await problemOf(waiting)).code, 'TOO_MANY_ATTEMPTS')
  }
  assert.equal((await api.request('/plugins', { token: 'pbt_wrong' })).status, 429)
  assert.equal((await api.request('/plugins', { token: api.admin })).status, 200)
  assert.equal((await api.request('/session', signIn({ token: api.admin }))).status, 204)
  assert.equal(
    (await api.request('/session', signIn({ code: api.signInCodes.issue(api.adminId) }))).status,
    204,
  )
  api.clock.now += 60_000
  assert.equal((await api.request('/session', signIn({ token: 'pbt_wrong' }))).status, 401)
})

test('a sign-in says one thing: a token or a code, as JSON', async (t) => {
  const api = await openApi(t, runtime)
  for (const body of [
    {},
    { token: '' },
    { token: 'a', code: 'b' },
    { token: 1 },
    { token: ['a'] },
    [],
    null,
  ]) {
    assert.equal((await api.request('/session', signIn(Object(body)))).status, 400, JSON.stringify(body))
  }
  const form = {
    method: 'POST',
    body: `token=${api.admin}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  }
  assert.equal((await api.request('/session', form)).status, 415)
})

test('a session dies with its token', async (t) => {
  const api = await openApi(t, runtime)
  const cookie = await api.session()
  await runtime.store.principals.removeToken(api.adminId, { actor: 'test', action: 'token.remove' })
  assert.equal((await api.request('/session', { headers: { cookie } })).status, 401)
})
