import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { type ApiServer, openApi, problemOf } from '../../support/api-server.ts'
import { startTestRuntime } from '../../support/runtime.ts'

const runtime = await startTestRuntime({ after })

// Names are taken once, and lists are of all.
beforeEach(async () => {
  const { principals } = runtime.store
  for (const { id } of (await principals.users({ limit: 200 })).items)
    await principals.removeUser(id, { actor: 'test', action: 'user.remove' })
})

function send(
  api: ApiServer,
  method: string,
  path: string,
  { body, token = api.admin }: { body?: unknown; token?: string } = {},
): Promise<Response> {
  if (body === undefined) return api.request(path, { method, token })
  const headers = { 'content-type': 'application/json' }
  return api.request(path, { method, token, body: JSON.stringify(body), headers })
}

test('users are added, listed and removed', async (t) => {
  const api = await openApi(t, runtime)
  const added = await send(api, 'POST', '/users', { body: { name: 'ann', permissions: ['plugins.view'] } })
  assert.equal(added.status, 201)
  const user = await added.json()
  const { id } = user
  assert.deepEqual((await (await send(api, 'GET', '/users')).json()).items, [user])
  assert.equal((await send(api, 'POST', '/users', { body: { name: 'ann', permissions: [] } })).status, 409)
  assert.equal((await send(api, 'DELETE', `/users/${id}`)).status, 204)
  assert.equal((await send(api, 'DELETE', `/users/${id}`)).status, 404)
  assert.deepEqual((await (await send(api, 'GET', '/users')).json()).items, [])
})

test('a token works, is shown once, and stops working when it is removed', async (t) => {
  const api = await openApi(t, runtime)
  const made = await send(api, 'POST', '/tokens', { body: { name: 'ci', permissions: ['plugins.view'] } })
  assert.equal(made.status, 201)
  const { id, token, ...shown } = await made.json()
  assert.match(token, /^pbt_[A-Za-z0-9_-]{43}$/)
  assert.equal((await send(api, 'GET', '/plugins', { token })).status, 200)
  const list = await (await send(api, 'GET', '/tokens')).text()
  assert.doesNotMatch(list, /pbt_/)
  assert.ok(list.includes(shown.createdAt))
  assert.equal((await send(api, 'DELETE', `/tokens/${id}`)).status, 204)
  assert.equal((await send(api, 'GET', '/plugins', { token })).status, 401)
  const audit = await (await send(api, 'GET', `/audit?subject=${id}`)).text()
  assert.doesNotMatch(audit, /pbt_/)
  const { items } = JSON.parse(audit)
  assert.deepEqual(
    items.map((item: { action: string; actor: string }) => `${item.action} ${item.actor}`),
    ['token.remove admin', 'token.create admin'],
  )
})

test('no principal can delegate more than it holds', async (t) => {
  const api = await openApi(t, runtime)
  const token = await api.token('users.manage', 'plugins.*')
  const asked: [string[], number][] = [
    [['plugins.view'], 201],
    [['plugins.*'], 201],
    [['users.view'], 201],
    [['*'], 403],
    [['plugins.view', 'audit.view'], 403],
    [['users.*'], 403],
  ]
  for (const [permissions, status] of asked) {
    for (const path of ['/tokens', '/users']) {
      const response = await send(api, 'POST', path, {
        token,
        body: { name: `${path.slice(1)} ${permissions.join()}`, permissions },
      })
      assert.equal(response.status, status, `${path} ${permissions}`)
    }
  }
  const refused = await send(api, 'POST', '/tokens', {
    token,
    body: { name: 'x', permissions: ['*', 'a.b'] },
  })
  assert.match((await problemOf(refused)).detail, /"\*", "a\.b"/)
})

