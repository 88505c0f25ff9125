// env.host: a plugin calls functions of the application, where they are granted.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { defineHost, PlugbayError } from '../../runtime/index.ts'
import { install, send, startTestRuntime, until } from '../support/runtime.ts'

const TEXT = { type: 'string', maxLength: 200 } as const
const seen: unknown[] = []
const aborted = Promise.withResolvers<void>()
const entered = Promise.withResolvers<void>()
const gate = Promise.withResolvers<void>()
const host = defineHost({
  id: 'library',
  version: '2.3.0',
  hooks: { start: { value: TEXT, deadlineMs: 20_000 }, briefly: { value: TEXT, deadlineMs: 300 } },
  calls: {
    'catalog.search': {
      args: { type: 'object', properties: { text: TEXT }, required: ['text'], additionalProperties: false },
      result: { type: 'array', items: TEXT },
      effect: false,
      async run(args, { plugin }) {
        seen.push(args, plugin)
        return ['Algebra', 'Alice']
      },
    },
    'catalog.nothing': { args: true, result: { type: 'null' }, run: () => undefined },
    'catalog.broken': {
      args: true,
      result: true,
      run() {
        throw new Error('the password of the database is 1234')
      },
    },
    'catalog.wrong': { args: true, result: { type: 'number' }, run: () => 'text' },
    'catalog.huge': { args: true, result: true, run: () => 'x'.repeat(600_000) },
    'catalog.refusing': {
      args: true,
      result: true,
      run() {
        throw new PlugbayError('NOT_FOUND', 'There is no such book')
      },
    },
    'catalog.gate': {
      args: true,
      result: { type: 'null' },
      effect: false,
      async run() {
        entered.resolve()
        await gate.promise
        return null
      },
    },
    'catalog.endless': { args: true, result: true, run: () => new Promise(() => {}) },
    'catalog.slow': {
      args: true,
      result: true,
      run: (_args, { signal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            aborted.resolve()
            resolve(null)
          }),
        ),
    },
  },
})
const runtime = await startTestRuntime({ after }, { host })

const caller = (body: string, permissions: object, hook = 'start') => ({
  id: 'caller',
  backend: `export default { hooks: { ${hook}: async (value, context, env) => { ${body} } } }`,
  manifest: { permissions, contributes: { hooks: [{ hook }] } },
})

/** Runs the code in a plugin; resolves with the text that it returns. */
async function inPlugin(body: string, permissions: object = { host: ['catalog.search'] }): Promise<string> {
  await install(runtime, caller(body, permissions))
  const { value, skipped } = await runtime.hooks.apply('start', '')
  await send(runtime, 'DELETE', '/plugins/caller?data=delete')
  assert.deepEqual(skipped, [])
  return value
}

const ask = (name: string, args = 'null') =>
  `try { return JSON.stringify(await env.host.call('${name}', ${args})) } catch (error) { return error.code + ': ' + error.message }`
const granted = (...names: readonly string[]) => ({ host: names })

test('a plugin that is granted a function gets its result, and the function learns who calls', async () => {
  assert.equal(await inPlugin(ask('catalog.search', '{ text: "al" }')), '["Algebra","Alice"]')
  assert.deepEqual(seen.splice(0), [{ text: 'al' }, 'caller'])
  assert.equal(await inPlugin(ask('catalog.nothing'), granted('catalog.nothing')), 'null')
})

test('without the grant there is no function, or no member of env at all', async () => {
  assert.match(await inPlugin(ask('catalog.nothing')), /^PERMISSION_DENIED: .*"catalog\.nothing"/)
  assert.equal(await inPlugin('return String(env.host) + env.has("host")', { kv: true }), 'undefinedfalse')
  assert.deepEqual(seen, [])
})

test('an argument that its schema does not accept never reaches the application', async () => {
  for (const args of ['5', '{}', '{ text: "x".repeat(201) }', '{ text: "a", __proto__: null, more: 1 }'])
    assert.match(await inPlugin(ask('catalog.search', args)), /^VALUE_INVALID: The argument of the function/)
  assert.match(
    await inPlugin(ask('catalog.serach'), granted('catalog.serach')),
    /^POINT_UNKNOWN: .*did you mean "catalog\.search"\?$/,
  )
  assert.match(
    await inPlugin('try { await env.host.call({}) } catch (error) { return error.code }'),
    /^HOST_CALL_INVALID$/,
  )
  assert.deepEqual(seen, [])
})

test('an error of the application stays with it, unless it is meant for the plugin', async () => {
  const plain = 'HOST_CALL_FAILED: The host could not carry out the call'
  assert.equal(await inPlugin(ask('catalog.broken'), granted('catalog.broken')), plain)
  assert.equal(await inPlugin(ask('catalog.wrong'), granted('catalog.wrong')), plain)
  assert.equal(
    await inPlugin(ask('catalog.refusing'), granted('catalog.refusing')),
    'NOT_FOUND: There is no such book',
  )
  assert.match(await inPlugin(ask('catalog.huge'), granted('catalog.huge')), /^QUOTA_EXCEEDED: /)
})

test('a function learns when the plugin does not wait any longer', async () => {
  await install(
    runtime,
    caller("return await env.host.call('catalog.slow', null)", granted('catalog.slow'), 'briefly'),
  )
  const { value, skipped } = await runtime.hooks.apply('briefly', 'as before')
  assert.deepEqual([value, skipped[0]?.plugin], ['as before', 'caller'])
  await send(runtime, 'DELETE', '/plugins/caller?data=delete')
  await aborted.promise
})

test('a function that never answers keeps no plugin from being disabled', async () => {
  await install(runtime, caller("await env.host.call('catalog.endless', null)", granted('catalog.endless')))
  const applied = runtime.hooks.apply('start', 'as before')
  await until('it was called', () => runtime.contributors.of('hooks', 'start').length > 0)
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.equal((await send(runtime, 'POST', '/plugins/caller/disable')).status, 200)
  const { value, skipped } = await applied
  assert.deepEqual([value, skipped.length], ['as before', 1])
  await send(runtime, 'DELETE', '/plugins/caller?data=delete')
})

test('a release that was replaced calls only what changes nothing, to end what it has begun', async () => {
  const names = granted('catalog.gate', 'catalog.nothing', 'catalog.search')
  const body = `await env.host.call('catalog.gate', null)
    const found = await env.host.call('catalog.search', { text: 'al' })
    try { await env.host.call('catalog.nothing', null) } catch (error) { return found.length + error.code }`
  await install(runtime, caller(body, names))
  const applied = runtime.hooks.apply('start', '')
  await entered.promise
  const updating = install(runtime, { ...caller('return value', names), version: '1.1.0' })
  await until('the new release serves', () => {
    const plugin = runtime.live.get('caller')
    return plugin?.kind === 'serving' && plugin.manifest.version === '1.1.0'
  })
  gate.resolve()
  assert.equal((await applied).value, '2RELEASE_REPLACED')
  await updating
  await send(runtime, 'DELETE', '/plugins/caller?data=delete')
})

test('a narrowed grant counts at once', async () => {
  const both = granted('catalog.search', 'catalog.nothing')
  await install(runtime, caller(ask('catalog.nothing'), both))
  assert.equal((await runtime.hooks.apply('start', '')).value, 'null')
  const change = granted('catalog.search')
  assert.equal((await send(runtime, 'PUT', '/plugins/caller/grants', change)).status, 200)
  assert.match((await runtime.hooks.apply('start', '')).value, /^PERMISSION_DENIED/)
})
