// Translated pages: which language a visitor gets, and where.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import type { Principal } from '../../../runtime/permissions/principal.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { serve } from '../../../runtime/serve.ts'
import {
  backendOf,
  bothWays,
  type Client,
  install,
  type PluginSource,
  rawRequest,
  startTestRuntime,
} from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const PAGE = '<!doctype html><html lang="en"><head><title>School</title></head><body>Hello</body></html>'
const SCHOOL: PluginSource = {
  id: 'school',
  backend: backendOf('return Response.json({ language: ctx.language, path: url.pathname })'),
  files: {
    'frontend/index.html': PAGE,
    'frontend/report.html': PAGE,
    'frontend/app.js': 'export {}',
    'frontend/deep/index.html': PAGE,
  },
  manifest: { contributes: { pages: { translated: true } } },
}
const authenticate = async (request: Request): Promise<Principal | null> => {
  const language = request.headers.get('x-ada')
  return language === null ? null : { name: 'Ada', permissions: [], kind: 'application', language }
}

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope, {
    authenticate,
    config: { languages: ['en', 'fr', 'ar', 'pt-BR'] },
  })
  await install(runtime, SCHOOL)
  await install(runtime, { id: 'plain', backend: SCHOOL.backend ?? '', files: SCHOOL.files ?? {} })
})

async function locationOf(client: Client, path: string, headers: Record<string, string> = {}) {
  const response = await client.fetch(path, { headers: { accept: 'text/html', ...headers } })
  await response.body?.cancel()
  return `${response.status} ${response.headers.get('location')}`
}

bothWays('a page without a language is redirected to the one of its visitor', async (t, way) => {
  const client = await way.open(t, runtime)
  const to = (path: string, accept?: string) =>
    locationOf(client, path, accept === undefined ? {} : { 'accept-language': accept })
  assert.equal(await to('/plugins/school/', 'fr-CA,fr;q=0.9,en;q=0.8'), '302 /fr/plugins/school/')
  assert.equal(
    await to('/plugins/school/report.html?a=1&b=%2F', 'ar'),
    '302 /ar/plugins/school/report.html?a=1&b=%2F',
  )
  assert.equal(await to('/plugins/school/', 'de, pt-PT;q=0.5'), '302 /pt-BR/plugins/school/')
  for (const odd of ['*', 'a_b', 'de', '', ';;q=9', `${'x'.repeat(3000)},fr`, 'fr;q=0'])
    assert.equal(await to('/plugins/school/', odd), '302 /en/plugins/school/', odd)
  assert.equal(await to('/plugins/school/', '*, a_b, x-y, fr;q=0.2'), '302 /fr/plugins/school/')
  assert.equal(await to('/plugins/school/'), '302 /en/plugins/school/')
  assert.equal(await to('/plugins/school/deep/', 'fr'), '302 /fr/plugins/school/deep/')
})

bothWays('the answer to it is not kept, and says what it depends on', async (t, way) => {
  const client = await way.open(t, runtime)
  const response = await client.fetch('/plugins/school/')
  assert.equal(response.headers.get('cache-control'), 'no-store')
  assert.equal(response.headers.get('vary'), 'Accept-Language, Cookie')
  assert.match(response.headers.get('content-security-policy') ?? '', /sandbox/)
})

bothWays('the choice of a user counts before the browser', async (t, way) => {
  const client = await way.open(t, runtime)
  const to = (headers: Record<string, string>) =>
    locationOf(client, '/plugins/school/', { 'accept-language': 'fr', ...headers })
  assert.equal(await to({ cookie: 'a=1; plugbay-language=ar' }), '302 /ar/plugins/school/')
  assert.equal(await to({ cookie: 'plugbay-language=xx' }), '302 /fr/plugins/school/')
  assert.equal(await to({ 'x-ada': 'ar', cookie: 'plugbay-language=en' }), '302 /ar/plugins/school/')
  assert.equal(await to({ 'x-ada': 'ar-EG' }), '302 /ar/plugins/school/')
  assert.equal(await to({ 'x-ada': 'de' }), '302 /fr/plugins/school/')
  assert.equal(await to({ 'x-ada': 'not a tag' }), '302 /fr/plugins/school/')
})

