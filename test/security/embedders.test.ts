// Class: the state of proxies and applications. What is around the runtime may replace its headers: a plugin's page must not get the
// application's origin, and the operator is notified.

import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import type { Page } from 'playwright-core'
import { createApp } from '../../runtime/app.ts'
import { openBrowser, startWholeChromium } from '../support/chromium.ts'
import { backendOf, codeOf, install, startTestRuntime, until } from '../support/runtime.ts'
import { listenWith } from './helpers/embedding.ts'

const STRICT = { contentSecurityPolicy: { defaultSrc: ["'self'"], scriptSrc: ["'self'", "'unsafe-inline'"] } }
const PAGE = '<!doctype html><title>evil</title><script>globalThis.ran = true</script>'
const EVIL = {
  id: 'evil',
  backend: backendOf(
    `return new Response(${JSON.stringify(PAGE)}, { headers: { 'content-type': 'text/html' } })`,
  ),
  files: { 'frontend/index.html': PAGE },
}

/** What a page of the plugin is, and what it reads of the application. */
async function attack(page: Page, url: string): Promise<{ origin: string; account: string }> {
  await page.goto(url)
  return page.evaluate(async () => ({
    origin: self.origin,
    account: await fetch('/account').then(
      (answer) => answer.text(),
      () => 'refused',
    ),
  }))
}

function application(): Hono {
  return new Hono().get('/account', (c) => c.text('balance 42'))
}

for (const path of ['', 'api/page'])
  test(`secureHeaders() around the application takes no sandbox away from /${path}`, async (t) => {
    const browser = await openBrowser(t, startWholeChromium)
    if (browser === undefined) return
    const runtime = await startTestRuntime(t)
    const warned = t.mock.method(runtime.log, 'warn')
    await install(runtime, EVIL)
    const host = new Hono()
      .use(secureHeaders(STRICT))
      .route('/', application())
      .route('/', createApp(runtime, { basePath: '/tools' }))
    const port = await listenWith(t, host)
    const page = await browser.newPage()
    const found = await attack(page, `http://127.0.0.1:${port}/tools/plugins/evil/${path}`)
    assert.deepEqual(found, { origin: 'null', account: 'refused' })
    assert.match(String(warned.mock.calls[0]?.arguments), /secureHeaders/)
    assert.equal(warned.mock.callCount(), 1)
  })

test('with the lines of docs/http.md, secureHeaders() guards the application, and leaves plugins to the runtime', async (t) => {
  const runtime = await startTestRuntime(t)
  const warned = t.mock.method(runtime.log, 'warn')
  await install(runtime, EVIL)
  const guard = secureHeaders(STRICT)
  const host = new Hono()
    .use((c, next) => (c.req.path.startsWith('/tools/') ? next() : guard(c, next)))
    .route('/', application())
    .route('/', createApp(runtime, { basePath: '/tools' }))
  const port = await listenWith(t, host)
  const policyOf = async (path: string) =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).headers.get('content-security-policy') ?? ''
  assert.match(await policyOf('/tools/plugins/evil/'), /^default-src 'none'.*sandbox/)
  assert.doesNotMatch(await policyOf('/tools/plugins/evil/'), /default-src 'self'/)
  assert.match(await policyOf('/account'), /default-src 'self'/)
  assert.equal(warned.mock.callCount(), 0)
})

/** Each form in which Node takes headers, changed by code that runs after the runtime. */
const REPLACERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'setHeader() before, as helmet does': (response) => {
    response.setHeader('Content-Security-Policy', "default-src 'self'")
  },
  'a writeHead() of the response, as on-headers has it': (response) => {
    const native = response.writeHead.bind(response)
    response.writeHead = ((status: number) => native(status, { 'Content-Security-Policy': 'x' })) as never
  },
}

for (const [name, replace] of Object.entries(REPLACERS))
  test(`the policy is there after ${name}`, async (t) => {
    const { port } = await serveNode(t, replace)
    const answer = await fetch(`http://127.0.0.1:${port}/tools/plugins/evil/`)
    assert.match(answer.headers.get('content-security-policy') ?? '', /sandbox allow-scripts/)
    assert.equal(answer.status, 200)
    await answer.text()
  })

async function serveNode(t: TestContext, around: (response: ServerResponse) => void) {
  const runtime = await startTestRuntime(t)
  await install(runtime, EVIL)
  const host = new Hono().route('/', createApp(runtime, { basePath: '/tools' }))
  const listener = getRequestListener(host.fetch, { overrideGlobalObjects: false })
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    around(response)
    void listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port }
}

