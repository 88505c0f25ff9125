// What an author learns of an error, wherever it was thrown: its class, the mapped stack with causes, and whose request it was.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { build } from 'esbuild'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { LogLine } from '../../../sdk/api/logs.ts'
import { bothWays, install, logLines, startTestRuntime, until } from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const ERRORS = `// Errors of the shop.
export class OutOfStock extends Error {
  readonly item: string
  constructor(item: string, options?: ErrorOptions) {
    super(\`no \${item} left\`, options)
    this.item = item
  }
}

export function take(item: string): never {
  throw new OutOfStock(item)
}
`
const INDEX = `import { OutOfStock, take } from './lib/errors.ts'

interface Context { waitUntil(promise: Promise<unknown>): void }
const pause = () => new Promise((resolve) => setTimeout(resolve, 1))

async function order(item: string): Promise<never> {
  await pause()
  return take(item)
}

async function wrap(item: string): Promise<never> {
  try {
    return await order(item)
  } catch (error) {
    throw new TypeError('wrapped', { cause: new RangeError('inner', { cause: error }) })
  }
}

async function several(): Promise<never> {
  const outcomes = await Promise.allSettled([order('a'), order('b')])
  throw new AggregateError(outcomes.map((each) => (each as PromiseRejectedResult).reason), 'both failed')
}

export default {
  async fetch(request: Request, env: { kv: { get(key: string): Promise<unknown> } }, ctx: Context) {
    const { pathname, searchParams } = new URL(request.url)
    const item = searchParams.get('item') ?? 'tea'
    switch (pathname) {
      case '/sync': return take(item)
      case '/async': return await order(item)
      case '/cause': return await wrap(item)
      case '/aggregate': return await several()
      case '/text-cause': throw new Error('outer', { cause: { code: 7 } })
      case '/wait-until': ctx.waitUntil(order(item)); break
      case '/timer': setTimeout(() => take(item), 1); break
      case '/interval': { const timer = setInterval(() => { clearInterval(timer); take(item) }, 1); break }
      case '/async-timer': setTimeout(async () => { await pause(); await wrap(item) }, 1); break
      case '/listener': { const target = new EventTarget(); target.addEventListener('x', () => take(item)); target.dispatchEvent(new Event('x')); break }
      case '/async-listener': request.signal.addEventListener('x', async () => { await pause(); take(item) }); request.signal.dispatchEvent(new Event('x')); break
      case '/microtask': queueMicrotask(() => take(item)); break
      case '/forgotten': void order(item); break
      case '/forgotten-host': void env.kv.get('k').then(() => take(item)); break
      case '/forgotten-crypto': void crypto.subtle.digest('SHA-256', new Uint8Array(1)).then(() => take(item)); break
      case '/forgotten-body': { const text = request.text(); void text.then(() => take(item)); await text; break }
      case '/forgotten-aggregate': void several(); break
      case '/stream': return new Response(new ReadableStream({ async pull() { await pause(); take(item) } }))
      case '/circle': { const outer = new Error('round'); outer.cause = new RangeError('and round', { cause: outer }); throw outer }
      case '/caught': console.log('before ' + item); try { take(item) } catch (error) { console.error('caught', error) } console.log('after ' + item); break
      case '/log': console.log('first ' + item); await pause(); console.warn('second ' + item); setTimeout(() => console.info('third ' + item), 1); break
    }
    return new Response('fine')
  },
}
`
const MANIFEST = { permissions: { kv: true } }

