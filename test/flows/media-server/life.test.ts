// What users of a media server know of the life of its plugins and of their App Properties, row by row: each test begins with the name of
// its row in the table of that server's capabilities. docs/settings.md and docs/upgrades.md describe what is promised here.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import { createRuntime, type Runtime } from '../../../runtime/runtime.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import type { Settings } from '../../../sdk/api/settings.ts'
import {
  ADMIN_TOKEN,
  api,
  install,
  logLines,
  type PluginSource,
  send,
  startTestRuntime,
  temporaryFolder,
  until,
} from '../../support/runtime.ts'

const USER = { user: { name: 'ada', permissions: [] } }

const get = async (runtime: Runtime, id: string) =>
  (await (await api(runtime, `/plugins/${id}`)).json()) as Installation
const settingsOf = async (runtime: Runtime, id: string) =>
  (await (await api(runtime, `/plugins/${id}/settings`)).json()) as Settings

/** With one action, and `more` of the backend. */
function tool(id: string, more: Partial<PluginSource> & { readonly settings?: object } = {}): PluginSource {
  const { settings, ...rest } = more
  return {
    id,
    backend: 'export default { actions: { go: { run: (args, env) => JSON.stringify(env.settings) } } }',
    ...rest,
    manifest: {
      contributes: { actions: [{ id: 'go', title: 'Go' }] },
      ...(settings !== undefined && { settings: { type: 'object', ...settings } }),
    },
  }
}

test('Boot life cycle: each plugin is operational after the start or has its reason, and none keeps the server from starting', async (t) => {
  const data = await temporaryFolder(t)
  const config = { data, port: 0, logLevel: 'silent', adminToken: ADMIN_TOKEN } as const
  const first = await createRuntime({ config, environment: {} })
  t.after(() => first.close())
  await install(first, tool('fine', { settings: { properties: { size: { type: 'integer', default: 3 } } } }))
  await install(
    first,
    tool('needy', { settings: { required: ['folder'], properties: { folder: { type: 'string' } } } }),
  )
  await install(first, tool('off'), { enable: 'false' })
  await install(first, tool('broken', { backend: "throw new Error('no such library')" }))
  const NOT_READY = "export default { actions: { go: { ready: () => 'The drive is missing', run() {} } } }"
  await install(first, tool('waiting', { backend: NOT_READY }))
  await first.close()

  const second = await createRuntime({ config, environment: {} })
  t.after(() => second.close())
  const states = async () =>
    Object.fromEntries(
      await Promise.all(
        ['fine', 'needy', 'off', 'broken', 'waiting'].map(async (id) => {
          const { state, problem } = await get(second, id)
          return [id, [state, problem?.message ?? null]] as const
        }),
      ),
    )
  const { fine, needy, off, broken, waiting } = await states()
  assert.deepEqual([fine?.[1], waiting?.[1]], [null, null])
  assert.ok(['idle', 'running'].includes(fine?.[0] ?? ''))
  assert.equal(needy?.[0], 'misconfigured')
  assert.match(needy?.[1] ?? '', /Setting "folder" is required and has no value/)
  assert.deepEqual(off, ['disabled', null])
  assert.equal(broken?.[0], 'failed')
  assert.match(broken?.[1] ?? '', /no such library/)
  // Actions of what serves are offered, with the reason of what is not ready.
  const offered = async () =>
    (await second.actions.list(USER)).map(({ plugin, ready, reason }) => [plugin, ready, reason])
  assert.deepEqual(await offered(), [
    ['fine', true, null],
    ['waiting', false, 'The drive is missing'],
  ])
  const run = (plugin: string) =>
    second.actions.run({ plugin, action: 'go', objectId: undefined, args: {}, ...USER })
  assert.equal((await run('fine')).message, '{"size":3}')
  await assert.rejects(run('needy'), { code: 'ACTION_UNKNOWN' })
  // A setting that was missing makes it operational at once.
  assert.equal((await send(second, 'PATCH', '/plugins/needy/settings', { folder: 'a' })).status, 200)
  assert.equal((await run('needy')).message, '{"folder":"a"}')
})