test('a proxy that replaces the policy gets a page that stops before the code of the plugin', async (t) => {
  const browser = await openBrowser(t, startWholeChromium)
  if (browser === undefined) return
  const runtime = await startTestRuntime(t)
  await install(runtime, EVIL)
  const app = createApp(runtime, { basePath: '/tools' })
  const proxy = application().all('/tools/*', async (c) => {
    const answer = await app.fetch(c.req.raw)
    const headers = new Headers(answer.headers)
    headers.set('content-security-policy', "script-src 'self' 'unsafe-inline'")
    return new Response(answer.body, { status: answer.status, headers })
  })
  const port = await listenWith(t, proxy)
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${port}/tools/plugins/evil/`, { waitUntil: 'commit' })
  await page.getByText('stopped').waitFor()
  assert.match((await page.textContent('body')) ?? '', /without its sandbox/)
  assert.equal(await page.evaluate(() => 'ran' in globalThis), false)
})

test('with "http.ownOriginsOnly" nothing of a plugin is a page on the origin of the application, whatever replaces the policy', async (t) => {
  const browser = await openBrowser(t, startWholeChromium)
  if (browser === undefined) return
  const runtime = await startTestRuntime(t, {
    config: { http: { ownOriginsOnly: true } },
  })
  const inline = backendOf(`return new Response(${JSON.stringify(PAGE)}, {
    headers: { 'content-type': 'text/html', 'content-disposition': 'inline' },
  })`)
  const files = { ...EVIL.files, 'frontend/image.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>' }
  await install(runtime, { ...EVIL, backend: inline, files })
  // The lines of docs/http.md.
  const below = createApp(runtime, { basePath: '/tools' })
  const plugins = createApp(runtime)
  const host = application().route('/', below)
  const stripped = new Hono().all('*', async (c) => {
    const isPlugins = new URL(c.req.url).hostname.endsWith('.localhost')
    const answer = isPlugins ? await plugins.fetch(c.req.raw) : await host.fetch(c.req.raw)
    if (isPlugins) return answer
    const headers = new Headers(answer.headers)
    headers.delete('content-security-policy')
    return new Response(answer.body, { status: answer.status, headers })
  })
  const port = await listenWith(t, stripped)
  const page = await browser.newPage()
  const own = `http://evil.localhost:${port}/`
  assert.equal((await attack(page, `http://localhost:${port}/tools/plugins/evil/`)).origin, own.slice(0, -1))
  for (const path of ['api/page', 'image.svg', 'missing']) {
    const download = page.waitForEvent('download')
    await assert.rejects(page.goto(`http://localhost:${port}/tools/plugins/evil/${path}`), path)
    if (path !== 'missing') await download
    else download.catch(() => undefined)
  }
  // No name below an IP address can be the plugin's.
  assert.equal((await fetch(`http://127.0.0.1:${port}/tools/plugins/evil/`)).status, 421)
  const script = await fetch(`http://127.0.0.1:${port}/tools/plugins/evil/api/page`)
  assert.equal(await script.text(), PAGE, 'scripts get what they ask for')
  assert.equal(script.headers.get('content-disposition'), 'attachment')
})

test('pages are refused while the public address loses the sandbox, HTML of backends too, and served when it arrives', async (t) => {
  let isReplacing = true
  let fetchApp: (request: Request) => Response | Promise<Response> = () => new Response('starting')
  const proxy = application().all('/tools/*', async (c) => {
    const answer = await fetchApp(c.req.raw)
    const headers = new Headers(answer.headers)
    if (isReplacing) headers.set('content-security-policy', "default-src 'self'")
    return new Response(answer.body, { status: answer.status, headers })
  })
  const port = await listenWith(t, proxy)
  const publicUrl = `http://127.0.0.1:${port}`
  const runtime = await startTestRuntime(t, { config: { publicUrl } })
  const errors = t.mock.method(runtime.log, 'error')
  await install(runtime, EVIL)
  fetchApp = createApp(runtime, { basePath: '/tools' }).fetch
  const ask = (path: string, destination: string) =>
    fetch(`${publicUrl}/tools/plugins/evil/${path}`, { headers: { 'sec-fetch-dest': destination } })
  for (const path of ['', 'api/page'])
    for (const destination of ['document', 'iframe', 'object']) {
      const answer = await ask(path, destination)
      assert.equal(answer.status, 503)
      assert.equal(await codeOf(answer), 'PAGE_NOT_ISOLATED')
    }
  assert.match(String(errors.mock.calls[0]?.arguments[1]), /content-security-policy/)
  assert.equal((await ask('api/page', 'empty')).status, 200, 'scripts are not affected')
  isReplacing = false
  await until('pages are served again', async () => (await ask('api/page', 'document')).status === 200)
})
