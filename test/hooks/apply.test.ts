// A hook of an application, through real plugins: order, changes, and what each kind of failure costs.

import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { defineHost } from '../../runtime/index.ts'
import type { ExtensionPoints } from '../../sdk/api/extension-points.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import { api, install, logLines, send, startTestRuntime } from '../support/runtime.ts'

const TEXT = { type: 'string', maxLength: 200 } as const

const host = defineHost({
  id: 'library',
  version: '2.3.0',
  languages: { available: ['en', 'fr'], default: 'en' },
  hooks: {
    'content.title': { value: TEXT, deadlineMs: 2000 },
    'content.card': {
      value: {
        type: 'object',
        properties: { title: TEXT, tags: { type: 'array', items: TEXT, maxItems: 5 } },
        required: ['title'],
        additionalProperties: false,
      },
    },
    'content.code': { value: { type: 'string', pattern: '^(a+)+$' } },
    'content.open': { value: true, deadlineMs: 10_000 },
    'content.saved': { value: TEXT, mode: 'notify', deadlineMs: 2000 },
    'content.theme': { value: TEXT, cardinality: 'one' },
    'content.price': { value: { type: 'number' }, onError: 'fail' },
  },
})
const runtime = await startTestRuntime({ after }, { host })

interface Hooking {
  readonly id: string
  readonly hook: string
  /** Body of the handler; value, context, env and ctx are in scope. */
  readonly body: string
  readonly priority?: number
  readonly manifest?: object
}

const hooking = ({ id, hook, body, priority, manifest = {} }: Hooking) => ({
  id,
  backend: `export default { hooks: { ${JSON.stringify(hook)}: async (value, context, env, ctx) => { ${body} } } }`,
  manifest: {
    ...manifest,
    contributes: { hooks: [{ hook, ...(priority !== undefined && { priority }) }] },
  },
})

