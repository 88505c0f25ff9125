// Events of an application, of the runtime and of plugins, delivered to real plugins.

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { createPluginEvents } from '../../runtime/events/plugin-events.ts'
import { defineHost } from '../../runtime/index.ts'
import type { UploadAnswer } from '../../sdk/api/packages.ts'
import type { PluginState } from '../../sdk/protocol/plugin-state.ts'
import { install, logLines, send, startTestRuntime, until } from '../support/runtime.ts'

const ROWS = {
  type: 'object',
  properties: { rows: { type: 'integer' } },
  required: ['rows'],
  additionalProperties: false,
} as const

const host = defineHost({
  id: 'library',
  version: '2.3.0',
  events: { 'sync.before': { data: ROWS }, 'sync.after': { data: ROWS } },
})
const runtime = await startTestRuntime({ after }, { host })

interface Hearing {
  readonly id: string
  readonly asks: readonly string[]
  /** Handlers by pattern; event, env and ctx are in scope. */
  readonly handlers: Readonly<Record<string, string>>
}

const hearing = ({ id, asks, handlers }: Hearing) => ({
  id,
  backend: `export default { events: { ${Object.entries(handlers)
    .map(([pattern, body]) => `${JSON.stringify(pattern)}: async (event, env, ctx) => { ${body} }`)
    .join()} } }`,
  manifest: { permissions: { events: asks } },
})

const messages = async (id: string) => (await logLines(runtime, id)).map(({ message }) => message)

async function withPlugins(plugins: readonly Hearing[], run: () => Promise<void>): Promise<void> {
  for (const plugin of plugins) await install(runtime, hearing(plugin))
  try {
    await run()
  } finally {
    for (const { id } of plugins) await send(runtime, 'DELETE', `/plugins/${id}`)
  }
}

