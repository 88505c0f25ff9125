// data.list and data.snapshot: what the tar of the system makes of it, and what others do to the data meanwhile.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstat, mkdir, readdir, readFile, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { defineHost } from '../../../runtime/index.ts'
import { api, install, send, startTestRuntime, temporaryFolder, until } from '../../support/runtime.ts'
import { backupClient, makeTree, run, takeSnapshot, unpack } from './helpers.ts'

async function library(t: TestContext) {
  const folder = await temporaryFolder(t)
  const media = join(folder, 'media')
  const catalog = join(folder, 'catalog.sqlite')
  await makeTree(media)
  const host = defineHost({
    id: 'library',
    version: '2.3.0',
    data: {
      media: { title: { en: 'Media', fr: 'Médias' }, folder: media },
      catalog: { title: 'Catalog', database: catalog },
    },
  })
  const database = new DatabaseSync(catalog)
  database.exec(
    'PRAGMA journal_mode = WAL; CREATE TABLE accounts (id INTEGER PRIMARY KEY, amount INTEGER, note TEXT)',
  )
  const insert = database.prepare('INSERT INTO accounts (amount, note) VALUES (100, ?)')
  database.exec('BEGIN')
  for (let n = 0; n < 5000; n++) insert.run('x'.repeat(1000))
  database.exec('COMMIT')
  t.after(() => database.close())
  const runtime = await startTestRuntime(t, { host })
  const client = await backupClient(t, runtime)
  return { folder, media, catalog, database, runtime, client }
}

test('a snapshot is what the tar of the system reads, in every name, size and time', async (t) => {
  const { folder, media, client } = await library(t)
  await utimes(join(media, 'one.txt'), 1_700_000_000.25, 1_700_000_000.25)
  await symlink('/etc/passwd', join(media, 'a', 'link'))
  await symlink('/etc', join(media, 'a', 'folder-link'))
  run('mkfifo', join(media, 'a', 'pipe'))
  const list = await (await client.fetch('/list')).json()
  assert.deepEqual(list, [
    { name: 'media', title: 'Media', kind: 'folder', version: '2.3.0' },
    { name: 'catalog', title: 'Catalog', kind: 'database', version: '2.3.0' },
  ])
  const file = join(folder, 'all.tar')
  await takeSnapshot(client, file)
  assert.equal(run('tar', '-tf', file).split('\n')[0], 'plugbay-snapshot.json')
  const out = await unpack(file, join(folder, 'out'))
  const manifest = JSON.parse(await readFile(join(out, 'plugbay-snapshot.json'), 'utf8'))
  assert.deepEqual(
    { ...manifest, at: typeof manifest.at, plugbay: typeof manifest.plugbay },
    { format: 1, host: { id: 'library', version: '2.3.0' }, plugbay: 'string', sources: list, at: 'string' },
  )
  for (const name of ['link', 'folder-link', 'pipe'])
    await assert.rejects(lstat(join(out, 'media', 'a', name)), { code: 'ENOENT' })
  run('rm', ...['link', 'folder-link', 'pipe'].map((name) => join(media, 'a', name)))
  run('diff', '-r', media, join(out, 'media'))
  assert.equal(
    run('stat', '-c', '%.Y', join(out, 'media', 'one.txt'))
      .trim()
      .slice(0, 14),
    '1700000000.250',
  )
  assert.deepEqual(await readdir(join(out, 'catalog')), ['data.sqlite'])
})

test('the parts are measured, without what a snapshot does not hold', async (t) => {
  const { media, catalog, client } = await library(t)
  await symlink('/etc/passwd', join(media, 'a', 'link'))
  await symlink('/usr', join(media, 'folder-link'))
  const counted = run('find', media, '-type', 'f', '-printf', '%s\\n').trim().split('\n').map(Number)
  assert.deepEqual(await (await client.fetch('/sizes')).json(), [
    {
      ...{ name: 'media', title: 'Media', kind: 'folder', version: '2.3.0' },
      ...{ files: counted.length, bytes: counted.reduce((sum, size) => sum + size, 0) },
    },
    {
      ...{ name: 'catalog', title: 'Catalog', kind: 'database', version: '2.3.0' },
      ...{ files: 1, bytes: (await lstat(catalog)).size },
    },
  ])
})

