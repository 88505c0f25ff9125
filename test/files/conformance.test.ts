// The cases that web-platform-tests has for the File System standard (its folder "fs"), by their titles, in a plugin on a volume. Left
// out is what is of browsers: synchronous access handles, observers, postMessage(), IndexedDB, storage buckets, unique ids.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createApp } from '../../runtime/app.ts'
import { install, startTestRuntime, temporaryFolder } from '../support/runtime.ts'

const FOLDER = fileURLToPath(new URL('./conformance/backend', import.meta.url))

test('what web-platform-tests expects of files and folders', async (t) => {
  const volumes = { roots: [await temporaryFolder(t)] }
  const limits = { deadlineMs: 60_000, cpuMs: 30_000, cpuPercent: 400 }
  const runtime = await startTestRuntime(t, { config: { volumes, limits } })
  const sources = globSync(`${FOLDER}/**/*.ts`).map((file) => [
    `backend/${relative(FOLDER, file)}`,
    readFileSync(file, 'utf8'),
  ])
  await install(runtime, {
    id: 'cases',
    files: Object.fromEntries(sources),
    manifest: { permissions: { volumes: 'readwrite' } },
  })
  const app = createApp(runtime)
  const ask = async (init: RequestInit = {}): Promise<unknown> =>
    (await app.request('http://127.0.0.1:3000/plugins/cases/api/', init)).json()

  const groups = (await ask()) as readonly (readonly string[])[]
  assert.ok(groups.flat().length > 100)
  for (const [group, titles] of groups.entries())
    for (const title of titles)
      await t.test(title, async () => {
        const body = JSON.stringify([group, title])
        assert.equal(await ask({ method: 'POST', body }), 'passed')
      })
})
