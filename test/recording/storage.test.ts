// What a plugin has stored, piece by piece, on the server of "plugbay dev".

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { AuditEntry } from '../../sdk/api/audit.ts'
import type { StoredFile, StoredKey, StoredRows, StoredTable, StoredValue } from '../../sdk/api/storage.ts'
import { type DevPlugin, startDevPlugin } from '../dev/dev-plugin.ts'
import { api as askRuntime, startTestRuntime } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { type AskApi, signIn } from './sign-in.ts'

const BACKEND = `
export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/fill') {
      await env.kv.put('note/one', 'first', { metadata: { by: 'ada' }, expiration: 4102444800 })
      await env.kv.put('note/two', new Uint8Array([0, 255, 254]))
      await env.kv.put('other', 'else')
      await env.db.prepare('INSERT INTO "od""d" VALUES (?, ?, ?, ?)').bind('x'.repeat(1000), new Uint8Array([1, 2, 255]), null, 2.5).run()
      for (let n = 0; n < 5; n++) await env.db.prepare('INSERT INTO numbers VALUES (?)').bind(n).run()
      await env.files.put('pictures/a "b".png', new Uint8Array([137, 80]), { httpMetadata: { contentType: 'image/png' } })
      return new Response('filled')
    }
    if (pathname === '/read') return Response.json(await env.kv.getWithMetadata(searchParams.get('key')))
    return Response.json((await env.files.list()).objects.length)
  },
}
`

const scope = sharedScope()
let dev: DevPlugin
let ask: AskApi

before(async () => {
  dev = await startDevPlugin(scope, {
    id: 'keeper',
    backend: BACKEND,
    manifest: { permissions: { kv: true, database: true, files: true } },
    files: {
      'backend/migrations/0001-tables.sql':
        'CREATE TABLE numbers (n INTEGER);\nCREATE TABLE "od""d" (text TEXT, bytes BLOB, empty TEXT, part REAL);\nCREATE VIEW sum AS SELECT sum(n) AS total FROM numbers;',
    },
  })
  ask = await signIn(dev)
  assert.equal(await (await dev.get('/api/fill')).text(), 'filled')
})

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await ask(`/plugins/keeper/storage/${path}`, init)
  assert.equal(response.status, 200, await response.clone().text())
  return (await response.json()) as T
}

function put(body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return ask('/plugins/keeper/storage/value', { method: 'PUT', headers, body: JSON.stringify(body) })
}

test('keys are listed by prefix, in pages', async () => {
  const first = await json<{ items: StoredKey[]; nextCursor: string | null }>('keys?prefix=note/&limit=1')
  assert.deepEqual(first.items, [
    { key: 'note/one', expiresAt: '2100-01-01T00:00:00.000Z', metadata: { by: 'ada' } },
  ])
  assert.ok(first.nextCursor)
  const second = await json<{ items: StoredKey[]; nextCursor: string | null }>(
    `keys?prefix=note/&limit=1&cursor=${first.nextCursor}`,
  )
  assert.deepEqual(
    second.items.map(({ key }) => key),
    ['note/two'],
  )
  assert.equal(second.nextCursor, null)
  assert.equal((await ask('/plugins/keeper/storage/keys?cursor=nonsense!')).status, 400)
})

test('a value that is changed is what the plugin reads; its metadata and expiration stay', async () => {
  const value = await json<StoredValue>('value?key=note/one')
  assert.deepEqual(
    { ...value, version: '' },
    { key: 'note/one', bytes: 5, text: 'first', metadata: { by: 'ada' }, version: '' },
  )
  assert.equal((await json<StoredValue>('value?key=note/two')).text, null)
  const changed = await put({ key: 'note/one', text: 'second ✓', version: value.version })
  assert.equal(changed.status, 200)
  const read = await (await dev.get('/api/read?key=note/one')).json()
  assert.deepEqual([read.value, read.metadata], ['second ✓', { by: 'ada' }])
  const [kept] = (await json<{ items: StoredKey[] }>('keys?prefix=note/one')).items
  assert.equal(kept?.expiresAt, '2100-01-01T00:00:00.000Z')

  assert.equal((await put({ key: 'note/one', text: 'late', version: value.version })).status, 409)
  assert.equal((await put({ key: 'other', text: 'again', version: null })).status, 409)
  assert.equal((await put({ key: 'fresh', text: 'new', version: null })).status, 200)
  assert.equal((await ask('/plugins/keeper/storage/value?key=fresh', { method: 'DELETE' })).status, 204)
  assert.equal((await ask('/plugins/keeper/storage/value?key=fresh')).status, 404)
})