bothWays('a page in its language knows it, and its direction', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const [language, dir] of [
    ['en', 'ltr'],
    ['ar', 'rtl'],
  ] as const) {
    const response = await client.fetch(`/${language}/plugins/school/`)
    const html = await response.text()
    assert.equal(response.status, 200)
    assert.ok(
      html.includes(
        `<meta name="plugbay-language" content="${language}" data-dir="${dir}" data-available="en fr ar pt-BR">`,
      ),
      html,
    )
    assert.ok(html.includes(`document.documentElement.dir="${dir}"`))
    assert.ok(html.includes(`"mount":"/${language}/plugins/school"`), html)
    const policy = response.headers.get('content-security-policy') ?? ''
    assert.ok(
      policy.includes(`${client.origin}/${language}/plugins/school/ ${client.origin}/plugins/school/`),
      policy,
    )
    assert.ok(
      policy.includes(
        `ws${client.origin.slice(4)}/${language}/plugins/school/ ws${client.origin.slice(4)}/plugins/school/`,
      ),
      policy,
    )
  }
})

bothWays('a missing slash and the index of a folder keep the language', async (t, way) => {
  const client = await way.open(t, runtime)
  assert.equal(await locationOf(client, '/fr/plugins/school?x=1'), '308 /fr/plugins/school/?x=1')
  assert.equal(await locationOf(client, '/fr/plugins/school/deep?x=1'), '308 /fr/plugins/school/deep/?x=1')
})

bothWays('an unknown language is led to a known one, with path and query', async (t, way) => {
  const client = await way.open(t, runtime)
  const to = (path: string) => locationOf(client, path, { 'accept-language': 'ar' })
  assert.equal(await to('/fr-CA/plugins/school/report.html?a=1'), '307 /fr/plugins/school/report.html?a=1')
  assert.equal(await to('/FR/plugins/school/'), '307 /fr/plugins/school/')
  assert.equal(await to('/de/plugins/school/report.html?a=1'), '307 /plugins/school/report.html?a=1')
  assert.equal(await to('/plugins/school/report.html?a=1'), '302 /ar/plugins/school/report.html?a=1')
  assert.equal(await to('/xx-yy/plugins/school/'), '307 /plugins/school/')
})

bothWays('a plugin whose pages are not translated has no languages in its addresses', async (t, way) => {
  const client = await way.open(t, runtime)
  assert.equal(
    await locationOf(client, '/fr/plugins/plain/report.html?a=1'),
    '307 /plugins/plain/report.html?a=1',
  )
  const response = await client.fetch('/plugins/plain/report.html', { headers: { 'accept-language': 'fr' } })
  assert.equal(response.status, 200)
  assert.ok(!(await response.text()).includes('plugbay-language'))
  assert.equal((await client.fetch('/fr/plugins/none/')).status, 404)
})

bothWays('assets and the API need no language; with one, the API is in it', async (t, way) => {
  const client = await way.open(t, runtime)
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const response = await client.fetch(path, { headers })
    return { status: response.status, body: await response.text() }
  }
  assert.deepEqual(await ask('/plugins/school/app.js'), { status: 200, body: 'export {}' })
  assert.deepEqual(await ask('/fr/plugins/school/app.js'), { status: 200, body: 'export {}' })
  const api = async (path: string, headers?: Record<string, string>) =>
    JSON.parse((await ask(path, headers)).body)
  assert.deepEqual(await api('/plugins/school/api/x', { 'accept-language': 'fr' }), {
    language: 'fr',
    path: '/x',
  })
  assert.deepEqual(await api('/plugins/school/api/x', { cookie: 'plugbay-language=ar' }), {
    language: 'ar',
    path: '/x',
  })
  assert.deepEqual(await api('/plugins/school/api/x'), { language: 'en', path: '/x' })
  assert.deepEqual(await api('/ar/plugins/school/api/x', { 'accept-language': 'fr' }), {
    language: 'ar',
    path: '/x',
  })
})

