// Slots of an application and frontend bundles in them, by HTTP: who sees which, what they are mounted with, what is said of failures.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import { BundleFailures } from '../../runtime/contributions/bundle-failures.ts'
import type { ServingPlugin } from '../../runtime/contributions/live-plugin.ts'
import { defineHost } from '../../runtime/index.ts'
import type { Bundle, SlotPart } from '../../sdk/api/bundles.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import type { BundleContextFacts } from '../../sdk/host-page/bundle-context.ts'
import {
  api,
  codeOf,
  install,
  logLines,
  type PluginSource,
  send,
  startTestRuntime,
} from '../support/runtime.ts'

const host = defineHost({
  id: 'library',
  version: '1.0.0',
  languages: { available: ['en', 'ar'], default: 'en' },
  slots: {
    front: { title: 'Front', modes: ['append', 'replace', 'wrap'] },
    'book.about': {
      params: {
        type: 'object',
        properties: { id: { type: 'integer', minimum: 1 } },
        required: ['id'],
        additionalProperties: false,
      },
    },
  },
})
const runtime = await startTestRuntime(
  { after },
  {
    host,
    authenticate: async (request) => {
      const name = request.headers.get('x-member')
      return name === null ? null : { name, permissions: [], kind: 'application' }
    },
  },
)
const app = createApp(runtime, { basePath: '/apps' })
const ORIGIN = 'http://127.0.0.1:3000'
const get = async (path: string, headers: Readonly<Record<string, string>> = {}) =>
  await app.request(`${ORIGIN}/apps${path}`, { headers })

async function partsOf(slot: string, headers = {}, query = ''): Promise<readonly SlotPart[]> {
  const response = await get(`/api/v1/slots/${slot}${query}`, headers)
  assert.equal(response.status, 200)
  return ((await response.json()) as { items: readonly SlotPart[] }).items
}

const SCRIPT = 'export default () => {}'
const framed = (id: string, more: Partial<PluginSource> = {}, slot: object = {}): PluginSource => ({
  id,
  files: { 'frontend/part.js': SCRIPT, 'frontend/part.css': 'p { color: red }' },
  ...more,
  manifest: {
    contributes: {
      bundles: [{ id: 'part', entry: 'part.js', styles: ['part.css'] }],
      slots: [{ slot: 'front', bundle: 'part', ...slot }],
    },
    ...more.manifest,
  },
})
const trusted = (id: string, slot: object = {}, bundle: object = {}): PluginSource =>
  framed(id, {
    manifest: {
      permissions: { hostPages: true },
      contributes: {
        bundles: [{ id: 'part', entry: 'part.js', styles: ['part.css'], as: 'module', ...bundle }],
        slots: [{ slot: 'front', bundle: 'part', ...slot }],
      },
    },
  })
const remove = (id: string) => api(runtime, `/plugins/${id}`, { method: 'DELETE' })
const warningsOf = async (id: string) =>
  ((await (await api(runtime, `/plugins/${id}`)).json()) as Installation).warnings.map(({ code }) => code)

