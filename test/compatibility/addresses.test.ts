// A program may answer with any address that it knows of itself: redirects, Content-Location and links of programs that know
// nothing of a mount lead back to them, wherever they are.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { build } from 'esbuild'
import { createApp } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { backendOf, install, startTestRuntime } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

const PROGRAMS = ['hono', 'itty-router', 'h3']

/** Reads where it is mounted, and answers with that. */
const KNOWING = backendOf(`
  const prefix = request.headers.get('x-forwarded-prefix')
  const to = (location) => new Response(null, { status: 302, headers: { location } })
  if (url.pathname === '/login') return new Response('login')
  if (url.pathname === '/base') return to(new URL('login', ctx.baseUrl).href)
  if (url.pathname === '/prefix') return to(prefix + '/login')
  if (url.pathname === '/whole-prefix') return to(new URL(prefix + '/login', request.url).href)
  if (url.pathname === '/page') return to(new URL('..', ctx.baseUrl).href)
  if (url.pathname === '/referer') return to(request.headers.get('referer'))
  if (url.pathname === '/set') return new Response('x', { headers: await request.json() })
  if (url.pathname === '/feed') return Response.json({ next: new URL('login', ctx.baseUrl) })
  return to('login')
`)

const scope = sharedScope()
let runtime: Runtime
let proxied: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
  proxied = await startTestRuntime(scope, {
    config: { publicUrl: 'https://plug.example', pluginDomain: 'plugins.example', trustProxy: true },
  })
  for (const each of [runtime, proxied]) {
    for (const id of PROGRAMS) await install(each, { id, backend: await bundled(id) })
    await install(each, {
      id: 'knowing',
      backend: KNOWING,
      files: { 'frontend/index.html': '<!doctype html><title>page</title>' },
    })
  }
})

async function bundled(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, `${name}/backend/addresses.ts`)],
    ...{ bundle: true, write: false, format: 'esm', platform: 'neutral', logLevel: 'silent' },
    mainFields: ['module', 'main'],
  })
  return outputFiles?.[0]?.text ?? assert.fail(name)
}

interface Place {
  readonly name: string
  /** The address of a plugin's backend, without a slash at the end. */
  readonly backend: (id: string) => string
  /** A request of a visitor, as it reaches the runtime. */
  readonly ask: (url: string, init?: RequestInit) => Promise<Response>
}

const inApp = (of: () => Runtime, basePath?: string) => {
  return async (url: string, init: RequestInit = {}) => {
    const app = createApp(of(), basePath === undefined ? {} : { basePath })
    return await app.fetch(new Request(url, init))
  }
}

/** As a proxy that ends TLS sends it on. */
async function throughProxy(url: string, init: RequestInit = {}): Promise<Response> {
  const { host, pathname, search } = new URL(url)
  const headers = new Headers(init.headers)
  headers.set('x-forwarded-host', host)
  headers.set('x-forwarded-proto', 'https')
  return await inApp(() => proxied)(`http://127.0.0.1:3000${pathname}${search}`, { ...init, headers })
}

const PLACES: readonly Place[] = [
  {
    name: 'on the shared origin',
    backend: (id) => `http://127.0.0.1:3000/plugins/${id}/api`,
    ask: inApp(() => runtime),
  },
  {
    name: 'on its own origin',
    backend: (id) => `http://${id}.localhost:3000/api`,
    ask: inApp(() => runtime),
  },
  {
    name: 'below a base path',
    backend: (id) => `http://127.0.0.1:3000/deep/tools/plugins/${id}/api`,
    ask: inApp(() => runtime, '/deep/tools'),
  },
  {
    name: 'on the shared origin behind a proxy',
    backend: (id) => `https://plug.example/plugins/${id}/api`,
    ask: throughProxy,
  },
  {
    name: 'on its own origin behind a proxy',
    backend: (id) => `https://${id}.plugins.example/api`,
    ask: throughProxy,
  },
]

/** As a browser does, to where there is no further redirect. */
async function follow({ ask }: Place, url: string, init: RequestInit = {}, hops = 5): Promise<Response> {
  const response = await ask(url, { redirect: 'manual', ...init })
  const location = response.headers.get('location')
  if (location === null || response.status < 300 || hops === 0) return response
  return await follow({ ask } as Place, new URL(location, url).href, {}, hops - 1)
}

