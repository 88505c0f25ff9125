import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import vm from 'node:vm'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import { linkBackend, stopLinker } from '../../../../runtime/package/worker/link/link.ts'
import { sourceAddress } from '../../../../runtime/package/worker/link/link-wrapper.ts'
import { errorProblems, evaluate, filesBelow, link, packageOf, plain, run } from './linked.ts'

const MODULES = join(import.meta.dirname, '../../../../node_modules')

after(() => stopLinker())

test('a backend becomes one classic script that registers its namespace', async () => {
  const linked = await link({
    'backend/index.ts': 'export default { fetch() { return 7 } }\nexport const named = 1',
  })
  assert.ok(linked.code.startsWith('(__plugbay_load)(async (__plugbay_register) => { "use strict";'))
  assert.doesNotMatch(linked.code, /^\s*(?:import|export)\b/m)
  assert.doesNotMatch(linked.code, /sourceMappingURL|sourceURL/)
  const namespace = await evaluate(linked)
  assert.deepEqual(Object.keys(namespace).sort(), ['default', 'named'])
  const plugin = namespace.default
  assert.ok(
    typeof plugin === 'object' && plugin !== null && 'fetch' in plugin && typeof plugin.fetch === 'function',
  )
  assert.equal(plugin.fetch(), 7)
})

test('top-level await is waited for before the backend is registered', async () => {
  const namespace = await run({
    'backend/index.ts':
      'import { a } from "./a.js"\nexport const sum: number = a + (await Promise.resolve(2))',
    'backend/a.js': 'await null\nexport const a = await new Promise((done) => done(40))',
  })
  assert.equal(namespace.sum, 42)
})

test('an error at the top level rejects the load', async () => {
  await assert.rejects(run({ 'backend/index.ts': 'await null; throw new RangeError("no")' }), {
    name: 'RangeError',
    message: 'no',
  })
})

test('modules of every extension link, JSON included', async () => {
  const namespace = await run({
    'backend/index.ts': `
      import js from './a.js'; import mjs from './b.mjs'; import cjs from './c.cjs'; import mts from './d.mts'
      import cts from './e.cts'; import json, { list } from './f.json' with { type: 'json' }; import up from '../shared/g.js'
      import jsx from './h.jsx'; import tsx from './i.tsx'
      export const all = [js, mjs, cjs, mts, cts, json.name, list, up, jsx, tsx]`,
    'backend/a.js': 'export default "js"',
    'backend/b.mjs': 'export default "mjs"',
    'backend/c.cjs': 'module.exports = "cjs"',
    'backend/d.mts': 'export default "mts" as string',
    'backend/e.cts': 'const text: string = "cts"; export = text',
    'backend/f.json': '{ "name": "json", "list": [1], "__proto__": { "polluted": true } }',
    'shared/g.js': 'export default "up"',
    'backend/h.jsx': 'const React = { createElement: (type) => type }; export default <b />',
    'backend/i.tsx': '/** @jsx h */ const h = (type: string): string => type; export default <i />',
  })
  assert.deepEqual(plain(namespace.all), ['js', 'mjs', 'cjs', 'mts', 'cts', 'json', [1], 'up', 'b', 'i'])
})

test('TypeScript that must be compiled is: enums, namespaces, parameter properties, decorators', async () => {
  const namespace = await run({
    'backend/index.ts': `
      enum Color { Red = 'red', Blue = 'blue' }
      const enum Size { Large = 3 }
      namespace Inner { export const value = 'inner' }
      class Point { constructor(readonly x: number) {} }
      function twice(method: (this: Box) => number, context: { name: string }) { return function (this: Box) { return 2 * method.call(this) } }
      class Box { #side = 4; @twice area() { return this.#side ** 2 } accessor lid = true }
      import type { Missing } from './missing.js'
      export const all = [Color.Blue, Size.Large, Inner.value, new Point(5).x, new Box().area(), new Box().lid]
      export const missing: Missing | undefined = undefined`,
  })
  assert.deepEqual(plain(namespace.all), ['blue', 3, 'inner', 5, 32, true])
})

