import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type DevPlugin, saying, startDevPlugin } from '../dev/dev-plugin.ts'
import { openBrowser } from '../support/chromium.ts'
import { temporaryFolder, until } from '../support/runtime.ts'

interface Visit {
  readonly dev: DevPlugin
  readonly page: Page
}

const FILES = {
  'frontend/index.html':
    '<!doctype html><html><head><link rel="stylesheet" href="main.css"><script type="module" src="main.js"></script></head><body><p>hello</p></body></html>',
  'frontend/main.css': '@import "part.css";\np { color: rgb(1, 1, 1) }',
  'frontend/part.css': 'p { border: 1px solid rgb(9, 9, 9) }',
  'frontend/main.js': 'document.title = "first"',
}

const MODES = {
  'on its own origin': (port: number) => `http://hello.localhost:${port}/`,
  'below the origin of the server': (port: number) => `http://127.0.0.1:${port}/plugins/hello/`,
}

/** A page that is open and listens. Undefined without a browser. */
async function visit(t: TestContext, addressOf: (port: number) => string): Promise<Visit | undefined> {
  const browser = await openBrowser(t)
  if (browser === undefined) return undefined
  const dev = await startDevPlugin(t, { id: 'hello', backend: saying('one'), files: FILES })
  const context = await browser.newContext()
  const page = await context.newPage()
  await openListening(page, addressOf(dev.port))
  return { dev, page }
}

async function openListening(page: Page, url: string): Promise<void> {
  const listening = page.waitForResponse((response) => response.url().endsWith('/.plugbay/events'))
  await page.goto(url)
  assert.equal((await listening).status(), 200)
}

/** Lost when the page loads again. */
async function mark(page: Page): Promise<void> {
  await page.evaluate(() => Object.assign(globalThis, { marked: true }))
}

async function isMarked(page: Page): Promise<boolean> {
  return page.evaluate(() => 'marked' in globalThis)
}