bothWays('paths of the runtime and odd spellings are no languages', async (t, way) => {
  const client = await way.open(t, runtime)
  assert.equal((await client.fetch('/api/plugins/school/')).status, 404)
  assert.equal((await client.fetch('/%66r/plugins/school/')).status, 400)
  assert.equal((await client.fetch('/f/plugins/school/')).status, 404)
  assert.equal((await client.fetch('/french/plugins/school/')).status, 404)
  assert.equal((await client.fetch('/fr/../plugins/school/')).status, 302)
})

test('on its own origin a plugin has the languages at the front of the path', async (t) => {
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const ask = async (path: string, name = 'school.localhost', headers: Record<string, string> = {}) => {
    const host = `${name}:${listening.port}`
    const {
      status,
      headers: got,
      text,
    } = await rawRequest(`http://127.0.0.1:${listening.port}`, path, {
      headers: { host, accept: 'text/html', 'accept-language': 'fr', ...headers },
    })
    return { status, location: got.location, text, etag: got.etag, cache: got['cache-control'] }
  }
  assert.equal((await ask('/report.html?a=1')).location, '/fr/report.html?a=1')
  assert.equal((await ask('/')).location, '/fr/')
  assert.equal((await ask('/fr?a=1')).location, '/fr/?a=1')
  assert.equal((await ask('/de/report.html?a=1')).location, '/fr/report.html?a=1')
  assert.equal((await ask('/AR/report.html')).location, '/ar/report.html')
  assert.equal((await ask('/ar-EG')).location, '/ar/')
  assert.equal((await ask('/js/none.js')).status, 404)
  assert.equal((await ask('/fr/plugins/school/x', 'localhost')).status, 404)
  const there = `http://school.localhost:${listening.port}`
  assert.equal(
    (await ask('/fr/plugins/school/report.html?a=1', 'localhost')).location,
    `${there}/fr/report.html?a=1`,
  )
  const page = await ask('/ar/')
  assert.equal(page.status, 200)
  assert.ok(page.text.includes('content="ar" data-dir="rtl"'), page.text)
  assert.equal(page.cache, 'no-cache')
  const again = await ask('/ar/', undefined, { 'if-none-match': String(page.etag) })
  assert.equal(again.status, 304)
  assert.notEqual((await ask('/fr/')).etag, page.etag)
  assert.deepEqual(JSON.parse((await ask('/ar/api/x')).text), { language: 'ar', path: '/x' })
  assert.deepEqual(JSON.parse((await ask('/api/x')).text), { language: 'fr', path: '/x' })
  assert.equal((await ask('/report.html', 'plain.localhost')).status, 200)
})

test('below a base path the language follows it', async () => {
  const app = createApp(runtime, { basePath: '/tools' })
  const ask = async (path: string) => {
    const response = await app.request(`http://127.0.0.1:3000${path}`, {
      headers: { 'accept-language': 'fr' },
    })
    return {
      status: response.status,
      location: response.headers.get('location'),
      text: await response.text(),
    }
  }
  assert.equal(
    (await ask('/tools/plugins/school/report.html?a=1')).location,
    '/tools/fr/plugins/school/report.html?a=1',
  )
  assert.equal((await ask('/tools/fr-CA/plugins/school/')).location, '/tools/fr/plugins/school/')
  const page = await ask('/tools/ar/plugins/school/')
  assert.ok(page.text.includes('"mount":"/tools/ar/plugins/school"'), page.text)
  assert.deepEqual(JSON.parse((await ask('/tools/ar/plugins/school/api/x')).text), {
    language: 'ar',
    path: '/x',
  })
  assert.equal((await ask('/fr/tools/plugins/school/')).status, 404)
})