test('names of functions and classes stay, and a static name wins', async () => {
  const namespace = await run({
    'backend/index.ts': `import { Box as Other } from './other.ts'
      class Box {}; class Named { static name = 'own' }; export default () => 1
      const later = function () {}; export const names = [Box.name, Other.name, Named.name, later.name, new Other() instanceof Other]`,
    'backend/other.ts': 'export class Box { static count = 0; static { Box.count++ } }',
  })
  assert.deepEqual(plain(namespace.names), ['Box', 'Box', 'own', 'later', true])
})

test('import cycles work, with live bindings', async () => {
  const namespace = await run({
    'backend/index.ts':
      'import { even } from "./even.js"\nexport const answer = even(10)\nexport const later = "set"',
    'backend/even.js':
      'import { odd } from "./odd.js"\nexport const even = (n) => (n === 0 ? true : odd(n - 1))',
    'backend/odd.js':
      'import { even } from "./even.js"\nimport * as index from "./index.ts"\nexport const odd = (n) => (n === 0 ? false : even(n - 1))\nexport const look = () => index.later',
  })
  assert.equal(namespace.answer, true)
})

test('import() of a file of the package works, once, with top-level await in it', async () => {
  const namespace = await run({
    'backend/index.ts':
      'export const load = () => import("./late.js")\nexport const json = () => import("./data.json", { with: { type: "json" } })',
    'backend/late.js':
      'globalThis.loads = (globalThis.loads ?? 0) + 1\nexport const value = await Promise.resolve("late")\nexport const loads = globalThis.loads',
    'backend/data.json': '{"a":[1,2]}',
  })
  const { load, json } = namespace
  assert.ok(typeof load === 'function' && typeof json === 'function')
  assert.deepEqual({ ...(await load()) }, { value: 'late', loads: 1 })
  assert.equal((await load()).loads, 1)
  assert.deepEqual(plain((await json()).default), { a: [1, 2] })
})

