import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { ServingPlugin } from '../../../runtime/contributions/live-plugin.ts'
import { headerPairs } from '../../../runtime/http/exchange/headers.ts'
import { pluginHeaders } from '../../../runtime/http/pages/csp.ts'
import { planFrontend } from '../../../runtime/package/worker/frontend/frontend.ts'
import type { Principal } from '../../../runtime/permissions/principal.ts'
import { openFixture } from '../../package/artifact-fixture.ts'
import { openBrowser } from '../../support/chromium.ts'
import { type PageServer, pagePlugin, servePages } from './page-server.ts'
import { buildVitePage } from './vite-page.ts'

const ADA: Principal = { name: 'Ada', permissions: [], kind: 'user' }

/** Stands in for our own pages and data, which a session cookie opens, and for the backend of the plugin. */
function other(request: Request, path: string): Response {
  if (path.endsWith('/api/hello')) {
    const host = request.headers.get('host') ?? ''
    const mount = { mode: 'opaque', path: '/plugins/hello', shellOrigin: `http://${host}` } as const
    const headers = [...pluginHeaders(mount, []), 'access-control-allow-origin', 'null']
    headers.push('access-control-allow-headers', 'plugbay-token')
    return new Response('hello', { headers: headerPairs(headers) })
  }
  const signedIn = request.headers.get('cookie')?.includes('session=admin') === true
  if (path === '/admin-data') return new Response(signedIn ? 'secret' : 'sign in')
  if (path.startsWith('/sign-in')) {
    const headers = {
      'set-cookie': 'session=admin; HttpOnly; SameSite=Strict; Path=/',
      'content-type': 'text/html',
    }
    const link = new URL(path, 'http://x').searchParams.get('to') ?? ''
    return new Response(`<script>localStorage.setItem("admin", "1")</script><a href="${link}">open</a>`, {
      headers,
    })
  }
  return new Response('nothing', { status: 404 })
}

async function serve(t: TestContext, plugin: Partial<ServingPlugin>): Promise<PageServer> {
  const artifact = plugin.artifact ?? (await openFixture(t, { files: {} }))
  return servePages(t, {
    plugins: [pagePlugin({ ...plugin, artifact })],
    other,
  })
}

async function open(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(new URL('/sign-in', url).href)
  await page.goto(url)
  return page
}

async function results(page: Page): Promise<Readonly<Record<string, string>>> {
  await page.waitForFunction(() => document.title === 'done')
  return page.evaluate(() => (globalThis as unknown as { results: Record<string, string> }).results)
}

/** What the page can do in both modes. */
function assertWorks(found: Readonly<Record<string, string>>): void {
  assert.equal(found.module, 'shared')
  assert.equal(found.api, 'hello')
  assert.equal(found.color, 'rgb(1, 2, 3)')
}

for (const base of ['./', '/'] as const) {
  test(`a page built by Vite with base '${base}' works sandboxed below our origin, and reaches nothing of it`, async (t) => {
    const browser = await openBrowser(t)
    if (browser === undefined) return
    const artifact = await openFixture(t, { files: await buildVitePage(t, { base }) })
    const server = await serve(t, { artifact })
    const page = await open(browser, `${server.origin}/plugins/hello/`)
    const found = await results(page)
    assertWorks(found)
    if (base === './') assert.equal(found.lazy, 'lazy shared')
    assert.equal(found.origin, 'null')
    assert.equal(found.storage, 'refused: SecurityError')
    assert.equal(found.cookie, 'refused: SecurityError')
    assert.match(found.worker ?? '', /^refused/)
    assert.match(found.admin ?? '', /^refused/)
    assert.match(found.frame ?? '', /^refused/)
    // The cookie of the visitor is there, all the same.
    await page.goto(`${server.origin}/admin-data`)
    assert.equal(await page.textContent('body'), 'secret')
  })
}

