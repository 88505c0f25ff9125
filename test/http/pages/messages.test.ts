// The messages of a plugin as its pages get them.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import type { Runtime } from '../../../runtime/runtime.ts'
import {
  bothWays,
  install,
  type PluginSource,
  pluginZip,
  startTestRuntime,
  upload,
} from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const EN = { hello: 'Hello', only: 'Only English' }
const AR = { hello: 'مرحبا' }
const SCHOOL: PluginSource = {
  id: 'school',
  files: {
    'frontend/index.html': '<!doctype html><html><head></head><body></body></html>',
    'locales/en.json': JSON.stringify(EN),
    'locales/ar.json': JSON.stringify(AR),
    'locales/de.json': JSON.stringify({ hello: 'Hallo' }),
  },
  manifest: { contributes: { pages: { translated: true } } },
}

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope, {
    config: { languages: ['en', 'fr', 'ar'] },
    authenticate: async (request) =>
      request.headers.get('x-ada') === null ? null : { name: 'Ada', permissions: [], kind: 'application' },
  })
  await install(runtime, SCHOOL)
  await install(runtime, { ...SCHOOL, id: 'members', manifest: { ...SCHOOL.manifest, access: 'user' } })
  await install(runtime, { id: 'bare', files: { 'frontend/index.html': '' } })
})

bothWays('a page gets its language first, and what stands in for missing messages', async (t, way) => {
  const client = await way.open(t, runtime)
  const response = await client.fetch('/ar/plugins/school/.plugbay/messages')
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'application/json')
  assert.deepEqual(await response.json(), {
    language: 'ar',
    dir: 'rtl',
    available: ['en', 'fr', 'ar'],
    marks: false,
    catalogs: [
      { language: 'ar', messages: AR },
      { language: 'en', messages: EN },
    ],
  })
  const french = await client.fetch('/plugins/school/.plugbay/messages', {
    headers: { 'accept-language': 'fr' },
  })
  assert.equal(french.headers.get('vary'), 'Accept-Language, Cookie')
  const { language, catalogs } = (await french.json()) as {
    language: string
    catalogs: readonly { language: string }[]
  }
  assert.deepEqual([language, catalogs.map((each) => each.language)], ['fr', ['en']])
})

bothWays('they are kept until they change', async (t, way) => {
  const client = await way.open(t, runtime)
  const get = (path: string, headers: Record<string, string> = {}) => client.fetch(path, { headers })
  const first = await get('/ar/plugins/school/.plugbay/messages')
  const etag = first.headers.get('etag') ?? ''
  assert.equal(first.headers.get('cache-control'), 'no-cache')
  await first.text()
  const again = await get('/ar/plugins/school/.plugbay/messages', { 'if-none-match': etag })
  assert.equal(again.status, 304)
  assert.equal(await again.text(), '')
  const other = await get('/en/plugins/school/.plugbay/messages', { 'if-none-match': etag })
  assert.equal(other.status, 200)
  await other.text()
})

bothWays('who may not see the pages does not get their messages', async (t, way) => {
  const client = await way.open(t, runtime)
  const stranger = await client.fetch('/en/plugins/members/.plugbay/messages')
  assert.equal(stranger.status, 401)
  const ada = await client.fetch('/en/plugins/members/.plugbay/messages', { headers: { 'x-ada': '1' } })
  assert.equal(ada.status, 200)
  assert.equal(ada.headers.get('cache-control'), 'private, no-cache')
  assert.equal(ada.headers.get('access-control-allow-origin'), null)
  const html = await (
    await client.fetch('/en/plugins/members/', { headers: { 'x-ada': '1', 'sec-fetch-dest': 'document' } })
  ).text()
  const token = /name="plugbay-token" content="([^"]+)"/.exec(html)?.[1] ?? ''
  const page = await client.fetch('/en/plugins/members/.plugbay/messages', {
    headers: { origin: 'null', 'plugbay-token': token },
  })
  assert.deepEqual([page.status, page.headers.get('access-control-allow-origin')], [200, 'null'])
})

bothWays('a plugin without messages has none, and no other method is answered', async (t, way) => {
  const client = await way.open(t, runtime)
  const none = (await (await client.fetch('/plugins/bare/.plugbay/messages')).json()) as { catalogs: unknown }
  assert.deepEqual(none.catalogs, [])
  const head = await client.fetch('/en/plugins/school/.plugbay/messages', { method: 'HEAD' })
  assert.deepEqual([head.status, await head.text()], [200, ''])
  assert.equal((await client.fetch('/en/plugins/school/.plugbay/messages', { method: 'POST' })).status, 405)
  assert.equal((await client.fetch('/en/plugins/unknown/.plugbay/messages')).status, 404)
})

bothWays(
  'row "wrong or missing locale folder": an upload is refused in words, and what serves goes on',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const wrong = { ...SCHOOL, version: '2.0.0', manifest: { ...SCHOOL.manifest, locales: 'texts' } }
    const response = await upload(runtime, pluginZip(wrong))
    const { status, problems } = (await response.json()) as {
      status: number
      problems: readonly { message: string; line: number }[]
    }
    assert.equal(status, 422)
    assert.match(problems[0]?.message ?? '', /The package has no folder "texts"/)
    const broken = {
      ...SCHOOL,
      version: '2.0.0',
      files: { ...SCHOOL.files, 'locales/ar.json': '{"hello": "{oops"}' },
    }
    const refused = await upload(runtime, pluginZip(broken))
    assert.equal(refused.status, 422)
    await refused.text()
    assert.equal((await client.fetch('/ar/plugins/school/')).status, 200)
  },
)
