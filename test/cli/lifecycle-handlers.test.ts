// What the commands say of the lifecycle handlers of a plugin, against a real server.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { install, type PluginSource, pluginZip, temporaryFolder } from '../support/runtime.ts'
import { documentOf, runCli, startServer } from './harness.ts'

/** Each of its handlers named in `failing` throws. */
const plugin = (version: string, ...failing: readonly string[]): PluginSource => ({
  id: 'book',
  version,
  backend: `export default {
    fetch: () => new Response('fine'),
    lifecycle: { ${failing.map((step) => `${step}() { throw new Error('no ${step}') }`).join(', ')} },
  }`,
})

test('enable, install and apply fail when a handler does, and say why', async (t) => {
  const { runtime, env } = await startServer(t)
  const cwd = await temporaryFolder(t)
  writeFileSync(join(cwd, 'book.zip'), pluginZip(plugin('1.0.0', 'install')))
  const installed = await runCli(['install', 'book.zip'], { env, cwd })
  assert.equal(installed.code, 1)
  assert.match(installed.err, /"lifecycle\.install" failed: Error: no install\n {2}→ The log of the plugin/)
  for (const command of ['enable', 'apply']) {
    const ran = await runCli([command, 'book', '--json'], { env })
    assert.equal(ran.code, 1, command)
    const [result] = documentOf(ran).results
    assert.deepEqual([result?.ok, result?.enabled, result?.state], [false, false, 'disabled'], command)
  }
  assert.equal((await runtime.plugins.get('book')).enabled, false)
})

test('disable and uninstall succeed when a handler fails, with a warning', async (t) => {
  const { runtime, env } = await startServer(t)
  await install(runtime, plugin('1.0.0', 'disable', 'uninstall'))
  const disabled = await runCli(['disable', 'book'], { env })
  assert.equal(disabled.code, 0)
  assert.match(disabled.out, /^✓ book: disabled\n {2}warning: "lifecycle\.disable" failed: Error: no disable/)
  await runtime.plugins.enable('book', 'test')
  const applied = await runCli(['apply', '--none'], { env })
  assert.equal(applied.code, 0)
  assert.match(applied.out, /^✓ book: disabled\n {2}warning: "lifecycle\.disable" failed/)
  const uninstalled = await runCli(['uninstall', 'book', '--json'], { env })
  assert.equal(uninstalled.code, 0)
  assert.deepEqual(documentOf(uninstalled).results, [
    {
      id: 'book',
      ok: true,
      data: 'keep',
      warnings: [{ code: 'HANDLER_FAILED', message: '"lifecycle.uninstall" failed: Error: no uninstall' }],
    },
  ])
})

test('an update that is not to be enabled succeeds when the release before fails at its end', async (t) => {
  const { runtime, env } = await startServer(t)
  await install(runtime, plugin('1.0.0', 'disable'))
  const cwd = await temporaryFolder(t)
  writeFileSync(join(cwd, 'book.zip'), pluginZip(plugin('1.1.0')))
  const ran = await runCli(['install', 'book.zip', '--no-enable'], { env, cwd })
  assert.equal(ran.code, 0, ran.err)
  assert.match(ran.out, /^✓ book 1\.1\.0: updated; disabled\n {2}warning: "lifecycle\.disable" failed/)
})
