// What Karrot's users know of frontends that Vite has built, row by row: each test begins with the name of its row in the table of
// Karrot's capabilities.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { before, test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import { defineHost, type Runtime } from '../../../runtime/index.ts'
import type { Bundle } from '../../../sdk/api/bundles.ts'
import type { ProblemDocument } from '../../../sdk/api/problems.ts'
import {
  api,
  bothWays,
  install,
  type PluginSource,
  pluginZip,
  rawRequest,
  send,
  startTestRuntime,
  upload,
  WAYS,
} from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const host = defineHost({ id: 'karrot', version: '1.0.0', slots: { sidenav: {}, groupWall: {} } })
const scope = sharedScope()
let runtime: Runtime<typeof host>
before(async () => {
  runtime = await startTestRuntime(scope, { host })
})

const ORIGIN = 'http://127.0.0.1:3000'
const get = async (path: string, init: RequestInit = {}) =>
  await createApp(runtime).request(ORIGIN + path, init)

const VITE = {
  'src/main.js': {
    file: 'assets/main-Bq3x7Yz1.js',
    isEntry: true,
    css: ['assets/main-Aa1bBb2c.css'],
    imports: ['_shared.js'],
    assets: ['assets/logo-Dd3eEe4f.svg'],
  },
  '_shared.js': { file: 'assets/shared-C1c2D3e4.js', css: ['assets/shared-F5f6G7g8.css'] },
} as const
const BUILT = {
  'assets/main-Bq3x7Yz1.js': 'export default {}',
  'assets/main-Aa1bBb2c.css': 'p { margin: 0 }',
  'assets/logo-Dd3eEe4f.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  'assets/shared-C1c2D3e4.js': 'export const a = 1',
  'assets/shared-F5f6G7g8.css': 'p { color: red }',
  'assets/unlisted.txt': 'not named by the manifest',
}
const builtIn = (folder: string, manifest: string, build: object = VITE) => ({
  [`${folder}${manifest}`]: JSON.stringify(build),
  ...Object.fromEntries(Object.entries(BUILT).map(([path, text]) => [folder + path, text])),
})
const board = (files: Readonly<Record<string, string>>, more: object = {}): PluginSource => ({
  id: 'board',
  files,
  manifest: {
    contributes: {
      bundles: [{ id: 'main', source: 'src/main.js' }],
      slots: [{ slot: 'groupWall', bundle: 'main' }],
    },
    ...more,
  },
})
const remove = () => send(runtime, 'DELETE', '/plugins/board?data=delete')
const bundles = async () =>
  ((await (await api(runtime, '/bundles')).json()) as { items: readonly Bundle[] }).items
const problemsOf = async (source: PluginSource) => {
  const response = await upload(runtime, pluginZip(source))
  assert.equal(response.status, 422)
  return ((await response.json()) as ProblemDocument).problems ?? []
}

test('Frontend root: the manifest of Vite is found in its folder and beside the files, and that of a web app is not one', async () => {
  for (const [folder, manifest, more] of [
    ['frontend/', 'manifest.json', {}],
    ['frontend/', '.vite/manifest.json', {}],
    ['frontend/dist/', '.vite/manifest.json', { frontend: { root: 'frontend/dist' } }],
  ] as const) {
    await install(runtime, board(builtIn(folder, manifest), more))
    assert.equal(
      (await bundles())[0]?.entry?.url,
      '/plugins/board/assets/main-Bq3x7Yz1.js',
      folder + manifest,
    )
    await remove()
  }
  const webApp = {
    'frontend/manifest.json': '{ "name": "A web app", "icons": [] }',
    'frontend/index.html': '<p>a',
  }
  assert.equal((await install(runtime, { id: 'board', files: webApp })).state, 'running')
  await remove()
})

test('Vite manifest use: entry, style sheets also of imported chunks, and modules to preload, each with its hash', async () => {
  await install(runtime, board(builtIn('frontend/', '.vite/manifest.json')))
  const [bundle] = await bundles()
  const names = (files: readonly { readonly url: string }[]) => files.map(({ url }) => url.split('/').at(-1))
  assert.deepEqual(names(bundle?.styles ?? []), ['shared-F5f6G7g8.css', 'main-Aa1bBb2c.css'])
  assert.deepEqual(names(bundle?.preload ?? []), ['shared-C1c2D3e4.js'])
  const hash = createHash('sha256').update(BUILT['assets/main-Bq3x7Yz1.js']).digest('base64')
  assert.equal(bundle?.entry?.integrity, `sha256-${hash}`)
  await remove()
})

