// A disk that is full or read-only: writers get clear errors, readers are served, nothing is damaged, and everything works
// again when there is space.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import {
  backendOf,
  type Client,
  install,
  pluginZip,
  send,
  startTestRuntime,
  temporaryFolder,
  until,
  upload,
  WAYS,
} from '../support/runtime.ts'
import { mountSmallDisk, ONLY_ROOT } from '../support/small-disk.ts'
import { examineDatabases } from './examine.ts'

/** Says which code a write failed with. */
const WRITES = backendOf(`
  try {
    if (url.pathname === '/put') await env.kv.put(url.searchParams.get('k'), 'x'.repeat(200_000))
    else if (url.pathname === '/sql') await env.db.prepare('INSERT INTO notes VALUES (?)').bind('x'.repeat(200_000)).run()
    else return new Response(String(await env.kv.get('kept')))
    return new Response('done')
  } catch (error) { return new Response(String(error.code ?? error)) }`)

const WRITER = {
  id: 'writer',
  backend: WRITES,
  files: {
    'backend/migrations/0001.sql': 'CREATE TABLE notes (text TEXT)',
    'frontend/index.html': '<p>Page</p>',
  },
  manifest: {
    access: 'public',
    permissions: { kv: true, database: true },
    settings: { type: 'object', properties: { text: { type: 'string' } } },
  },
} as const

interface Place {
  readonly runtime: Runtime
  readonly client: Client
}

async function start(t: TestContext, data: string): Promise<Place> {
  const runtime = await startTestRuntime(t, { config: { data } })
  const [way] = WAYS
  assert.ok(way)
  return { runtime, client: await way.open(t, runtime) }
}

const textOf = async ({ client }: Place, path: string) =>
  await (await client.fetch(`/plugins/writer/api${path}`)).text()

async function problemOf(response: Response): Promise<readonly unknown[]> {
  const { code } = (await response.json()) as { code: string }
  return [response.status, code]
}

const nextVersion = (n: number) =>
  pluginZip({
    ...WRITER,
    version: `2.${n}.0`,
    files: { ...WRITER.files, 'frontend/big.bin': randomBytes(3_000_000) },
  })

test(
  'on a full disk writes fail by name, reads go on, and all is well when there is space again',
  ONLY_ROOT,
  async (t) => {
    const disk = await mountSmallDisk(t, 48)
    const place = await start(t, disk.folder)
    const { runtime } = place
    await install(runtime, WRITER)
    assert.equal(await textOf(place, '/put?k=kept'), 'done')
    const kept = await textOf(place, '/')

    // The less is free, the earlier each of its steps ends.
    for (const [n, leave] of [4_500_000, 2_500_000, 200_000, 0].entries()) {
      await disk.fill(leave)
      assert.deepEqual(
        await problemOf(await upload(runtime, nextVersion(n))),
        [507, 'STORE_FULL'],
        `${leave} bytes`,
      )
      assert.deepEqual(await readdir(join(disk.folder, 'staging')), [], 'what did not fit takes no space')
    }
    for (const path of ['/put?k=more', '/sql']) assert.equal(await textOf(place, path), 'STORE_FULL', path)
    const settings = await until('the store is full too', async () => {
      const text = 'x'.repeat(10_000)
      const response = await send(runtime, 'PATCH', '/plugins/writer/settings', {
        text: `${text}${Math.random()}`,
      })
      return response.ok ? undefined : response
    })
    assert.deepEqual(await problemOf(settings), [507, 'STORE_FULL'])
    assert.equal(await textOf(place, '/'), kept)
    assert.equal((await place.client.fetch('/plugins/writer/')).status, 200)
    assert.equal((await runtime.plugins.get('writer')).version, '1.0.0')

    await disk.empty()
    for (const path of ['/put?k=more', '/sql']) assert.equal(await textOf(place, path), 'done', path)
    assert.equal((await send(runtime, 'PATCH', '/plugins/writer/settings', { text: 'short' })).status, 200)
    assert.equal((await upload(runtime, nextVersion(9))).status, 200)
    assert.equal((await runtime.plugins.get('writer')).version, '2.9.0')
    assert.equal(await textOf(place, '/'), kept)
    await runtime.close()
    assert.deepEqual(await examineDatabases(disk.folder), [])
  },
)

test(
  'a server does not start on a full disk, and says why; with space again it does',
  ONLY_ROOT,
  async (t) => {
    const disk = await mountSmallDisk(t, 32)
    await disk.fill()
    await assert.rejects(startTestRuntime(t, { config: { data: disk.folder } }), { code: 'STORE_FULL' })
    await disk.empty()
    const place = await start(t, disk.folder)
    await install(place.runtime, WRITER)
    assert.equal(await textOf(place, '/put?k=kept'), 'done')
  },
)

test(
  'a data folder that can only be read is named as such, before and while a server runs',
  ONLY_ROOT,
  async (t) => {
    const disk = await mountSmallDisk(t, 48)
    disk.remount('ro')
    await assert.rejects(startTestRuntime(t, { config: { data: disk.folder } }), { code: 'STORE_READ_ONLY' })
    await assert.rejects(startTestRuntime(t, { config: { data: join(disk.folder, 'new') } }), {
      code: 'STORE_READ_ONLY',
    })
    disk.remount('rw')
    const place = await start(t, disk.folder)
    const { runtime } = place
    await install(runtime, WRITER)
    assert.equal(await textOf(place, '/put?k=kept'), 'done')
    const kept = await textOf(place, '/')

    // As after an error of a real disk: open files stay open, new ones cannot be opened.
    const upper = readOnlyView(t, disk.folder)
    assert.deepEqual(await problemOf(await upload(runtime, nextVersion(1))), [507, 'STORE_READ_ONLY'])
    assert.equal(await textOf(place, '/'), kept)
    upper.end()
    assert.equal((await upload(runtime, nextVersion(2))).status, 200)
  },
)

/** Puts a read-only view of a folder over it. */
function readOnlyView(t: TestContext, folder: string): { end(): void } {
  execFileSync('mount', ['--bind', folder, folder])
  execFileSync('mount', ['-o', 'remount,ro,bind', folder])
  let isOver = false
  const end = () => {
    if (!isOver) execFileSync('umount', ['--lazy', folder])
    isOver = true
  }
  t.after(end)
  return { end }
}

test('a folder of another user is named as such', ONLY_ROOT, async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'file')
  await writeFile(file, '')
  await assert.rejects(startTestRuntime(t, { config: { data: join(file, 'data') } }), {
    code: 'FILE_UNUSABLE',
  })
})