describe('the list of a slot', () => {
  test('has each part with its addresses below the base path, and the hashes of the bytes that are served', async () => {
    await install(runtime, framed('frames'))
    const [part] = await partsOf('front', {}, '?language=ar')
    assert.equal(part?.as, 'frame')
    assert.equal(part?.mode, 'append')
    assert.equal(part?.context, null)
    for (const file of [part?.entry, part?.styles[0]]) {
      const response = await app.request(ORIGIN + file?.url)
      const hash = createHash('sha256')
        .update(await response.text())
        .digest('base64')
      assert.equal(file?.integrity, `sha256-${hash}`)
    }
    assert.equal(part?.frame, '/apps/plugins/frames/.plugbay/bundle?id=part&language=ar&slot=front')
    await remove('frames')
    assert.deepEqual(await partsOf('front'), [])
  })

  test('follows the release: another file has another address and another hash', async () => {
    const listed = async () => (await partsOf('front'))[0]?.entry
    await install(runtime, framed('moving'))
    const before = await listed()
    await install(
      runtime,
      framed('moving', { version: '1.0.1', files: { 'frontend/part.js': '// 2', 'frontend/part.css': '' } }),
    )
    const now = await listed()
    assert.notEqual(now?.url, before?.url)
    assert.notEqual(now?.integrity, before?.integrity)
    await remove('moving')
  })

  test('is in order: by priority of the part, then by id', async () => {
    await install(runtime, framed('b-plugin'))
    await install(runtime, framed('c-plugin', {}, { priority: 1 }))
    await install(runtime, framed('a-plugin'))
    assert.deepEqual(
      (await partsOf('front')).map(({ plugin }) => plugin),
      ['c-plugin', 'a-plugin', 'b-plugin'],
    )
    for (const id of ['a-plugin', 'b-plugin', 'c-plugin']) await remove(id)
  })

  test('has what the access of each plugin admits the visitor to, and the rest refuses', async () => {
    const { manifest } = framed('members')
    await install(runtime, framed('members', { manifest: { ...manifest, access: 'user' } }))
    assert.deepEqual(await partsOf('front'), [])
    const [part] = await partsOf('front', { 'x-member': 'yara' })
    assert.equal(part?.plugin, 'members')
    const document = String(part?.frame).slice('/apps'.length)
    assert.equal((await get(document)).status, 401)
    assert.equal((await get(document, { 'x-member': 'yara' })).status, 200)
    await remove('members')
  })

  test('has one replacement, and both plugins show the conflict', async () => {
    await install(runtime, framed('a-plugin', {}, { mode: 'replace' }))
    await install(runtime, framed('b-plugin', {}, { mode: 'replace' }))
    assert.deepEqual(
      (await partsOf('front')).map(({ plugin }) => plugin),
      ['a-plugin'],
    )
    for (const id of ['a-plugin', 'b-plugin']) assert.deepEqual(await warningsOf(id), ['POINT_CONFLICT'])
    for (const id of ['a-plugin', 'b-plugin']) await remove(id)
  })

  test('leaves out a part in a mode that the slot does not take, with a warning', async () => {
    await install(runtime, framed('eager', {}, { slot: 'book.about', mode: 'replace' }))
    assert.deepEqual(await partsOf('book.about'), [])
    assert.deepEqual(await warningsOf('eager'), ['POINT_MISMATCH'])
    await remove('eager')
  })

  test('is refused for a slot that the application does not have, with "did you mean"', async () => {
    const response = await get('/api/v1/slots/frnt', { 'x-member': 'yara' })
    assert.match(await response.clone().text(), /did you mean \\"front\\"/)
    assert.equal(await codeOf(response), 'POINT_UNKNOWN')
    assert.throws(() => runtime.slots.items('frnt' as 'front'), { code: 'POINT_UNKNOWN' })
  })
})

describe('a module in the page', () => {
  test('is there while it is granted: a grant that is taken back counts at once, and its plugin says why', async () => {
    await install(runtime, trusted('modules'))
    const [part] = await partsOf('front')
    const context = String(part?.context).slice('/apps'.length)
    assert.equal(part?.frame, null)
    assert.equal((await get(context)).status, 200)
    assert.equal((await send(runtime, 'PUT', '/plugins/modules/grants', {})).status, 200)
    assert.deepEqual(await partsOf('front'), [])
    assert.deepEqual(((await (await get('/api/v1/bundles')).json()) as { items: Bundle[] }).items, [])
    assert.equal((await get(context)).status, 404)
    assert.deepEqual(await warningsOf('modules'), ['PERMISSION_DENIED'])
    await remove('modules')
  })

  test('is not there without the grant from the first moment on', async () => {
    await install(runtime, trusted('others'), { grant: 'none' })
    assert.deepEqual(await partsOf('front'), [])
    await remove('others')
  })

  test('has no document, and a frame has no context: neither becomes the other by its address', async () => {
    await install(runtime, trusted('third'))
    await install(runtime, framed('frames'))
    assert.equal((await get('/plugins/third/.plugbay/bundle?id=part')).status, 404)
    assert.equal((await get('/plugins/frames/.plugbay/bundle-context?id=part')).status, 404)
    for (const id of ['third', 'frames']) await remove(id)
  })
})

