// What docs/deploy.md says beside proxies: systemd understands the unit, and an older version refuses a newer data folder in these words.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import SqliteDatabase from 'better-sqlite3'
import { MIGRATIONS } from '../../../plugin-store/database/migrations.ts'
import { openStore } from '../../../plugin-store/open-store.ts'
import { startServer } from '../../../runtime/server.ts'
import { runCli } from '../../cli/harness.ts'
import { temporaryFolder } from '../../support/runtime.ts'
import { adapt, example, examplesIn } from './document.ts'

const isMissing = spawnSync('systemd-analyze', ['--version']).status !== 0
const skip = isMissing && process.env.CI !== 'true' ? 'not installed: systemd' : false

test('S9: systemd understands every line of the unit', { skip }, async (t) => {
  const unit = join(await temporaryFolder(t), 'plugbay.service')
  const text = example('/etc/systemd/system/plugbay.service')
  await writeFile(unit, adapt(text, { '/opt/plugbay/node_modules/.bin/plugbay': process.execPath }))
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' })
  // Of an option that it does not know it speaks, and goes on; it also speaks of other units of the machine.
  assert.deepEqual([status, stderr.split('\n').filter((line) => line.includes(unit))], [0, []])
})

test('S9: an older version says what to do about a newer data folder, and changes nothing', async (t) => {
  const data = await temporaryFolder(t)
  await (await openStore(data)).close()
  const database = new SqliteDatabase(join(data, 'store.db'))
  t.after(() => database.close())
  const versions = () => database.prepare('SELECT max(version) AS newest FROM schema_version').get()
  database.exec("INSERT INTO schema_version VALUES (999, 'of the future', '2099-01-01T00:00:00.000Z')")
  const args = ['serve', '--no-samples', '--port', '0', '--data', data]
  const { err, code } = await runCli(args, { parts: { serve: startServer } })
  assert.equal(code, 1)
  const inWords = (text: string) => text.replaceAll(/\d+/g, 'N').replaceAll(/\s+/g, ' ').trim()
  const documented = examplesIn('').map(inWords)
  assert.ok(documented.includes(inWords(err)), err)
  assert.match(err, new RegExp(`999.*knows ${MIGRATIONS.length}`))
  assert.deepEqual(versions(), { newest: 999 })
})
