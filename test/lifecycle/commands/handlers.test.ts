// The lifecycle handlers of a backend, called by the commands of an administrator.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Installation } from '../../../sdk/api/plugins.ts'
import {
  api,
  bothWays,
  install,
  logLines,
  type PluginSource,
  pluginZip,
  send,
  startTestRuntime,
  temporaryFolder,
  until,
  upload,
} from '../../support/runtime.ts'
import { calls, command, FAILS, get, messages, plugin } from './handled-plugin.ts'

bothWays('install and enable are called before the plugin serves, with the administrator', async (t, way) => {
  const runtime = await startTestRuntime(t)
  const client = await way.open(t, runtime)
  const installed = await install(runtime, plugin('1.0.0'))
  assert.equal(installed.state, 'running')
  const told = async () => JSON.parse(await (await client.fetch('/plugins/book/api/')).text())
  assert.deepEqual(await told(), ['install by admin', 'enable by admin'])
  await command(runtime, 'reload')
  await install(runtime, plugin('1.1.0'))
  await command(runtime, 'rollback')
  assert.deepEqual(await told(), ['install by admin', 'enable by admin'], 'updates and reloads are no news')
  const { problem, state } = await command(runtime, 'disable')
  assert.deepEqual([problem, state], [null, 'disabled'])
  await command(runtime, 'disable')
  await command(runtime, 'enable')
  await command(runtime, 'enable')
  assert.deepEqual((await told()).slice(2), ['disable by admin', 'enable by admin'])
})

test('an install that fails leaves the plugin disabled, says why, and is called again until it has succeeded', async (t) => {
  const runtime = await startTestRuntime(t)
  const failing = plugin('1.0.0', {
    install: `if ((await env.kv.get('ready')) === null) { await env.kv.put('ready', 'x'); ${FAILS} }`,
  })
  const refused = await install(runtime, failing)
  assert.deepEqual([refused.enabled, refused.state], [false, 'disabled'])
  assert.deepEqual(refused.problem, {
    code: 'HANDLER_FAILED',
    message: '"lifecycle.install" failed: Error: not today',
    hint: 'The log of the plugin holds the error with its stack',
  })
  assert.equal((await api(runtime, '/plugins/book')).status, 200)
  assert.deepEqual((await get(runtime)).problem, refused.problem)
  const [line, last] = (await logLines(runtime, 'book')).slice(-2)
  assert.deepEqual([line?.level, line?.message], ['error', 'Error: not today'])
  assert.match(line?.stack ?? '', /backend\/index\.js:\d+/)
  assert.equal(last?.message, '"lifecycle.install" failed: Error: not today: the plugin stays disabled')
  const enabled = await command(runtime, 'enable')
  assert.deepEqual([enabled.enabled, enabled.state, enabled.problem], [true, 'running', null])
  await command(runtime, 'disable')
  await command(runtime, 'enable')
  assert.deepEqual(await calls(runtime), [
    ...['install by admin', 'install by admin', 'enable by admin'],
    ...['disable by admin', 'enable by admin'],
  ])
  const audit = (await (await api(runtime, '/audit')).json()) as {
    items: { action: string; detail: object }[]
  }
  assert.deepEqual(
    audit.items.find(({ action, detail }) => action === 'plugin.disable' && 'reason' in detail)?.detail,
    { reason: '"lifecycle.install" failed: Error: not today' },
  )
})

bothWays('an enable that fails leaves the plugin disabled; install is not called again', async (t, way) => {
  const runtime = await startTestRuntime(t)
  const client = await way.open(t, runtime)
  await install(runtime, plugin('1.0.0', { enable: FAILS }))
  const refused = await command(runtime, 'enable')
  assert.deepEqual(
    [refused.enabled, refused.state, refused.problem?.code],
    [false, 'disabled', 'HANDLER_FAILED'],
  )
  assert.equal((await client.fetch('/plugins/book/api/')).status, 404)
  // The update that mends it is installed disabled, as the plugin is.
  assert.equal((await install(runtime, plugin('1.0.1'))).state, 'disabled')
  assert.equal((await command(runtime, 'enable')).state, 'running')
  assert.deepEqual(await calls(runtime), [
    ...['install by admin', 'enable by admin', 'enable by admin', 'enable by admin'],
  ])
})

test('an update that enables a disabled plugin calls enable on the new release, before it serves', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, plugin('1.0.0'))
  await command(runtime, 'disable')
  const response = await upload(runtime, pluginZip(plugin('1.0.1', { enable: FAILS })), { enable: 'true' })
  const refused = (await response.json()) as Installation
  assert.deepEqual(
    [refused.version, refused.enabled, refused.problem?.code],
    ['1.0.1', false, 'HANDLER_FAILED'],
  )
})

test('a disable or uninstall handler that fails blocks nothing, and is a warning', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, plugin('1.0.0', { disable: FAILS, uninstall: FAILS }))
  const disabled = await command(runtime, 'disable')
  assert.deepEqual([disabled.enabled, disabled.state], [false, 'disabled'])
  assert.equal(disabled.problem?.message, '"lifecycle.disable" failed: Error: not today')
  assert.ok((await messages(runtime)).includes('error Error: not today'))
  const response = await send(runtime, 'DELETE', '/plugins/book')
  assert.equal(response.status, 200)
  const message = '"lifecycle.uninstall" failed: Error: not today'
  assert.deepEqual(await response.json(), { warnings: [{ code: 'HANDLER_FAILED', message }] })
  assert.equal((await api(runtime, '/plugins/book')).status, 404)
})