test("a page built by Vite with its default base works on the plugin's own origin, with storage", async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const artifact = await openFixture(t, { files: await buildVitePage(t, { base: '/' }) })
  const server = await serve(t, { artifact })
  const shared = `http://localhost:${server.port}`
  const page = await open(browser, `${shared}/plugins/hello/`)
  assert.equal(page.url(), `http://hello.localhost:${server.port}/`)
  const found = await results(page)
  assertWorks(found)
  assert.equal(found.lazy, 'lazy shared')
  assert.equal(found.origin, `http://hello.localhost:${server.port}`)
  // Its own storage, not ours.
  assert.equal(found.storage, 'kept')
  assert.equal(found.cookie, '')
  assert.equal(found.worker, 'registered')
  // On its own origin there is no data of ours, and our cookie does not come along.
  assert.notEqual(found.admin, 'secret')
  const across = await page.evaluate(
    (url) =>
      fetch(url, { credentials: 'include' }).then(
        (answer) => answer.text(),
        (error: Error) => error.name,
      ),
    `${shared}/admin-data`,
  )
  assert.equal(across, 'TypeError')
})

test('a Vite build without a page of its own gets one', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const files = await buildVitePage(t, { base: './', manifest: true })
  assert.ok('frontend/.vite/manifest.json' in files && !('frontend/index.html' in files))
  const server = await serve(t, { artifact: await openFixture(t, { files }) })
  assertWorks(await results(await open(browser, `${server.origin}/plugins/hello/`)))
})

test('scripts that hold root-absolute names are found in a real build, and only with the default base', async (t) => {
  const warningsOf = async (base: '/' | './') => {
    const files = new Map(Object.entries(await buildVitePage(t, { base })))
    return planFrontend(files, { manifest: {}, backend: false }).warnings
  }
  assert.match((await warningsOf('/'))[0]?.hint ?? '', /base: '\.\/'/)
  assert.deepEqual(await warningsOf('./'), [])
})

test('a gated page on its own origin opens from our page by a ticket, and stays open', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const files = {
    'frontend/index.html': '<!doctype html><head><title>done</title></head><a href="more.html">more</a>',
    'frontend/more.html': '<title>more</title>',
  }
  const server = await serve(t, { artifact: await openFixture(t, { files }), access: 'user' })
  const own = `http://hello.localhost:${server.port}`
  const ticket = server.tickets.issue('hello', ADA)
  const page = await browser.newPage()
  await page.goto(
    `http://localhost:${server.port}/sign-in?to=${encodeURIComponent(`${own}/?plugbay-ticket=${ticket}`)}`,
  )
  await page.click('a')
  await page.waitForURL(`${own}/`)
  assert.equal(await page.title(), 'done')
  await page.click('a')
  await page.waitForURL(`${own}/more.html`)
  assert.equal(await page.title(), 'more')
  const token = await page.getAttribute('meta[name=plugbay-token]', 'content')
  assert.deepEqual(server.tokens.verify(token ?? '', 'hello'), ADA)
})

test('our page may frame a gated page by a ticket; a foreign page may not', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const files = { 'frontend/index.html': '<!doctype html><head><title>x</title></head><p>framed' }
  const server = await serve(t, { artifact: await openFixture(t, { files }), access: 'user' })
  const frame = async (shell: string, url: string): Promise<string | undefined> => {
    const page = await browser.newPage()
    await page.goto(`${shell}/admin-data`)
    await page.evaluate(
      (src) =>
        new Promise<void>((resolve) => {
          const element = document.createElement('iframe')
          element.onload = () => resolve()
          element.src = src
          document.body.append(element)
        }),
      url,
    )
    const text = await page.frames()[1]?.locator('body').textContent({ timeout: 5000 })
    await page.close()
    return text?.trim()
  }
  const withTicket = (base: string): string => `${base}?plugbay-ticket=${server.tickets.issue('hello', ADA)}`
  const shell = `http://localhost:${server.port}`
  const own = `http://hello.localhost:${server.port}/`
  assert.equal(await frame(shell, withTicket(own)), 'framed')
  assert.equal(await frame(server.origin, withTicket(`${server.origin}/plugins/hello/`)), 'framed')
  assert.notEqual(await frame(server.origin, withTicket(own)), 'framed')
  assert.notEqual(await frame(`http://other.localhost:${server.port}`, withTicket(own)), 'framed')
})
