import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../support/chromium.ts'
import { backendOf } from '../support/runtime.ts'
import { BY_TICKET, OPAQUE, OWN, serveClientPage } from './client-page.ts'

interface Answer {
  readonly status: number
  readonly body: unknown
}

type ClientModule = {
  readonly api: (path: string, init?: RequestInit) => Promise<Response>
  readonly mount: string
}

const BACKEND = backendOf(
  'return Response.json({ user: ctx.user?.name ?? null, path: url.pathname + url.search, method: request.method, text: await request.text(), kept: request.headers.get("x-kept"), token: request.headers.get("plugbay-token") })',
)

async function open(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage()
  await page.clock.install()
  await page.goto(url)
  await page.waitForFunction(() => 'client' in globalThis)
  return page
}

interface AskOptions {
  readonly method: string
  readonly body: string
  readonly headers: Record<string, string>
}

function ask(page: Page, path: string, init?: AskOptions): Promise<Answer> {
  return page.evaluate(
    async ([to, options]) => {
      const { client } = globalThis as unknown as { client: ClientModule }
      const response = await client.api(to, options)
      return { status: response.status, body: await response.json() }
    },
    [path, init] as const,
  )
}

for (const [name, addressOf, mount] of [
  ['on its own origin', OWN, ''],
  ['below the origin of the server', OPAQUE, '/plugins/hello'],
] as const) {
  test(`api() reaches the own backend from any page ${name}`, async (t) => {
    const browser = await openBrowser(t)
    if (browser === undefined) return
    const page = await open(
      browser,
      addressOf(await serveClientPage(t, { access: 'public', backend: BACKEND })),
    )
    assert.equal(
      await page.evaluate(() => (globalThis as unknown as { client: ClientModule }).client.mount),
      mount,
    )
    const answer = await ask(page, '/entries?x=1', {
      method: 'POST',
      body: 'hi',
      headers: { 'x-kept': 'yes' },
    })
    const expected = {
      user: null,
      path: '/entries?x=1',
      method: 'POST',
      text: 'hi',
      kept: 'yes',
      token: null,
    }
    assert.deepEqual(answer, { status: 200, body: expected })
    assert.partialDeepStrictEqual(await ask(page, 'entries'), { body: { path: '/entries' } })
    await assert.rejects(
      ask(page, '../../other/api/'),
      /TypeError: "\.\.\/\.\.\/other\/api\/" is not a path of the backend/,
    )
  })
}

for (const [name, addressOf] of [
  ['on its own origin, reached by a ticket', BY_TICKET],
  ['below the origin of the server', OPAQUE],
] as const) {
  test(`a page for users ${name} is known to its backend, and stays so`, async (t) => {
    const browser = await openBrowser(t)
    if (browser === undefined) return
    const page = await open(
      browser,
      addressOf(await serveClientPage(t, { access: 'user', backend: BACKEND })),
    )
    if (addressOf === BY_TICKET) assert.match(page.url(), /^http:\/\/hello\.localhost:\d+\/deep\/page\.html$/)
    // Only the token counts here: a backend never sees it, and without it the visitor is anonymous.
    await page.context().clearCookies()
    const known = { status: 200, body: { user: 'Ada', path: '/', token: null } }
    assert.partialDeepStrictEqual(await ask(page, '/'), known)

    const first = await nextToken(page, () => page.clock.fastForward('03:01'))
    const second = await nextToken(page, () => page.clock.fastForward('03:01'))
    assert.notEqual(first, second)
    assert.partialDeepStrictEqual(await ask(page, '/'), known)
  })
}

test('api() renews a token first that has grown old while the machine slept', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const page = await open(browser, OPAQUE(await serveClientPage(t, { access: 'user', backend: BACKEND })))
  const sent: string[] = []
  page.on('request', (request) => {
    if (request.method() !== 'OPTIONS') sent.push(new URL(request.url()).pathname)
  })
  await page.clock.setFixedTime(Date.now() + 9 * 60_000)
  assert.partialDeepStrictEqual(await ask(page, '/'), { status: 200, body: { user: 'Ada' } })
  assert.deepEqual(sent, ['/plugins/hello/.plugbay/token', '/plugins/hello/api/'])
})

test('without a page, api() says so', async () => {
  const { api, mount } = await import('../../sdk/client/index.ts')
  assert.equal(mount, '')
  await assert.rejects(api('/'), /^TypeError: plugbay\/client works in a page only$/)
})

test('mountOf() finds the plugin behind any base path, and the root on an origin of its own', async () => {
  const { mountOf } = await import('../../sdk/client/index.ts')
  const at = (path: string, origin = 'null') => mountOf({ origin, href: `http://h:1${path}` })
  assert.equal(at('/plugins/hello/'), '/plugins/hello')
  assert.equal(at('/tools/x/plugins/hello/a/plugins/b/'), '/tools/x/plugins/hello')
  assert.equal(at('/plugins/hello'), '/plugins/hello')
  assert.equal(at('/plugins/other/', 'http://hello.localhost'), '')
  assert.equal(at('/elsewhere/'), '')
})

/** The token that the page asks for while `act` runs. */
async function nextToken(page: Page, act: () => Promise<void>): Promise<unknown> {
  const asked = page.waitForResponse((response) => response.url().endsWith('/.plugbay/token'))
  await act()
  const response = await asked
  assert.equal(response.status(), 200)
  return ((await response.json()) as { token: unknown }).token
}
