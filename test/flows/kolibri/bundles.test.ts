// What Kolibri's users know of frontend bundles, row by row: each test begins with the name of its row in the table of Kolibri's
// capabilities. docs/bundles.md describes what is promised here.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import { defineHost } from '../../../runtime/index.ts'
import type { SlotPart } from '../../../sdk/api/bundles.ts'
import type { ProblemDocument } from '../../../sdk/api/problems.ts'
import type { BundleContextFacts } from '../../../sdk/host-page/bundle-context.ts'
import { openHostPage, partOf } from '../../slots/host-page.ts'
import { install, type PluginSource, pluginZip, startTestRuntime, upload } from '../../support/runtime.ts'

const host = defineHost({
  id: 'school',
  version: '1.0.0',
  languages: { available: ['en', 'ar'], default: 'en' },
  slots: { front: { modes: ['append', 'replace', 'wrap'] }, 'content.video': {} },
})
const ORIGIN = 'http://127.0.0.1:3000'

const VITE = {
  'src/app.ts': {
    file: 'assets/app-x7Yq2b9K.js',
    src: 'src/app.ts',
    isEntry: true,
    css: ['assets/app-p3Lm8c2D.css'],
  },
  'src/video.ts': {
    file: 'assets/video-k2Ns8w1Z.js',
    src: 'src/video.ts',
    isEntry: true,
    imports: ['_shared'],
  },
  _shared: { file: 'assets/shared-a1Bc2d3E.js', css: ['assets/shared-t5Rf6g7H.css'] },
}
const built: PluginSource = {
  id: 'built',
  backend:
    'export default { bundles: { app: (request, env, ctx) => ({ user: ctx.user, slot: request.slot }) } }',
  files: {
    'frontend/.vite/manifest.json': JSON.stringify(VITE),
    ...Object.fromEntries(
      Object.values(VITE).flatMap((chunk) => [
        [`frontend/${chunk.file}`, `export default () => {} // ${chunk.file}`],
        ...('css' in chunk ? chunk.css.map((file) => [`frontend/${file}`, 'p { margin: 0 }']) : []),
      ]),
    ),
    'frontend/assets/app-x7Yq2b9K.js.map': '{}',
    'locales/en.json': '{ "hello": "Hello", "only": "Only in English" }',
    'locales/ar.json': '{ "hello": "مرحبًا" }',
  },
  manifest: {
    contributes: {
      bundles: [
        { id: 'app', source: 'src/app.ts', data: true },
        { id: 'video', source: 'src/video.ts' },
      ],
      slots: [
        { slot: 'front', bundle: 'app' },
        { slot: 'content.video', bundle: 'video' },
      ],
    },
  },
}

test('Frontend bundle: several of a plugin from one build, style sheets first, by hashed names, each with its integrity hash', async (t) => {
  const runtime = await startTestRuntime(t, { host })
  const app = createApp(runtime, { basePath: '/apps' })
  await install(runtime, built)
  const [part] = await runtime.slots.items('front', { basePath: '/apps' })
  const [video] = await runtime.slots.items('content.video', { basePath: '/apps' })
  const files = (given: SlotPart | undefined) =>
    [...(given?.styles ?? []), given?.entry, ...(given?.preload ?? [])].map((file) =>
      file?.url.split('/').at(-1),
    )
  assert.deepEqual(files(part), ['app-p3Lm8c2D.css', 'app-x7Yq2b9K.js'])
  assert.deepEqual(files(video), ['shared-t5Rf6g7H.css', 'video-k2Ns8w1Z.js', 'shared-a1Bc2d3E.js'])
  for (const file of [part?.entry, part?.styles[0], video?.preload[0]]) {
    const response = await app.request(ORIGIN + file?.url)
    assert.match(response.headers.get('cache-control') ?? '', /immutable/)
    const hash = createHash('sha256').update(Buffer.from(await response.arrayBuffer()))
    assert.equal(file?.integrity, `sha256-${hash.digest('base64')}`)
  }
  const missing = await app.request(`${ORIGIN}/apps/plugins/built/assets/app_stats.json`)
  assert.equal(missing.status, 404, 'a file that is missing is never a failure of the server')
})

test('Frontend bundle: data of the backend and the messages of the page reach it, those that are missing from the default language', async (t) => {
  const runtime = await startTestRuntime(t, { host })
  await install(runtime, built)
  const path = '/plugins/built/.plugbay/bundle?id=app&language=ar&slot=front'
  const html = await (await createApp(runtime).request(ORIGIN + path)).text()
  const [, text = ''] = /id="plugbay-bundle"[^>]*>([^<]*)</.exec(html) ?? []
  const facts = JSON.parse(text) as BundleContextFacts
  assert.deepEqual([facts.language, facts.dir], ['ar', 'rtl'])
  assert.deepEqual(facts.data, { user: null, slot: 'front' })
  assert.deepEqual(facts.messages?.catalogs, [
    { language: 'ar', messages: { hello: 'مرحبًا' } },
    { language: 'en', messages: { hello: 'Hello', only: 'Only in English' } },
  ])
})