test('Vite manifest use: one that is no JSON, lacks a file or has no such entry is refused with its reason, and the list of others stays', async () => {
  await install(runtime, { ...board(builtIn('frontend/', '.vite/manifest.json')), id: 'other' })
  const wrong = { ...builtIn('frontend/', '.vite/manifest.json'), 'frontend/.vite/manifest.json': '{ "src' }
  const [syntax] = await problemsOf(board(wrong))
  assert.deepEqual([syntax?.code, syntax?.file], ['MANIFEST_INVALID', 'frontend/.vite/manifest.json'])
  const withoutFile = { 'src/main.js': { isEntry: true } }
  assert.match(
    (await problemsOf(board(builtIn('frontend/', '.vite/manifest.json', withoutFile))))[0]?.message ?? '',
    /file/,
  )
  const withoutEntry = { 'src/main.js': { file: 'assets/main-Bq3x7Yz1.js' } }
  const [entry] = await problemsOf(board(builtIn('frontend/', '.vite/manifest.json', withoutEntry)))
  assert.equal(entry?.code, 'BUNDLE_NOT_BUILT')
  assert.deepEqual(
    (await bundles()).map(({ plugin }) => plugin),
    ['other'],
  )
  await send(runtime, 'DELETE', '/plugins/other?data=delete')
})

bothWays(
  'Asset serving: for ever where the name has a hash, else checked again; GET and HEAD only, parts, types, and nothing outside',
  async (t, way) => {
    const client = await way.open(t, runtime)
    await install(
      runtime,
      board({
        ...builtIn('frontend/', '.vite/manifest.json'),
        'backend/index.js': 'export default { fetch() {} }',
      }),
    )
    const script = await client.fetch('/plugins/board/assets/main-Bq3x7Yz1.js')
    assert.match(script.headers.get('cache-control') ?? '', /max-age=31536000, immutable/)
    assert.match(script.headers.get('content-type') ?? '', /^text\/javascript/)
    assert.equal(script.headers.get('x-content-type-options'), 'nosniff')
    const plain = await client.fetch('/plugins/board/assets/unlisted.txt')
    assert.equal(plain.headers.get('cache-control'), 'no-cache')
    const etag = plain.headers.get('etag') ?? assert.fail('no ETag')
    const again = await client.fetch('/plugins/board/assets/unlisted.txt', {
      headers: { 'if-none-match': etag },
    })
    assert.equal(again.status, 304)
    const part = await client.fetch('/plugins/board/assets/unlisted.txt', { headers: { range: 'bytes=4-8' } })
    assert.deepEqual([part.status, await part.text()], [206, 'named'])
    const head = await client.fetch('/plugins/board/assets/unlisted.txt', { method: 'HEAD' })
    assert.deepEqual([head.status, head.headers.get('etag')], [200, etag])
    assert.equal((await client.fetch('/plugins/board/assets/unlisted.txt', { method: 'POST' })).status, 405)
    assert.equal((await client.fetch('/plugins/board/assets/missing.js')).status, 404)
    await remove()
  },
)

test('Asset serving: no spelling of a path leads out of the frontend folder', async (t) => {
  const [server] = WAYS
  assert.ok(server)
  const { origin } = await server.open(t, runtime)
  await install(
    runtime,
    board({
      ...builtIn('frontend/', '.vite/manifest.json'),
      'backend/index.js': 'export default { fetch() {} }',
    }),
  )
  for (const path of [
    '../backend/index.js',
    '..%2fbackend/index.js',
    '%2e%2e/backend/index.js',
    'assets/../../manifest.json',
    '..\\backend\\index.js',
    '/etc/passwd',
  ]) {
    const { status, text } = await rawRequest(origin, `/plugins/board/${path}`)
    assert.ok(status >= 300, `${path}: ${status}`)
    assert.doesNotMatch(text, /export default|manifestVersion|root:/)
  }
  await remove()
})

test('List API: only plugins with a frontend that serve, with title, entry, style sheets and hashes, in the slots that they are for', async () => {
  await install(runtime, board(builtIn('frontend/', '.vite/manifest.json')))
  await install(runtime, { id: 'backend-only', backend: 'export default { fetch() {} }' })
  assert.deepEqual(
    (await bundles()).map(({ plugin, id, title, as }) => [plugin, id, title, as]),
    [['board', 'main', 'board', 'frame']],
  )
  const part = async (slot: 'sidenav' | 'groupWall') =>
    (await runtime.slots.items(slot)).map(({ plugin, mode }) => [plugin, mode])
  assert.deepEqual([await part('groupWall'), await part('sidenav')], [[['board', 'append']], []])
  assert.equal((await get('/api/v1/bundles')).status, 200, 'as pages ask for it, without a token')
  await send(runtime, 'POST', '/plugins/board/disable')
  assert.deepEqual([await bundles(), await part('groupWall')], [[], []])
  for (const id of ['board', 'backend-only']) await send(runtime, 'DELETE', `/plugins/${id}?data=delete`)
})
