// data.restore: what is replaced, what is refused, and what a crash leaves.

import assert from 'node:assert/strict'
import { openAsBlob, readFileSync } from 'node:fs'
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { defineHost } from '../../../runtime/index.ts'
import { api, type Client, install, send, startTestRuntime, temporaryFolder } from '../../support/runtime.ts'
import { backupClient, makeTree, run, takeSnapshot, unpack } from './helpers.ts'

function declared(folder: string, version = '2.3.0') {
  return defineHost({
    id: 'library',
    version,
    data: {
      media: { title: 'Media', folder: join(folder, 'media') },
      catalog: { title: 'Catalog', database: join(folder, 'catalog.sqlite') },
    },
  })
}

async function library(t: TestContext, version?: string) {
  const folder = await temporaryFolder(t)
  const media = join(folder, 'media')
  await makeTree(media)
  const database = new DatabaseSync(join(folder, 'catalog.sqlite'))
  database.exec(
    "PRAGMA journal_mode = WAL; CREATE TABLE books (title TEXT); INSERT INTO books VALUES ('Alice')",
  )
  t.after(() => database.close())
  const runtime = await startTestRuntime(t, { host: declared(folder, version) })
  const client = await backupClient(t, runtime)
  const titles = () =>
    database
      .prepare('SELECT title FROM books')
      .all()
      .map(({ title }) => title)
  return { folder, media, database, titles, runtime, client }
}

async function restore(client: Client, tar: string | Uint8Array, sources?: string) {
  const response = await client.fetch(`/restore${sources === undefined ? '' : `?sources=${sources}`}`, {
    method: 'POST',
    body: typeof tar === 'string' ? await openAsBlob(tar) : Buffer.from(tar),
    duplex: 'half',
  })
  return (await response.json()) as {
    restored?: string[]
    atNextStart?: string[]
    code?: string
    message?: string
  }
}

test('a restore gives back every file and row, to those who have the database open as well', async (t) => {
  const { folder, media, database, titles, client, runtime } = await library(t)
  const file = join(folder, 'all.tar')
  await takeSnapshot(client, file)
  run('cp', '-a', media, join(folder, 'before'))
  await rm(join(media, 'a'), { recursive: true })
  await writeFile(join(media, 'one.txt'), 'changed')
  await writeFile(join(media, 'new'), 'new')
  database.exec("DELETE FROM books; INSERT INTO books VALUES ('Bob')")

  assert.deepEqual(await restore(client, file, 'catalog'), { restored: ['catalog'], atNextStart: [] })
  assert.deepEqual(titles(), ['Alice'])
  assert.equal(await readFile(join(media, 'one.txt'), 'utf8'), 'changed')

  assert.deepEqual(await restore(client, file), { restored: ['media', 'catalog'], atNextStart: [] })
  run('diff', '-r', join(folder, 'before'), media)
  const times = (at: string) =>
    run('find', at, '-type', 'f', '-printf', '%T@ %m %P\n')
      .split('\n')
      // JavaScript's numbers have no room for nanoseconds.
      .map((line) => line.replace(/^\S+/, (time) => Number(time).toFixed(5)))
      .sort()
  assert.deepEqual(times(media), times(join(folder, 'before')))
  assert.deepEqual(leftovers(await readdir(folder)), [])
  assert.deepEqual(await readdir(runtime.store.paths.staging), [])
  const { items } = (await (await api(runtime, '/audit')).json()) as {
    items: { action: string; actor: string }[]
  }
  const actions = items.filter(({ actor }) => actor === 'plugin backup').map(({ action }) => action)
  assert.deepEqual(actions.sort(), ['data.restore', 'data.restore', 'data.snapshot'])
})

test('a tar that another program has made of the same is restored, too', async (t) => {
  const { folder, media, client } = await library(t)
  const file = join(folder, 'all.tar')
  await takeSnapshot(client, file)
  const out = await unpack(file, join(folder, 'out'))
  await writeFile(join(out, 'media', 'one.txt'), 'by hand')
  const entries = ['plugbay-snapshot.json', 'media', 'catalog']
  run('tar', '--format=posix', '-cf', file, '-C', out, ...entries)
  assert.deepEqual((await restore(client, file)).restored, ['media', 'catalog'])
  assert.equal(await readFile(join(media, 'one.txt'), 'utf8'), 'by hand')
})