/** Bundles like an author with sources in src/, minified, with names kept. */
async function bundled(sourcemap: 'inline' | 'linked'): Promise<Record<string, string>> {
  const { outputFiles } = await build({
    stdin: { contents: INDEX, resolveDir: '/', sourcefile: 'index.ts', loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    minify: true,
    keepNames: true,
    sourcemap,
    sourceRoot: '',
    absWorkingDir: '/',
    outfile: '/shop/backend/index.js',
    logLevel: 'silent',
    plugins: [
      {
        name: 'sources',
        setup(making) {
          making.onResolve({ filter: /errors/ }, () => ({ path: '/shop/src/lib/errors.ts' }))
          making.onLoad({ filter: /errors/ }, () => ({ contents: ERRORS, loader: 'ts' }))
        },
      },
    ],
  })
  return Object.fromEntries(outputFiles.map(({ path, text }) => [path.replace('/shop/', ''), text]))
}

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(
    scope,
    // One plugin has a process of its own, the others share one: there, runs are another matter.
    { config: { sandbox: { maxFailures: 1000, maxProcesses: 1 } } },
  )
  const files = { 'backend/lib/errors.ts': ERRORS }
  await install(runtime, { id: 'plain', backend: INDEX, typescript: true, files, manifest: MANIFEST })
  await install(runtime, { id: 'inline', files: await bundled('inline'), manifest: MANIFEST })
  await install(runtime, { id: 'linked', files: await bundled('linked'), manifest: MANIFEST })
})

async function lineOf(id: string, item: string): Promise<LogLine> {
  return await until(`an error about ${item}`, async () =>
    (await logLines(runtime, id)).findLast(
      ({ level, message, stack }) => level === 'error' && `${message}\n${stack}`.includes(item),
    ),
  )
}

/** Where errors.ts and index.ts are in stacks. */
const PLACES = {
  plain: [/backend\/lib\/errors\.ts:11:9\b/, /backend\/index\.ts:\d+:\d+/],
  inline: [/src\/lib\/errors\.ts:11:9\b/, /index\.ts:\d+:\d+/],
  linked: [/src\/lib\/errors\.ts:11:9\b/, /index\.ts:\d+:\d+/],
} as const

const CASES: readonly (readonly [path: string, message: string, ...more: RegExp[]])[] = [
  ['/sync', 'OutOfStock: no ITEM left'],
  ['/async', 'OutOfStock: no ITEM left', /at async .*order|order/],
  [
    '/cause',
    'TypeError: wrapped',
    /Caused by: RangeError: inner[\s\S]+Caused by: OutOfStock: no ITEM left\n/,
  ],
  ['/wait-until', 'OutOfStock: no ITEM left'],
  ['/timer', 'OutOfStock: no ITEM left'],
  ['/interval', 'OutOfStock: no ITEM left'],
  ['/async-timer', 'TypeError: wrapped', /Caused by: OutOfStock: no ITEM left\n/],
  ['/listener', 'OutOfStock: no ITEM left'],
  ['/async-listener', 'OutOfStock: no ITEM left'],
  ['/microtask', 'OutOfStock: no ITEM left'],
  ['/forgotten', 'OutOfStock: no ITEM left'],
  ['/forgotten-host', 'OutOfStock: no ITEM left'],
  ['/forgotten-crypto', 'OutOfStock: no ITEM left'],
  ['/stream', 'OutOfStock: no ITEM left'],
  ['/forgotten-body', 'OutOfStock: no ITEM left'],
]