test('App Properties: typed and checked, secret ones never shown, live at once, kept after uninstall until they are deleted', async (t) => {
  const runtime = await startTestRuntime(t)
  const properties = {
    address: { type: 'string', format: 'ip' },
    share: { type: 'integer', minimum: 0, maximum: 100, default: 50 },
    name: { type: 'string', format: 'hostname' },
    mode: { type: 'string', enum: ['slow', 'fast'], default: 'slow' },
    folder: { type: 'string', format: 'path', minLength: 1 },
    key: { type: 'string', format: 'secret' },
  }
  const changed = "settings: { changed(keys, env) { env.log.info('changed ' + keys.join()) } },"
  const plugin = tool('props', {
    backend: `export default { ${changed} actions: { go: { run: (args, env) => JSON.stringify(env.settings) } } }`,
    settings: { properties },
  })
  await install(runtime, plugin)
  const set = (values: object) => send(runtime, 'PATCH', '/plugins/props/settings', values)
  for (const wrong of [
    { address: '1.2.3.4.5' },
    { share: 101 },
    { share: 'half' },
    { name: 'not a host' },
    { mode: 'warp' },
    { folder: '' },
    { other: 1 },
  ])
    assert.equal((await set(wrong)).status, 422, JSON.stringify(wrong))
  const seen = async () => {
    const request = { plugin: 'props', action: 'go', objectId: undefined, args: {}, ...USER }
    return JSON.parse((await runtime.actions.run(request)).message ?? '')
  }
  assert.deepEqual(await seen(), { share: 50, mode: 'slow' })
  assert.equal((await set({ share: 70, folder: 'a//b', key: 'hush-hush' })).status, 200)
  assert.deepEqual(await seen(), { share: 70, mode: 'slow', folder: 'a/b' })
  const views = await settingsOf(runtime, 'props')
  assert.deepEqual([views.key?.source, views.key?.value, views.share?.source], ['stored', null, 'stored'])
  assert.doesNotMatch(JSON.stringify(views), /hush/)
  assert.equal((await set({ mode: 'fast' })).status, 200)
  assert.equal((await seen()).mode, 'fast')
  await until('the backend was told, and goes on', async () =>
    (await logLines(runtime, 'props')).some(({ message }) => message === 'changed mode'),
  )

  // Uninstalled and back again, as often as you like.
  assert.equal((await send(runtime, 'DELETE', '/plugins/props')).ok, true)
  await install(runtime, plugin)
  assert.deepEqual(await seen(), { share: 70, mode: 'fast', folder: 'a/b' })
  assert.equal((await settingsOf(runtime, 'props')).key?.source, 'stored')
  assert.equal((await send(runtime, 'DELETE', '/plugins/props?data=delete')).ok, true)
  await install(runtime, plugin)
  assert.deepEqual(await seen(), { share: 50, mode: 'slow' })
  assert.equal((await settingsOf(runtime, 'props')).key?.source, 'default')
})

test('CLI args: the command line of the server sets a property, over all others, and says no secret', async (t) => {
  const main = join(import.meta.dirname, '../../../runtime/cli/main.ts')
  const data = await temporaryFolder(t)
  const serve = (...flags: readonly string[]) => {
    const args = ['serve', '--json', '--port', '0', '--data', data, '--log-level', 'error', ...flags]
    const child = spawn(process.execPath, [main, ...args], {
      cwd: data,
      env: {
        ...process.env,
        PLUGBAY_SETTING_GUESTBOOK_TITLE: 'By variable',
        PLUGBAY_ADMIN_TOKEN: ADMIN_TOKEN,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    t.after(() => child.kill('SIGKILL'))
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
    const answered = new Promise<string>((resolve) => {
      let out = ''
      child.stdout.on('data', (chunk) => {
        out += chunk
        if (out.endsWith('}\n')) resolve(out)
      })
    })
    return { child, exited, answered }
  }
  const server = serve('--plugin.guestbook.title=By flag')
  const { results } = JSON.parse(await server.answered) as {
    readonly results: readonly { readonly url: string }[]
  }
  const url = results[0]?.url ?? assert.fail()
  const page = await fetch(`${url}/plugins/guestbook/api/page`)
  assert.deepEqual(await page.json(), { title: 'By flag' })
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const views = (await (
    await fetch(`${url}/api/v1/plugins/guestbook/settings`, { headers })
  ).json()) as Settings
  assert.deepEqual([views.title?.source, views.title?.from], ['command-line', '--plugin.guestbook.title'])
  server.child.kill('SIGTERM')
  assert.equal(await server.exited, 0)

  // A secret of an installed plugin: the server does not start, and its output has the reason.
  const runtime = await startTestRuntime(t, { config: { data } })
  await install(
    runtime,
    tool('mailer', { settings: { properties: { key: { type: 'string', format: 'secret' } } } }),
  )
  await runtime.close()
  const refused = serve('--plugin.mailer.key=hush-hush')
  const text = await refused.answered
  assert.equal(await refused.exited, 1)
  assert.match(text, /The secret \\"key\\" of \\"mailer\\" stands on the command line/)
  assert.doesNotMatch(text, /hush/)
  // It asks for nothing else: without the flag it starts.
  const again = await startTestRuntime(t, { config: { data } })
  assert.equal(
    (await createApp(again).request('http://127.0.0.1:3000/plugins/guestbook/api/page')).status,
    200,
  )
})
