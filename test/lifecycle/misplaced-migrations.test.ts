// An update with SQL files that are not run: what serves goes on, and an administrator decides.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import { api, install, type PluginSource, send, startTestRuntime } from '../support/runtime.ts'

const TABLE = 'CREATE TABLE page (text TEXT);'

function release(version: string, files: Readonly<Record<string, string>>): PluginSource {
  return {
    id: 'book',
    version,
    backend: `export default { fetch: () => new Response('${version}') }`,
    manifest: {
      permissions: { database: true },
      settings: { type: 'object', properties: { note: { type: 'string' } } },
    },
    files: { 'backend/migrations/0001.sql': TABLE, ...files },
  }
}

async function served(runtime: Runtime): Promise<string> {
  return await (await createApp(runtime).request('http://127.0.0.1:3000/plugins/book/api/')).text()
}

const get = async (runtime: Runtime) => (await (await api(runtime, '/plugins/book')).json()) as Installation

test('the old release serves until an administrator lets the new one run', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, release('1.0.0', {}))
  const installation = await install(runtime, release('1.1.0', { 'drizzle/0002.sql': TABLE }))
  const { candidate } = installation
  assert.deepEqual([installation.version, candidate?.version], ['1.0.0', '1.1.0'])
  assert.equal(candidate?.problem?.code, 'MIGRATION_MISPLACED')
  assert.match(candidate?.problem?.message ?? '', /^Version "1\.1\.0" waits: "drizzle\/0002\.sql" is not run/)
  assert.match(
    candidate?.problem?.hint ?? '',
    /approve it; version "1\.0\.0" serves until then\. To run it, name it/,
  )
  assert.equal(await served(runtime), '1.0.0')

  const settings = await send(runtime, 'PATCH', '/plugins/book/settings', { note: 'x' })
  assert.equal(settings.status, 200)
  assert.equal((await get(runtime)).version, '1.0.0', 'settings decide nothing about it')

  const approved = await send(runtime, 'PUT', '/plugins/book/grants', installation.grants)
  assert.equal(approved.status, 200)
  assert.deepEqual([(await get(runtime)).version, (await get(runtime)).candidate], ['1.1.0', null])
  assert.equal(await served(runtime), '1.1.0')
})

test('a first release, one that an administrator grants everything at once, and a corrected one do not wait', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, release('1.0.0', { 'drizzle/0002.sql': TABLE }))
  assert.equal(await served(runtime), '1.0.0')
  await install(runtime, release('1.1.0', { 'drizzle/0002.sql': TABLE }), { grant: 'all' })
  assert.equal(await served(runtime), '1.1.0')
  await install(runtime, release('1.2.0', { 'drizzle/0002.sql': TABLE }))
  assert.equal(await served(runtime), '1.1.0')
  await install(runtime, release('1.3.0', {}))
  assert.deepEqual([(await get(runtime)).candidate, await served(runtime)], [null, '1.3.0'])
})
