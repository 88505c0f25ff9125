// The process that restores is killed at any moment: every part is the old one as a whole, or the new one.

import assert from 'node:assert/strict'
import { openAsBlob } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { defineHost } from '../../../runtime/index.ts'
import { descendantsOf } from '../../support/jail.ts'
import { startTestRuntime, temporaryFolder } from '../../support/runtime.ts'
import { backupClient, takeSnapshot } from './helpers.ts'

const FILES = 300
const ROUNDS = 25

test('a killed restore leaves every part whole, and the next one works', async (t) => {
  const folder = await temporaryFolder(t)
  const media = join(folder, 'media')
  await mkdir(media)
  const writeAll = async (content: string) => {
    for (let n = 0; n < FILES; n++) await writeFile(join(media, String(n)), content.repeat(1000))
    const database = new DatabaseSync(join(folder, 'catalog.sqlite'))
    database.exec('CREATE TABLE IF NOT EXISTS rows (content TEXT); BEGIN; DELETE FROM rows')
    const insert = database.prepare('INSERT INTO rows VALUES (?)')
    for (let n = 0; n < FILES; n++) insert.run(content.repeat(5000))
    database.exec('COMMIT')
    database.close()
  }
  const host = defineHost({
    id: 'library',
    version: '1.0.0',
    data: {
      media: { title: 'Media', folder: media },
      catalog: { title: 'Catalog', database: join(folder, 'catalog.sqlite') },
    },
  })
  await writeAll('old')
  const runtime = await startTestRuntime(t, { host })
  const client = await backupClient(t, runtime)
  const file = join(folder, 'old.tar')
  await takeSnapshot(client, file)
  const restore = async () =>
    await (
      await client.fetch('/restore', { method: 'POST', body: await openAsBlob(file), duplex: 'half' })
    ).json()
  const began = performance.now()
  assert.deepEqual(await restore(), { restored: ['media', 'catalog'], atNextStart: [] })
  const whole = performance.now() - began
  const before = new Set(descendantsOf(process.pid))
  const seen = { old: 0, new: 0, failed: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    await writeAll('new')
    const restoring = restore()
    // Some rounds end in the middle of unpacking, others of the exchange, the last ones after it.
    await new Promise((resolve) => setTimeout(resolve, (1.5 * whole * round) / ROUNDS))
    for (const pid of descendantsOf(process.pid)) if (!before.has(pid)) kill(pid)
    const { code } = (await restoring) as { code?: string }
    if (code !== undefined) seen.failed++
    const names = await readdir(media)
    assert.equal(names.length, FILES)
    const contents = new Set(await Promise.all(names.map((name) => readFile(join(media, name), 'utf8'))))
    assert.equal(contents.size, 1, 'files of one moment')
    const [content = ''] = contents
    seen[content.startsWith('old') ? 'old' : 'new']++
    const database = new DatabaseSync(join(folder, 'catalog.sqlite'))
    assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
    const { kinds, count } = database
      .prepare('SELECT count(DISTINCT content) AS kinds, count(*) AS count FROM rows')
      .get() as { kinds: number; count: number }
    assert.deepEqual([kinds, count], [1, FILES], 'rows of one moment')
    database.close()
    const left = (await readdir(folder)).filter((name) => name.includes('plugbay-'))
    assert.deepEqual(left, [])
  }
  assert.ok(seen.failed > 0 && seen.old > 0, JSON.stringify(seen))
  assert.deepEqual(await restore(), { restored: ['media', 'catalog'], atNextStart: [] })
  t.diagnostic(`outcomes: ${JSON.stringify(seen)}`)
})

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