describe('what a bundle is mounted with', () => {
  const speaking = (body: string): PluginSource => ({
    id: 'speaking',
    backend: `export default { bundles: { part: (request, env, ctx) => { ${body} } } }`,
    files: {
      'frontend/part.js': SCRIPT,
      'frontend/part.css': '',
      'locales/en.json': '{ "hello": "Hello </script><script>alert(1)</script>" }',
      'locales/ar.json': '{ "hello": "مرحبًا" }',
    },
    manifest: {
      permissions: { hostPages: true },
      contributes: {
        bundles: [{ id: 'part', entry: 'part.js', as: 'module', data: true }],
        slots: [{ slot: 'book.about', bundle: 'part' }],
      },
    },
  })
  const contextOf = async (query: string, headers = {}) =>
    await get(`/plugins/speaking/.plugbay/bundle-context?id=part&${query}`, headers)

  test('is data of the backend for this page and this user, and messages in the language of the page', async () => {
    await install(
      runtime,
      speaking('return { request, user: ctx.user?.name ?? null, language: ctx.language }'),
    )
    const query = `slot=book.about&language=ar&params=${encodeURIComponent('{"id":3}')}`
    const facts = (await (await contextOf(query, { 'x-member': 'yara' })).json()) as BundleContextFacts
    assert.deepEqual(facts.data, {
      request: { slot: 'book.about', params: { id: 3 } },
      user: 'yara',
      language: 'ar',
    })
    assert.equal(facts.dir, 'rtl')
    assert.deepEqual(facts.messages?.catalogs[0], { language: 'ar', messages: { hello: 'مرحبًا' } })
    await remove('speaking')
  })

  test('is refused for parameters that the slot does not take', async () => {
    await install(runtime, speaking('return null'))
    const wrong = [
      '{"id":"3"}',
      '{"id":3,"more":1}',
      '{"id":3,"__proto__":{"a":1}}',
      '[3]',
      '3',
      '{',
      `{"id":${'1'.repeat(5000)}}`,
    ]
    for (const params of ['', ...wrong]) {
      const response = await contextOf(`slot=book.about&params=${encodeURIComponent(params)}`)
      assert.equal(await codeOf(response), 'BAD_REQUEST', params.slice(0, 40))
    }
    // A slot that it is not in, and one that does not exist.
    assert.equal(await codeOf(await contextOf('slot=front&params=%7B%7D')), 'NOT_FOUND')
    assert.equal(await codeOf(await contextOf('slot=nothing')), 'POINT_UNKNOWN')
    await remove('speaking')
  })

  const FAILURES: readonly (readonly [row: string, body: string, code: string])[] = [
    ['throws', 'throw new Error("no shelf")', 'GUEST_ERROR'],
    ['gives 10 MB', 'return "x".repeat(10_000_000)', 'GUEST_ERROR'],
    ['gives what is not JSON', 'return { a: 1n }', 'GUEST_ERROR'],
    [
      'gives a Proxy that throws',
      'return new Proxy({}, { ownKeys() { throw new Error("trap") } })',
      'GUEST_ERROR',
    ],
  ]
  for (const [row, body, code] of FAILURES)
    test(`is refused when the backend ${row}; the plugin and its log say so, and no visitor learns more`, async () => {
      await install(runtime, speaking(body))
      const response = await contextOf('language=en')
      assert.doesNotMatch(await response.clone().text(), /no shelf|trap/)
      assert.equal(await codeOf(response), code)
      assert.deepEqual(await warningsOf('speaking'), ['BUNDLE_FAILED'])
      assert.ok((await logLines(runtime, 'speaking')).some(({ level }) => level === 'error'))
      await remove('speaking')
    })

  test('a backend without the handler that the manifest declares does not serve, and the problem names it', async () => {
    const source = { ...speaking(''), backend: 'export default { fetch: () => new Response() }' }
    const { state, problem } = await install(runtime, source)
    assert.equal(state, 'failed')
    assert.match(problem?.message ?? '', /"part".*"bundles\.part"/)
    await remove('speaking')
  })

  test('stands in the document of a frame without ending its script', async () => {
    const { manifest, ...rest } = speaking('return "</script><img src=x>"')
    const contributes = {
      bundles: [{ id: 'part', entry: 'part.js', data: true }],
      slots: [{ slot: 'book.about', bundle: 'part' }],
    }
    await install(runtime, { ...rest, manifest: { ...manifest, contributes } })
    const response = await get('/plugins/speaking/.plugbay/bundle?id=part&language=en')
    const html = await response.text()
    assert.doesNotMatch(html, /<img|alert\(1\)<\/script>/)
    assert.match(String(response.headers.get('content-security-policy')), /; sandbox allow-scripts/)
    assert.equal(response.headers.get('cross-origin-resource-policy'), 'same-origin')
    assert.equal(response.headers.get('cache-control'), 'no-store')
    await remove('speaking')
  })
})

