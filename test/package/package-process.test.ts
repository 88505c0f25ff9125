// The package process in the jail of this machine: it sees what it was given, also when that is replaced.

import assert from 'node:assert/strict'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { DEFAULT_PACKAGE_LIMITS } from '../../runtime/config/config.ts'
import { createLog } from '../../runtime/log.ts'
import { openPackageProcess } from '../../runtime/package/package-process.ts'
import { JAIL } from '../support/jail.ts'
import { temporaryFolder } from '../support/runtime.ts'

test('a folder that is removed and made again is read as it is now', async (t) => {
  const place = await temporaryFolder(t)
  const [staging, source, next] = ['staging', 'plugin', 'next'].map((name) => join(place, name))
  assert.ok(staging && source && next)
  await mkdir(staging)
  await writePlugin(source, '1.0.0')
  const packages = openPackageProcess({
    staging,
    limits: DEFAULT_PACKAGE_LIMITS,
    jail: JAIL,
    log: createLog('silent'),
    folders: [source],
  })
  t.after(() => packages.close())
  const version = async () => {
    const report = await packages.check({ kind: 'folder', path: source })
    assert.deepEqual(report.problems, [])
    return (report.manifest as { version?: string } | null)?.version
  }
  assert.equal(await version(), '1.0.0')
  await writePlugin(next, '1.1.0')
  await rm(source, { recursive: true })
  await rename(next, source)
  assert.equal(await version(), '1.1.0')
})

async function writePlugin(folder: string, version: string): Promise<void> {
  await mkdir(join(folder, 'backend'), { recursive: true })
  const manifest = { manifestVersion: 1, id: 'replaced', name: 'Replaced', version }
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest))
  await writeFile(join(folder, 'backend', 'index.js'), 'export default {}')
}