for (const place of PLACES) {
  for (const id of PROGRAMS) {
    test(`${id} ${place.name}: every form of redirect leads back to it`, async () => {
      for (const path of ['/path', '/absolute', '/standard', '/relative', '/asks']) {
        const response = await follow(place, place.backend(id) + path)
        assert.deepEqual([response.status, await response.text()], [200, 'login'], path)
      }
      for (const path of ['/api/people', ...(id === 'hono' ? ['/api/users/'] : [])]) {
        const users = await follow(place, place.backend(id) + path)
        assert.deepEqual([users.status, await users.text()], [200, 'users'], path)
      }
    })

    test(`${id} ${place.name}: Location, Content-Location and Link of an answer lead back to it`, async () => {
      const url = `${place.backend(id)}/items`
      const { status, headers } = await place.ask(url, { method: 'POST' })
      assert.equal(status, 201)
      const next = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1]
      const got = [headers.get('location'), headers.get('content-location'), next].map(async (address) => {
        const response = await place.ask(new URL(address ?? assert.fail('missing'), url).href)
        return [response.status, await response.text()]
      })
      assert.deepEqual(await Promise.all(got), [
        [200, 'item 1'],
        [200, 'item 1'],
        [200, 'page 2'],
      ])
    })
  }

  test(`a program that knows its mount, ${place.name}: what it was told of it is not prefixed twice`, async () => {
    const base = place.backend('knowing')
    for (const path of ['/base', '/prefix', '/whole-prefix']) {
      const response = await follow(place, base + path)
      assert.deepEqual([response.status, await response.text()], [200, 'login'], path)
    }
    const page = await follow(place, `${base}/page`, { headers: { 'sec-fetch-dest': 'empty' } })
    assert.match(await page.text(), /<title>page/)
    const { next } = (await (await place.ask(`${base}/feed`)).json()) as { next: string }
    assert.equal(await (await place.ask(next)).text(), 'login')
    const bare = await follow(place, base)
    assert.deepEqual(
      [bare.status, await bare.text()],
      [200, 'login'],
      'relative to an address without a slash',
    )
  })

  test(`a program ${place.name} may send its visitor back to where he came from`, async () => {
    const origin = new URL(place.backend('knowing')).origin
    for (const referer of [`${origin}/`, `${place.backend('knowing')}/login`, 'https://elsewhere.example/']) {
      const response = await place.ask(`${place.backend('knowing')}/referer`, {
        redirect: 'manual',
        headers: { referer },
      })
      assert.equal(response.headers.get('location'), referer)
    }
  })
}

test('addresses of other places stay as they are, and those of pages and fragments are scoped as well', async () => {
  const [shared] = PLACES
  assert.ok(shared)
  const set = async (headers: Record<string, string>) => {
    const url = `${shared.backend('knowing')}/set`
    return (await shared.ask(url, { method: 'POST', body: JSON.stringify(headers) })).headers
  }
  const mount = '/plugins/knowing/api'
  const cases: [string, string, string | null][] = [
    ['location', 'https://127.0.0.1:3000/x', 'https://127.0.0.1:3000/x'],
    ['location', 'http://127.0.0.1:3001/x', 'http://127.0.0.1:3001/x'],
    ['location', '//127.0.0.1:3000/app', '//127.0.0.1:3000/app'],
    ['location', 'HTTP://127.0.0.1:3000/x?a#b', `http://127.0.0.1:3000${mount}/x?a#b`],
    ['location', '/plugins/knowing/page.html', '/plugins/knowing/page.html'],
    ['location', '/fr/plugins/knowing/page.html', '/fr/plugins/knowing/page.html'],
    ['location', '/plugins/other/api/x', `${mount}/plugins/other/api/x`],
    ['location', '/a/b/plugins/knowing/x', `${mount}/a/b/plugins/knowing/x`],
    ['location', 'mailto:ada@example.org', 'mailto:ada@example.org'],
    ['hx-redirect', '/login', `${mount}/login`],
    ['hx-push-url', 'false', 'false'],
    ['hx-location', '{"path":"/test","target":"#a"}', `{"path":"${mount}/test","target":"#a"}`],
    ['hx-location', '{not json', '{not json'],
    [
      'link',
      '</a>; rel=next, </b>; rel="prev first"',
      `<${mount}/a>; rel=next, <${mount}/b>; rel="prev first"`,
    ],
    ['link', '<?page=2>; rel=next; title="a, b"', '<?page=2>; rel=next; title="a, b"'],
    ['link', '</a.css>; rel=stylesheet', null],
    ['link', '</a>; rel="next preload"', null],
    ['link', '</a>; rel=next; rel=preload', null],
    ['link', '</a>; rel=next, <https://evil.example/>; rel=next', null],
    ['link', '<../../../admin/>; rel=next', null],
    ['link', '</a>', null],
    ['link', '</a>; rel=next junk', null],
    ['link', '</a>; title="; rel=next"; rel=preload', null],
  ]
  for (const [name, given, got] of cases)
    assert.equal((await set({ [name]: given })).get(name), got, `${name}: ${given}`)
})