for (const [mode, addressOf] of Object.entries(MODES)) {
  test(`a page ${mode} loads again when its code or its backend changes`, async (t) => {
    const open = await visit(t, addressOf)
    if (open === undefined) return
    const { dev, page } = open
    await mark(page)
    await dev.save({ 'frontend/main.js': 'document.title = "second"' })
    await page.waitForFunction(() => document.title === 'second')
    assert.equal(await isMarked(page), false)

    await mark(page)
    await dev.save({ 'backend/index.js': saying('two') })
    await page.waitForFunction(() => !('marked' in globalThis) && document.title === 'second')
  })

  test(`a page ${mode} takes new styles in place, imported ones too`, async (t) => {
    const open = await visit(t, addressOf)
    if (open === undefined) return
    const { dev, page } = open
    await mark(page)
    const wait = (property: 'color' | 'borderTopColor', value: string) =>
      page.waitForFunction(
        ([name, wanted]) =>
          getComputedStyle(document.querySelector('p') as Element)[name as 'color'] === wanted,
        [property, value] as const,
      )
    await wait('color', 'rgb(1, 1, 1)')
    await dev.save({ 'frontend/main.css': '@import "part.css";\np { color: rgb(2, 2, 2) }' })
    await wait('color', 'rgb(2, 2, 2)')
    await dev.save({ 'frontend/part.css': 'p { border: 1px solid rgb(3, 3, 3) }' })
    await wait('borderTopColor', 'rgb(3, 3, 3)')
    await dev.save({ 'frontend/main.css': '@import "part.css";\np { color: rgb(4, 4, 4) }' })
    await wait('color', 'rgb(4, 4, 4)')
    assert.equal(await page.locator('link[rel=stylesheet]').count(), 1)
    assert.equal(await isMarked(page), true)
  })

  test(`a page ${mode} shows what is wrong, with its place, until it is right`, async (t) => {
    const open = await visit(t, addressOf)
    if (open === undefined) return
    const { dev, page } = open
    const overlay = page.locator('plugbay-problems')
    await dev.save({
      'backend/index.js': 'export default {\n  fetch() { return new Response("<img src=x>" }\n}\n',
    })
    await overlay.locator('.problem').waitFor()
    assert.match(await overlay.locator('.place').innerText(), /^backend\/index\.js:2:\d+$/)
    assert.match(await overlay.locator('pre .mark').innerText(), /^> 2 \|.*new Response\("<img src=x>" \}/)
    assert.equal(await overlay.locator('img').count(), 0)
    assert.match(await overlay.locator('.code').innerText(), /^SYNTAX_ERROR$/)
    if (process.env.PLUGBAY_SCREENSHOTS !== undefined)
      await page.screenshot({ path: `${process.env.PLUGBAY_SCREENSHOTS}/overlay.png` })

    // A page that is opened now says so as well.
    const late = await page.context().newPage()
    await late.goto(page.url())
    await late.locator('plugbay-problems .problem').waitFor()

    await page.keyboard.press('Escape')
    await overlay.waitFor({ state: 'detached' })
    await dev.save({ 'backend/index.js': 'export default { fetch( }' })
    await overlay.locator('.problem').waitFor()

    await mark(page)
    await dev.save({ 'backend/index.js': saying('one') })
    await overlay.waitFor({ state: 'detached' })
    // The content that serves is what the page was made from: there was nothing to load.
    assert.equal(await isMarked(page), true)
  })

  test(`a page ${mode} shows a failure of the backend, until it is closed or saved`, async (t) => {
    const open = await visit(t, addressOf)
    if (open === undefined) return
    const { dev, page } = open
    const overlay = page.locator('plugbay-problems')
    const listening = page.waitForResponse((response) => response.url().endsWith('/.plugbay/events'))
    await dev.save({
      'backend/index.js': 'export default {\n  fetch() {\n    throw new TypeError("<img src=x>")\n  },\n}\n',
    })
    // The page has loaded again.
    assert.equal((await listening).status(), 200)
    await dev.get('/api/')
    await overlay.locator('.problem').waitFor()
    assert.equal(await overlay.locator('.title').innerText(), 'The backend failed')
    assert.equal(await overlay.locator('.message').innerText(), 'TypeError: <img src=x>')
    assert.equal(await overlay.locator('.place').innerText(), 'backend/index.js:3:11')
    assert.match(await overlay.locator('pre .mark').innerText(), /^> 3 \|/)
    assert.equal(await overlay.locator('img').count(), 0)
    await page.keyboard.press('Escape')
    await overlay.waitFor({ state: 'detached' })
    await dev.get('/api/')
    await overlay.locator('.problem').waitFor()
    await dev.save({ 'backend/index.js': saying('good') })
    await overlay.waitFor({ state: 'detached' })
  })

  test(`before the first good version a page ${mode} says so, and comes by itself`, async (t) => {
    const browser = await openBrowser(t)
    if (browser === undefined) return
    const dev = await startDevPlugin(t, { id: 'hello', backend: 'const', files: FILES })
    const page = await browser.newPage()
    await page.goto(addressOf(dev.port))
    assert.match(await page.innerText('body'), /hello does not run yet\s+.*backend\/index\.js:1:/s)
    await page.locator('plugbay-problems .problem').waitFor()
    await dev.save({ 'backend/index.js': saying('one') })
    await page.waitForFunction(() => document.title === 'first')
    await page.locator('plugbay-problems').waitFor({ state: 'detached' })
  })

  test(`a hidden page ${mode} holds no connection, and catches up when it is shown`, async (t) => {
    const open = await visit(t, addressOf)
    if (open === undefined) return
    const { dev, page } = open
    const see = (state: 'hidden' | 'visible') =>
      page.evaluate((wanted) => {
        Object.defineProperty(document, 'visibilityState', { value: wanted, configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
      }, state)
    const ended = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/events'))
    await see('hidden')
    await ended
    await mark(page)
    await dev.save({ 'frontend/main.js': 'document.title = "missed"' })
    await dev.next('swap')
    assert.equal(await isMarked(page), true)
    await see('visible')
    await page.waitForFunction(() => document.title === 'missed')
  })
}

test('a page with a service worker that would keep it shows what was saved', async (t) => {
  const open = await visit(t, MODES['on its own origin'])
  if (open === undefined) return
  const { dev, page } = open
  await dev.save({
    'manifest.json': JSON.stringify({
      ...{ manifestVersion: 1, id: 'hello', name: 'hello', version: '1.0.0', access: 'public' },
      permissions: { serviceWorker: true },
    }),
    'frontend/worker.js': `
      const kept = caches.open('kept').then(async (cache) => { await cache.add('/'); return cache })
      addEventListener('install', (event) => event.waitUntil(kept.then(() => skipWaiting())))
      addEventListener('activate', (event) => event.waitUntil(clients.claim()))
      addEventListener('fetch', (event) => {
        if (event.request.mode === 'navigate') event.respondWith(caches.match('/'))
      })`,
  })
  await dev.next('swap')
  await openListening(page, page.url())
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/worker.js')
    await navigator.serviceWorker.ready
  })
  await mark(page)
  await dev.save({ 'frontend/main.js': 'document.title = "newer"' })
  await page.waitForFunction(() => document.title === 'newer')
  assert.equal(await isMarked(page), false)
})