describe('a hook', () => {
  const withPlugins = async <T>(plugins: readonly Hooking[], run: () => Promise<T>): Promise<T> => {
    for (const plugin of plugins) await install(runtime, hooking(plugin))
    try {
      return await run()
    } finally {
      for (const { id } of plugins) await send(runtime, 'DELETE', `/plugins/${id}`)
    }
  }
  const messages = async (id: string) =>
    (await logLines(runtime, id)).map(({ message }) => message).join('\n')

  it('gives the value back as it is, where no plugin contributes', async () => {
    assert.deepEqual(await runtime.hooks.apply('content.title', 'Algebra'), {
      value: 'Algebra',
      applied: [],
      skipped: [],
    })
  })

  it('passes the value through the plugins in order, and says who changed it', async () => {
    const hook = 'content.title'
    const outcome = await withPlugins(
      [
        { id: 'last', hook, body: 'return value + " 3"', priority: 90 },
        { id: 'same', hook, body: 'return value' },
        { id: 'first', hook, body: 'return value + " 1"', priority: 10 },
      ],
      () => runtime.hooks.apply(hook, 'Algebra'),
    )
    assert.deepEqual(outcome, {
      value: 'Algebra 1 3',
      applied: [
        { plugin: 'first', changed: true },
        { plugin: 'same', changed: false },
        { plugin: 'last', changed: true },
      ],
      skipped: [],
    })
  })

  it('tells the handler who asks, in which language, and gives it env and ctx', async () => {
    const body =
      'return [context.user?.name, context.language, ctx.user?.name, env.has("kv"), await env.kv.get("x")].join()'
    const user = { name: 'ada', permissions: ['events.view'] }
    const plugin = { id: 'asked', hook: 'content.open', body, manifest: { permissions: { kv: true } } }
    await withPlugins([plugin], async () => {
      const first = await runtime.hooks.apply('content.open', '', { user, language: 'fr' })
      assert.equal(first.value, 'ada,fr,ada,true,')
      const second = await runtime.hooks.apply('content.open', '')
      assert.equal(second.value, ',en,,true,')
    })
  })

  const BAD: readonly (readonly [name: string, body: string, code: string, message: RegExp])[] = [
    ['throws', 'throw new Error("the bomb")', 'GUEST_ERROR', /the bomb/],
    ['hangs', 'await new Promise(() => {})', 'GUEST_DEADLINE', /2000 ms/],
    ['loops for ever', 'for (;;);', 'GUEST_DEADLINE', /./],
    ['returns a wrong type', 'return 5', 'VALUE_INVALID', /must be a text/],
    ['returns nothing', '', 'VALUE_INVALID', /missing or null/],
    ['returns 10 MB', 'return "x".repeat(10_000_000)', 'GUEST_ERROR', /524288 characters/],
    ['returns a text that is too long', 'return "x".repeat(300)', 'VALUE_INVALID', /200 characters or fewer/],
    [
      'returns a Proxy',
      'return new Proxy({}, { get() { throw new Error("trap") }, ownKeys() { throw new Error("trap") } })',
      'GUEST_ERROR',
      /trap/,
    ],
    ['returns a function', 'return () => 1', 'GUEST_ERROR', /not JSON/],
  ]
  for (const [name, body, code, message] of BAD)
    it(`skips a handler that ${name}, reports it to the log of the plugin, and goes on`, async () => {
      const hook = 'content.title'
      await withPlugins(
        [
          { id: 'before', hook, body: 'return value + "1"', priority: 1 },
          { id: 'broken', hook, body },
          { id: 'behind', hook, body: 'return value + "2"', priority: 90 },
        ],
        async () => {
          const { value, applied, skipped } = await runtime.hooks.apply(hook, '')
          assert.equal(value, '12')
          assert.deepEqual(
            applied.map(({ plugin }) => plugin),
            ['before', 'behind'],
          )
          assert.deepEqual(
            skipped.map(({ plugin, problem }) => [plugin, problem.code]),
            [['broken', code]],
          )
          assert.match(String(skipped[0]?.problem.message), message)
          assert.match(
            await messages('broken'),
            code === 'GUEST_DEADLINE' ? /hooks\.content\.title|2000 ms|GUEST/ : message,
          )
        },
      )
    })

  it('never lets a "__proto__" of a plugin through', async () => {
    const body = `return JSON.parse('{"a": {"__proto__": {"admin": true}}}')`
    await withPlugins([{ id: 'proto', hook: 'content.open', body }], async () => {
      const { value, skipped } = await runtime.hooks.apply('content.open', { a: 1 })
      assert.deepEqual(value, { a: 1 })
      assert.equal(skipped[0]?.problem.code, 'GUEST_ERROR')
    })
  })

  it('checks a value with a pattern that backtracks for a limited time only', async () => {
    const body = 'return "a".repeat(60) + "!"'
    await withPlugins([{ id: 'regex', hook: 'content.code', body }], async () => {
      const { value, skipped } = await runtime.hooks.apply('content.code', 'aaa')
      assert.equal(value, 'aaa')
      assert.match(String(skipped[0]?.problem.message), /takes longer than 100 ms to check/)
    })
  })

  it('checks objects too: an unknown field skips the plugin', async () => {
    await withPlugins(
      [{ id: 'fields', hook: 'content.card', body: 'return { ...value, rank: 1 }' }],
      async () => {
        const { value, skipped } = await runtime.hooks.apply('content.card', { title: 'Algebra' })
        assert.deepEqual(value, { title: 'Algebra' })
        assert.match(String(skipped[0]?.problem.message), /has no field "/)
      },
    )
  })

  it('refuses a value of the application that does not match, before any plugin sees it', async () => {
    const body = 'console.log("seen"); return value'
    await withPlugins([{ id: 'unseen', hook: 'content.title', body }], async () => {
      // As an application in JavaScript could call it.
      const wrong = 5 as unknown as string
      await assert.rejects(runtime.hooks.apply('content.title', wrong), {
        code: 'VALUE_INVALID',
        message: 'The value for the hook "content.title" must be a text',
      })
      assert.doesNotMatch(await messages('unseen'), /seen/)
    })
    await assert.rejects(runtime.hooks.apply('content.titel' as 'content.title', ''), {
      code: 'POINT_UNKNOWN',
      message: /did you mean "content.title"\?/,
    })
  })

  it('that notifies calls all at once with the same value, and ignores what they return', async () => {
    const hook = 'content.saved'
    await withPlugins(
      [
        { id: 'one', hook, body: 'console.log("one got " + value); return "other"' },
        { id: 'two', hook, body: 'console.log("two got " + value)' },
        { id: 'three', hook, body: 'throw new Error("the bomb")' },
      ],
      async () => {
        const { value, applied, skipped } = await runtime.hooks.apply(hook, 'Algebra')
        assert.equal(value, 'Algebra')
        assert.deepEqual(applied, [
          { plugin: 'one', changed: false },
          { plugin: 'two', changed: false },
        ])
        assert.deepEqual(
          skipped.map(({ plugin }) => plugin),
          ['three'],
        )
        assert.match(await messages('one'), /one got Algebra/)
        assert.match(await messages('two'), /two got Algebra/)
      },
    )
  })

  it('that takes one plugin calls the first in order, and shows the conflict with both names', async () => {
    const hook = 'content.theme'
    await withPlugins(
      [
        { id: 'dark', hook, body: 'return "dark"' },
        { id: 'blue', hook, body: 'return "blue"' },
      ],
      async () => {
        assert.equal((await runtime.hooks.apply(hook, '')).value, 'blue')
        const message = 'The hook "content.theme" takes one plugin: "blue" is used, and not "dark"'
        const { items } = (await (await api(runtime, '/extension-points')).json()) as ExtensionPoints
        assert.deepEqual(
          items.find(({ name }) => name === hook)?.problems.map((problem) => problem.message),
          [message],
        )
        for (const id of ['dark', 'blue']) {
          const { warnings } = (await (await api(runtime, `/plugins/${id}`)).json()) as Installation
          assert.deepEqual(
            warnings.map((problem) => problem.message),
            [message],
          )
        }
        await send(runtime, 'POST', '/plugins/blue/disable')
        assert.equal((await runtime.hooks.apply(hook, '')).value, 'dark')
        const { warnings } = (await (await api(runtime, '/plugins/dark')).json()) as Installation
        assert.deepEqual(warnings, [])
      },
    )
  })

  it('with "fail" fails the call of the application, with the name of the plugin', async () => {
    await withPlugins([{ id: 'rebate', hook: 'content.price', body: 'return "free"' }], async () => {
      await assert.rejects(runtime.hooks.apply('content.price', 5), {
        code: 'HOOK_FAILED',
        message: /^"rebate" failed in the hook "content.price": The result .* must be a number/,
      })
    })
  })

  it('can be given up: plugins that have not answered are skipped', async () => {
    const hook = 'content.title'
    await withPlugins([{ id: 'slow', hook, body: 'await new Promise(() => {})' }], async () => {
      await runtime.hooks.apply(hook, '', { signal: AbortSignal.abort() })
      const { value, skipped } = await runtime.hooks.apply(hook, 'kept', { signal: AbortSignal.timeout(50) })
      assert.equal(value, 'kept')
      assert.equal(skipped[0]?.problem.code, 'CANCELLED')
    })
  })

  it('is gone with its plugin: disabled, it is not called', async () => {
    const hook = 'content.title'
    await withPlugins([{ id: 'there', hook, body: 'return value + "!"' }], async () => {
      assert.equal((await runtime.hooks.apply(hook, 'a')).value, 'a!')
      await send(runtime, 'POST', '/plugins/there/disable')
      assert.deepEqual(await runtime.hooks.apply(hook, 'a'), { value: 'a', applied: [], skipped: [] })
      await send(runtime, 'POST', '/plugins/there/enable')
      assert.equal((await runtime.hooks.apply(hook, 'a')).value, 'a!')
    })
  })

  it('that the manifest declares and the backend does not export is refused', async () => {
    await assert.rejects(
      install(runtime, {
        id: 'missing',
        backend: 'export default { hooks: { "content.titel": (value) => value } }',
        manifest: { contributes: { hooks: [{ hook: 'content.title' }] } },
      }).then(async ({ state, problem }) => {
        assert.equal(state, 'failed')
        throw new Error(problem?.message)
      }),
      /exports no "hooks.content.title"/,
    )
    await send(runtime, 'DELETE', '/plugins/missing')
  })

  it('is typed by the declaration', () => {
    const calls = () => [
      // @ts-expect-error there is no such hook
      runtime.hooks.apply('content.titel', ''),
      // @ts-expect-error the value is text
      runtime.hooks.apply('content.title', 5),
      // @ts-expect-error a card has a title
      runtime.hooks.apply('content.card', { tags: [] }),
    ]
    assert.equal(typeof calls, 'function')
  })
})