test('import() and require() with a computed name fail when they run, with a clear TypeError', async () => {
  const linked = await link({
    'backend/index.ts':
      'export const load = (name: string) => import(name)\nexport const need = (name: string) => require(name)\nexport const where = () => require.resolve("x")',
  })
  assert.doesNotMatch(linked.code, /\bimport\s*\(/)
  const { load, need, where } = await evaluate(linked)
  assert.ok(typeof load === 'function' && typeof need === 'function' && typeof where === 'function')
  const error = {
    name: 'TypeError',
    message: 'Cannot import "./x.js": a backend imports files of its package, named by a plain string',
  }
  await assert.rejects(load('./x.js'), error)
  assert.throws(() => need('./x.js'), error)
  assert.throws(() => where(), { name: 'TypeError' })
})

test('a call that was disarmed keeps its place, and the source map holds what the author wrote', async () => {
  const code =
    "export const load = (name: string) => import(['.', name].join('/'))\nexport const where = () => new Error('here')"
  const { map } = await link({ 'backend/index.ts': code })
  const { sources, sourcesContent } = JSON.parse(map)
  assert.equal(sourcesContent[sources.indexOf('plugin:///backend/index.ts')], code)
})

test('CommonJS is wrapped: module.exports, exports, require, this, optional packages in try', async () => {
  const namespace = await run({
    'backend/index.ts':
      'import whole, { part } from "./whole.cjs"\nimport old from "./umd.js"\nexport const all = [whole.part, part, whole.optional, whole.same, old.kind]',
    'backend/whole.cjs': `exports.part = require('./part.cjs').part; exports.same = this === module.exports
      try { require('bufferutil') } catch (error) { exports.optional = error.name }
      try { require('fs') } catch {}
      try { require('./build/native') } catch {}`,
    'backend/part.cjs': 'exports.part = "part"',
    'backend/umd.js':
      '(function (root, make) { if (typeof exports === "object" && typeof module !== "undefined") module.exports = make(); else root.old = make() })(this, function () { return { kind: "umd", env: process.env.NODE_ENV, root: global } })',
  })
  assert.deepEqual(plain(namespace.all), ['part', 'part', 'TypeError', true, 'umd'])
})

test('a CommonJS entry registers its exports as the default export', async () => {
  const namespace = await run({ 'backend/index.js': 'module.exports = { fetch() {} }' }, 'backend/index.js')
  assert.deepEqual(Object.keys(Object(namespace.default)), ['fetch'])
})

test('plugbay/sdk is there without being in the package', async () => {
  const namespace = await run({
    'backend/index.ts':
      'import { definePlugin, type Plugin } from "plugbay/sdk"\nconst plugin = { fetch: () => new Response("x") } satisfies Plugin\nexport default definePlugin(plugin)\nexport const same = definePlugin(plugin) === plugin',
  })
  assert.equal(namespace.same, true)
})

test('import.meta, process.env.NODE_ENV and global stand for something', async () => {
  const namespace = await run({
    'backend/index.ts':
      'export const all = [import.meta.url, typeof import.meta, import.meta.env?.DEV, process.env.NODE_ENV, global === globalThis]',
  })
  assert.deepEqual(plain(namespace.all), ['plugin:///backend.js', 'object', null, 'production', true])
})

test('names of the wrapper may be names of the author', async () => {
  const namespace = await run({
    'backend/index.ts':
      'export const require = 1\nexport function __plugbay_register() { return 2 }\nexport const __plugbay_load = 3\nexport const sum = require + __plugbay_register() + __plugbay_load',
  })
  assert.equal(namespace.sum, 6)
})

test('nothing of the bundle becomes global', async () => {
  const before: Record<string, unknown> = {
    __plugbay_load: (load: (register: () => void) => void) => void load(() => {}),
  }
  const context = vm.createContext(before)
  vm.runInContext(
    (await link({ 'backend/index.ts': 'var a = 1; function b() {}; class C {}; export default [a, b, C]' }))
      .code,
    context,
  )
  assert.deepEqual(Object.keys(before), ['__plugbay_load'])
})

test('hono carried in backend/node_modules serves a request', async () => {
  const linked = await link({
    'backend/index.ts': `import { Hono } from 'hono'; import { cors } from 'hono/cors'
      const app = new Hono().use(cors()).get('/greet/:name', (c) => c.json({ hello: c.req.param('name') }))
      export default app`,
    ...filesBelow(join(MODULES, 'hono'), 'backend/node_modules/hono'),
  })
  const { default: app } = await evaluate(linked, { Request, Response, Headers, URL, URLSearchParams })
  assert.ok(typeof app === 'object' && app !== null && 'fetch' in app && typeof app.fetch === 'function')
  const response: unknown = await app.fetch(new Request('http://localhost/greet/ada'))
  assert.ok(response instanceof Response)
  assert.deepEqual(await response.json(), { hello: 'ada' })
  assert.equal(response.headers.get('access-control-allow-origin'), '*')
})

test('a CommonJS package of the registry links and runs', async () => {
  const { answer } = await run({
    'backend/index.ts':
      'import semver from "semver"\nexport const answer = semver.satisfies("1.2.3", "^1.0.0")',
    ...filesBelow(join(MODULES, 'semver'), 'backend/node_modules/semver'),
  })
  assert.equal(answer, true)
})

test("the source map leads from the script to the author's lines", async () => {
  const source =
    '// first line\nconst text: string = "ü"\n\nexport default function fail(): never {\n  throw new Error(text)\n}\n'
  const linked = await link({
    'backend/index.ts': `import "./lib/ä b.ts"\n${source}`,
    'backend/lib/ä b.ts': 'globalThis.x = 1 as number\n',
  })
  const map = new TraceMap(linked.map)
  assert.ok(
    map.sources.includes('plugin:///backend/index.ts') &&
      map.sources.includes('plugin:///backend/lib/ä b.ts'),
  )
  assert.deepEqual(
    map.sourcesContent?.[map.sources.indexOf('plugin:///backend/index.ts')],
    `import "./lib/ä b.ts"\n${source}`,
  )
  const lines = linked.code.split('\n')
  const line = lines.findIndex((text) => text.includes('throw new Error(text)'))
  const found = originalPositionFor(map, { line: line + 1, column: (lines[line] ?? '').indexOf('throw') })
  assert.deepEqual([found.source, found.line, found.column], ['plugin:///backend/index.ts', 6, 2])

  const { default: fail } = await evaluate(linked)
  assert.ok(typeof fail === 'function')
  let stack = ''
  try {
    fail()
  } catch (error) {
    stack = String(Reflect.get(Object(error), 'stack'))
  }
  const [, atLine, atColumn] = /backend\.js:(\d+):(\d+)/.exec(stack) ?? []
  const thrown = originalPositionFor(map, { line: Number(atLine), column: Number(atColumn) - 1 })
  assert.deepEqual([thrown.source, thrown.line], ['plugin:///backend/index.ts', 6])
})

test("a map of the author's own bundler leads to the original sources: inline, beside the file, or not at all", async () => {
  const sources = {
    '../src/lib.ts': 'export function fail(): never {\n  throw new Error("lost")\n}\n',
    'webpack://shop/./src/index.ts?x': "import { fail } from './lib'\nexport default fail\n",
  }
  const made = 'export default function fail(){throw new Error("lost")}\n'
  // One segment: the throw at line 1, column 30 is line 2, column 2 of the first source.
  const map = JSON.stringify({
    version: 3,
    sources: Object.keys(sources),
    sourcesContent: Object.values(sources),
    names: [],
    mappings: 'AAAA,8BACE',
  })
  const inline = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}`
  const cases: [Record<string, string>, string[]][] = [
    [{ 'backend/index.js': made + inline }, ['plugin:///src/lib.ts']],
    [
      { 'backend/index.js': `${made}//# sourceMappingURL=maps/a%20b.map\n`, 'backend/maps/a b.map': map },
      ['plugin:///src/lib.ts'],
    ],
    [
      { 'backend/index.js': `${made}//# sourceMappingURL=data:application/json;base64,bm90IGEgbWFw\n` },
      ['plugin:///backend/index.js'],
    ],
    [
      {
        'backend/index.js': `${made}//# sourceMappingURL=x.map`,
        'backend/x.map': '{"version":3,"sources":[],"mappings":"@@"}',
      },
      ['plugin:///backend/index.js'],
    ],
    [{ 'backend/index.js': `${made}//# sourceMappingURL=index.js.map` }, ['plugin:///backend/index.js']],
    [{ 'backend/index.js': `${made}//# sourceMappingURL=../../etc/passwd` }, ['plugin:///backend/index.js']],
    [
      { 'backend/index.js': `${made}//# sourceMappingURL=x.map`, 'backend/x.map': 'not a map' },
      ['plugin:///backend/index.js'],
    ],
    [
      { 'backend/index.js': `${made}//# sourceMappingURL=x.map`, 'backend/x.map': '['.repeat(200_000) },
      ['plugin:///backend/index.js'],
    ],
  ]
  for (const [files, expected] of cases) {
    const linked = await link(files, 'backend/index.js')
    const trace = new TraceMap(linked.map)
    const lines = linked.code.split('\n')
    const line = lines.findIndex((text) => text.includes('throw new Error("lost")'))
    const column = lines[line]?.indexOf('throw') ?? 0
    const { source } = originalPositionFor(trace, { line: line + 1, column })
    assert.deepEqual([source], expected)
    assert.ok(trace.sources.every((each) => each?.startsWith('plug') && !each.includes('..')))
  }
})