for (const id of ['plain', 'inline', 'linked'] as const)
  bothWays(
    `errors have class, place, causes and request, wherever they were thrown: ${id}`,
    async (t, way) => {
      const client = await way.open(t, runtime)
      const ids = new Set<string | undefined>()
      for (const [index, [path, message, ...patterns]] of CASES.entries()) {
        const item = `${id}-${way.name}-${index}`
        const response = await client.fetch(`/plugins/${id}/api${path}?item=${item}`, {
          method: 'POST',
          body: new Uint8Array(100_000),
        })
        const body = await response.text().catch(() => '')
        assert.doesNotMatch(body, /errors\.ts|OutOfStock|left/, path)
        const line = await lineOf(id, item)
        assert.equal(line.message, message.replace('ITEM', item), path)
        for (const pattern of [...PLACES[id], ...patterns])
          assert.match(line.stack ?? '', new RegExp(pattern.source.replace('ITEM', item)), path)
        assert.match(line.stack ?? '', /\btake \(/, path)
        assert.doesNotMatch(line.stack ?? '', /plugbay:guest|isolated-vm|node:|backend\.js/, path)
        assert.match(line.requestId ?? 'none', /^[0-9a-f]{8}-/, path)
        ids.add(line.requestId)
      }
      assert.equal(ids.size, CASES.length)
      assert.equal(await (await client.fetch(`/plugins/${id}/api/fine`)).text(), 'fine')
    },
  )

for (const id of ['plain', 'linked'] as const)
  bothWays(`all errors of an aggregate are told, and causes that are none: ${id}`, async (t, way) => {
    const client = await way.open(t, runtime)
    for (const path of ['/aggregate', '/forgotten-aggregate']) {
      const since = (await logLines(runtime, id)).at(-1)?.seq ?? 0
      await (await client.fetch(`/plugins/${id}/api${path}`)).text()
      const line = await until('the aggregate', async () =>
        (await logLines(runtime, id)).find(({ seq, message }) => seq > since && /both failed/.test(message)),
      )
      assert.equal(line.message, 'AggregateError: both failed')
      assert.match(
        line.stack ?? '',
        /\nError 1 of 2: OutOfStock: no a left\n +at take \(.*errors\.ts:11:9\)[\s\S]+\nError 2 of 2: OutOfStock: no b left\n +at take/,
      )
    }
    await client.fetch(`/plugins/${id}/api/text-cause`)
    const line = await until('the cause', async () =>
      (await logLines(runtime, id)).findLast(({ message }) => message === 'Error: outer'),
    )
    assert.match(line.stack ?? '', /\nCaused by: \{ code: 7 \}$/)
    await client.fetch(`/plugins/${id}/api/circle`)
    const circle = await until('the circle', async () =>
      (await logLines(runtime, id)).findLast(({ message }) => message === 'Error: round'),
    )
    assert.match(
      circle.stack ?? '',
      /^Error: round\n[^:]+:[\s\S]+\nCaused by: RangeError: and round\n[\s\S]+\nCaused by: \[circular\]$/,
    )
  })

bothWays('lines of the log carry the request that they were written for', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const id of ['plain', 'linked']) {
    const items = [1, 2, 3, 4, 5].map((count) => `${way.name}${count}`)
    await Promise.all(items.map((item) => client.fetch(`/plugins/${id}/api/log?item=${item}`)))
    const ids = await Promise.all(
      items.map(async (item) => {
        const lines = await until('three lines', async () => {
          const found = (await logLines(runtime, id)).filter(({ message }) => message.endsWith(item))
          return found.length === 3 ? found : undefined
        })
        assert.deepEqual(
          lines.map(({ message }) => message),
          ['first', 'second', 'third'].map((word) => `${word} ${item}`),
        )
        const [first, ...rest] = lines.map(({ requestId }) => requestId)
        assert.match(first ?? 'none', /^[0-9a-f]{8}-/)
        assert.deepEqual(rest, [first, first])
        return first
      }),
    )
    assert.equal(new Set(ids).size, items.length)
  }
})

bothWays(
  'a stack that a plugin logs itself is mapped, and stays in its place among the lines',
  async (t, way) => {
    const client = await way.open(t, runtime)
    for (const id of ['plain', 'linked'] as const) {
      const item = `caught-${id}-${way.name}`
      await client.fetch(`/plugins/${id}/api/caught?item=${item}`)
      const lines = await until('all lines', async () => {
        const found = (await logLines(runtime, id)).filter(({ message }) => message.includes(item))
        return found.length === 3 ? found : undefined
      })
      const [before, caught, after] = lines.map(({ message }) => message)
      assert.deepEqual([before, after], [`before ${item}`, `after ${item}`])
      assert.match(
        caught ?? '',
        /^caught .*no .* left\n +at take \((?:backend|src)\/lib\/errors\.ts:11:9\)\n/,
      )
      assert.doesNotMatch(caught ?? '', /plugbay:guest|plugin:\/\/\//)
    }
  },
)
