// Templates of an application with patches and templates of real plugins, from the declaration to the files.

import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { defineHost } from '../../runtime/index.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import type { Patches, RenderedFiles, RenderReport } from '../../sdk/api/templates.ts'
import { api, install, send, startTestRuntime, temporaryFolder } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

const scope = sharedScope()

const COMPOSE = 'services:\n  web:\n    image: web\n  {{ patch("compose-services")|indent(2) }}\n'
const folder = await temporaryFolder(scope)
const templates = join(folder, 'templates')
const output = join(folder, 'env')
const write = async (path: string, text: string | Uint8Array) => {
  await mkdir(dirname(join(templates, path)), { recursive: true })
  await writeFile(join(templates, path), text)
}
await write('compose.yml', COMPOSE)
await write('env.json', '{"HOST": "{{ HOST }}"{{ patch("env-json", separator=", ", suffix="") }}}')
await write('.hidden', 'x')
await write('partials/part', 'x')
await write('logo.png', Buffer.from([0x89, 0x50, 0, 1, 2]))
await writeFile(join(folder, 'values.yml'), 'HOST: example.org\nPASSWORD: very-secret-word\n')

const host = defineHost({
  id: 'library',
  version: '1.0.0',
  templates: {
    ...{ folder: templates, values: join(folder, 'values.yml'), output, secrets: ['PASSWORD'] },
    checks: {
      'env.json': (text) => {
        JSON.parse(text)
        return undefined
      },
    },
  },
})
const typed = await startTestRuntime(scope, { host })
const runtime = typed as unknown as Runtime

const plugin = (
  id: string,
  patches: object,
  more: { files?: Record<string, string>; backend?: string; manifest?: object } = {},
) => ({
  id,
  ...more,
  manifest: { ...more.manifest, contributes: { patches } },
})
const text = (path: string) => readFile(join(output, path), 'utf8')
const report = async (): Promise<RenderReport> => {
  await runtime.templates.settled()
  const { last } = runtime.templates
  assert.ok(last)
  return last
}
/** Installs them for one test. */
const withPlugins = async (t: TestContext, ...plugins: readonly ReturnType<typeof plugin>[]) => {
  for (const each of plugins) {
    await install(runtime, each)
    t.after(async () => {
      await send(runtime, 'DELETE', `/plugins/${each.id}`)
      await runtime.templates.settled()
    })
  }
  return await report()
}

test('templates are rendered at the start; hidden and included files are not, others are copied', async () => {
  const { isWritten, problems } = await report()
  assert.deepEqual(problems, [])
  assert.equal(isWritten, true)
  assert.deepEqual((await readdir(output)).toSorted(), ['.plugbay', 'compose.yml', 'env.json', 'logo.png'])
  assert.equal(await text('env.json'), '{"HOST": "example.org"}')
  assert.deepEqual(await readFile(join(output, 'logo.png')), Buffer.from([0x89, 0x50, 0, 1, 2]))
})

test('enabling, disabling and updating a plugin renders again, and says which files changed', async (t) => {
  const before = await text('compose.yml')
  const changed = await withPlugins(
    t,
    plugin('redis', { 'compose-services': 'redis:\n  image: redis:latest' }),
  )
  assert.deepEqual(changed.changes, [{ path: 'compose.yml', owner: 'host', change: 'changed' }])
  assert.equal(
    await text('compose.yml'),
    'services:\n  web:\n    image: web\n  redis:\n    image: redis:latest\n',
  )
  await send(runtime, 'POST', '/plugins/redis/disable')
  assert.deepEqual((await report()).changes, [{ path: 'compose.yml', owner: 'host', change: 'changed' }])
  assert.equal(await text('compose.yml'), before)
  await send(runtime, 'POST', '/plugins/redis/enable')
  await report()
  await install(runtime, {
    ...plugin('redis', { 'compose-services': 'redis:\n  image: redis:7' }),
    version: '2.0.0',
  })
  await report()
  assert.match(await text('compose.yml'), /redis:7/)
})

test('patches are in the order of the operator, else by id; a handler gives one, without secrets', async (t) => {
  await withPlugins(
    t,
    plugin('aa', { 'compose-services': 'aa: {{ HOST }}' }),
    plugin(
      'bb',
      { 'compose-services': true },
      {
        backend: `export default { patches: { 'compose-services': (values) => 'bb: ' + values.HOST + ' ' + ('PASSWORD' in values) + ' {{ PASSWORD }}' } }`,
      },
    ),
  )
  const lines = async () => (await text('compose.yml')).split('\n').slice(3, 5)
  assert.deepEqual(await lines(), ['  aa: example.org', '  bb: example.org false very-secret-word'])
  const order = await send(runtime, 'PUT', '/extension-points/patches/compose-services/order', {
    plugins: ['bb'],
  })
  assert.equal(order.status, 200)
  await report()
  assert.deepEqual(await lines(), ['  bb: example.org false very-secret-word', '  aa: example.org'])
  const { items } = (await (await api(runtime, '/patches')).json()) as Patches
  assert.deepEqual(
    items.map(({ name, uses, contributors }) => ({
      name,
      uses: uses.map(({ file, line }) => `${file}:${line}`),
      plugins: contributors.map(({ plugin }) => plugin),
    })),
    [
      { name: 'compose-services', uses: ['compose.yml:4'], plugins: ['bb', 'aa'] },
      { name: 'env-json', uses: ['env.json:1'], plugins: [] },
    ],
  )
  await send(runtime, 'PUT', '/extension-points/patches/compose-services/order', { plugins: [] })
})

