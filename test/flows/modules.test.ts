// Everything that a backend may be written in, from a zip in a real isolate: TypeScript that is more than types, JSX, JSON,
// CommonJS, import() and top-level await, in modules that import each other.

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { codeOf, install, pluginZip, startTestRuntime, upload } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

const HONO = join(import.meta.dirname, '../../node_modules/hono')

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
})

async function answerOf(id: string, path = '/'): Promise<Response> {
  return await createApp(runtime).request(`http://127.0.0.1:3000/plugins/${id}/api${path}`)
}

async function honoFiles(): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {}
  for (const entry of await readdir(HONO, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const inside = path.slice(HONO.length + 1)
    if (entry.isFile() && /^(package\.json$|dist\/(?!cjs\/|types\/).*\.js$)/.test(inside))
      files[`backend/node_modules/hono/${inside}`] = await readFile(path)
  }
  return files
}

test('enums, namespaces, parameter properties, decorators of the standard and accessors', async () => {
  await install(runtime, {
    id: 'typescript',
    typescript: true,
    backend: `
      import { Level, type Named } from './level.ts'
      import type { Missing } from './missing.ts'
      namespace Tax { export const rate = 0.2; export function of(net: number) { return net * rate } }
      const enum Size { Small = 1, Large = Small << 3 }
      const names: string[] = []
      function counted(value: Function, context: ClassMethodDecoratorContext) {
        context.addInitializer(function () { names.push(String(context.name)) })
        return function (this: unknown, ...args: unknown[]) { return [context.kind, value.apply(this, args)] }
      }
      function registered(value: Function, { name }: ClassDecoratorContext) { names.push(String(name)) }
      @registered class Shop implements Named {
        static #open = 0
        accessor stock = 3
        constructor(readonly name: string, private price?: number) { Shop.#open++ }
        @counted total(count: number) { return (this.price ?? 0) * count }
        static get open() { return Shop.#open }
      }
      export default {
        async fetch(): Promise<Response> {
          const shop = new Shop('tea', 2) satisfies Named
          const total: unknown = shop.total(4)!
          const missing: Missing | undefined = undefined
          return Response.json([Level.High, Level[2], Size.Large, Tax.of(10), total, shop.stock, Shop.open, names, missing ?? null, <string>shop.name])
        },
      }`,
    files: {
      'backend/level.ts':
        'export enum Level { Low = 1, High, Word = "w" }\nexport interface Named { readonly name: string }',
    },
  })
  assert.deepEqual(await (await answerOf('typescript')).json(), [
    ...[2, 'High', 8, 2, ['method', 8], 3, 1, ['Shop', 'total'], null, 'tea'],
  ])
})

test('decorators in the older form, when tsconfig.json asks for them', async () => {
  const backend = `
    const seen: unknown[] = []
    function route(path: string) {
      return (target: object, key: string, descriptor: PropertyDescriptor) => { seen.push([path, key, typeof descriptor.value, target === Shop.prototype]) }
    }
    function inject(target: object, key: string | undefined, index: number) { seen.push([key, index]) }
    function sealed(made: Function) { Object.seal(made) }
    @sealed class Shop { @route('/buy') buy(@inject cart: string) { return cart } }
    export default { fetch: () => Response.json([seen, Object.isSealed(Shop), new Shop().buy('full')]) }`
  const files = { 'tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": true, }, } // older' }
  await install(runtime, { id: 'older', typescript: true, backend, files })
  assert.deepEqual(await (await answerOf('older')).json(), [
    ...[
      [
        ['buy', 0],
        ['/buy', 'buy', 'function', true],
      ],
      true,
      'full',
    ],
  ])
})

test('JSX by the automatic runtime that a comment names, with a Hono application', async () => {
  await install(runtime, {
    id: 'jsx',
    files: {
      ...(await honoFiles()),
      'backend/index.tsx': `/** @jsxImportSource hono/jsx */
import { Hono } from 'hono'
import type { FC, PropsWithChildren } from 'hono/jsx'
import { Card } from './card.jsx'

const Page: FC<PropsWithChildren<{ title: string }>> = ({ title, children }) => (
  <html lang="en"><head><title>{title}</title></head><body>{children}</body></html>
)
const Later: FC = async () => <i>{await Promise.resolve('later')}</i>

export default new Hono().get('/', (c) =>
  c.html(<Page title={'<b> & co'}><>{[1, 2].map((n) => <Card key={n} number={n} />)}</><Later /></Page>),
)
`,
      'backend/card.jsx':
        '/** @jsxImportSource hono/jsx */\nexport const Card = ({ number, ...rest }) => <p class="card" {...rest}>{number}</p>\n',
    },
    manifest: { backend: { entry: 'backend/index.tsx' } },
  })
  assert.equal(
    await (await answerOf('jsx')).text(),
    '<html lang="en"><head><title>&lt;b&gt; &amp; co</title></head><body><p class="card">1</p><p class="card">2</p><i>later</i></body></html>',
  )
})

