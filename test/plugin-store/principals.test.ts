import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { audit, tempStore } from './temp-store.ts'

const CREATE = audit('token.create')

test('a token is found by its secret only, and only its hash is on disk', async (t) => {
  const store = await tempStore(t)
  const { record, token } = await store.principals.addToken(
    { name: 'ci', permissions: ['plugins.manage'] },
    CREATE,
  )
  const session = await store.principals.addSession(record.id, 60_000)
  assert.match(token, /^pbt_[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(record.permissions, ['plugins.manage'])
  assert.equal((await store.principals.findToken(token))?.id, record.id)
  for (const other of ['', 'pbt_', `${token} `, token.toUpperCase(), token.slice(4), record.id, session]) {
    assert.equal(await store.principals.findToken(other), undefined, other)
  }
  for (const name of (await readdir(store.folder)).filter((each) => each.startsWith('store.db'))) {
    const bytes = await readFile(join(store.folder, name), 'latin1')
    assert.ok(!bytes.includes(token.slice(4)) && !bytes.includes(session), `${name} holds a secret`)
  }
})

test('expired tokens and sessions are as good as none', async (t) => {
  let now = Date.parse('2026-11-01T00:00:00Z')
  const { principals } = await tempStore(t, { now: () => now })
  const made = await principals.addToken(
    { name: 'short', permissions: [], expiresAt: '2026-11-01T01:00:00+01:00' },
    CREATE,
  )
  assert.equal(made.record.expiresAt, '2026-11-01T00:00:00.000Z')
  assert.equal(await principals.findToken(made.token), undefined)
  await assert.rejects(principals.addSession(made.record.id, 1000), { code: 'UNAUTHENTICATED' })

  const hour = await principals.addToken(
    { name: 'hour', permissions: [], expiresAt: '2026-11-01T01:00:00Z' },
    CREATE,
  )
  const short = await principals.addSession(hour.record.id, 1000)
  const long = await principals.addSession(hour.record.id, 86_400_000)
  now += 1000
  assert.equal(await principals.findSession(short), undefined)
  assert.equal((await principals.findSession(long))?.name, 'hour')
  now += 3_600_000
  assert.equal(await principals.findSession(long), undefined)
  await assert.rejects(principals.addToken({ name: 'bad', permissions: [], expiresAt: 'tomorrow' }, CREATE), {
    code: 'BAD_REQUEST',
  })
})

test('a session ends with its token, and by itself when removed', async (t) => {
  const { principals } = await tempStore(t)
  const { record, token } = await principals.addToken({ name: 'ci', permissions: [] }, CREATE)
  const one = await principals.addSession(record.id, 60_000)
  const two = await principals.addSession(record.id, 60_000)
  assert.notEqual(one, two)
  await principals.removeSession(one)
  assert.equal(await principals.findSession(one), undefined)
  assert.equal((await principals.findSession(two))?.id, record.id)
  assert.equal(await principals.removeToken(record.id, audit('token.delete')), true)
  assert.equal(await principals.removeToken(record.id, audit('token.delete')), false)
  assert.equal(await principals.findSession(two), undefined)
  assert.equal(await principals.findToken(token), undefined)
  await assert.rejects(principals.addSession(record.id, 60_000), { code: 'UNAUTHENTICATED' })
})

test('the admin token: put again it stays, with its sessions; another secret replaces it', async (t) => {
  const { principals, audit: log } = await tempStore(t)
  const admin = { name: 'admin', permissions: ['*'], secret: 'pbt_one' }
  const first = await principals.putToken(admin, CREATE)
  const session = await principals.addSession(first.id, 60_000)
  const again = await principals.putToken(admin, CREATE)
  assert.equal(again.id, first.id)
  assert.equal((await principals.findSession(session))?.id, first.id)
  assert.equal((await log.list({})).items.length, 1)

  // Names were not distinct in earlier versions, and the system's own still need not be.
  const system = { actor: 'system', action: 'token.create' }
  const named = await principals.addToken({ name: 'admin', permissions: ['tasks.view'] }, system)
  const second = await principals.putToken({ ...admin, secret: 'pbt_two' }, CREATE)
  assert.notEqual(second.id, first.id)
  assert.equal(await principals.findToken('pbt_one'), undefined)
  assert.equal(await principals.findSession(session), undefined)
  assert.deepEqual((await principals.findToken('pbt_two'))?.permissions, ['*'])
  assert.deepEqual(
    (await principals.findToken(named.token))?.permissions,
    ['tasks.view'],
    'a made token of the same name stays',
  )
  assert.equal((await principals.putToken({ ...admin, secret: named.token }, CREATE)).name, 'admin')
  assert.deepEqual((await principals.findToken(named.token))?.permissions, ['*'])
})

test('when a token was last used is written at most once a minute', async (t) => {
  let now = Date.parse('2026-11-01T00:00:00Z')
  const { principals } = await tempStore(t, { now: () => now })
  const { token } = await principals.addToken({ name: 'ci', permissions: [] }, CREATE)
  const lastUsed = async () => (await principals.tokens({})).items[0]?.lastUsedAt
  assert.equal(await lastUsed(), null)
  await principals.findToken(token)
  assert.equal(await lastUsed(), '2026-11-01T00:00:00.000Z')
  now += 59_999
  await principals.findToken(token)
  assert.equal(await lastUsed(), '2026-11-01T00:00:00.000Z')
  now += 1
  await principals.findToken(token)
  assert.equal(await lastUsed(), '2026-11-01T00:01:00.000Z')
})

test('users have names of their own, and take their tokens with them', async (t) => {
  const { principals, audit: log } = await tempStore(t)
  const ana = await principals.addUser({ name: 'ana', permissions: ['plugins.view'] }, audit('user.create'))
  await assert.rejects(principals.addUser({ name: 'ana', permissions: [] }, audit('user.create')), {
    code: 'STATE_CONFLICT',
  })
  await principals.addUser({ name: 'ben', permissions: [] }, audit('user.create'))
  const page = await principals.users({ limit: 1 })
  assert.deepEqual(page.items, [ana])
  const rest = await principals.users({ limit: 1, cursor: page.nextCursor ?? '' })
  assert.deepEqual(
    rest.items.map((user) => user.name),
    ['ben'],
  )
  assert.equal(rest.nextCursor, null)

  const { token } = await principals.addToken({ name: 'of ana', permissions: [], userId: ana.id }, CREATE)
  await assert.rejects(principals.addToken({ name: 'x', permissions: [], userId: 'nobody' }, CREATE), {
    code: 'BAD_REQUEST',
  })
  assert.equal((await principals.findToken(token))?.userId, ana.id)
  assert.equal(await principals.removeUser(ana.id, audit('user.delete')), true)
  assert.equal(await principals.removeUser(ana.id, audit('user.delete')), false)
  assert.equal(await principals.findToken(token), undefined)
  const [latest] = (await log.list({ subject: ana.id })).items
  assert.equal(latest?.action, 'user.delete')
  assert.deepEqual(latest?.detail, { name: 'ana' })
})
