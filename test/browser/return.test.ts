// Pages for signed-in visitors in a tab of their own, where no server's sign-in leads them back: they reload themselves, link to each
// other, and outlast the cookie of their origin. For browsers a sandboxed page is another site than the one that it is on.

import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { serve as listen } from '@hono/node-server'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { createApp } from '../../runtime/app.ts'
import { serve } from '../../runtime/serve.ts'
import { skipWithoutChromium, startChromium } from '../support/chromium.ts'
import { freePort } from '../support/registry.ts'
import { install, startTestRuntime } from '../support/runtime.ts'
import { type Scope, sharedScope } from '../support/scope.ts'

const PAGE = `<!doctype html><h1>First</h1><p id="who"></p><a href="second.html?b#part">Second</a>
<script>fetch('api/who').then((answer) => answer.text()).then((name) => { who.textContent = name })</script>`
const BACKEND =
  'export default { fetch: (request, env, ctx) => new Response(ctx.user?.name ?? "a stranger") }'

interface Ports {
  readonly server: number
  readonly application: number
}

/** Where the page is for its reader. */
const PLACES: readonly (readonly [name: string, page: (ports: Ports) => string])[] = [
  ['127.0.0.1', ({ server }) => `http://127.0.0.1:${server}/plugins/diary/`],
  // Browsers send no Sec-Fetch headers there.
  ['a name of the network', ({ server }) => `http://nas.lan:${server}/plugins/diary/`],
  [
    'an application, below a base path',
    ({ application }) => `http://127.0.0.1:${application}/tools/plugins/diary/`,
  ],
]

