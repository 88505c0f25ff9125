// What plugbay-env.d.ts says of a manifest, and what the compiler makes of it in the project of an author.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeTypes } from '../../../runtime/dev/env-types.ts'
import { manifestTypes } from '../../../sdk/host/manifest-types.ts'
import { temporaryFolder } from '../../support/runtime.ts'

const ROOT = join(import.meta.dirname, '../../..')

const MANIFEST = {
  ...{ manifestVersion: 1, id: 'shop', name: 'Shop', version: '1.0.0' },
  permissions: {
    ...{ kv: true, tasks: true, volumes: 'read', events: ['shop.*', 'content.changed'] },
    ...{ host: ['catalog.search'], applyHooks: ['content.*'], network: ['https://a.example'] },
  },
  settings: {
    type: 'object',
    properties: {
      perPage: { type: 'integer', default: 20 },
      city: { type: 'string' },
      apiKey: { type: 'string', format: 'secret' },
      token: { type: 'string', format: 'secret' },
    },
    required: ['token'],
  },
  contributes: {
    tasks: [
      { id: 'nightly' },
      {
        id: 'import',
        arguments: { type: 'object', properties: { from: { type: 'string' } }, required: ['from'] },
      },
    ],
    actions: [
      {
        id: 'backup-now',
        arguments: {
          type: 'object',
          properties: { deep: { type: 'boolean', default: false }, note: { type: 'string' } },
        },
      },
    ],
    hooks: [{ hook: 'content.title' }],
    bundles: [{ id: 'chart', data: true }, { id: 'plain' }],
    patches: { services: true, text: 'a' },
  },
}

const OPEN = '$' + '{'

test('a manifest that is half written, or hostile, gives types as well', () => {
  const empty = manifestTypes({})
  for (const odd of [null, 5, { permissions: 'x', contributes: [], settings: { properties: 7 } }])
    assert.deepEqual(manifestTypes(odd), empty)
  assert.ok(empty.includes('readonly permissions: {}') && empty.includes('readonly hooks: never'))
  const evil = manifestTypes({
    permissions: { 'a": 1 }; declare const evil: "': true, events: [`${OPEN}evil}.*`, '`.*', 'a.*', '*'] },
    contributes: { tasks: [{ id: '"x"; evil' }, { id: 7 }, null] },
  }).join('\n')
  assert.ok(evil.includes('readonly "a\\": 1 }; declare const evil: \\"": true'))
  assert.ok(evil.includes(`"${OPEN}evil}.*" | "\`.*" | \`a.${OPEN}string}\` | string`))
  assert.ok(evil.includes('readonly "\\"x\\"; evil": unknown'))
})

const GOOD = `
import { definePlugin, type Env, type Kv } from 'plugbay/sdk'
const first = async (kv: Kv) => await kv.get('a')
export default definePlugin({
  async fetch(request, env, ctx) {
    const count: number = env.settings.perPage
    const city: string | undefined = env.settings.city
    await fetch('https://a.example', { headers: { authorization: env.secrets.token.bearer() } })
    const key: string | undefined = env.secrets.apiKey?.bearer()
    await env.tasks.schedule('import', { from: 'a' }, { key: 'a' })
    await env.tasks.schedule('nightly')
    await env.events.emit('shop.sold', {})
    await env.host.call('catalog.search', { text: 'a' })
    await env.hooks.apply('content.any', 'a')
    for (const volume of await env.volumes.list()) console.log(volume.name)
    return Response.json([await first(env.kv), await count1(env), count, city, key, env.has('kv'), ctx.user])
  },
  tasks: { nightly() {}, import: (task) => task.args.from.trim() },
  actions: {
    'backup-now': { run: (args) => (args.deep ? { task: 'import', args: { from: args.note ?? '' } } : 'Done') },
  },
  hooks: { 'content.title': (value) => value },
  bundles: { chart: () => [] },
  patches: { services: () => '' },
})
async function count1(env: Env) {
  return await env.kv.increment('count')
}
`