test("an author's map over the limits is left out with a warning: too many bytes, sources or positions", async () => {
  const mapOf = (sources: number, segments: number, rest = '') =>
    `{"version":3,"sources":${JSON.stringify(Array.from({ length: sources }, (_, index) => `s${index}`))},"names":[],"mappings":"${Array(segments).fill('A').join(',')}"${rest}}`
  const made = 'export default 1\n//# sourceMappingURL=x.map'
  for (const [map, words] of [
    [mapOf(20_001, 1), '20001 sources, 20000 are allowed'],
    [mapOf(1, 2_000_001), '2000001 positions, 2000000 are allowed'],
    [mapOf(1, 1, `,"x":"${' '.repeat(20_000_000)}"`), 'bytes, 20000000 are allowed'],
  ] as const) {
    const files = packageOf({ 'backend/index.js': made, 'backend/x.map': map })
    const outcome = await linkBackend(files, { entry: 'backend/index.js', maxCodeBytes: 1_000_000 })
    assert.ok(outcome.ok)
    const [warning] = outcome.warnings
    assert.ok(warning)
    assert.partialDeepStrictEqual(warning, { code: 'SOURCE_MAP_TOO_LARGE', file: 'backend/index.js' })
    assert.ok(warning.message.includes(words), warning.message)
    assert.deepEqual(
      new TraceMap(outcome.map).sources.map(String).filter((name) => name.startsWith('plugin:')),
      ['plugin:///backend/index.js'],
    )
  }
})