test('a snapshot of a newer major version, or of another application, is refused', async (t) => {
  const { folder, client } = await library(t, '2.9.0')
  const newer = await library(t, '3.0.0')
  const file = join(folder, 'all.tar')
  await takeSnapshot(newer.client, file)
  const { code, message } = await restore(client, file)
  assert.equal(code, 'STATE_CONFLICT')
  assert.match(message ?? '', /"media" is of version "3\.0\.0", which is newer than "2\.9\.0"/)
  await takeSnapshot(client, file)
  assert.deepEqual((await restore(newer.client, file)).restored, ['media', 'catalog'])
  const server = await startTestRuntime(t)
  const other = await backupClient(t, server)
  assert.match(
    (await restore(other, file)).message ?? '',
    /of the application "library", not of "plugbay-server"/,
  )
})

/** A header and content, with what is odd about it. */
function entry(
  path: string,
  content: string,
  odd: { readonly type?: string; readonly link?: string; readonly size?: string } = {},
) {
  const header = Buffer.alloc(512)
  header.write(path, 0)
  header.write('0000644\0' + '0000000\0' + '0000000\0', 100)
  header.write(`${odd.size ?? content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write(odd.type ?? '0', 156)
  header.write(odd.link ?? '', 157)
  header.write('ustar\0' + '00', 257)
  header.write('        ', 148)
  const sum = header.reduce((all, byte) => all + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, Buffer.from(content), Buffer.alloc((512 - (content.length % 512)) % 512)])
}

const MANIFEST = entry(
  'plugbay-snapshot.json',
  JSON.stringify({
    ...{
      format: 1,
      host: { id: 'library', version: '2.3.0' },
      plugbay: '1.0.0',
      at: '2026-01-01T00:00:00.000Z',
    },
    sources: [{ name: 'media', title: 'Media', kind: 'folder', version: '2.3.0' }],
  }),
)
const END = Buffer.alloc(1024)
const MEDIA = entry('media/', '', { type: '5' })
const tar = (...entries: readonly Uint8Array[]) => Buffer.concat([MANIFEST, MEDIA, ...entries, END])

const HOSTILE: readonly (readonly [string, Uint8Array])[] = [
  ['a path upwards', tar(entry('media/../../evil', 'x'))],
  ['a path of dots only', tar(entry('media/./x', 'x'))],
  ['an absolute path', tar(entry('/media/x', 'x'))],
  ['an empty part', tar(entry('media//x', 'x'))],
  ['a part outside the manifest', tar(entry('other/x', 'x'))],
  ['a symbolic link', tar(entry('media/link', '', { type: '2', link: '/etc' }), entry('media/link/x', 'x'))],
  ['a hard link', tar(entry('media/link', '', { type: '1', link: '/etc/passwd' }))],
  ['a device', tar(entry('media/null', '', { type: '3' }))],
  ['a pipe', tar(entry('media/pipe', '', { type: '6' }))],
  ['the same file twice', tar(entry('media/x', 'one'), entry('media/x', 'two'))],
  ['a file that is a folder, too', tar(entry('media/x', 'one'), entry('media/x/y', 'two'))],
  ['a folder with content', tar(entry('media/x/', 'content', { type: '5' }))],
  ['a size beyond its end', Buffer.concat([MANIFEST, MEDIA, entry('media/x', 'x', { size: '77777777777' })])],
  ['a size that is no number', tar(entry('media/x', 'x', { size: '0000000000z' }))],
  [
    'an extended path upwards',
    tar(entry('pax', '24 path=media/../../evil\n', { type: 'x' }), entry('media/x', 'x')),
  ],
  [
    'an extended header that lies about its length',
    tar(entry('pax', '99 path=media/y\n', { type: 'x' }), entry('media/x', 'x')),
  ],
  ['a sparse file', tar(entry('pax', '22 GNU.sparse.major=1\n', { type: 'x' }), entry('media/x', 'x'))],
  [
    'a long name of another format',
    tar(entry('././@LongLink', 'media/long', { type: 'L' }), entry('media/x', 'x')),
  ],
  ['a global header', tar(entry('pax', '16 path=media/y\n', { type: 'g' }), entry('media/x', 'x'))],
  [
    'a name that is too long',
    tar(entry('pax', `271 path=media/${'x'.repeat(255)}é\n`, { type: 'x' }), entry('media/x', 'x')),
  ],
  ['no end', Buffer.concat([MANIFEST, MEDIA, entry('media/x', 'x')])],
  ['something behind its end', Buffer.concat([tar(entry('media/x', 'x')), Buffer.from('more')])],
  ['no manifest', Buffer.concat([MEDIA, entry('media/x', 'x'), END])],
  ['a manifest of other data', Buffer.concat([entry('plugbay-snapshot.json', '{"format":1}'), END])],
  ['nothing of what its manifest names', Buffer.concat([MANIFEST, END])],
  ['a damaged header', tar(entry('media/x', 'x').fill(0x41, 10, 20))],
  ['nothing at all', new Uint8Array(0)],
]

test('hostile and damaged tars change nothing, inside or outside', async (t) => {
  const { folder, media, client } = await library(t)
  run('cp', '-a', media, join(folder, 'before'))
  for (const [name, bytes] of HOSTILE) {
    const { code, message } = await restore(client, bytes)
    assert.equal(code, 'SNAPSHOT_INVALID', `${name}: ${code} ${message}`)
    assert.deepEqual(leftovers(await readdir(folder)), [], name)
  }
  run('diff', '-r', join(folder, 'before'), media)
  assert.equal((await restore(client, tar(entry('media/x', 'x')))).code, undefined)
  assert.deepEqual(await readdir(media), ['x'])
})

test('a database that is none is refused, and parts that are not there', async (t) => {
  const { folder, client, titles } = await library(t)
  const file = join(folder, 'all.tar')
  await takeSnapshot(client, file)
  const out = await unpack(file, join(folder, 'out'))
  await writeFile(join(out, 'catalog', 'data.sqlite'), 'no database')
  run('tar', '--format=posix', '-cf', file, '-C', out, 'plugbay-snapshot.json', 'media', 'catalog')
  const { code, message } = await restore(client, file)
  assert.equal(code, 'SNAPSHOT_INVALID')
  assert.match(message ?? '', /the database of "catalog" is not sound/)
  assert.deepEqual(titles(), ['Alice'])
  assert.equal((await restore(client, file, 'films')).code, 'NOT_FOUND')
})

test('the server itself comes back at the next start: plugins, grants, and their data', async (t) => {
  const folder = await temporaryFolder(t)
  const data = join(folder, 'data')
  const file = join(folder, 'all.tar')
  const notes = {
    id: 'notes',
    backend: `export default { async fetch(request, env) {
      if (request.method === 'POST') await env.kv.put('note', await request.text())
      return new Response(await env.kv.get('note'))
    } }`,
    manifest: { permissions: { kv: true }, access: 'public' },
  }
  const noteIn = async (client: Client, init?: RequestInit) => {
    const response = await fetch(`${client.origin}/plugins/notes/api/`, init)
    return [response.status, await response.text()]
  }
  {
    const runtime = await startTestRuntime(t, { config: { data } })
    const client = await backupClient(t, runtime)
    await install(runtime, notes)
    assert.deepEqual(await noteIn(client, { method: 'POST', body: 'as it was' }), [200, 'as it was'])
    await takeSnapshot(client, file)
    await send(runtime, 'DELETE', '/plugins/notes?data=delete')
    assert.deepEqual(await restore(client, file), { restored: [], atNextStart: ['store', 'plugin.notes'] })
    assert.equal((await noteIn(client))[0], 404)
    await runtime.close()
  }
  const runtime = await startTestRuntime(t, { config: { data } })
  const client = await backupClient(t, runtime)
  assert.deepEqual(await noteIn(client), [200, 'as it was'])
  assert.deepEqual((await readdir(data)).includes('store.before-restore.db'), true)
  assert.deepEqual(await readdir(join(data, 'restore', 'plugins')), [])
  // Installed in the same version: its data is replaced at once.
  await noteIn(client, { method: 'POST', body: 'changed' })
  assert.deepEqual(await restore(client, file, 'plugin.notes'), {
    restored: ['plugin.notes'],
    atNextStart: [],
  })
  assert.deepEqual(await noteIn(client), [200, 'as it was'])
})

test('a folder that was being exchanged at a crash is whole after the next start', async (t) => {
  const { folder, media, runtime } = await library(t)
  await runtime.close()
  const moved = join(folder, '.media.plugbay-old')
  const coming = join(folder, '.media.plugbay-new')
  await makeTree(coming)
  await rename(media, moved)
  await (await startTestRuntime(t, { host: declared(folder) })).close()
  assert.equal(readFileSync(join(media, 'one.txt'), 'utf8'), 'one')
  assert.deepEqual(leftovers(await readdir(folder)), [])
  // The new one had its place already, and the old one was not removed yet.
  await makeTree(moved)
  await writeFile(join(media, 'one.txt'), 'new')
  await startTestRuntime(t, { host: declared(folder) })
  assert.equal(readFileSync(join(media, 'one.txt'), 'utf8'), 'new')
  assert.deepEqual(leftovers(await readdir(folder)), [])
})

function leftovers(names: readonly string[]): readonly string[] {
  return names.filter((name) => name.includes('plugbay-') || name === 'evil')
}