test('an update that is uploaded as disabled calls disable on the release that serves', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, plugin('1.0.0', { disable: FAILS }))
  const updated = await install(runtime, plugin('1.0.1'), { enable: 'false' })
  assert.deepEqual(
    [updated.version, updated.enabled, updated.state, updated.problem?.message],
    ['1.0.1', false, 'disabled', '"lifecycle.disable" failed: Error: not today'],
  )
  assert.deepEqual((await calls(runtime)).slice(2), ['disable by admin'])
})

test('a plugin that cannot start is not asked about its end, and can be uninstalled', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, plugin('1.0.0'))
  await command(runtime, 'disable')
  await install(runtime, { ...plugin('1.0.1'), backend: "throw new Error('broken')" })
  assert.equal((await send(runtime, 'DELETE', '/plugins/book?data=keep')).status, 204)
  assert.deepEqual((await calls(runtime)).slice(2), ['disable by admin'])
  assert.equal((await api(runtime, '/plugins/book')).status, 404)
})

test('an uninstall of what serves calls disable and uninstall; a new installation begins from the start', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, plugin('1.0.0'))
  assert.equal((await send(runtime, 'DELETE', '/plugins/book?data=keep')).status, 204)
  await install(runtime, plugin('1.0.0'))
  assert.deepEqual(await calls(runtime), [
    ...['install by admin', 'enable by admin', 'disable by admin', 'uninstall by admin'],
    ...['install by admin', 'enable by admin'],
  ])
})

test('a plugin that was never enabled gets no calls, a disabled one is started for uninstall alone', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, plugin('1.0.0'), { enable: 'false' })
  assert.equal((await send(runtime, 'DELETE', '/plugins/book?data=keep')).status, 204)
  assert.deepEqual(await calls(runtime).catch(() => []), [])
  await install(runtime, plugin('1.0.0'), { enable: 'true' })
  await command(runtime, 'disable')
  assert.equal((await send(runtime, 'DELETE', '/plugins/book?data=keep')).status, 204)
  assert.equal((await calls(runtime)).at(-1), 'uninstall by admin')
  assert.equal(runtime.sandbox.processes.filter(({ plugins }) => plugins.includes('book')).length, 0)
})

test('the handlers see the migrated database, and a release that does not load gets no calls', async (t) => {
  const runtime = await startTestRuntime(t)
  const source = (version: string, sql: string): PluginSource => ({
    id: 'book',
    version,
    backend: `export default {
      async fetch(request, env) { return new Response('well') },
      lifecycle: { async install(env) { await env.db.prepare('INSERT INTO note VALUES (1)').run(); console.log('seeded') } },
    }`,
    files: { 'backend/migrations/1.sql': sql },
    manifest: { permissions: { database: true } },
  })
  const broken = await install(runtime, source('1.0.0', 'CREATE TABEL note (x)'))
  assert.deepEqual([broken.enabled, broken.state], [true, 'failed'])
  assert.equal((await install(runtime, source('1.0.1', 'CREATE TABLE note (x)'))).state, 'running')
  assert.equal((await messages(runtime)).filter((line) => line === 'info seeded').length, 1)
})

test('a plugin that waits for its settings gets the calls when they are set', async (t) => {
  const runtime = await startTestRuntime(t)
  const settings = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] }
  const source = plugin('1.0.0')
  const waiting = await install(runtime, { ...source, manifest: { ...source.manifest, settings } })
  assert.equal(waiting.state, 'misconfigured')
  assert.equal((await send(runtime, 'PATCH', '/plugins/book/settings', { name: 'x' })).status, 200)
  assert.equal((await get(runtime)).state, 'running')
  assert.deepEqual(await calls(runtime), ['install by admin', 'enable by admin'])
})

test('a runtime that ends while a handler is at work gives it up, and the next start calls it again', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { config: { data } })
  const slow = `if ((await env.kv.get('seen')) === null) { await env.kv.put('seen', 'x'); console.log('at work'); await new Promise(() => {}) }`
  const installing = upload(first, pluginZip(plugin('1.0.0', { install: slow })))
  await until('it is at work', async () =>
    (await messages(first).catch((): readonly string[] => [])).includes('info at work'),
  )
  await first.close()
  const given = (await (await installing).json()) as Installation
  assert.deepEqual([given.enabled, given.state, given.problem], [true, 'starting', null])
  const second = await startTestRuntime(t, { config: { data } })
  assert.equal((await get(second)).state, 'running', 'the start has waited for it')
  assert.deepEqual(await calls(second), ['install by admin', 'install by null', 'enable by null'])
})

test('a backend that has lifecycle handlers alone is enabled', async (t) => {
  const runtime = await startTestRuntime(t)
  const installed = await install(runtime, {
    id: 'book',
    backend: "export default { lifecycle: { enable() { console.log('enabled') } } }",
  })
  assert.equal(installed.state, 'running')
  assert.ok((await messages(runtime)).includes('info enabled'))
})

test('a backend without lifecycle handlers, and one without a backend, are enabled and disabled as ever', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, { id: 'book', backend: 'export default { fetch: () => new Response("well") }' })
  assert.equal((await command(runtime, 'disable')).problem, null)
  assert.equal((await send(runtime, 'DELETE', '/plugins/book')).status, 204)
  await install(runtime, { id: 'book', files: { 'frontend/index.html': '<p>well' } })
  assert.equal((await command(runtime, 'disable')).problem, null)
  assert.equal((await command(runtime, 'enable')).state, 'running')
  assert.equal((await send(runtime, 'DELETE', '/plugins/book')).status, 204)
})
