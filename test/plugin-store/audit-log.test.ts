import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Store } from '../../plugin-store/store.ts'
import type { AuditEntry } from '../../sdk/api/audit.ts'
import { audit, tempStore } from './temp-store.ts'

async function readAll(store: Store, query: { limit: number; subject?: string }): Promise<AuditEntry[]> {
  const records: AuditEntry[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Store['audit']['list']>> = await store.audit.list({
      ...query,
      ...(cursor === null ? {} : { cursor }),
    })
    assert.ok(page.items.length <= query.limit)
    records.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return records
}

test('rows come newest first, page by page, each once, also while rows are added', async (t) => {
  const store = await tempStore(t)
  for (let index = 0; index < 7; index += 1) {
    await store.audit.append(index % 2 === 0 ? 'even' : 'odd', {
      actor: 'tester',
      action: 'test',
      detail: { index },
    })
  }
  const all = await readAll(store, { limit: 3 })
  assert.deepEqual(
    all.map((row) => row.detail),
    [6, 5, 4, 3, 2, 1, 0].map((index) => ({ index })),
  )
  assert.deepEqual(
    (await readAll(store, { limit: 2, subject: 'odd' })).map((row) => row.detail.index),
    [5, 3, 1],
  )
  const first = await store.audit.list({ limit: 7 })
  assert.equal(first.nextCursor, null)

  const page = await store.audit.list({ limit: 4 })
  await store.audit.append('even', audit('later'))
  const rest = await store.audit.list({ limit: 4, cursor: page.nextCursor ?? '' })
  assert.deepEqual(
    rest.items.map((row) => row.detail.index),
    [2, 1, 0],
  )
})

test('a row holds the actor, action, time and detail', async (t) => {
  const store = await tempStore(t, { now: () => 0 })
  await store.audit.append('guestbook', { actor: 'admin', action: 'grants.set', detail: { kv: true } })
  assert.deepEqual((await store.audit.list({})).items, [
    {
      seq: 1,
      time: '1970-01-01T00:00:00.000Z',
      actor: 'admin',
      actorToken: null,
      actorUser: null,
      action: 'grants.set',
      subject: 'guestbook',
      detail: { kv: true },
    },
  ])
})

test('cursors and limits that are not ours are refused', async (t) => {
  const store = await tempStore(t)
  for (let index = 0; index < 3; index += 1) {
    await store.audit.append('x', audit('test'))
    await store.principals.addUser({ name: `user ${index}`, permissions: [] }, audit('user.create'))
  }
  const ofUsers = (await store.principals.users({ limit: 1 })).nextCursor ?? ''
  const ofAudit = (await store.audit.list({ limit: 1 })).nextCursor ?? ''
  assert.notEqual(ofAudit, '')
  const encode = (text: string) => Buffer.from(text).toString('base64url')
  const corrupt = [
    '',
    '!',
    'AAAA',
    ofUsers,
    `${ofAudit}=`,
    `${ofAudit}AA`,
    encode('audit:'),
    encode('audit:1e3'),
    encode('audit:01'),
    encode('audit:1:2'),
    encode("audit:1' OR 1=1"),
    encode('audit:NaN'),
  ]
  for (const cursor of corrupt) {
    await assert.rejects(store.audit.list({ cursor }), { name: 'StoreError', code: 'BAD_REQUEST' }, cursor)
  }
  for (const limit of [0, -1, 1.5, 201, Number.NaN, Number.POSITIVE_INFINITY]) {
    await assert.rejects(store.audit.list({ limit }), { code: 'BAD_REQUEST' }, String(limit))
  }
})