/** A line each, and what its error says. */
const MISTAKES: readonly (readonly [line: string, message: RegExp])[] = [
  [
    "await env.db.prepare('SELECT 1').run()",
    /'prepare' does not exist on type 'NotInManifest<"permissions\.database">'/,
  ],
  ['await env.usb.getDevices()', /'getDevices' does not exist on type 'NotInManifest<"permissions\.usb">'/],
  ['env.settings.perPag', /'perPag' does not exist.*Did you mean 'perPage'/],
  ['env.secrets.apiKey.bearer()', /'env\.secrets\.apiKey' is possibly 'undefined'/],
  ['env.secrets.other', /'other' does not exist/],
  ["env.has('database')", /'"database"' is not assignable/],
  [
    "await env.tasks.schedule('nightli')",
    /'"nightli"' is not assignable to parameter of type '"import" \| "nightly"'/,
  ],
  ["await env.tasks.schedule('import', { from: 5 })", /'number' is not assignable to type 'string'/],
  [
    "await env.events.emit('other.sold', {})",
    /is not assignable to parameter of type '`shop\.\$\{string\}`'/,
  ],
  ["await env.host.call('catalog.remove', {})", /is not assignable to parameter of type '"catalog\.search"'/],
  [
    "await env.hooks.apply('other.title', '')",
    /is not assignable to parameter of type '`content\.\$\{string\}`'/,
  ],
  ['ctx.folders.storage', /'storage' does not exist on type 'NotInManifest<"permissions\.folders">'/],
  ['definePlugin({ tasks: { nightly() {} } })', /Property 'import' is missing/],
  [
    "definePlugin({ hooks: { 'content.titel': (value: unknown) => value } })",
    /'content\.titel'' does not exist in type/,
  ],
  [
    "definePlugin({ actions: { 'backup-now': { run: (args) => args.notes } } })",
    /'notes' does not exist.*Did you mean 'note'/,
  ],
]

const MODULES = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'preserve', moduleResolution: 'bundler' },
]

for (const options of MODULES)
  test(`env has what the manifest asks for, and the compiler says what is missing: ${options.moduleResolution}`, async (t) => {
    const folder = await temporaryFolder(t)
    mkdirSync(join(folder, 'backend'))
    const write = (name: string, value: unknown) =>
      writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value))
    write('package.json', { type: 'module' })
    write('manifest.json', MANIFEST)
    const compilerOptions = {
      ...{ ...options, target: 'esnext', lib: ['esnext', 'dom', 'dom.iterable'], types: [] },
      ...{ strict: true, noUncheckedIndexedAccess: true, skipLibCheck: false, noEmit: true },
      ...{ exactOptionalPropertyTypes: true, allowImportingTsExtensions: true },
      paths: { 'plugbay/sdk': [join(ROOT, 'sdk/index.ts')] },
    }
    write('tsconfig.json', { compilerOptions, include: ['backend', 'plugbay-env.d.ts'] })
    await writeTypes(folder, { host: { id: 'any', version: '1.0.0' }, points: [] })
    write('backend/index.ts', GOOD)
    const lines = MISTAKES.map(([line]) => `    ${line}`)
    write(
      'backend/mistakes.ts',
      `import { definePlugin } from 'plugbay/sdk'\nexport default definePlugin({\n  async fetch(request, env, ctx) {\n${lines.join('\n')}\n    return new Response()\n  },\n})\n`,
    )
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'])
    const found = stdout.toString().split(/\n(?=\S)/)
    for (const [index, [line, message]] of MISTAKES.entries()) {
      const place = `backend/mistakes.ts(${index + 4},`
      const said = found.filter((each) => each.includes(place)).join('\n')
      assert.match(said, message, line)
    }
    const others = found.filter((each) => each !== '' && !each.includes('backend/mistakes.ts('))
    assert.deepEqual(others, [])
  })
