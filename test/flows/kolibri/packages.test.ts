// What Kolibri's users know of a plugin as a package, and of its addresses, row by row: each test begins with the name of its row in
// the table of Kolibri's capabilities.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { InspectAnswer } from '../../../sdk/api/packages.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import type { ProblemDocument } from '../../../sdk/api/problems.ts'
import {
  api,
  backendOf,
  bothWays,
  install,
  type PluginSource,
  pluginFiles,
  pluginZip,
  send,
  startTestRuntime,
  upload,
} from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'
import { zipOf } from '../../support/zip.ts'

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope, { config: { languages: ['en', 'fr', 'ar'] } })
})

const ECHO = backendOf("return new Response(url.pathname + ' ' + ctx.language)")
const school = (id: string, more: Partial<PluginSource> = {}): PluginSource => ({
  id,
  backend: ECHO,
  files: { 'frontend/index.html': `<!doctype html><title>${id}</title><p>${id}` },
  ...more,
  manifest: { contributes: { pages: { translated: true } }, ...more.manifest },
})

async function refused(files: Readonly<Record<string, string | Uint8Array>>): Promise<ProblemDocument> {
  const response = await upload(runtime, new Uint8Array(zipOf(files)))
  assert.equal(response.ok, false)
  return (await response.json()) as ProblemDocument
}

async function inspected(source: PluginSource): Promise<InspectAnswer> {
  const response = await api(runtime, '/packages/inspect', {
    method: 'POST',
    headers: { 'content-type': 'application/zip' },
    body: pluginZip(source),
  })
  assert.equal(response.status, 200)
  return (await response.json()) as InspectAnswer
}

const list = async (headers: Record<string, string> = {}) =>
  ((await (await api(runtime, '/plugins', { headers })).json()) as { items: readonly Installation[] }).items

test('Plugin object: a package has one manifest, in one place, which is read without running the plugin', async () => {
  assert.equal((await refused({ 'backend/index.js': ECHO })).code, 'MANIFEST_MISSING')
  const one = pluginFiles(school('first-of-two'))
  const other = pluginFiles(school('second-of-two'))
  const inFolders = Object.entries({ 'a/': one, 'b/': other }).flatMap(([folder, files]) =>
    Object.entries(files).map(([path, text]) => [folder + path, text] as const),
  )
  const both = await refused(Object.fromEntries(inFolders))
  assert.equal(both.code, 'MANIFEST_INVALID')
  assert.match(
    both.detail ?? '',
    /^There is more than one manifest: "a\/manifest\.json" and "b\/manifest\.json"$/,
  )
  const nested = await refused({ ...one, 'vendor/manifest.json': other['manifest.json'] ?? '' })
  assert.match(nested.detail ?? '', /^There is more than one manifest: "manifest\.json" and /)
  const webApp = { ...one, 'vendor/manifest.json': '{ "name": "A web app", "icons": [] }' }
  assert.equal((await upload(runtime, new Uint8Array(zipOf(webApp)))).status, 201)
  const ids = (await list()).map(({ id }) => id)
  assert.deepEqual(ids, ['first-of-two'], 'the manifest of a web app is a file like others')
  const { ok, manifest } = await inspected(school('unread', { backend: "throw new Error('ran')" }))
  assert.equal(ok, true)
  assert.equal((manifest as { id?: unknown }).id, 'unread')
  await send(runtime, 'DELETE', '/plugins/first-of-two?data=delete')
})

test('Id, name, namespace: the id is unique and never that of something else, and the name is in the language of who asks', async () => {
  const name = { en: 'School', fr: 'École', ar: 'مدرسة' }
  await install(runtime, school('named', { manifest: { name } }))
  const nameIn = async (language: string) =>
    (await list({ 'accept-language': language })).find(({ id }) => id === 'named')?.name
  assert.deepEqual(
    [await nameIn('en'), await nameIn('fr-CA'), await nameIn('ar')],
    ['School', 'École', 'مدرسة'],
  )
  for (const id of ['admin', 'api', 'plugins/named', 'Named', '../named']) {
    const { code, problems } = await refused(pluginFiles(school(id)))
    assert.deepEqual([code, problems?.[0]?.pointer], ['MANIFEST_INVALID', '/id'], id)
  }
  await send(runtime, 'DELETE', '/plugins/named?data=delete')
})

bothWays(
  'untranslated_view_urls: what a backend answers is below its id, without a language',
  async (t, way) => {
    const client = await way.open(t, runtime)
    await install(runtime, school('views'))
    const text = async (path: string, init = {}) => (await client.fetch(path, init)).text()
    const french = { headers: { 'accept-language': 'fr' } }
    assert.equal(await text('/plugins/views/api/books/3'), '/books/3 en')
    assert.equal(await text('/plugins/views/api/books/3', french), '/books/3 fr')
    assert.equal(await text('/plugins/views/api'), '/ en')
    await send(runtime, 'DELETE', '/plugins/views?data=delete')
    assert.equal((await client.fetch('/plugins/views/api/books/3')).status, 404)
  },
)

