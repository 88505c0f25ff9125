import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { Principal } from '../../runtime/permissions/principal.ts'
import { serve as listenFor } from '../../runtime/serve.ts'
import { openBrowser } from '../support/chromium.ts'
import { clientBundle } from '../support/client-bundle.ts'
import { backendOf, install, startTestRuntime } from '../support/runtime.ts'

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

const OWN = (port: number): string => `http://hello.localhost:${port}/deep/page.html`
const OPAQUE = (port: number): string => `http://127.0.0.1:${port}/plugins/hello/deep/page.html`
/** Leads to the plugin's own origin with a ticket. */
const BY_TICKET = (port: number): string => `http://localhost:${port}/plugins/hello/deep/page.html`

/** An application vouches for Ada on the server's own origin; on the plugin's only what led her there tells who she is. */
async function vouch(request: Request): Promise<Principal | null> {
  const isOurs = !new URL(request.url).hostname.endsWith('.localhost')
  return isOurs ? { name: 'Ada', permissions: [], kind: 'application' } : null
}

async function serve(t: TestContext, access: 'public' | 'user'): Promise<number> {
  const client = await clientBundle()
  const files = {
    'frontend/client.js': client,
    'frontend/deep/page.html':
      '<!doctype html><html><head><script type="module">import * as client from "../client.js"; globalThis.client = client</script></head><body></body></html>',
  }
  const runtime = await startTestRuntime(t, access === 'user' ? { authenticate: vouch } : {})
  await install(runtime, { id: 'hello', backend: BACKEND, files, manifest: { access } })
  const listening = await listenFor(runtime)
  t.after(() => listening.close(0))
  return listening.port
}

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
    const page = await open(browser, addressOf(await serve(t, 'public')))
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
    const page = await open(browser, addressOf(await serve(t, 'user')))
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
  const page = await open(browser, OPAQUE(await serve(t, 'user')))
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