test('the map counts as the code does: a larger one loses the texts of the sources, then itself', async () => {
  const comment = `/* ${'x'.repeat(5000)} */`
  const plain = packageOf({ 'backend/index.js': `${comment}\nexport default 1` })
  const cut = await linkBackend(plain, { entry: 'backend/index.js', maxCodeBytes: 4000 })
  assert.ok(cut.ok, JSON.stringify(cut))
  const { sources, sourcesContent } = new TraceMap(cut.map)
  assert.ok(sources.includes('plugin:///backend/index.js') && sourcesContent === undefined)
  assert.match(cut.warnings[0]?.message ?? '', /4000 are allowed$/)

  const dense = packageOf({
    'backend/index.js': `export default () => Math.max(${'a, '.repeat(5000)}); let a = 1`,
  })
  const none = await linkBackend(dense, { entry: 'backend/index.js', maxCodeBytes: 17_000 })
  assert.ok(none.ok, JSON.stringify(none))
  assert.deepEqual(new TraceMap(none.map).sources, [])
  assert.equal(none.warnings.length, 1)
  const whole = await linkBackend(plain, { entry: 'backend/index.js', maxCodeBytes: 1_000_000 })
  assert.ok(whole.ok && whole.warnings.length === 0)
})

test('sources of a map are named below the package, whatever it calls them', () => {
  const named = {
    'plugin:backend/a b.ts': 'plugin:///backend/a b.ts',
    'plugbay:entry': 'plugbay:///entry',
    '../../src/./a.ts': 'plugin:///src/a.ts',
    'webpack://shop/./src/a.ts?12ab': 'plugin:///src/a.ts',
    '/home/ada/shop/a.ts': 'plugin:///home/ada/shop/a.ts',
    'a\n    at forged (b.ts:1:1)': 'plugin:///a    at forged (b.ts:1:1)',
    '..': 'plugin:///unknown',
  }
  for (const [source, address] of Object.entries(named)) assert.equal(sourceAddress(source), address)
})

test("the options of the package's own tsconfig.json count", async () => {
  const namespace = await run(
    {
      'tsconfig.json': '{ "compilerOptions": { "target": "es5", "strict": false } }',
      'backend/tsconfig.json':
        '{ // how JSX is compiled\n "extends": "/etc/passwd", "compilerOptions": { "jsx": "react-jsx", "jsxImportSource": "tiny", "paths": { "*": ["/etc/*"] }, }, }',
      'backend/index.tsx': 'export const made = <b>x</b>',
      'backend/node_modules/tiny/jsx-runtime.js':
        'export const jsx = (type, props) => [type, props.children]',
    },
    'backend/index.tsx',
  )
  assert.deepEqual(plain(namespace.made), ['b', 'x'])
  assert.deepEqual(
    plain((await run({ 'tsconfig.json': '['.repeat(90_000), 'backend/index.ts': 'export const a = 1' })).a),
    1,
  )
})

test('a script larger than the limit is refused', async () => {
  const outcome = await linkBackend(
    packageOf({ 'backend/index.ts': `export default "${'x'.repeat(2_000_000)}"` }),
    { entry: 'backend/index.ts', maxCodeBytes: 1_000_000 },
  )
  assert.deepEqual(outcome.ok ? [] : outcome.problems.map(({ code, message }) => [code, message]), [
    ['ARCHIVE_TOO_LARGE', 'The linked backend has 2.0 MB; this server allows 1.0 MB'],
  ])
})

test('a missing entry is a problem, not an error', async () => {
  assert.deepEqual(
    (await errorProblems({}, 'backend/index.ts')).map(({ code }) => code),
    ['ENTRY_MISSING'],
  )
})

test('an aborted link rejects with the reason', async () => {
  const files = packageOf({ 'backend/index.ts': 'export default 1' })
  const options = { entry: 'backend/index.ts', maxCodeBytes: 1_000_000 }
  await assert.rejects(linkBackend(files, { ...options, signal: AbortSignal.abort(new Error('gone')) }), {
    message: 'gone',
  })
  const controller = new AbortController()
  const linking = linkBackend(files, { ...options, signal: controller.signal })
  controller.abort(new Error('gone later'))
  await assert.rejects(linking, { message: 'gone later' })
})

test('two links at the same time do not disturb each other', async () => {
  const [one, two] = await Promise.all([
    run({ 'backend/index.ts': 'export default 1' }),
    run({ 'backend/index.ts': 'export default 2' }),
  ])
  assert.deepEqual([one.default, two.default], [1, 2])
})
