// A plugin's page in a browser that has signed in as the administrator (S5): it learns nothing and changes nothing.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import type { Runtime } from '../../runtime/runtime.ts'
import { openBrowser, startWholeChromium } from '../support/chromium.ts'
import { ADMIN_TOKEN, backendOf, install, startTestRuntime } from '../support/runtime.ts'
import { ATTACK_SCRIPT } from './helpers/attack-page.ts'
import { record } from './helpers/record.ts'
import { listenFor } from './helpers/wire.ts'

const SECRET = 'secret-of-the-other-plugin'
const PAGE =
  '<!doctype html><html><head><title>wait</title></head><body><script type="module" src="ATTACK"></script></body></html>'

/** Its own HTML, with every header that could take the walls down. */
const EVIL = backendOf(`
  const headers = {
    'content-security-policy': "default-src *; script-src * 'unsafe-inline'; connect-src *; frame-ancestors *",
    'service-worker-allowed': '/',
    'cross-origin-opener-policy': 'unsafe-none',
    'cross-origin-resource-policy': 'cross-origin',
    'access-control-allow-origin': '*',
    'permissions-policy': '',
    'referrer-policy': 'unsafe-url',
    'clear-site-data': '"cookies", "storage"',
    'origin-agent-cluster': '?0',
    'speculation-rules': '"/plugins/evil/rules.json"',
    'set-cookie': 'plugbay-session=forged; Path=/',
  }
  if (url.pathname === '/sw.js') return new Response('', { headers: { ...headers, 'content-type': 'text/javascript' } })
  return new Response(${JSON.stringify(PAGE)}.replace('ATTACK', '../attack.js'), { headers: { ...headers, 'content-type': 'text/html' } })`)

async function setUp(t: TestContext): Promise<{ runtime: Runtime; port: number }> {
  const runtime = await startTestRuntime(t)
  await install(runtime, {
    id: 'evil',
    backend: EVIL,
    files: {
      'frontend/index.html': PAGE.replace('ATTACK', 'attack.js'),
      'frontend/attack.js': ATTACK_SCRIPT,
      'frontend/sw.js': 'addEventListener("fetch", () => {})',
    },
  })
  await install(runtime, {
    id: 'other',
    backend: backendOf(`return new Response('${SECRET}')`),
    files: { 'frontend/index.html': `<p>${SECRET}` },
    manifest: { access: 'user' },
  })
  return { runtime, port: await listenFor(t, runtime) }
}

/** A tab of ours with a session, storage and a database, as an administrator has it. */
async function signIn(context: BrowserContext, shell: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`${shell}/admin/`)
  const status = await page.evaluate(async (token) => {
    localStorage.setItem('admin', 'kept by the admin page')
    sessionStorage.setItem('admin', 'kept by the admin page')
    await new Promise((resolve) => {
      indexedDB.open('admin').onsuccess = resolve
    })
    const headers = { 'content-type': 'application/json' }
    return (await fetch('/api/v1/session', { method: 'POST', headers, body: JSON.stringify({ token }) }))
      .status
  }, ADMIN_TOKEN)
  assert.equal(status, 204)
  // The same request from our own page is answered: the following ones are refused for their origin, not for their content.
  assert.equal(await page.evaluate(async () => (await fetch('/api/v1/plugins')).status), 200)
  return page
}

async function stateOf({ plugins, store }: Runtime): Promise<string> {
  const list = (await plugins.list()).map(({ id, version, enabled, grants }) => [
    id,
    version,
    enabled,
    grants,
  ])
  return JSON.stringify([list, (await store.principals.tokens({})).items])
}

/** On an origin of its own, all paths of that origin lead to the plugin. */
function isAnsweredByItself(attempt: string, result: string): boolean {
  const isRelative = [
    'list plugins, same path',
    'list plugins, own mount',
    'other plugin below the path',
  ].includes(attempt)
  return isRelative && /attack\.js|"code":"NOT_FOUND"/.test(result) && !result.includes(SECRET)
}

const PLACES = [
  [
    'sandboxed below our origin',
    '127.0.0.1',
    '/plugins/evil/',
    (port: number) => `http://127.0.0.1:${port}/plugins/evil/`,
  ],
  [
    'HTML of its backend',
    '127.0.0.1',
    '/plugins/evil/api/page',
    (port: number) => `http://127.0.0.1:${port}/plugins/evil/api/page`,
  ],
  ['on its own origin', 'localhost', '/plugins/evil/', (port: number) => `http://evil.localhost:${port}/`],
  [
    'HTML of its backend as localhost',
    'localhost',
    '/plugins/evil/api/page',
    (port: number) => `http://localhost:${port}/plugins/evil/api/page`,
  ],
] as const

for (const [name, host, path, finalOf] of PLACES)
  test(`S5 a page ${name} cannot act as the administrator who opens it`, async (t) => {
    const browser = await openBrowser(t, startWholeChromium)
    if (browser === undefined) return
    const { runtime, port } = await setUp(t)
    const shell = `http://${host}:${port}`
    const context = await browser.newContext()
    const admin = await signIn(context, shell)
    const before = await stateOf(runtime)
    const cookiesBefore = await context.cookies(shell)
    const opened = context.waitForEvent('page')
    await admin.evaluate((url) => void open(url), `${shell}${path}?shell=${encodeURIComponent(shell)}`)
    const page = await opened
    await page.waitForFunction(() => document.title === 'done', undefined, { timeout: 60_000 })
    assert.ok(page.url().startsWith(finalOf(port)), page.url())
    const results = await page.evaluate(
      () => (globalThis as unknown as { results: Record<string, string> }).results,
    )
    const isOwn = new URL(page.url()).hostname !== host
    const got = Object.entries(results).filter(
      ([attempt, result]) => result.startsWith('done:') && !(isOwn && isAnsweredByItself(attempt, result)),
    )
    assert.deepEqual(got, [])
    assert.ok(Object.keys(results).length >= 40, 'every attempt was made')
    assert.equal(await stateOf(runtime), before, 'nothing has changed')
    assert.deepEqual(await context.cookies(shell), cookiesBefore, 'our cookies are as they were')
    const after = await admin.evaluate(async () => [
      (await fetch('/api/v1/session')).status,
      localStorage.getItem('admin'),
      (await navigator.serviceWorker?.getRegistrations())?.length ?? 0,
    ])
    assert.deepEqual(after, [200, 'kept by the admin page', 0])
    record({
      id: `S5 ${name}`,
      area: 'pages',
      title: `${Object.keys(results).length} attempts of a page ${name}`,
      culprit: 'each is refused',
      neighbour: { requests: 1, failed: 0 },
    })
  })