describe('pages in tabs of their own, without pages to sign in', { skip: skipWithoutChromium }, () => {
  const scope = sharedScope()
  let opened: { readonly browser: Browser; readonly ports: Ports }
  before(async () => {
    const [browser, ports] = await Promise.all([
      startChromium(['--host-resolver-rules=MAP *.lan 127.0.0.1']),
      startApplication(scope),
    ])
    scope.after(() => browser.close())
    opened = { browser, ports }
  })

  /** The answers that the tab got, of documents. */
  async function inTab(
    run: (
      page: Page,
      tab: { readonly context: BrowserContext; readonly statuses: number[] },
    ) => Promise<void>,
    { isSignedIn = true } = {},
  ): Promise<void> {
    const context = await opened.browser.newContext()
    context.setDefaultTimeout(20_000)
    try {
      if (isSignedIn)
        await context.addCookies(
          ['127.0.0.1', 'localhost', 'nas.lan'].map((domain) => ({
            ...{ name: 'who', value: 'Ada', domain, path: '/', httpOnly: true },
            sameSite: 'Strict' as const,
          })),
        )
      const page = await context.newPage()
      const statuses: number[] = []
      page.on('response', (response) => {
        if (response.request().resourceType() === 'document') statuses.push(response.status())
      })
      await run(page, { context, statuses })
    } finally {
      await context.close()
    }
  }

  const shows = async (page: Page, address: string, heading = 'First'): Promise<void> => {
    await page.waitForURL(address)
    await page.getByRole('heading', { name: heading }).waitFor()
    assert.equal(await page.evaluate(() => self.origin === 'null' || location.pathname === '/'), true)
  }
  /** Marks the document, so that a new one is told from it. */
  const away = async (page: Page, go: () => Promise<unknown>): Promise<void> => {
    await page.evaluate(() => document.body.setAttribute('data-old', ''))
    await go()
    await page.locator('body:not([data-old])').waitFor()
  }

  for (const [name, addressAt] of PLACES)
    test(`a sandboxed page reloads itself, and leads to another one and back: ${name}`, () =>
      inTab(async (page) => {
        const address = addressAt(opened.ports)
        await page.goto(address)
        await page.getByText('Ada').waitFor()
        const entries = await page.evaluate(() => history.length)
        await page.evaluate(() => history.pushState(null, '', '?x=1#today'))
        await away(page, () => page.evaluate(() => void setTimeout(() => location.reload())))
        await shows(page, `${address}?x=1#today`)
        await page.getByText('Ada').waitFor()
        // By the reader, too.
        await away(page, () => page.reload())
        await shows(page, `${address}?x=1#today`)
        await page.getByRole('link', { name: 'Second' }).click()
        await shows(page, `${address}second.html?b#part`, 'Second')
        // Leading back adds no entries.
        assert.equal(await page.evaluate(() => history.length), entries + 2)
        await page.goBack()
        await shows(page, `${address}?x=1#today`)
        assert.equal(await page.evaluate(() => opener), null)
      }))

  test('a page on an origin of its own is there again after its cookie has ended', () =>
    inTab(async (page, { context }) => {
      const { server } = opened.ports
      await page.goto(`http://localhost:${server}/plugins/diary/?x=1`)
      const address = `http://diary.localhost:${server}/?x=1`
      await shows(page, address)
      await page.evaluate(() => history.replaceState(null, '', '#today'))
      await context.clearCookies({ name: 'plugbay-page' })
      await away(page, () => page.reload())
      await shows(page, `${address}#today`)
      await page.getByText('Ada').waitFor()
    }))

  for (const [name, addressAt] of [
    ...PLACES,
    ['an origin of its own', ({ server }: Ports) => `http://diary.localhost:${server}/`] as const,
  ])
    test(`strangers are refused at once, whoever leads them there: ${name}`, () =>
      inTab(
        async (page, { statuses }) => {
          const address = addressAt(opened.ports)
          await page.goto(address)
          await page.getByRole('heading', { name: 'Sign in first' }).waitFor()
          await page.setContent(`<a href="${address}">go</a>`)
          await page.click('a')
          await page.getByRole('heading', { name: 'Sign in first' }).waitFor()
          assert.equal(statuses.filter((status) => status === 401).length, 2, String(statuses))
          assert.ok(statuses.length <= 10, String(statuses))
        },
        { isSignedIn: false },
      ))

  test('what another plugin opens is shown to the reader, out of its reach', () =>
    inTab(async (page, { context }) => {
      const { server } = opened.ports
      await page.goto(`http://127.0.0.1:${server}/plugins/other/`)
      const [popup] = await Promise.all([context.waitForEvent('page'), page.click('button')])
      await shows(popup, `http://127.0.0.1:${server}/plugins/diary/?delete=all`)
      assert.equal(await popup.evaluate(() => opener), null)
      assert.equal(
        await page.evaluate('made.closed'),
        true,
        'the window that it has opened is no longer there',
      )
      // The backend stays shut to what it leads there.
      await page.evaluate(() => void setTimeout(() => location.assign('/plugins/diary/api/who')))
      await page.waitForURL('**/plugins/diary/api/who')
      assert.match(await page.locator('body').innerText(), /401/)
    }))
})

/** Its own users, by a cookie that browsers keep to its own pages. */
async function startApplication(scope: Scope): Promise<Ports> {
  // The address of the configuration has a port.
  const port = await freePort()
  const runtime = await startTestRuntime(scope, {
    config: { port, publicUrl: `http://nas.lan:${port}` },
    authenticate: async (request) =>
      request.headers.get('cookie')?.includes('who=Ada') === true
        ? { name: 'Ada', permissions: [], kind: 'application' }
        : null,
  })
  await install(runtime, {
    id: 'diary',
    backend: BACKEND,
    manifest: { access: 'user' },
    files: { 'frontend/index.html': PAGE, 'frontend/second.html': PAGE.replaceAll('First', 'Second') },
  })
  await install(runtime, {
    id: 'other',
    files: {
      'frontend/index.html':
        '<!doctype html><button onclick="made = window.open(\'/plugins/diary/?delete=all\')">open</button>',
    },
  })
  const listening = await serve(runtime)
  scope.after(() => listening.close(0))
  const { fetch } = createApp(runtime, { basePath: '/tools' })
  const application = await new Promise<number>((resolve) => {
    const server = listen({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => resolve(port))
    scope.after(async () => {
      server.close()
    })
  })
  return { server: listening.port, application }
}
