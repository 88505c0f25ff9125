import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openStore } from '../../../plugin-store/open-store.ts'
import { PlugbayError } from '../../../runtime/errors.ts'
import { type Authenticate, createAuthenticator } from '../../../runtime/http/identity/authenticate.ts'
import { createFailedAttempts } from '../../../runtime/http/identity/failed-attempts.ts'
import type { SessionConfig } from '../../../runtime/http/identity/session-cookie.ts'
import { Revocations } from '../../../runtime/permissions/revocations.ts'

const audit = { actor: 'test', action: 'token.create' }

async function setUp(t: TestContext, options: { application?: Authenticate; config?: SessionConfig } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-auth-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { principals, close } = await openStore(folder)
  t.after(close)
  const { record, token } = await principals.addToken({ name: 'ann', permissions: ['plugins.view'] }, audit)
  const authenticator = createAuthenticator({
    principals,
    config: options.config ?? { publicUrl: null, publicUrls: [], trustProxy: false, basePath: '' },
    attempts: createFailedAttempts({ now: () => 0 }),
    revocations: new Revocations(),
    ...(options.application === undefined ? {} : { application: options.application }),
  })
  return { principals, authenticator, token, session: await principals.addSession(record.id, 60_000) }
}

function request(headers: Record<string, string>, url = 'http://localhost:3000/'): Request {
  return new Request(url, { headers })
}

function hasCode(code: string) {
  return (error: unknown) => error instanceof PlugbayError && error.code === code
}

test('identify() recognises a token, a session, and a stranger', async (t) => {
  const { authenticator, principals, token, session } = await setUp(t)
  const { id } = (await principals.findToken(token)) ?? {}
  const { id: sessionId, expiresAtMs } = (await principals.findSession(session))?.session ?? {}
  const ann = { name: 'ann', permissions: ['plugins.view'], kind: 'token' }
  const basis = { credentials: [`token:${id}`], since: 0, until: null }
  assert.deepEqual(await authenticator.identify(request({ authorization: `Bearer ${token}` }), undefined), {
    principal: { ...ann, basis },
    by: 'token',
  })
  assert.deepEqual(
    await authenticator.identify(request({ cookie: `a=b; plugbay-session=${session}` }), undefined),
    {
      principal: {
        ...ann,
        basis: { ...basis, credentials: [`token:${id}`, `session:${sessionId}`], until: expiresAtMs },
      },
      by: 'session',
    },
  )
  assert.equal(await authenticator.identify(request({}), undefined), null)
  assert.equal(await authenticator.identify(request({ cookie: 'plugbay-session=old' }), undefined), null)
})

test('identify() refuses a wrong or odd token although the session is good', async (t) => {
  const { authenticator, token, session } = await setUp(t)
  const cookie = `plugbay-session=${session}`
  for (const authorization of [
    'Bearer pbt_wrong',
    'Bearer',
    'bearer ',
    `Bearer ${token}, Bearer ${token}`,
    `Bearer ${token} x`,
  ]) {
    const odd = request({ authorization, cookie })
    await assert.rejects(authenticator.identify(odd, undefined), hasCode('UNAUTHENTICATED'), authorization)
  }
  const basic = request({ authorization: 'Basic eDp5', cookie })
  assert.equal((await authenticator.identify(basic, undefined))?.by, 'session')
})

test('an operator may choose an odd admin token', async (t) => {
  const { authenticator, principals } = await setUp(t)
  await principals.putToken({ name: 'root', permissions: ['*'], secret: 'correct:horse!' }, audit)
  assert.equal(
    (await authenticator.identify(request({ authorization: 'Bearer correct:horse!' }), undefined))?.principal
      .name,
    'root',
  )
})

test('a session cannot be used as a token, nor a token as a session', async (t) => {
  const { authenticator, token, session } = await setUp(t)
  const swapped = request({ authorization: `Bearer ${session}` })
  await assert.rejects(authenticator.identify(swapped, undefined), hasCode('UNAUTHENTICATED'))
  assert.equal(await authenticator.identify(request({ cookie: `plugbay-session=${token}` }), undefined), null)
})

