// The commands that speak to a server, against a real one.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { readSections } from '../../runtime/settings/settings-toml.ts'
import {
  backendOf,
  install,
  type PluginSource,
  pluginFiles,
  pluginZip,
  temporaryFolder,
  until,
} from '../support/runtime.ts'
import { zipOf } from '../support/zip.ts'
import { documentOf, type Ran, runCli, startServer } from './harness.ts'

const BACKEND = backendOf("return new Response('fine')")
/** Its module throws. */
const BROKEN: PluginSource = { id: 'broken', backend: "throw new TypeError('It threw')\nexport default {}" }
const OFF = { enable: 'false', grant: 'none' }

describe('client commands', () => {
  it('list prints a table, and one document with --json', async (t) => {
    const { runtime, env } = await startServer(t)
    await install(runtime, { id: 'alpha', backend: BACKEND })
    await install(runtime, { id: 'beta', backend: BACKEND }, OFF)
    const text = await runCli(['list'], { env })
    assert.equal(text.code, 0)
    assert.match(text.out, /^ID +VERSION +STATE +NAME/)
    assert.match(text.out, /^beta +1\.0\.0 +disabled/m)
    const json = documentOf(await runCli(['list', '--json'], { env }))
    assert.equal(json.ok, true)
    assert.deepEqual(
      json.results.map(({ id, ok, state }) => ({ id, ok, state })),
      [
        { id: 'alpha', ok: true, state: (await runtime.plugins.get('alpha')).state },
        { id: 'beta', ok: true, state: 'disabled' },
      ],
    )
  })

  it('list reads every page', async (t) => {
    const { runtime, env, requests } = await startServer(t)
    const wanted = Array.from({ length: PAGE + 1 }, (_, n) => `plugin-${String(n).padStart(3, '0')}`)
    for (const id of wanted) await install(runtime, { id }, OFF)
    const json = documentOf(await runCli(['list', '--json'], { env }))
    assert.deepEqual(json.results.map(({ id }) => id).sort(), wanted)
    assert.equal(requests().length, 2)
  })

  it('enable tries every id and exits 2 when only some fail', async (t) => {
    const { runtime, env } = await startServer(t)
    for (const id of ['a-plugin', 'b-plugin']) await install(runtime, { id, backend: BACKEND }, OFF)
    const ran = await runCli(['enable', 'a-plugin', 'missing', 'b-plugin', '--json'], { env })
    assert.equal(ran.code, 2)
    assert.equal(documentOf(ran).ok, false)
    assert.deepEqual(outcomes(ran), [
      ['a-plugin', true, undefined],
      ['missing', false, 'PLUGIN_UNKNOWN'],
      ['b-plugin', true, undefined],
    ])
    assert.deepEqual(await enabled(runtime), ['a-plugin', 'b-plugin'])
  })

  it('enable fails when the plugin then cannot serve, with its own problem', async (t) => {
    const { runtime, env } = await startServer(t)
    await install(runtime, BROKEN, OFF)
    const ran = await runCli(['enable', 'broken'], { env })
    assert.equal(ran.code, 1)
    assert.match(ran.err, /✗ broken: .*It threw\n {2}backend\/index\.js:1:7\n {2}> 1 \|/)
  })

  it('enable --grant grants what is asked before it enables', async (t) => {
    const { runtime, env, requests } = await startServer(t)
    await install(runtime, { id: 'a-plugin', backend: BACKEND, manifest: { permissions: { kv: true } } }, OFF)
    assert.equal((await runCli(['enable', 'a-plugin', '--grant'], { env })).code, 0)
    assert.deepEqual(
      requests().filter((request) => !request.startsWith('GET')),
      [
        'PUT /api/v1/plugins/a-plugin/grants',
        'PUT /api/v1/plugins/a-plugin/access',
        'POST /api/v1/plugins/enable',
      ],
    )
    const { access, grants } = await runtime.plugins.get('a-plugin')
    assert.deepEqual([access, grants], ['public', { kv: true }])
  })

  it('exits 2 when several were named and all failed, 1 when the only one did', async (t) => {
    const { env } = await startServer(t)
    for (const verb of ['enable', 'disable', 'apply']) {
      assert.equal((await runCli([verb, 'a-plugin', 'b-plugin'], { env })).code, 2)
      assert.equal((await runCli([verb, 'a-plugin'], { env })).code, 1)
    }
  })

  it('apply leaves exactly the named plugins enabled and touches nothing twice', async (t) => {
    const { runtime, env } = await startServer(t)
    for (const id of ['a-plugin', 'c-plugin']) await install(runtime, { id, backend: BACKEND })
    await install(runtime, { id: 'b-plugin', backend: BACKEND }, OFF)
    const first = await runCli(['apply', 'b-plugin', 'c-plugin', '--json'], { env })
    assert.equal(first.code, 0)
    assert.deepEqual(await enabled(runtime), ['b-plugin', 'c-plugin'])
    const changes = async () => (await runtime.store.audit.list({ limit: 100 })).items.length
    const before = await changes()
    const second = await runCli(['apply', 'b-plugin', 'c-plugin'], { env })
    assert.equal(second.code, 0)
    assert.match(second.out, /b-plugin: enabled already/)
    assert.equal(await changes(), before)
    const unknown = await runCli(['apply', 'a-plugin', 'nope'], { env })
    assert.equal(unknown.code, 2)
    assert.match(unknown.err, /nope: There is no plugin "nope"/)
    assert.deepEqual(await enabled(runtime), ['a-plugin'])
  })

  it('apply wants ids or --none, not neither and not both', async (t) => {
    const { runtime, env } = await startServer(t)
    await install(runtime, { id: 'a-plugin', backend: BACKEND })
    assert.equal((await runCli(['apply'], { env })).code, 64)
    assert.equal((await runCli(['apply', 'a-plugin', '--none'], { env })).code, 64)
    assert.deepEqual(await enabled(runtime), ['a-plugin'])
    assert.equal((await runCli(['apply', '--none'], { env })).code, 0)
    assert.deepEqual(await enabled(runtime), [])
  })

  it('uninstall keeps the data unless asked otherwise', async (t) => {
    const { runtime, env, requests } = await startServer(t)
    for (const id of ['a-plugin', 'b-plugin']) await install(runtime, { id, backend: BACKEND })
    assert.equal((await runCli(['uninstall', 'a-plugin'], { env })).code, 0)
    assert.equal((await runCli(['uninstall', 'b-plugin', '--data', 'delete'], { env })).code, 0)
    assert.deepEqual(requests(), [
      'DELETE /api/v1/plugins/a-plugin?data=keep',
      'DELETE /api/v1/plugins/b-plugin?data=delete',
    ])
  })

  it('rollback goes to the named release, or to the one before', async (t) => {
    const { runtime, env } = await startServer(t)
    for (const version of ['1.0.0', '1.1.0', '2.0.0'])
      await install(runtime, { id: 'a-plugin', version, backend: BACKEND })
    const named = await runCli(['rollback', 'a-plugin', '--to', '1.1.0'], { env })
    assert.match(named.out, /version 1\.1\.0 is active/)
    await runCli(['rollback', 'a-plugin', '--to', '2.0.0'], { env })
    assert.match((await runCli(['rollback', 'a-plugin'], { env })).out, /version 1\.1\.0 is active/)
  })

  it('replace lets a plugin take the place of another one, and says before that it waits for that', async (t) => {
    const { runtime, env } = await startServer(t)
    const manifest = { permissions: { kv: true } }
    await install(runtime, { id: 'a-plugin', backend: BACKEND, manifest })
    const cwd = await temporaryFolder(t)
    const zip = pluginZip({
      id: 'b-plugin',
      backend: BACKEND,
      manifest: { ...manifest, replaces: ['a-plugin'] },
    })
    writeFileSync(join(cwd, 'b.zip'), zip)
    const waits = await runCli(['install', 'b.zip'], { env, cwd })
    assert.match(
      waits.out,
      /asks to take the place of "a-plugin"; allow that with "npm run plugbay -- replace b-plugin a-plugin"/,
    )
    assert.equal((await runCli(['replace', 'b-plugin', 'c-plugin'], { env })).code, 1)
    const taken = await runCli(['replace', 'b-plugin', 'a-plugin'], { env })
    assert.equal(taken.code, 0, taken.err)
    assert.match(taken.out, /✓ b-plugin: has the place and the data of a-plugin; enabled/)
    assert.deepEqual(await enabled(runtime), ['b-plugin'])
    assert.equal((await runCli(['replace', 'b-plugin', 'a-plugin'], { env })).code, 1)
  })

  it('enable and list name the variable that decides in place of a choice', async (t) => {
    const { runtime, env } = await startServer(t, undefined, { plugins: { disable: ['a-plugin'] } })
    await install(runtime, { id: 'a-plugin', backend: BACKEND }, OFF)
    const ran = await runCli(['enable', 'a-plugin'], { env })
    assert.equal(ran.code, 0)
    assert.match(ran.out, /note: it does not run all the same: PLUGBAY_PLUGINS_DISABLE decides/)
    assert.match((await runCli(['list'], { env })).out, /disabled \(PLUGBAY_PLUGINS_DISABLE\)/)
  })

  it('install uploads a zip with its options', async (t) => {
    const { runtime, env, requests } = await startServer(t)
    const cwd = await temporaryFolder(t)
    writeFileSync(join(cwd, 'x.zip'), pluginZip({ id: 'a-plugin', backend: BACKEND }))
    const args = ['install', 'x.zip', '--no-enable', '--grant', 'none', '--downgrade', '--json']
    const ran = await runCli(args, { env, cwd })
    assert.equal(ran.code, 0, ran.err)
    assert.equal(requests()[0], 'POST /api/v1/plugins?enable=false&grant=none&downgrade=true')
    assert.equal(documentOf(ran).results[0]?.enabled, false)
    assert.equal((await runtime.plugins.get('a-plugin')).enabled, false)
  })

  it('install prints every problem of a refused upload with its place', async (t) => {
    const { env } = await startServer(t)
    const cwd = await temporaryFolder(t)
    const files = pluginFiles({
      id: 'a-plugin',
      backend: "import 'node:fs'\nimport 'left-pad'\nexport default {}",
    })
    writeFileSync(join(cwd, 'x.zip'), zipOf(files))
    const ran = await runCli(['install', 'x.zip'], { env, cwd })
    assert.equal(ran.code, 1)
    assert.match(
      ran.err,
      /"node:fs" is a built-in module.*\n +backend\/index\.js:1:8\n +> 1 \| import 'node:fs'/,
    )
    assert.match(ran.err, /left-pad.*\n +backend\/index\.js:2:8\n[\s\S]*> 2 \| import 'left-pad'/)
    assert.match(ran.err, /\n +→ /)
  })

  it('settings reads values as the schema wants them and resets with unset', async (t) => {
    const { runtime, env } = await startServer(t)
    const properties = { title: { type: 'string', default: 'A' }, count: { type: 'integer', default: 1 } }
    const settings = { type: 'object', properties }
    await install(runtime, { id: 'a-plugin', backend: BACKEND, manifest: { settings } })
    const run = (verb: string, ...args: string[]) => runCli(['settings', verb, 'a-plugin', ...args], { env })
    const stored = async () => {
      const { title, count } = await runtime.plugins.settings('a-plugin')
      return [title?.value, title?.source, count?.value, count?.source]
    }
    assert.equal((await run('set', 'title=5', 'count=7', 'count=8')).code, 0)
    assert.deepEqual(await stored(), ['5', 'stored', 8, 'stored'])
    assert.equal((await run('unset', 'title')).code, 0)
    assert.deepEqual(await stored(), ['A', 'default', 8, 'stored'])
    assert.match((await run('show')).out, /^title +"A" +default$/m)
    const unknown = await run('show', 'toString')
    assert.equal(unknown.code, 1)
    assert.match(unknown.err, /has no setting "toString"\n +→ It has: title, count/)
    assert.equal((await run('drop', 'x')).code, 64)
    assert.equal((await run('set', 'x')).code, 64)
  })

  it('settings lists the values and variables of all plugins, and writes a template that changes nothing', async (t) => {
    const { runtime, env } = await startServer(t)
    const properties = {
      size: {
        type: 'integer',
        format: 'bytes',
        default: '5MB',
        title: 'Size\nfolder = "x"',
        description: 'Of all',
      },
      hosts: { type: 'array', items: { type: 'string', format: 'origin' } },
      level: { type: 'string', enum: ['low', 'high'] },
      on: { type: 'boolean', default: true },
      apiKey: { type: 'string', format: 'secret' },
    }
    const settings = { type: 'object', properties }
    await install(runtime, { id: 'a-plugin', backend: BACKEND, manifest: { settings } })
    await install(runtime, { id: 'bare', backend: BACKEND })
    const run = (...args: string[]) => runCli(['settings', ...args], { env })
    assert.equal((await run('set', 'a-plugin', 'size=1.5GB', 'hosts=https://a.example/', 'on=off')).code, 0)
    const listed = (await run('list')).out
    assert.match(listed, /^a-plugin +size +1500MB +stored$/m)
    assert.match(listed, /^a-plugin +hosts +\["https:\/\/a\.example"\] +stored$/m)
    assert.match((await run('env', 'a-plugin')).out, /^PLUGBAY_SETTING_A_PLUGIN_SIZE +1500MB +stored +Size$/m)
    const { out, code } = await run('template')
    assert.equal(code, 0)
    const lines = out.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    assert.deepEqual(lines, ['[a-plugin]'])
    const uncommented = out.replace(/^# (\w+ = )/gm, '$1')
    const read = readSections(Buffer.from(uncommented.replace('folder = "x": Of all', '# Of all')))
    assert.ok(read.ok, JSON.stringify(read))
    assert.deepEqual(
      { ...read.sections.get('a-plugin') },
      { size: '5MB', hosts: [], level: 'low', on: true, apiKey: '' },
    )
    assert.equal((await run('list', 'nope')).code, 1)
    assert.equal((await run('show')).code, 64)
  })
})

const LOGGING = backendOf(`
  for (const [level, message] of await request.json()) env.log[level](message)
  return new Response('fine')`)

describe('logs', () => {
  it('shows oldest first, nothing that a terminal would obey, and no line that a plugin made up', async (t) => {
    const { runtime, env, visit } = await startServer(t)
    await install(runtime, { id: 'a-plugin', backend: LOGGING })
    const message = 'first \u001b[2J\u009b31m\u202e'
    await visit('a-plugin', [
      ['info', message],
      ['error', 'second\n2026-01-01T00:00:00.000Z info  made up'],
    ])
    const { code, out } = await runCli(['logs', 'a-plugin'], { env })
    assert.equal(code, 0)
    const lines = out.trimEnd().split('\n').slice(-3)
    assert.match(lines[0] ?? '', /^\S+ info {2}first \\u001b\[2J\\u009b31m\\u202e/)
    assert.match(lines[1] ?? '', /^\S+ error second/)
    assert.match(lines[2] ?? '', /^ {4}2026-01-01/)
  })

  it('--follow prints what comes after what it has shown, until a signal', async (t) => {
    const { runtime, env, visit } = await startServer(t)
    await install(runtime, { id: 'a-plugin', backend: LOGGING })
    await visit('a-plugin', [['info', 'line 1']])
    let signal = (): void => undefined
    let out = ''
    const running = runCli(['logs', 'a-plugin', '--follow', '--json'], {
      env,
      io: {
        out(text) {
          out += text
          if (text.includes('line 3')) signal()
        },
        onSignal(listener) {
          signal = listener
          return () => undefined
        },
      },
    })
    await until('the first line is shown', () => out.includes('line 1'))
    for (const message of ['line 2', 'line 3']) await visit('a-plugin', [['warn', message]])
    const ran = await running
    assert.equal(ran.code, 0, ran.err)
    const lines = out
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text))
    assert.deepEqual(
      lines.map(({ message }) => message).filter((message) => message.startsWith('line')),
      ['line 1', 'line 2', 'line 3'],
    )
    const places = lines.map(({ seq }) => seq)
    assert.deepEqual(
      places,
      [...new Set(places)].sort((a, b) => a - b),
      'each line once, in order',
    )
  })
})

/** How many the API lists at once. */
const PAGE = 50

async function enabled(runtime: Runtime): Promise<readonly string[]> {
  const plugins = await runtime.plugins.list()
  return plugins.flatMap(({ id, enabled }) => (enabled ? [id] : [])).sort()
}

function outcomes(ran: Ran): readonly (readonly [unknown, unknown, unknown])[] {
  return documentOf(ran).results.map(({ id, ok, problem }) => [id, ok, codeOf(problem)] as const)
}

function codeOf(problem: unknown): unknown {
  return typeof problem === 'object' && problem !== null && 'code' in problem ? problem.code : undefined
}
