import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameKey, nameProblem } from '../../plugin-store/principal-names.ts'
import type { Audit } from '../../plugin-store/store.ts'
import { audit, tempStore } from './temp-store.ts'

const NAMES = [
  'ci',
  'Ada Lovelace',
  'build-7',
  'Zoë',
  'Анна',
  '山田 太郎',
  'Ελένη',
  'deploy (prod) 🚀',
  'o’neill',
]
const NO_NAMES = [
  ...['', ' ', ' ci', 'ci ', 'a  b', 'a\tb', 'a\nb', 'a\u00a0b', 'a\u2028b', 'a\u3000b'],
  ...[
    'admin\u202e',
    '\u200eadmin',
    'ad\u200bmin',
    'ad\u00admin',
    'admin\ufeff',
    'a\u2066b\u2069',
    'admin\ufe0f',
    'a\u3164',
  ],
  ...['a\u0000', 'a\ue000', 'a\ud800', 'a\u{e0061}'],
  ...['ａｄｍｉｎ', 'ﬁx', '①', 'ｅ', 'e\u0301'],
  ...['аdmin', 'аdmin 2', 'Ρaul', 'ոokia'],
  ...['system', 'System', 'SYSTEM', 'anonymous', 'an0nymous'],
]

test('a name consists of what a reader can see, in one alphabet to a word', () => {
  for (const name of NAMES) assert.equal(nameProblem(name), undefined, name)
  for (const name of NO_NAMES) assert.notEqual(nameProblem(name), undefined, JSON.stringify(name))
})

test('names that look the same have the same key', () => {
  for (const [one, two] of [
    ['admin', 'Admin'],
    ['root', 'r00t'],
    ['Straße', 'STRASSE'],
    ['ace', 'асе'],
    ['hope', 'норе'],
    ['ci 1', 'ci l'],
  ] as const)
    assert.equal(nameKey(one), nameKey(two), `${one} ${two}`)
  assert.equal(new Set(NAMES.map(nameKey)).size, NAMES.length)
})

test('users and tokens are told from each other by their names; a token may have the name of its user', async (t) => {
  const { principals } = await tempStore(t)
  const given: Audit = { actor: 'system', action: 'token.create' }
  await principals.putToken({ name: 'admin', permissions: ['*'], secret: 'x'.repeat(20) }, given)
  const [userAudit, tokenAudit] = [audit('user.create'), audit('token.create')]
  const ada = await principals.addUser({ name: 'Ada', permissions: [] }, userAudit)
  await principals.addToken({ name: 'ci', permissions: [] }, tokenAudit)
  await principals.addToken({ name: 'ada', permissions: [], userId: ada.id }, tokenAudit)
  for (const name of ['admin', 'ADMIN', 'Ada', 'CI', 'сi'.replace('i', 'і')]) {
    await assert.rejects(principals.addToken({ name, permissions: [] }, tokenAudit), {
      code: 'STATE_CONFLICT',
    })
    await assert.rejects(principals.addUser({ name, permissions: [] }, userAudit), { code: 'STATE_CONFLICT' })
  }
  for (const name of ['admin\u202e', 'аdmin', ' ci']) {
    await assert.rejects(principals.addToken({ name, permissions: [] }, tokenAudit), { code: 'BAD_REQUEST' })
    await assert.rejects(principals.addUser({ name, permissions: [] }, userAudit), { code: 'BAD_REQUEST' })
  }
})

test('a token ends with the token that made it, and no later', async (t) => {
  const { principals, audit: log } = await tempStore(t)
  const system: Audit = { actor: 'system', action: 'token.create' }
  const admin = await principals.putToken(
    { name: 'admin', permissions: ['*'], secret: 'x'.repeat(20) },
    system,
  )
  const by = (token: { readonly id: string; readonly name: string }): Audit => ({
    actor: { name: token.name, token: token.id },
    action: 'token.create',
  })
  const free = await principals.addToken({ name: 'free', permissions: [] }, by(admin))
  assert.equal(free.record.expiresAt, null)
  const soon = new Date(Date.now() + 60_000).toISOString()
  const later = new Date(Date.now() + 120_000).toISOString()
  const short = await principals.addToken(
    { name: 'short', permissions: [], expiresAt: soon },
    by(free.record),
  )
  await assert.rejects(
    principals.addToken({ name: 'long', permissions: [], expiresAt: later }, by(short.record)),
    { code: 'FORBIDDEN' },
  )
  const child = await principals.addToken({ name: 'child', permissions: [] }, by(short.record))
  assert.equal(child.record.expiresAt, soon)
  const ended: string[] = []
  principals.onEnded(({ kind, id }) => ended.push(`${kind} ${id}`))
  await principals.removeToken(free.record.id, by(admin))
  assert.deepEqual(
    ended.toSorted(),
    [free, short, child].map(({ record }) => `token ${record.id}`).toSorted(),
  )
  for (const { token } of [free, short, child]) assert.equal(await principals.findToken(token), undefined)
  await assert.rejects(principals.addToken({ name: 'late', permissions: [] }, by(child.record)), {
    code: 'UNAUTHENTICATED',
  })
  const { items } = await log.list({ limit: 1 })
  assert.deepEqual([items[0]?.actor, items[0]?.actorToken], ['admin', admin.id])
})

test('a change that was begun by a token is not written after the token has ended', async (t) => {
  const { principals, audit: log } = await tempStore(t)
  const { record } = await principals.addToken({ name: 'ci', permissions: [] }, audit('token.create'))
  const late: Audit = { actor: { name: 'ci', token: record.id }, action: 'plugin.update' }
  await log.append('hello', late)
  await principals.removeToken(record.id, late)
  await assert.rejects(log.append('hello', late), { code: 'UNAUTHENTICATED' })
  await assert.rejects(principals.addUser({ name: 'eve', permissions: [] }, late), {
    code: 'UNAUTHENTICATED',
  })
  assert.deepEqual((await principals.users({})).items, [])
})
