// plugbay-env.d.ts: the types of schemas as text, and what the compiler makes of them in a plugin.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { declarationFile, isOfHost } from '../../../sdk/host/declaration-file.ts'
import { schemaToType } from '../../../sdk/host/schema-to-type.ts'
import { temporaryFolder } from '../../support/runtime.ts'

const ROOT = join(import.meta.dirname, '../../..')

const TYPES: readonly (readonly [schema: unknown, type: string])[] = [
  [true, 'unknown'],
  [false, 'never'],
  [{}, 'unknown'],
  [{ type: 'integer', minimum: 0 }, 'number'],
  [{ type: ['string', 'null'] }, 'string | null'],
  [{ enum: ['easy', 'hard', 3] }, '"easy" | "hard" | 3'],
  [{ const: 'it\'s "so"' }, '"it\'s \\"so\\""'],
  [{ type: 'array', items: { type: ['string', 'number'] } }, 'readonly (string | number)[]'],
  [{ type: 'array' }, 'readonly unknown[]'],
  [{ type: 'object' }, 'Readonly<Record<string, unknown>>'],
  [{ type: 'object', additionalProperties: { type: 'number' } }, 'Readonly<Record<string, number>>'],
  [
    { type: 'object', properties: { a: { type: 'string' }, 'b-c': {} }, required: ['a'] },
    '{ readonly "a": string; readonly "b-c"?: unknown }',
  ],
  [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, 'string | number'],
  [{ $ref: '#/$defs/a' }, 'unknown'],
  [{ type: 'toString' }, 'unknown'],
]

for (const [schema, type] of TYPES)
  test(`the type of ${JSON.stringify(schema)}`, () => {
    assert.equal(schemaToType(schema), type)
  })

test('a schema without end gives a type with one', () => {
  const endless: Record<string, unknown> = { type: 'array' }
  endless.items = endless
  assert.match(schemaToType(endless), /unknown/)
})

const SOURCE = {
  host: { id: 'library', version: '2.3.0' },
  points: [
    { kind: 'hooks', name: 'content.title', point: { value: { type: 'string' } } },
    {
      kind: 'events',
      name: 'sync.after',
      point: { data: { type: 'object', properties: { rows: { type: 'integer' } }, required: ['rows'] } },
    },
    { kind: 'menus', name: 'events.reporting', point: {} },
    { kind: 'contexts', name: 'general', point: { data: { type: 'null' } } },
    {
      kind: 'contexts',
      name: 'book',
      point: { data: { type: 'object', properties: { pages: { type: 'integer' } }, required: ['pages'] } },
    },
    {
      kind: 'calls',
      name: 'catalog.search',
      point: { args: { type: 'string' }, result: { type: 'array', items: { type: 'string' } } },
    },
    { kind: 'calls', name: 'media.read', point: { args: { type: 'string' }, result: 'stream' } },
    { kind: 'calls', name: 'media.write', point: { args: { type: 'string' }, result: true, body: true } },
  ],
  manifest: {
    id: 'lab',
    permissions: { applyHooks: ['content.*'], host: ['catalog.search', 'media.read', 'media.write'] },
    settings: {
      type: 'object',
      properties: {
        folder: { type: 'string', default: 'backups' },
        retries: { type: 'integer' },
        apiKey: { type: 'string', format: 'secret' },
      },
    },
    contributes: { hooks: [{ hook: 'content.title' }], actions: [{ id: 'count' }] },
  },
}

test('the file says of which host it is', () => {
  const text = declarationFile(SOURCE)
  assert.ok(isOfHost(text, 'library') && !isOfHost(text, 'libra'))
  assert.doesNotMatch(text, /events\.reporting/)
  const odd = declarationFile({ ...SOURCE, host: { id: 'a\nimport "evil"', version: '\u2028x' } })
  assert.match(odd, /^\/\/ Types of "a\\nimport \\"evil\\"" " x"\n/)
})

const PLUGIN = `
import { definePlugin } from 'plugbay/sdk'
export default definePlugin({
  hooks: { 'content.title': (value, { language }, env) => value.toUpperCase() + language + env.settings.folder },
  events: {
    'sync.after': (event) => event.data.rows.toFixed(),
    'other.*': (event) => String(event.data),
  },
  actions: {
    count: {
      run: (args, env, { action }) =>
        action?.context === 'book' ? action.object.pages.toFixed() : String(action?.object satisfies null | undefined),
    },
  },
  async fetch(request, env) {
    const { value } = await env.hooks.apply('content.title', 'a')
    const titles: readonly string[] = await env.host.call('catalog.search', value)
    const media = await env.host.call('media.read', 'a.mp4')
    await env.host.call('media.write', 'b.mp4', media.pipeThrough(new DecompressionStream('gzip')))
    await env.host.call('media.write', 'c.mp4', new Uint8Array(3))
    const retries: number | undefined = env.settings.retries
    return Response.json(value.length + titles.length + (retries ?? 0))
  },
})
definePlugin({
  // @ts-expect-error there is no such hook
  hooks: { 'content.titel': (value) => value },
})
definePlugin({
  // @ts-expect-error the value is text
  hooks: { 'content.title': () => 5 },
})
definePlugin({
  events: {
    // @ts-expect-error rows are numbers
    'sync.after': (event) => event.data.rows.trim(),
  },
})
definePlugin({
  actions: {
    count: {
      // @ts-expect-error there is no such context
      run: (args, env, { action }) => (action?.context === 'series' ? 'a series' : undefined),
    },
  },
})
definePlugin({
  actions: {
    count: {
      run(args, env, { action }) {
        // @ts-expect-error a book has no such field
        return action?.context === 'book' ? action.object.title : undefined
      },
    },
  },
  async fetch(request, env) {
    // @ts-expect-error there is no such function
    await env.host.call('catalog.find', 'a')
    // @ts-expect-error it takes no body
    await env.host.call('catalog.search', 'a', 'body')
    // @ts-expect-error a body is no number
    await env.host.call('media.write', 'a', 5)
    // @ts-expect-error it searches for text
    await env.host.call('catalog.search', 5)
    // @ts-expect-error it finds titles
    const [first]: readonly number[] = await env.host.call('catalog.search', 'a')
    return Response.json(first)
  },
})
definePlugin({
  async fetch(request, env) {
    // @ts-expect-error the manifest has no such setting
    return Response.json(env.settings.foldr)
  },
})
`

test('with it, names and values of a plugin are checked by the compiler; without it, anything goes', async (t) => {
  const folder = await temporaryFolder(t)
  mkdirSync(join(folder, 'backend'))
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
  const compile = (code: string) => {
    writeFileSync(join(folder, 'backend/index.ts'), code)
    const { status, stdout } = spawnSync(process.execPath, [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      '-p',
      folder,
    ])
    return { status, text: stdout.toString() }
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: { types: [], paths: { 'plugbay/sdk': [join(ROOT, 'sdk/index.ts')] } },
      include: ['backend', '*.d.ts'],
    }),
  )
  const free = `import { definePlugin } from 'plugbay/sdk'
export default definePlugin({ hooks: { 'any.name': (value) => value }, events: { 'any.name': (event) => event.data } })`
  assert.deepEqual(compile(free), { status: 0, text: '' })
  writeFileSync(join(folder, 'plugbay-env.d.ts'), declarationFile(SOURCE))
  assert.deepEqual(compile(PLUGIN), { status: 0, text: '' })
  assert.notEqual(compile(free).status, 0)
})