test('on https only the __Host- cookie counts, on http only the plain one', async (t) => {
  const { authenticator, session } = await setUp(t)
  const plain = { cookie: `plugbay-session=${session}` }
  const host = { cookie: `__Host-plugbay-session=${session}` }
  assert.equal(await authenticator.identify(request(plain, 'https://localhost/'), undefined), null)
  assert.equal((await authenticator.identify(request(host, 'https://localhost/'), undefined))?.by, 'session')
  assert.equal(await authenticator.identify(request(host), undefined), null)
})

test('wrong tokens of a chosen form are told to wait after ten; right ones, sessions and other addresses never', async (t) => {
  const { authenticator, token, session } = await setUp(t, {
    config: { publicUrl: null, publicUrls: [], trustProxy: true, basePath: '' },
  })
  const from = (address: string, authorization: string) =>
    request({ authorization, 'x-forwarded-for': address })
  for (let i = 0; i < 20; i++) {
    await assert.rejects(
      authenticator.identify(from('1.1.1.1', `Bearer pbt_${i}`), '9.9.9.9'),
      hasCode(i < 10 ? 'UNAUTHENTICATED' : 'TOO_MANY_ATTEMPTS'),
    )
  }
  const right = `Bearer ${token}`
  assert.equal((await authenticator.identify(from('1.1.1.1', right), '9.9.9.9'))?.by, 'token')
  assert.equal((await authenticator.visitor(from('1.1.1.1', right), 'hello'))?.name, 'ann')
  const other = from('1.1.1.2', 'Bearer pbt_wrong')
  await assert.rejects(authenticator.identify(other, '9.9.9.9'), hasCode('UNAUTHENTICATED'))
  const browser = request({ cookie: `plugbay-session=${session}`, 'x-forwarded-for': '1.1.1.1' })
  assert.equal((await authenticator.identify(browser, '9.9.9.9'))?.by, 'session')
})

test('a token that the runtime has made, and that has ended, is unknown however often it is sent', async (t) => {
  const { authenticator } = await setUp(t)
  for (let i = 0; i < 30; i++) {
    const old = request({ authorization: `Bearer pbt_${'A'.repeat(42)}${i % 10}` })
    await assert.rejects(authenticator.identify(old, '1.1.1.1'), hasCode('UNAUTHENTICATED'))
  }
})

test('an application vouches for its own users, after our own credentials', async (t) => {
  const { authenticator, token } = await setUp(t, {
    application: async (request) => {
      const name =
        request.headers.get('x-user') ?? request.headers.get('authorization')?.replace('Bearer app-', '')
      return name === undefined || name.startsWith('Bearer')
        ? null
        : { name, permissions: ['*'], kind: 'token' }
    },
  })
  const basis = { credentials: ['application:bob'], since: 0, until: null }
  const bob = {
    principal: { name: 'bob', permissions: ['*'], kind: 'application', basis },
    by: 'application',
  }
  assert.deepEqual(await authenticator.identify(request({ 'x-user': 'bob' }), undefined), bob)
  assert.deepEqual(await authenticator.identify(request({ authorization: 'Bearer app-bob' }), undefined), bob)
  assert.equal(await authenticator.identify(request({}), undefined), null)
  assert.equal(
    (await authenticator.identify(request({ authorization: `Bearer ${token}`, 'x-user': 'bob' }), undefined))
      ?.principal.name,
    'ann',
  )
  const wrong = request({ authorization: 'Bearer pbt_wrong', 'x-user': 'bob' })
  await assert.rejects(authenticator.identify(wrong, undefined), hasCode('UNAUTHENTICATED'))
})

test('visitor() leaves credentials of the plugin itself alone', async (t) => {
  const { authenticator, token, session } = await setUp(t)
  const cookie = `plugbay-session=${session}`
  for (let i = 0; i < 20; i++) {
    assert.equal(
      await authenticator.visitor(request({ authorization: `Bearer of-the-plugin ${i}` }), 'hello'),
      null,
    )
  }
  assert.equal(
    (await authenticator.visitor(request({ authorization: 'Bearer of-the-plugin', cookie }), 'hello'))?.name,
    'ann',
  )
  assert.equal(
    (await authenticator.visitor(request({ authorization: `Bearer ${token}` }), 'hello'))?.name,
    'ann',
  )
  assert.equal(
    await authenticator.visitor(request({ authorization: 'Bearer pbt_wrong', cookie }), 'hello'),
    null,
  )
})