test('Bad input: a bundle that was not built is refused with its package, and the problem names what is missing', async (t) => {
  const runtime = await startTestRuntime(t, { host })
  const without = (...paths: readonly string[]): PluginSource => ({
    ...built,
    files: Object.fromEntries(Object.entries(built.files ?? {}).filter(([path]) => !paths.includes(path))),
  })
  const refusal = async (source: PluginSource) => {
    const response = await upload(runtime, pluginZip(source))
    assert.equal(response.status, 422)
    return (await response.json()) as ProblemDocument
  }
  const declaring = (bundle: object): PluginSource => ({
    ...built,
    manifest: { contributes: { bundles: [bundle] } },
  })
  for (const [source, expected, words] of [
    [without('frontend/.vite/manifest.json'), 'BUNDLE_NOT_BUILT', /"app"/],
    [declaring({ id: 'app', source: 'src/other.ts' }), 'BUNDLE_NOT_BUILT', /src\/other\.ts/],
    [declaring({ id: 'app', entry: 'build/app.js' }), 'ENTRY_MISSING', /build\/app\.js/],
    [without('frontend/assets/app-x7Yq2b9K.js'), 'MANIFEST_INVALID', /app-x7Yq2b9K\.js/],
    [without('frontend/assets/shared-t5Rf6g7H.css'), 'BUNDLE_NOT_BUILT', /shared-t5Rf6g7H\.css/],
  ] as const) {
    const { problems = [] } = await refusal(source)
    const found = problems.filter(({ code, message }) => code === expected && words.test(message))
    assert.equal(found.length, 1, `${words}: ${JSON.stringify(problems)}`)
  }
})

test('Client mediator: modules are booted, set up when all are there, shown, and let go when the page lets go of them', async (t) => {
  const page = await openHostPage(t)
  if (page === undefined) return
  const script = (name: string) => `
    const tell = (what) => document.documentElement.append(document.createComment('${name} ' + what))
    export default {
      boot: () => tell('boot'), setup: () => tell('setup'),
      slots: { front(element) { tell('front'); return () => tell('gone') } },
    }`
  for (const name of ['a', 'b'])
    await install(page.runtime, partOf(`${name}-module`, { as: 'module', script: script(name) }))
  await page.show('<plugbay-slot name="front"></plugbay-slot>')
  const said = () =>
    page.page.evaluate(() =>
      [...document.documentElement.childNodes]
        .filter((node) => node.nodeType === Node.COMMENT_NODE)
        .map((node) => node.textContent),
    )
  const first = await said()
  assert.deepEqual(first.slice(0, 2), ['a boot', 'b boot'])
  assert.deepEqual(first.slice(2).toSorted(), ['a front', 'a setup', 'b front', 'b setup'])
  for (const name of ['a', 'b']) assert.ok(first.indexOf(`${name} setup`) < first.indexOf(`${name} front`))
  await page.page.evaluate(() => document.querySelector('plugbay-slot')?.remove())
  assert.deepEqual((await said()).slice(6).toSorted(), ['a gone', 'b gone'])
  assert.deepEqual(page.faults, [])
})

test('Shared libs: what the page offers in its import map is one copy for all modules, and what it does not offer is reported', async (t) => {
  const page = await openHostPage(t)
  if (page === undefined) return
  const counting = `import { words } from 'shared'
    export default (element) => { words.count += 1; element.textContent = 'counted ' + words.count }`
  for (const id of ['a-counts', 'b-counts'])
    await install(page.runtime, partOf(id, { as: 'module', script: counting }))
  const absent = "import 'not-offered'; export default () => {}"
  await install(page.runtime, partOf('c-absent', { as: 'module', script: absent }))
  await page.show('<plugbay-slot name="front"></plugbay-slot>')
  const texts = await page.page.evaluate(() => {
    const roots = [document.querySelector('plugbay-slot')?.shadowRoot ?? null]
    const found: string[] = []
    for (const root of roots)
      for (const element of root?.querySelectorAll('*') ?? []) {
        if (element.shadowRoot !== null) roots.push(element.shadowRoot)
        else if (element.childElementCount === 0) found.push(element.textContent ?? '')
      }
    return found.filter((text) => text.startsWith('counted')).toSorted()
  })
  assert.deepEqual(texts, ['counted 1', 'counted 2'])
  const { warnings } = await page.runtime.plugins.get('c-absent')
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['BUNDLE_FAILED'],
  )
  assert.match(warnings[0]?.message ?? '', /not-offered/)
})