test('JSON, import() of the package, top-level await, cycles and CommonJS', async () => {
  await install(runtime, {
    id: 'modules',
    typescript: true,
    backend: `
      import words, { greeting } from './words.json' with { type: 'json' }
      import { even, parity } from './even.ts'
      import legacy, { shout } from 'legacy'
      import { ready } from './ready.mjs'
      const table: Record<string, () => Promise<{ default: string }>> = { de: () => import('./de.ts'), fr: () => import('./fr.cjs') }
      export const version = await Promise.resolve(2)
      export default {
        async fetch(request: Request): Promise<Response> {
          const lang = new URL(request.url).searchParams.get('lang') ?? 'de'
          const late = await table[lang]?.()
          const again = await table[lang]?.()
          return Response.json([greeting, words.list, even(10), parity(7), legacy.kind, shout('x'), ready, version, late?.default, late?.default === again?.default])
        },
      }`,
    files: {
      'backend/words.json': '{ "greeting": "hello", "list": [1, null, "ü"] }',
      'backend/even.ts':
        'import { odd } from "./odd.ts"\nexport const even = (n: number): boolean => n === 0 || odd(n - 1)\nexport function parity(n: number) { return even(n) ? "even" : "odd" }',
      'backend/odd.ts':
        'import { even } from "./even.ts"\nexport const odd = (n: number): boolean => n !== 0 && even(n - 1)',
      'backend/ready.mjs':
        'const response = await Promise.all([Promise.resolve("a"), new Promise((done) => setTimeout(done, 1, "b"))])\nexport const ready = response.join("")',
      'backend/de.ts': 'export default "hallo" as string',
      'backend/fr.cjs': 'module.exports = "salut"',
      'backend/node_modules/legacy/package.json': '{ "name": "legacy", "main": "lib" }',
      'backend/node_modules/legacy/lib/index.js':
        '"use strict"; Object.defineProperty(exports, "__esModule", { value: true }); exports.default = { kind: "cjs" }; exports.shout = require("./shout")',
      'backend/node_modules/legacy/lib/shout.js': 'module.exports = (text) => text.toUpperCase() + "!"',
    },
  })
  const same = ['hello', [1, null, 'ü'], true, 'odd', 'cjs', 'X!', 'ab', 2]
  assert.deepEqual(await (await answerOf('modules')).json(), [...same, 'hallo', true])
  assert.deepEqual(await (await answerOf('modules', '/?lang=fr')).json(), [...same, 'salut', true])
})

test('built-in modules of Node are refused at upload: each with its place and what to use instead', async () => {
  const response = await upload(
    runtime,
    pluginZip({
      id: 'node',
      typescript: true,
      backend:
        "import { readFile } from 'node:fs/promises'\nimport crypto from 'crypto'\nimport { helper } from 'lib'\nexport default { fetch: () => new Response(String([readFile, crypto, helper])) }",
      files: { 'backend/node_modules/lib/index.js': "export const helper = require('net')" },
    }),
  )
  assert.equal(response.status, 422)
  const { problems } = (await response.clone().json()) as {
    problems: { code: string; file: string; line: number; message: string; hint: string }[]
  }
  assert.deepEqual(
    problems.map(({ code, file, line, hint }) => [code, `${file}:${line}`, hint]),
    [
      ['IMPORT_REFUSED', 'backend/index.ts:1', 'Use env.kv to keep data'],
      ['IMPORT_REFUSED', 'backend/index.ts:2', 'Use the global crypto'],
      ['IMPORT_REFUSED', 'backend/node_modules/lib/index.js:1', 'Plugins reach the network by fetch only'],
    ],
  )
  assert.equal(await codeOf(response), 'IMPORT_REFUSED')
})
