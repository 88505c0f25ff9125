// What Kolibri's users know of versions and updates: each test begins with the name of its row in the table of Kolibri's capabilities.
// docs/upgrades.md describes what is promised here, and test/lifecycle/commands/upgrades.test.ts tests each detail.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import type { ProblemDocument } from '../../../sdk/api/problems.ts'
import {
  api,
  install,
  type PluginSource,
  pluginZip,
  send,
  startTestRuntime,
  upload,
} from '../../support/runtime.ts'

const step = (from: string, body = '') =>
  `{ from: '${from}', run: async (env) => { ${body}; await env.kv.put('ran', (await env.kv.get('ran') ?? '') + '${from} ') } }`

function journal(
  version: string,
  upgrade: readonly string[] = [],
  migrations = ['CREATE TABLE entry (text TEXT)'],
): PluginSource {
  return {
    id: 'journal',
    version,
    backend: `export default {
      async fetch(request, env) {
        if (request.method === 'POST') await env.db.prepare('INSERT INTO entry (text) VALUES (?)').bind(await request.text()).run()
        const { results } = await env.db.prepare('SELECT text FROM entry').all()
        return Response.json({ version: '${version}', ran: await env.kv.get('ran'), entries: results.map(({ text }) => text) })
      },
      lifecycle: { upgrade: [${upgrade.join()}] },
    }`,
    files: Object.fromEntries(migrations.map((sql, n) => [`backend/migrations/000${n + 1}.sql`, sql])),
    manifest: { permissions: { kv: true, database: true } },
  }
}

async function ask(runtime: Runtime, body?: string): Promise<unknown> {
  const init = body === undefined ? {} : { method: 'POST', body }
  const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/journal/api/', init)
  return response.ok ? await response.json() : response.status
}

const refusal = async (runtime: Runtime, source: PluginSource) =>
  ((await (await upload(runtime, pluginZip(source))).json()) as ProblemDocument).code

test('Version & updates: migrations, then the routines whose range holds the old version, in order; a first installation runs none', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, journal('1.4.0', [step('<9.0.0')]))
  assert.deepEqual(await ask(runtime, 'tea'), { version: '1.4.0', ran: null, entries: ['tea'] })
  const grown = ['CREATE TABLE entry (text TEXT)', "ALTER TABLE entry ADD COLUMN day TEXT DEFAULT 'today'"]
  const day =
    "if ((await env.db.prepare('SELECT day FROM entry').first()).day !== 'today') throw new Error('no migration')"
  await install(
    runtime,
    journal('2.0.0', [step('<1.0.0'), step('<1.5.0', day), step('1.x'), step('>=2.0.0')], grown),
  )
  assert.deepEqual(await ask(runtime), { version: '2.0.0', ran: '<1.5.0 1.x ', entries: ['tea'] })
  await install(runtime, journal('2.0.1', [step('<1.5.0'), step('~2.0.0')], grown))
  assert.deepEqual(await ask(runtime), { version: '2.0.1', ran: '<1.5.0 1.x ~2.0.0 ', entries: ['tea'] })
})

test('Version & updates: one that fails leaves the old release serving, its data as before, and the server up', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, journal('1.0.0'))
  await install(runtime, { ...journal('1.0.0'), id: 'neighbour' })
  await ask(runtime, 'tea')
  const breaking = "await env.db.exec('DELETE FROM entry'); throw new Error('not today')"
  assert.equal(
    await refusal(runtime, journal('2.0.0', [step('<2.0.0'), step('<2.0.0', breaking)])),
    'UPGRADE_FAILED',
  )
  assert.deepEqual(await ask(runtime), { version: '1.0.0', ran: null, entries: ['tea'] })
  assert.equal(await refusal(runtime, journal('2.0.0', [], ['CREATE TABEL entry'])), 'MIGRATION_FAILED')
  assert.deepEqual(await ask(runtime, 'milk'), { version: '1.0.0', ran: null, entries: ['tea', 'milk'] })
  const { state } = (await (await api(runtime, '/plugins/neighbour')).json()) as Installation
  assert.equal(state, 'running')
})

test('Version & updates: a downgrade is refused unless it is asked for, and runs no routine', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, journal('2.0.0'))
  assert.equal(await refusal(runtime, journal('1.0.0', [step('*')])), 'DOWNGRADE')
  const lowered = await install(runtime, journal('1.0.0', [step('*')]), { downgrade: 'true' })
  assert.equal(lowered.version, '1.0.0')
  assert.deepEqual(await ask(runtime), { version: '1.0.0', ran: null, entries: [] })
})

test('Version & updates: a plugin under a new id takes data, settings and choices of the old one, once an administrator says so', async (t) => {
  const runtime = await startTestRuntime(t)
  const settings = { type: 'object', properties: { mark: { type: 'string', default: '*' } } }
  const old = journal('1.0.0')
  await install(runtime, { ...old, manifest: { ...old.manifest, settings } })
  await ask(runtime, 'tea')
  await send(runtime, 'PATCH', '/plugins/journal/settings', { mark: '!' })
  const renamed = journal('2.0.0', [step('<2.0.0')])
  const manifest = { ...renamed.manifest, settings, replaces: ['journal'] }
  const waiting = await install(runtime, { ...renamed, id: 'diary', manifest })
  assert.notEqual(waiting.state, 'running')
  assert.equal((await send(runtime, 'POST', '/plugins/diary/replace', { from: 'journal' })).status, 200)
  const answer = await createApp(runtime).request('http://127.0.0.1:3000/plugins/diary/api/')
  assert.deepEqual(await answer.json(), { version: '2.0.0', ran: '<2.0.0 ', entries: ['tea'] })
  assert.equal((await runtime.plugins.settings('diary')).mark?.value, '!')
  assert.equal((await api(runtime, '/plugins/journal')).status, 404)
})