describe('an event of the application', () => {
  it('reaches the plugins that are granted it, by the most specific handler, with data, key, time and user', async () => {
    const say = (what: string) =>
      `console.log('${what} ' + event.name + ' ' + event.data.rows + ' ' + event.key + ' ' + ctx.user?.name + ' ' + (Date.parse(event.time) > 0))`
    await withPlugins(
      [
        {
          id: 'group',
          asks: ['sync.*'],
          handlers: { 'sync.*': say('group'), 'sync.after': say('exact'), '*': say('all') },
        },
        { id: 'single', asks: ['sync.before'], handlers: { 'sync.*': say('single') } },
        { id: 'deaf', asks: ['device.*'], handlers: { '*': say('deaf') } },
      ],
      async () => {
        const user = { name: 'ada', permissions: [] }
        const before = await runtime.events.emit('sync.before', { rows: 12 }, { key: 'facility-1', user })
        assert.deepEqual(before, { delivered: ['group', 'single'], skipped: [], queued: [] })
        assert.deepEqual(await runtime.events.emit('sync.after', { rows: 3 }), {
          delivered: ['group'],
          skipped: [],
          queued: [],
        })
        assert.deepEqual(await messages('group'), [
          'group sync.before 12 facility-1 ada true',
          'exact sync.after 3 null undefined true',
        ])
        assert.deepEqual(await messages('single'), ['single sync.before 12 facility-1 ada true'])
        assert.deepEqual(await messages('deaf'), [])
      },
    )
  })

  it('costs a plugin that fails its own handling only, with the error in its log', async () => {
    await withPlugins(
      [
        { id: 'broken', asks: ['sync.*'], handlers: { 'sync.before': 'throw new Error("the bomb")' } },
        { id: 'whole', asks: ['sync.*'], handlers: { 'sync.before': '' } },
      ],
      async () => {
        const { delivered, skipped } = await runtime.events.emit('sync.before', { rows: 1 })
        assert.deepEqual(delivered, ['whole'])
        assert.deepEqual(
          skipped.map(({ plugin, problem }) => [plugin, problem.code]),
          [['broken', 'GUEST_ERROR']],
        )
        assert.match((await messages('broken')).join(), /the bomb/)
      },
    )
  })

  it('arrives in the order of its key, one at a time', async () => {
    const slow =
      'await new Promise((resolve) => setTimeout(resolve, 40 - event.data.rows * 10)); console.log(event.data.rows)'
    await withPlugins([{ id: 'queue', asks: ['sync.*'], handlers: { 'sync.*': slow } }], async () => {
      const rows = [1, 2, 3]
      await Promise.all(rows.map((each) => runtime.events.emit('sync.after', { rows: each }, { key: 'one' })))
      assert.deepEqual(await messages('queue'), ['1', '2', '3'])
      await Promise.all(rows.map((each) => runtime.events.emit('sync.after', { rows: each })))
      assert.deepEqual((await messages('queue')).slice(3), ['3', '2', '1'])
    })
  })

  it('does not reach a plugin that is disabled, or whose grant was taken back', async () => {
    await withPlugins([{ id: 'gone', asks: ['sync.*'], handlers: { 'sync.*': '' } }], async () => {
      const delivered = async () => (await runtime.events.emit('sync.before', { rows: 1 })).delivered
      assert.deepEqual(await delivered(), ['gone'])
      await send(runtime, 'PUT', '/plugins/gone/grants', {})
      assert.deepEqual(await delivered(), [])
      await send(runtime, 'PUT', '/plugins/gone/grants', { events: ['sync.before'] })
      assert.deepEqual(await delivered(), ['gone'])
      await send(runtime, 'POST', '/plugins/gone/disable')
      assert.deepEqual(await delivered(), [])
    })
  })

  it('with data that does not match, or of an unknown name, reaches no plugin', async () => {
    await withPlugins(
      [{ id: 'unseen', asks: ['*'], handlers: { 'sync.*': 'console.log("seen")' } }],
      async () => {
        const wrong = { rows: 'twelve' } as unknown as { rows: number }
        await assert.rejects(runtime.events.emit('sync.before', wrong), {
          code: 'VALUE_INVALID',
          message: 'The data of the event "sync.before" must be a whole number at "/rows"',
        })
        await assert.rejects(runtime.events.emit('sync.befor' as 'sync.before', { rows: 1 }), {
          code: 'POINT_UNKNOWN',
        })
        // The application cannot speak for the runtime.
        await assert.rejects(runtime.events.emit('plugin.removed' as 'sync.before', { rows: 1 }), {
          code: 'POINT_UNKNOWN',
        })
        assert.deepEqual(
          (await messages('unseen')).filter((line) => line === 'seen'),
          [],
        )
      },
    )
  })

  it('is typed by the declaration', () => {
    const calls = () => [
      // @ts-expect-error there is no such event
      runtime.events.emit('sync.started', { rows: 1 }),
      // @ts-expect-error rows are numbers
      runtime.events.emit('sync.before', { rows: 'twelve' }),
      // @ts-expect-error events of the runtime are its own
      runtime.events.emit('plugin.enabled', { id: 'a', version: '1.0.0' }),
    ]
    assert.equal(typeof calls, 'function')
  })

  it('that the manifest does not ask for is a warning in the log', async () => {
    await withPlugins(
      [{ id: 'forgot', asks: ['sync.before'], handlers: { 'sync.before': '', 'device.*': '' } }],
      async () => {
        assert.match(
          (await messages('forgot')).join(),
          /exports "events\.device\.\*", and the manifest asks for no such event/,
        )
      },
    )
  })
})

describe('events of the runtime', () => {
  it('tell plugins of others: enabled, updated, disabled, removed; not of restarts, and not at the start', async () => {
    const handlers = {
      'plugin.*': 'console.log(event.name + " " + event.data.id + " " + (event.data.version ?? ""))',
    }
    await withPlugins([{ id: 'watcher', asks: ['plugin.*'], handlers }], async () => {
      const other = (version: string) => ({ id: 'other', version, files: { 'frontend/index.html': version } })
      await install(runtime, other('1.0.0'))
      await send(runtime, 'POST', '/plugins/other/reload')
      await install(runtime, other('1.1.0'))
      await send(runtime, 'POST', '/plugins/other/disable')
      await send(runtime, 'POST', '/plugins/other/enable')
      await send(runtime, 'DELETE', '/plugins/other')
      const expected = [
        'plugin.enabled other 1.0.0',
        'plugin.updated other 1.1.0',
        'plugin.disabled other ',
        'plugin.enabled other 1.1.0',
        'plugin.removed other ',
      ]
      const ofOther = async () => (await messages('watcher')).filter((line) => line.includes(' other '))
      await until('all events', async () => (await ofOther()).length >= expected.length)
      assert.deepEqual((await ofOther()).toSorted(), expected.toSorted())
    })
  })

  it('follow states of the lifecycle: a crash or a recovery is no news', async () => {
    const sent: string[] = []
    const listen = createPluginEvents(
      {
        async emitOwn(name, data) {
          sent.push(`${name} ${Object.values(data as object).join(' ')}`)
          return { delivered: [], skipped: [], queued: [] }
        },
      },
      [{ id: 'old', enabled: true, activeVersion: '1.0.0' }],
    )
    const state = (id: string, to: PluginState, version: string | null = '1.0.0') =>
      listen({ id: 1, type: 'plugin.state', data: { id, state: to, version } })
    for (const to of ['starting', 'idle', 'running', 'failed', 'running', 'quarantined', 'idle'] as const)
      await state('old', to)
    assert.deepEqual(sent, [])
    await state('old', 'running', '2.0.0')
    await state('old', 'disabled', '2.0.0')
    await state('old', 'disabled', '2.0.0')
    await state('new', 'waiting-approval', null)
    await state('new', 'running')
    await listen({ id: 2, type: 'plugin.removed', data: { id: 'new' } })
    assert.deepEqual(sent, [
      'plugin.updated old 2.0.0 1.0.0',
      'plugin.disabled old',
      'plugin.enabled new 1.0.0',
      'plugin.removed new',
    ])
  })
})