describe('failures that pages report', () => {
  const report = (plugin: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
    app.request(`${ORIGIN}/apps/api/v1/bundles/${plugin}/failures`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: ORIGIN, ...headers },
      body: JSON.stringify(body),
    })

  test('are in the log and among the problems of the plugin, until another release serves', async () => {
    await install(runtime, framed('failing'))
    assert.equal((await report('failing', { bundle: 'part', message: 'TypeError: no shelf' })).status, 204)
    assert.deepEqual(await warningsOf('failing'), ['BUNDLE_FAILED'])
    const lines = await logLines(runtime, 'failing')
    assert.ok(
      lines.some(({ message }) =>
        message.includes('The bundle "part" failed on a page: TypeError: no shelf'),
      ),
    )
    await install(runtime, framed('failing', { version: '1.0.1' }))
    assert.deepEqual(await warningsOf('failing'), [])
    await remove('failing')
  })

  test('are not taken from other sites, of bundles that are not there, or longer than a line', async () => {
    await install(runtime, framed('failing'))
    const failure = { bundle: 'part', message: 'no' }
    assert.equal(
      (await report('failing', failure, { 'x-member': 'yara', origin: 'https://evil.example' })).status,
      421,
    )
    assert.equal((await report('failing', failure, { 'sec-fetch-site': 'cross-site' })).status, 403)
    assert.equal((await report('failing', { ...failure, bundle: 'other' })).status, 404)
    assert.equal((await report('missing', failure)).status, 404)
    assert.equal((await report('failing', { ...failure, message: 'x'.repeat(1001) })).status, 400)
    assert.deepEqual(await warningsOf('failing'), [])
    await remove('failing')
  })

  test('fill neither log nor memory: ten lines a minute, and one problem for each bundle', () => {
    const lines: string[] = []
    let now = 0
    const plugin = {
      kind: 'serving',
      id: 'flooded',
      reportError: ({ message }: { message: string }) => lines.push(message),
    } as unknown as ServingPlugin
    const failures = new BundleFailures({ get: () => plugin }, () => now)
    for (let count = 0; count < 1000; count += 1) failures.report(plugin, 'part', 'x'.repeat(100_000))
    assert.equal(lines.length, 10)
    assert.ok(lines.every(({ length }) => length < 1100))
    const [problem, ...others] = failures.problemsOf('flooded')
    assert.match(problem?.message ?? '', /on pages, 1000 times/)
    assert.deepEqual(others, [])
    now = 60_000
    failures.report(plugin, 'part', 'again')
    assert.equal(lines.length, 11)
  })
})

test('with http.ownOriginsOnly there are modules and no frames: that origin shows nothing of plugins', async (t) => {
  const strict = await startTestRuntime(t, {
    host,
    config: { http: { ownOriginsOnly: true }, pluginDomain: 'plugins.example' },
  })
  await install(strict, framed('frames'))
  await install(strict, trusted('modules'))
  assert.deepEqual(
    strict.slots.items('front').map(({ plugin }) => plugin),
    ['modules'],
  )
  const ask = (path: string) => createApp(strict).request(ORIGIN + path)
  assert.equal((await ask('/plugins/frames/.plugbay/bundle?id=part')).status, 421)
  assert.equal((await ask('/plugins/modules/.plugbay/bundle-context?id=part')).status, 200)
})
