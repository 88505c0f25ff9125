// What a runtime that was killed may have left in its data folder is gone when the next one serves.

import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { backendOf, install, startTestRuntime, temporaryFolder } from '../support/runtime.ts'

test('leftovers of uploads, unreferenced artifacts and precompressed files are removed at the next start', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { config: { data } })
  const { releases } = await install(first, {
    id: 'page',
    backend: backendOf('return new Response(1)'),
    files: { 'frontend/index.html': '<p>Hello</p>' },
  })
  await first.close()
  const [release] = releases
  assert.ok(release)
  const artifact = join(data, 'artifacts', release.sha256)
  const before = (await readdir(artifact)).toSorted()
  const orphan = join(data, 'artifacts', 'f'.repeat(64))
  for (const folder of [orphan, join(data, 'staging', 'artifact-abc')]) await mkdir(folder)
  for (const file of [
    join(artifact, 'derived-0123456789abcdef.bin'),
    join(artifact, 'derived-0123456789abcdef.json'),
    join(orphan, 'content.bin'),
    join(data, 'staging', 'artifact-abc', 'content.bin'),
    join(data, 'staging', 'upload-abc.zip'),
  ])
    await writeFile(file, 'left behind')

  const second = await startTestRuntime(t, { config: { data } })
  assert.deepEqual((await readdir(artifact)).toSorted(), before)
  assert.deepEqual(await readdir(join(data, 'artifacts')), [release.sha256])
  assert.deepEqual(await readdir(join(data, 'staging')), [])
  assert.equal((await second.plugins.get('page')).problem, null)
})