test('a missing value in a patch is named with plugin and line, and the files stay', async (t) => {
  const before = await text('compose.yml')
  const { isWritten, problems } = await withPlugins(
    t,
    plugin('bad', { 'compose-services': 'a:\n  port: {{ GONE }}' }),
  )
  assert.equal(isWritten, false)
  assert.deepEqual(
    problems.map(({ message }) => message),
    ["Missing value: GONE in patch 'compose-services' of plugin bad, line 2"],
  )
  assert.equal(await text('compose.yml'), before)
  const answer = await send(runtime, 'POST', '/rendered-files')
  assert.equal(((await answer.json()) as RenderReport).isWritten, false)
})

test('a patch that breaks a file is named by the check of the application', async (t) => {
  const { isWritten, problems } = await withPlugins(
    t,
    plugin('good', { 'env-json': ', "A": 1' }),
    plugin('harm', { 'env-json': 'B: 1' }),
  )
  assert.equal(isWritten, false)
  assert.match(
    problems[0]?.message ?? '',
    /^The file "env\.json" is not valid: the patch of "harm" has broken it: /,
  )
  assert.equal(await text('env.json'), '{"HOST": "example.org", "A": 1}')
})

test('an unknown place is a warning with what was meant', async (t) => {
  const { warnings, isWritten } = await withPlugins(t, plugin('typo', { 'compose-service': 'x' }))
  assert.equal(isWritten, true)
  assert.equal(warnings[0]?.hint, 'Did you mean "compose-services"?')
  const shown = (await (await api(runtime, '/plugins/typo')).json()) as Installation
  assert.ok(
    shown.warnings.some(({ code, hint }) => code === 'POINT_UNKNOWN' && hint?.includes('compose-services')),
  )
})

test("a plugin's templates are rendered below its own name, and go with it; the application's are never shadowed", async (t) => {
  await write('web/apps/own.conf', 'of the application\n')
  t.after(() => rm(join(templates, 'web'), { recursive: true }))
  const { problems, warnings } = await withPlugins(
    t,
    plugin(
      'web',
      {},
      {
        files: {
          'templates/web/apps/web.conf': 'host {{ HOST }}\n{% include "web/apps/partials/x" %}\n',
          'templates/web/apps/partials/x': 'part\n',
          'templates/web/apps/own.conf': 'of the plugin',
          'templates/web/hooks/db/init': 'echo {{ HOST }}',
          'templates/web/apps/.hidden': 'x',
          'templates/other/apps/x.conf': 'not its own',
        },
        manifest: { templates: 'templates' },
      },
    ),
  )
  assert.deepEqual(problems, [])
  assert.match(warnings[0]?.message ?? '', /"web\/apps\/own\.conf" of "web" is left out/)
  assert.equal(await text('plugins/web/apps/web.conf'), 'host example.org\npart\n')
  assert.equal(await text('web/apps/own.conf'), 'of the application\n')
  assert.deepEqual(await readdir(join(output, 'plugins')), ['web'])
  assert.deepEqual(await readdir(join(output, 'plugins/web/apps')), ['web.conf'])
  await send(runtime, 'POST', '/plugins/web/disable')
  assert.deepEqual(
    (await report()).changes.map(({ path, change }) => `${change} ${path}`),
    ['removed plugins/web/apps/web.conf'],
  )
  assert.ok(!(await readdir(output)).includes('plugins'))
})

test('a value that is saved renders again, and a comparison shows what would change without secrets', async (t) => {
  await write('secret.conf', 'password {{ PASSWORD }}\nhost {{ HOST }}\n')
  t.after(async () => {
    await rm(join(templates, 'secret.conf'))
    await send(runtime, 'PATCH', '/values', { unset: ['HOST'] })
    await runtime.templates.render()
  })
  const { items } = (await (await api(runtime, '/rendered-files')).json()) as RenderedFiles
  const file = items.find(({ path }) => path === 'secret.conf')
  assert.equal(file?.state, 'added')
  assert.match(file?.diff ?? '', /\+password \[secret PASSWORD\]\n\+host example\.org/)
  assert.equal((await send(runtime, 'PATCH', '/values', { set: { HOST: 'new.example' } })).status, 200)
  await report()
  assert.equal(await text('env.json'), '{"HOST": "new.example"}')
  assert.equal(await text('secret.conf'), 'password very-secret-word\nhost new.example\n')
})

test('a declared handler that is missing, and one that fails, are told', async (t) => {
  const before = await text('compose.yml')
  const { problems } = await withPlugins(
    t,
    plugin(
      'fails',
      { 'compose-services': true },
      {
        backend: `export default { patches: { 'compose-services': () => { throw new Error('no tea') } } }`,
      },
    ),
  )
  assert.match(problems[0]?.message ?? '', /^"fails" gave no text for the patch "compose-services": .*no tea/)
  assert.equal(await text('compose.yml'), before)
})