test('a page for users loads again by itself on its own origin; below ours it asks its visitor to', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const source = { id: 'hello', backend: saying('one'), files: FILES, manifest: { access: 'user' } }
  const dev = await startDevPlugin(t, source)
  const own = await browser.newPage()
  await own.goto(dev.url)
  await own.waitForURL(`http://hello.localhost:${dev.port}/`)
  const below = await browser.newPage()
  await openListening(below, `http://127.0.0.1:${dev.port}/plugins/hello/`)
  await dev.save({ 'frontend/main.js': 'document.title = "second"' })
  await own.waitForFunction(() => document.title === 'second')
  await below.locator('plugbay-problems .note', { hasText: 'Load the page again' }).waitFor()
  await below.reload()
  await below.waitForFunction(() => document.title === 'second')
})

for (const [mode, addressOf] of Object.entries(MODES))
  test(`an error of a page ${mode} reaches the terminal and its overlay, whose file name opens the editor`, async (t) => {
    const open = await visit(t, addressOf)
    if (open === undefined) return
    const { dev, page } = open
    const opened = join(await temporaryFolder(t), 'opened')
    const editor = join(await temporaryFolder(t), 'code')
    await writeFile(editor, `#!/bin/sh\necho "$3" > ${opened}.part && mv ${opened}.part ${opened}\n`, {
      mode: 0o755,
    })
    process.env.LAUNCH_EDITOR = editor
    t.after(() => {
      delete process.env.LAUNCH_EDITOR
    })
    const place = page.locator('plugbay-problems button.place')
    const fails = {
      'document.title = "x"\nnull.thing = 1': /^TypeError: /,
      'await 1\nthrow new RangeError("too far")': /^RangeError: too far$/,
      'setTimeout(() =>\nPromise.reject(new Error("nobody waits")))':
        /^Unhandled rejection: Error: nobody waits$/,
    }
    for (const [code, message] of Object.entries(fails)) {
      await dev.save({ 'frontend/main.js': code })
      const [problem] = (await dev.next('problem')).problems
      assert.partialDeepStrictEqual(problem, { code: 'PAGE_FAILED', file: 'frontend/main.js', line: 2 })
      assert.match(problem?.message ?? '', message)
      await page.locator('plugbay-problems h1', { hasText: 'The page failed' }).waitFor()
      assert.match(await place.innerText(), /^frontend\/main\.js:2:\d+$/)
      assert.match(await page.locator('plugbay-problems pre').innerText(), /^> 2 \|/m)
    }
    await place.click()
    await until('the editor ran', async () => existsSync(opened))
    assert.match(await readFile(opened, 'utf8'), /frontend\/main\.js:2:\d+\n$/)
  })