test('a token cannot make one that outlives it, and the log names it by its id', async (t) => {
  const api = await openApi(t, runtime)
  const make = (body: object, token?: string) =>
    send(api, 'POST', '/tokens', { body, ...(token !== undefined && { token }) })
  const soon = new Date(Date.now() + 3_600_000).toISOString()
  const later = new Date(Date.now() + 7_200_000).toISOString()
  const parent = await (
    await make({ name: 'delegate', permissions: ['users.manage'], expiresAt: soon })
  ).json()
  assert.equal((await make({ name: 'longer', permissions: [], expiresAt: later }, parent.token)).status, 403)
  const child = await (await make({ name: 'heir', permissions: ['users.manage'] }, parent.token)).json()
  assert.equal(child.expiresAt, soon)
  const log = await (await send(api, 'GET', `/audit?subject=${child.id}`)).json()
  assert.deepEqual([log.items[0].actor, log.items[0].actorToken], ['delegate', parent.id])
  for (const name of ['heir', 'HEIR', 'h\u0435ir', 'heir\u202e']) {
    assert.ok([400, 409].includes((await make({ name, permissions: [] })).status), name)
  }
  assert.equal((await send(api, 'DELETE', `/tokens/${parent.id}`)).status, 204)
  assert.equal((await send(api, 'GET', '/tokens', { token: child.token })).status, 401)
})

test('no principal can remove one with more permissions', async (t) => {
  const api = await openApi(t, runtime)
  const token = await api.token('users.manage')
  assert.equal((await send(api, 'DELETE', `/tokens/${api.adminId}`, { token })).status, 403)
  assert.equal((await send(api, 'GET', '/plugins')).status, 200)
  const root = await (
    await send(api, 'POST', '/users', { body: { name: 'root', permissions: ['*'] } })
  ).json()
  assert.equal((await send(api, 'DELETE', `/users/${root.id}`, { token })).status, 403)
})

test("a user's token is at most as wide as the user, and goes with the user", async (t) => {
  const api = await openApi(t, runtime)
  const user = await (
    await send(api, 'POST', '/users', { body: { name: 'ann', permissions: ['plugins.view'] } })
  ).json()
  const make = (permissions: string[], userId = user.id) =>
    send(api, 'POST', '/tokens', { body: { name: 'laptop', permissions, userId } })
  assert.equal((await make(['plugins.manage'])).status, 403)
  assert.equal((await make(['plugins.view'], 'nobody')).status, 400)
  const { token } = await (await make(['plugins.view'])).json()
  assert.equal((await send(api, 'GET', '/plugins', { token })).status, 200)
  await send(api, 'DELETE', `/users/${user.id}`)
  assert.equal((await send(api, 'GET', '/plugins', { token })).status, 401)
})

test('a token ends when it says so', async (t) => {
  const api = await openApi(t, runtime)
  const make = (expiresAt: string) =>
    send(api, 'POST', '/tokens', { body: { name: 'x', permissions: [], expiresAt } })
  const later = await (await make('2999-01-01T00:00:00Z')).json()
  assert.equal(later.expiresAt, '2999-01-01T00:00:00.000Z')
  for (const time of ['2001-01-01T00:00:00Z', 'tomorrow', ''])
    assert.equal((await make(time)).status, 400, time)
})

test('names and permissions have a form', async (t) => {
  const api = await openApi(t, runtime)
  for (const body of [
    { name: '', permissions: [] },
    { name: 'a\nb', permissions: [] },
    { name: 'x'.repeat(101), permissions: [] },
    { name: 'x', permissions: ['a b'] },
    { name: 'x', permissions: '*' },
    { name: 'x' },
    { name: 'x', permissions: [], admin: true },
  ]) {
    assert.equal((await send(api, 'POST', '/users', { body })).status, 400, JSON.stringify(body))
    assert.equal((await send(api, 'POST', '/tokens', { body })).status, 400, JSON.stringify(body))
  }
})

test('lists of the store come in pages, and a cursor of another list is refused', async (t) => {
  const api = await openApi(t, runtime)
  for (const name of ['a', 'b', 'c']) await send(api, 'POST', '/users', { body: { name, permissions: [] } })
  const first = await (await send(api, 'GET', '/users?limit=2')).json()
  assert.deepEqual(
    first.items.map((user: { name: string }) => user.name),
    ['a', 'b'],
  )
  const second = await (await send(api, 'GET', `/users?limit=2&cursor=${first.nextCursor}`)).json()
  assert.deepEqual([second.items[0].name, second.nextCursor], ['c', null])
  assert.equal((await send(api, 'GET', `/audit?cursor=${first.nextCursor}`)).status, 400)
})