describe('env.events', () => {
  const sender = (body: string, asks: readonly string[]) => ({
    id: 'sender',
    backend: `export default { events: { 'sync.before': async (event, env) => { ${body} } } }`,
    manifest: { permissions: { events: asks } },
  })

  it('sends events of its own to others, and to no handler of its own', async () => {
    await withPlugins(
      [
        {
          id: 'receiver',
          asks: ['sender.*'],
          handlers: { 'sender.*': 'console.log(event.name + JSON.stringify(event.data) + event.key)' },
        },
      ],
      async () => {
        const answer = (await install(
          runtime,
          sender('await env.events.emit("sender.changed", { n: 1 }, { key: "k" }); console.log("sent")', [
            'sync.before',
            'sender.*',
          ]),
        )) as UploadAnswer
        assert.deepEqual(answer.warnings, [])
        await runtime.events.emit('sync.before', { rows: 1 })
        await until('the event', async () => (await messages('receiver')).length > 0)
        assert.deepEqual(await messages('receiver'), ['sender.changed{"n":1}k'])
        assert.deepEqual(await messages('sender'), ['sent'])
        await send(runtime, 'DELETE', '/plugins/sender')
      },
    )
  })

  for (const [name, call, code] of [
    ['of another name', 'env.events.emit("library.changed", 1)', 'HOST_CALL_INVALID'],
    ['of the application', 'env.events.emit("sync.after", { rows: 1 })', 'HOST_CALL_INVALID'],
    ['without a grant', 'env.events.emit("sender.changed", 1)', 'PERMISSION_DENIED'],
    ['with a name that is none', 'env.events.emit("sender. changed", 1)', 'HOST_CALL_INVALID'],
    ['with a key that is no text', 'env.events.emit("sender.changed", 1, { key: 5 })', 'PERMISSION_DENIED'],
  ] as const)
    it(`refuses an event ${name}`, async () => {
      await install(
        runtime,
        sender(`try { await ${call} } catch (error) { console.log(error.code) }`, ['sync.before']),
      )
      await runtime.events.emit('sync.before', { rows: 1 })
      assert.deepEqual(await messages('sender'), [code])
      await send(runtime, 'DELETE', '/plugins/sender')
    })

  it('ends a chain of plugins that answer each other at a fixed depth', async () => {
    const echo = (id: string, to: string) => ({
      id,
      backend: `export default { events: {
        'sync.before': (event, env) => env.events.emit('${id}.ball', 0),
        '${to}.ball': async (event, env) => {
          try { await env.events.emit('${id}.ball', event.data + 1) } catch (error) { console.log(error.code + ' ' + event.data) }
        },
      } }`,
      manifest: { permissions: { events: ['sync.before', `${id}.*`, `${to}.*`] } },
    })
    await install(runtime, echo('ping', 'pong'))
    await install(runtime, {
      ...echo('pong', 'ping'),
      backend: echo('pong', 'ping').backend.replace("'sync.before'", "'sync.after'"),
    })
    await runtime.events.emit('sync.before', { rows: 1 })
    const said = async () => [...(await messages('ping')), ...(await messages('pong'))]
    await until('the end', async () => (await said()).some((line) => line.startsWith('QUOTA_EXCEEDED')))
    assert.match((await said()).join(), /QUOTA_EXCEEDED 6$/)
    for (const id of ['ping', 'pong']) await send(runtime, 'DELETE', `/plugins/${id}`)
  })
})