bothWays(
  'translated_view_urls: pages are below their language, and a missing or unknown one leads to it',
  async (t, way) => {
    const client = await way.open(t, runtime)
    await install(runtime, school('pages'))
    const page = await client.fetch('/fr/plugins/pages/')
    assert.equal(page.status, 200)
    assert.match(await page.text(), /content="fr" data-dir="ltr"/)
    assert.match(await (await client.fetch('/ar/plugins/pages/')).text(), /content="ar" data-dir="rtl"/)
    const html = { accept: 'text/html' }
    const to = async (path: string, headers = {}) => {
      const { status, headers: answered } = await client.fetch(path, { headers: { ...html, ...headers } })
      return `${status} ${answered.get('location')}`
    }
    assert.equal(await to('/plugins/pages/', { 'accept-language': 'ar' }), '302 /ar/plugins/pages/')
    assert.equal(await to('/plugins/pages/'), '302 /en/plugins/pages/')
    assert.equal(await to('/xx/plugins/pages/'), '307 /plugins/pages/')
    assert.equal(await (await client.fetch('/fr/plugins/pages/api/a')).text(), '/a fr')
    await send(runtime, 'DELETE', '/plugins/pages?data=delete')
  },
)

bothWays(
  'root_view_urls: no plugin answers at the root of the server, whatever its manifest, its files or its backend say',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const { problems } = await refused(
      pluginFiles(school('rooted', { manifest: { routes: { root: true } } })),
    )
    assert.equal(problems?.[0]?.pointer, '/routes')
    await install(
      runtime,
      school('rooted', { files: { 'frontend/index.html': '<p>mine', 'index.html': '<p>mine' } }),
    )
    for (const path of ['/', '/index.html', '/rooted/', '/fr/', '/api/rooted'])
      assert.doesNotMatch(await (await client.fetch(path)).text(), /mine|\/rooted en/, path)
    await send(runtime, 'DELETE', '/plugins/rooted?data=delete')
  },
)

bothWays(
  'url_slug: the id is the address, so two plugins with the same folders and routes never clash',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const answers = (text: string) => backendOf(`return new Response('${text}')`)
    for (const id of ['slug-a', 'slug-b']) await install(runtime, school(id, { backend: answers(id) }))
    for (const id of ['slug-a', 'slug-b']) {
      assert.equal(await (await client.fetch(`/plugins/${id}/api/same`)).text(), id)
      assert.match(await (await client.fetch(`/en/plugins/${id}/`)).text(), new RegExp(`<p>${id}`))
    }
    const { code, problems } = await refused(pluginFiles(school('slug-c', { manifest: { slug: 'slug-a' } })))
    assert.deepEqual([code, problems?.[0]?.pointer], ['MANIFEST_INVALID', '/slug'])
    const taken = await upload(runtime, pluginZip(school('slug-a', { backend: answers('another') })))
    assert.equal(((await taken.json()) as ProblemDocument).code, 'VERSION_EXISTS')
    assert.equal(
      await (await client.fetch('/plugins/slug-a/api/')).text(),
      'slug-a',
      'who was first keeps it',
    )
    for (const id of ['slug-a', 'slug-b']) await send(runtime, 'DELETE', `/plugins/${id}?data=delete`)
  },
)

test('Missing module named by an attribute: it is refused with file and line, and one that throws is failed with its words', async () => {
  const entry = await refused(
    pluginFiles(school('torn', { manifest: { backend: { entry: 'backend/urls.js' } } })),
  )
  assert.deepEqual([entry.code, entry.problems?.[0]?.pointer], ['ENTRY_MISSING', '/backend/entry'])
  const { code, problems } = await refused(
    pluginFiles(school('torn', { backend: "\nimport './urls.js'\nexport default { fetch() {} }" })),
  )
  assert.equal(code, 'IMPORT_REFUSED')
  assert.deepEqual([problems?.[0]?.file, problems?.[0]?.line], ['backend/index.js', 2])
  const files = { 'backend/urls.js': "throw new Error('no routes today')" }
  const failed = await install(
    runtime,
    school('torn', { backend: "import './urls.js'\nexport default { fetch() {} }", files }),
  )
  assert.deepEqual([failed.enabled, failed.state, failed.problem?.code], [true, 'failed', 'LOAD_FAILED'])
  assert.match(failed.problem?.message ?? '', /no routes today/)
  await send(runtime, 'DELETE', '/plugins/torn?data=delete')
})