test('a database that is written to without rest is copied as of one moment', async (t) => {
  const { folder, catalog, client } = await library(t)
  // Moves amounts between accounts: their sum never changes, except in a copy of two moments.
  const script = `
    const { DatabaseSync } = require('node:sqlite')
    const database = new DatabaseSync(${JSON.stringify(catalog)}, { timeout: 5000 })
    const move = database.prepare('UPDATE accounts SET amount = amount + ? WHERE id = ?')
    let n = 0
    const write = () => {
      for (let k = 0; k < 20; k++) {
        database.exec('BEGIN'); move.run(-1, 1 + (n % 5000)); move.run(1, 5000 - (n++ % 5000)); database.exec('COMMIT')
      }
      if (n % 200 === 0) process.stdout.write(n + '\\n')
      setImmediate(write)
    }
    write()`
  const writer = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => writer.kill())
  let moves = 0
  writer.stdout.on('data', (text) => {
    moves = Number(String(text).trim().split('\n').at(-1))
  })
  await until('it writes', () => moves > 0)
  for (let round = 0; round < 3; round++) {
    const before = moves
    const file = join(folder, `${round}.tar`)
    await takeSnapshot(client, file, 'catalog')
    const out = await unpack(file, join(folder, `out-${round}`))
    const copy = new DatabaseSync(join(out, 'catalog', 'data.sqlite'))
    assert.deepEqual({ ...copy.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
    assert.deepEqual({ ...copy.prepare('SELECT sum(amount) AS sum FROM accounts').get() }, { sum: 500_000 })
    copy.close()
    await until('it writes on', () => moves > before)
  }
  writer.kill()
  await once(writer, 'exit')
})

test('files that come, go, grow and shrink meanwhile leave a tar that can be read', async (t) => {
  const { folder, media, client } = await library(t)
  const big = join(media, 'a', 'big')
  await writeFile(big, new Uint8Array(30_000_000).fill(7))
  await mkdir(join(media, 'z-coming-and-going'))
  const file = join(folder, 'moving.tar')
  const response = await client.fetch('/snapshot?sources=media')
  const reader = (response.body ?? assert.fail('no body')).getReader()
  const parts: Uint8Array[] = []
  for (let n = 0; ; n++) {
    const { done, value } = await reader.read()
    if (done) break
    parts.push(value)
    if (n === 20) await truncate(big, 100)
    await writeFile(join(media, 'z-coming-and-going', String(n % 7)), 'x'.repeat(n))
    if (n % 3 === 0) await truncate(join(media, 'z-coming-and-going', String(n % 7)), 0)
  }
  await writeFile(file, Buffer.concat(parts))
  const out = await unpack(file, join(folder, 'out'))
  assert.equal((await lstat(join(out, 'media', 'a', 'big'))).size, 30_000_000)
})

test('a snapshot that is not read to its end leaves no process and no file behind', async (t) => {
  const { runtime, client } = await library(t)
  for (let round = 0; round < 4; round++) {
    const response = await client.fetch('/snapshot')
    const reader = (response.body ?? assert.fail('no body')).getReader()
    await reader.read()
    await reader.cancel()
    await until('its folder is gone', async () => (await readdir(runtime.store.paths.staging)).length === 0)
  }
  // As many as may be under way.
  assert.equal((await client.fetch('/snapshot?sources=catalog')).status, 200)
})

test('unknown parts are refused, and what cannot be read says so', async (t) => {
  const { folder, media, client } = await library(t)
  assert.deepEqual(await (await client.fetch('/snapshot?sources=media,films')).json(), {
    code: 'NOT_FOUND',
    message: 'There is no data "films"',
  })
  run('mv', media, join(folder, 'elsewhere'))
  const response = await client.fetch('/snapshot?sources=media')
  await assert.rejects(response.arrayBuffer())
})

test('the standalone server has its store, without keys, and the data of every plugin', async (t) => {
  const runtime = await startTestRuntime(t)
  const client = await backupClient(t, runtime)
  await install(runtime, {
    id: 'notes',
    backend: `export default { async fetch(request, env) { await env.kv.put('k', 'kept'); return new Response('put') } }`,
    manifest: { permissions: { kv: true }, access: 'public', name: 'Notes' },
  })
  await client.fetch('/../../notes/api/')
  const list = (await (await client.fetch('/list')).json()) as {
    name: string
    kind: string
    version: string
  }[]
  assert.deepEqual(
    list.map(({ name, kind }) => [name, kind]),
    [
      ['store', 'store'],
      ['plugin.notes', 'plugin'],
    ],
  )
  const sizes = await (await client.fetch('/sizes')).json()
  assert.deepEqual(
    (sizes as { name: string; bytes: number }[]).map(({ name, bytes }) => [name, bytes > 10_000]),
    [
      ['store', true],
      ['plugin.notes', true],
    ],
  )
  const folder = await temporaryFolder(t)
  const file = join(folder, 'all.tar')
  await takeSnapshot(client, file)
  const out = await unpack(file, join(folder, 'out'))
  const names = run('tar', '-tf', file)
  assert.doesNotMatch(names, /secrets\.key|settings\.toml/)
  const store = new DatabaseSync(join(out, 'store', 'store.sqlite'))
  const { ids } = store.prepare('SELECT group_concat(id) AS ids FROM installations').get() as { ids: string }
  assert.deepEqual(ids.split(',').sort(), ['backup', 'notes'])
  store.close()
  run('diff', '-r', runtime.store.paths.artifacts, join(out, 'store', 'artifacts'))
  const snapshot = await readFile(join(out, 'plugin.notes', 'data.plugbay'))
  assert.match(snapshot.subarray(0, 20).toString(), /^plugbay-data 1 /)
  // The format that exists, so that it can be imported alone.
  const imported = await api(runtime, '/plugins/notes/data', {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.plugbay.data' },
    body: snapshot,
  })
  assert.equal(imported.status, 200, await imported.text())
  await send(runtime, 'DELETE', '/plugins/notes?data=delete')
})
