// Settings of plugins on the command line of the server: read, handed on, winning over every other source, and never a secret.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CliParts } from '../../runtime/cli/parts.ts'
import { takePluginFlags } from '../../runtime/cli/plugin-flags.ts'
import { createRuntime } from '../../runtime/runtime.ts'
import type { SettingFlags } from '../../runtime/settings/setting-flags.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import type { Settings, SettingsProblems } from '../../sdk/api/settings.ts'
import { ADMIN_TOKEN, api, install, send, startTestRuntime, temporaryFolder } from '../support/runtime.ts'
import { runCli } from './harness.ts'

describe('flags of plugins', () => {
  it('are taken from the other arguments; the last of one setting counts', () => {
    const { rest, flags } = takePluginFlags([
      'serve',
      '--plugin.guestbook.title=A = B',
      '--port',
      '5',
      '--plugin.usb-backup.keep=',
      '--plugin.guestbook.title=C',
    ])
    assert.deepEqual(rest, ['serve', '--port', '5'])
    assert.deepEqual(flags, { guestbook: { title: 'C' }, 'usb-backup': { keep: '' } })
  })

  it('reach the server, and only "serve" takes them', async () => {
    let given: SettingFlags | undefined
    const serve: CliParts['serve'] = async (_config, { settingFlags }) => {
      given = settingFlags
      throw new Error('far enough')
    }
    await runCli(['serve', '--plugin.guestbook.title=Guests', '--port', '0'], { parts: { serve } })
    assert.deepEqual(given, { guestbook: { title: 'Guests' } })
    assert.equal((await runCli(['list', '--plugin.guestbook.title=Guests'])).code, 64)
    assert.match((await runCli(['serve', '--help'])).out, /--plugin\.<id>\.<setting>=value/)
  })

  for (const [flag, message] of [
    ['--plugin.guestbook.title', /"--plugin\.guestbook\.title" has no value\n.*title=value/s],
    ['--plugin.guestbook=x', /names no setting of a plugin/],
    ['--plugin.Guest Book.title=x', /names no setting of a plugin/],
    ['--plugin.guestbook.a.b=x', /names no setting of a plugin/],
    ['--plugin.__proto__.title=x', /names no setting of a plugin/],
    ['--plugin.guestbook.__proto__=x', /names no setting of a plugin/],
  ] as const)
    it(`refuse ${flag}`, async () => {
      const ran = await runCli(['serve', flag])
      assert.equal(ran.code, 64)
      assert.match(ran.err, message)
    })
})

describe('a server with flags of plugins', () => {
  const SOURCE = {
    id: 'board',
    manifest: {
      settings: {
        type: 'object',
        properties: {
          title: { type: 'string', default: 'Board' },
          keep: { type: 'integer', format: 'duration', default: '1d' },
          apiKey: { type: 'string', format: 'secret' },
        },
      },
    },
    backend: 'export default { fetch: (request, env) => Response.json(env.settings) }',
  }
  const settings = async (runtime: Awaited<ReturnType<typeof startTestRuntime>>) =>
    (await (await api(runtime, '/plugins/board/settings')).json()) as Settings

  it('gives them to the plugin, over variables and what an administrator sets, with their source', async (t) => {
    const runtime = await startTestRuntime(t, {
      environment: { PLUGBAY_SETTING_BOARD_TITLE: 'Variable' },
      settingFlags: { board: { title: 'Flag', keep: '2h' } },
    })
    await install(runtime, SOURCE)
    assert.equal((await send(runtime, 'PATCH', '/plugins/board/settings', { keep: '3h' })).status, 200)
    const { title, keep } = await settings(runtime)
    assert.deepEqual(
      [title?.value, title?.source, title?.from],
      ['Flag', 'command-line', '--plugin.board.title'],
    )
    assert.deepEqual([keep?.value, keep?.source], [7_200_000, 'command-line'])
  })

  it('starts with an invalid one: only its plugin does not, and the problem names the flag', async (t) => {
    const runtime = await startTestRuntime(t, { settingFlags: { board: { keep: 'long' } } })
    await install(runtime, { ...SOURCE, id: 'other' })
    await install(runtime, SOURCE)
    const states = async (id: string) => (await (await api(runtime, `/plugins/${id}`)).json()) as Installation
    const { state, problem } = await states('board')
    assert.equal(state, 'misconfigured')
    assert.match(problem?.message ?? '', /"keep" .*\(from --plugin\.board\.keep\)/)
    assert.notEqual((await states('other')).state, 'misconfigured')
  })

  it('warns of one that no installed plugin has', async (t) => {
    const flags = { board: { titel: 'x' }, guestbok: { title: 'y' } }
    const runtime = await startTestRuntime(t, { settingFlags: flags })
    await install(runtime, SOURCE)
    const { problems } = (await (await api(runtime, '/settings/problems')).json()) as SettingsProblems
    assert.deepEqual(
      problems.map(({ message, hint }) => `${message}. ${hint}`),
      [
        'The flag --plugin.board.titel is of no setting of an installed plugin. Did you mean --plugin.board.title?',
        'The flag --plugin.guestbok.title is of no setting of an installed plugin. "plugbay settings list" shows them all',
      ],
    )
  })

  it('does not start with a secret, and never passes one on or says it', async (t) => {
    const data = await temporaryFolder(t)
    const config = { data, port: 0, logLevel: 'silent', adminToken: ADMIN_TOKEN } as const
    const settingFlags = { board: { apiKey: 'open-sesame' } }
    const runtime = await createRuntime({ config, environment: {}, settingFlags })
    t.after(() => runtime.close())
    // A plugin that comes later is stopped by it.
    const { state, problem } = await install(runtime, SOURCE)
    assert.equal(state, 'misconfigured')
    assert.match(problem?.message ?? '', /every user of the machine can read it/)
    assert.deepEqual((await settings(runtime)).apiKey?.source, 'default')
    assert.doesNotMatch(JSON.stringify([problem, await settings(runtime)]), /open-sesame/)
    await runtime.close()
    await assert.rejects(createRuntime({ config, environment: {}, settingFlags }), (error: Error) => {
      assert.match(error.message, /The secret "apiKey" of "board" stands on the command line/)
      assert.doesNotMatch(JSON.stringify(error), /open-sesame/)
      return true
    })
  })
})