test('tables and views are listed, and their rows come in pages, with long cells cut', async () => {
  const { items } = await json<{ items: StoredTable[] }>('tables')
  assert.deepEqual(
    items.filter(({ name }) => !name.startsWith('_plugbay')).map(({ name, kind }) => [name, kind]),
    [
      ['numbers', 'table'],
      ['od"d', 'table'],
      ['sum', 'view'],
    ],
  )
  const page = await json<StoredRows>('rows?table=numbers&limit=2&offset=2')
  assert.deepEqual(page, { columns: ['n'], rows: [[2], [3]], nextOffset: 4 })
  assert.deepEqual((await json<StoredRows>('rows?table=numbers&limit=2&offset=4')).nextOffset, null)
  assert.deepEqual((await json<StoredRows>('rows?table=sum')).rows, [[10]])
  const odd = await json<StoredRows>(`rows?table=${encodeURIComponent('od"d')}`)
  assert.deepEqual(odd, {
    columns: ['text', 'bytes', 'empty', 'part'],
    rows: [[`${'x'.repeat(300)}…`, "x'0102FF'", null, 2.5]],
    nextOffset: null,
  })
  assert.equal(
    (
      await ask(
        `/plugins/keeper/storage/rows?table=${encodeURIComponent('numbers"; DROP TABLE numbers; --')}`,
      )
    ).status,
    400,
  )
  assert.equal((await json<StoredRows>('rows?table=numbers')).rows.length, 5)
})

test('files are listed, saved as attachments and deleted', async () => {
  const { items } = await json<{ items: StoredFile[] }>('files?prefix=pictures/')
  assert.deepEqual(
    items.map(({ key, bytes, contentType }) => [key, bytes, contentType]),
    [['pictures/a "b".png', 2, 'image/png']],
  )
  const path = `/plugins/keeper/storage/file?key=${encodeURIComponent('pictures/a "b".png')}`
  const response = await ask(path)
  assert.equal(response.headers.get('content-type'), 'application/octet-stream')
  assert.equal(response.headers.get('content-disposition'), "attachment; filename*=UTF-8''a%20%22b%22.png")
  assert.match(response.headers.get('content-security-policy') ?? '', /sandbox/)
  assert.deepEqual([...new Uint8Array(await response.arrayBuffer())], [137, 80])
  assert.equal((await ask(path, { method: 'HEAD' })).headers.get('content-length'), '2')
  assert.equal((await ask(path, { method: 'DELETE' })).status, 204)
  assert.equal((await ask(path)).status, 404)
  assert.equal(await (await dev.get('/api/')).json(), 0)
})

test('changes are in the audit log, strangers see nothing, and other servers have none of it', async (t) => {
  const audit: { items: AuditEntry[] } = await (await ask('/audit?subject=keeper')).json()
  const noted = audit.items.filter(({ action }) => action.startsWith('storage.')).map(({ action }) => action)
  assert.ok(noted.includes('storage.set') && noted.includes('storage.delete'), noted.join())
  const anyone = await fetch(`http://127.0.0.1:${dev.port}/api/v1/plugins/keeper/storage/keys`)
  assert.equal(anyone.status, 401)
  const runtime = await startTestRuntime(t)
  for (const path of ['keys', 'value?key=a', 'tables', 'rows?table=a', 'files', 'file?key=a'])
    assert.equal((await askRuntime(runtime, `/plugins/keeper/storage/${path}`)).status, 404, path)
})
