// Pages of plugins in the shell, sandboxed and on origins of their own: address and page follow each other, and the page gets what it asks.

import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Browser, FrameLocator, Page } from 'playwright-core'
import { ensureAdminPage } from '../../runtime/admin-ui/build.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { serve } from '../../runtime/serve.ts'
import { skipWithoutChromium, startChromium } from '../support/chromium.ts'
import { install, send, startTestRuntime } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { openPage } from './browser.ts'
import { shownFrame } from './every-page.ts'
import { documentedPlugin, tourPlugin } from './page-plugins.ts'

interface Shell {
  readonly page: Page
  readonly frame: FrameLocator
  readonly runtime: Runtime
  /** "http://127.0.0.1:3000" */
  readonly origin: string
  /** Waits until address and page are there. */
  at(address: string, heading: string): Promise<void>
}

/** What the server shows a visitor who is not signed in. */
async function asStranger(url: string) {
  const response = await fetch(url, { headers: { accept: 'text/html', 'sec-fetch-dest': 'iframe' } })
  const headers = Object.fromEntries(response.headers)
  return { status: response.status, headers, text: await response.text() }
}

describe('pages of plugins in the shell', { skip: skipWithoutChromium }, () => {
  const scope = sharedScope()
  let opened: { readonly browser: Browser; readonly runtime: Runtime; readonly port: number }
  let operators = 0
  before(async () => {
    await ensureAdminPage({ say: () => undefined })
    const [browser, runtime] = await Promise.all([startChromium(), startTestRuntime(scope)])
    scope.after(() => browser.close())
    await install(runtime, await tourPlugin())
    await install(runtime, await documentedPlugin())
    const listening = await serve(runtime)
    scope.after(() => listening.close(0))
    opened = { browser, runtime, port: listening.port }
  })

  async function inShell(host: string, permissions: readonly string[], use: (shell: Shell) => Promise<void>) {
    const { browser, runtime, port } = opened
    const origin = `http://${host}:${port}`
    const { page, context, complaints } = await openPage(browser, origin)
    try {
      const { record } = await runtime.store.principals.addToken(
        { name: `visitor ${++operators}`, permissions },
        { actor: 'test', action: 'token.create' },
      )
      await page.goto(`${origin}/admin/#code=${runtime.http.signInCode(record.id)}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      const frame = shownFrame(page)
      const at = async (address: string, heading: string) => {
        await page.waitForURL(`${origin}/admin/#/p/tour${address}`)
        await frame.getByRole('heading', { name: heading }).waitFor()
        await page.locator('[data-frame-state="connected"]').waitFor()
      }
      await use({ page, frame, runtime, origin, at }).catch(async (cause: unknown) => {
        const seen = await page.locator('body').innerText()
        throw new Error(`${String(cause)}\nThe page at ${page.url()} showed:\n${seen}`, { cause })
      })
      const foreign = `asked for http://tour.localhost:${port}/`
      assert.deepEqual(
        complaints.filter((complaint) => !complaint.startsWith(foreign)),
        [],
      )
    } finally {
      await context.close()
    }
  }

  for (const [mode, host] of [
    ['sandboxed', '127.0.0.1'],
    ['on an origin of its own', 'localhost'],
  ] as const) {
    test(`a page ${mode} and the address follow each other, back and forward too`, () =>
      inShell(host, ['*'], async ({ page, frame, origin, at }) => {
        const where = frame.locator('#where')
        const isAt = async (address: string, text: string) => {
          await at(address, 'The tour')
          await where.getByText(text, { exact: true }).waitFor()
        }
        await page.goto(`${origin}/admin/p/tour/third.html?x=1`)
        await at('/third.html?x=1', 'The third page')
        await page.getByRole('link', { name: 'The tour' }).click()
        await isAt('/', '-')
        await frame.getByText('visitor').last().waitFor()
        for (const step of [1, 2]) {
          await frame.getByRole('button', { name: 'Step' }).click()
          await isAt(`/step-${step}`, `step-${step} ${step}`)
        }
        assert.equal(await page.title(), 'Step 2 · Tour · Plugbay')
        await page.goBack()
        await isAt('/step-1', 'step-1 1')
        await page.goForward()
        await isAt('/step-2', 'step-2 2')
        await page.reload()
        await isAt('/step-2', 'step-2 -')
        await frame.getByRole('link', { name: 'Second' }).click()
        await at('/second.html', 'The second page')
        await frame.getByRole('link', { name: 'Third' }).click()
        await at('/third.html?x=1', 'The third page')
        await page.goBack()
        await at('/second.html', 'The second page')
        await page.getByRole('link', { name: 'Tasks' }).click()
        await page.getByRole('heading', { name: 'Tasks' }).waitFor()
        await page.goBack()
        await at('/second.html', 'The second page')
        await page.goBack()
        await isAt('/step-2', 'step-2 -')
      }))

    test(`a page ${mode} asks the shell, is told of its colours, and keeps values`, () =>
      inShell(host, ['*'], async ({ page, frame, origin, at }) => {
        await page.goto(`${origin}/admin/#/p/tour/`)
        await at('/', 'The tour')
        await frame.locator('#look').getByText('light visitor').waitFor()
        await page.getByLabel('Colours').selectOption('dark')
        await frame.locator('#look').getByText('dark').waitFor()
        const ground = await frame.locator('html').evaluate((html) => getComputedStyle(html).backgroundColor)
        assert.equal(ground, 'rgb(31, 31, 31)')

        await frame.getByRole('button', { name: 'Ask' }).click()
        const dialog = page.getByRole('dialog', { name: '"Tour" asks' })
        await dialog.getByText('Throw it away?').waitFor()
        await dialog.getByRole('button', { name: 'Cancel' }).click()
        await frame.locator('#answer').getByText('false').waitFor()
        await frame.getByRole('button', { name: 'Ask' }).click()
        await dialog.getByRole('button', { name: 'Throw' }).click()
        await frame.locator('#answer').getByText('true').waitFor()

        const said = await frame.locator('body').evaluate(async () => {
          const { client } = globalThis as unknown as { client: typeof import('../../sdk/client/index.ts') }
          const refused = (made: Promise<unknown>) =>
            made.then(
              () => 'done',
              (error: Error) => error.message,
            )
          await client.storage.set('view', { order: 'name' })
          return {
            shown: await client.notify('It is kept', 'success'),
            kept: await client.storage.get('view'),
            keys: await client.storage.keys(),
            full: await refused(client.storage.set('big', 'x'.repeat(65_000))),
            more: await refused(client.storage.set('more', 'x'.repeat(1000))),
            name: await refused(client.call('/none', { method: 'GET' })),
          }
        })
        assert.deepEqual(
          { ...said, name: '' },
          {
            shown: true,
            kept: { order: 'name' },
            keys: ['view'],
            full: 'done',
            more: 'There is no room: a plugin has 65536 characters',
            name: '',
          },
        )
        const notice = page.locator('.mantine-Notification-root')
        assert.equal(await notice.innerText(), 'Tour\nIt is kept')
        await page.reload()
        await at('/', 'The tour')
        const kept = await frame.locator('body').evaluate(async () => {
          const { client } = globalThis as unknown as { client: typeof import('../../sdk/client/index.ts') }
          const order = await client.storage.get('view')
          // It ends this page.
          setTimeout(() => void client.navigate({ shell: 'settings' }), 100)
          return order
        })
        assert.deepEqual(kept, { order: 'name' })
        await page.waitForURL(`${origin}/admin/#/plugins/tour/settings`)
      }))

    test(`a page ${mode} that was open for a night gets a token of the shell`, () =>
      inShell(host, [], async ({ page, frame, origin, at }) => {
        await page.goto(`${origin}/admin/#/p/tour/`)
        await at('/', 'The tour')
        // As the server answers when the token has ended.
        await page.route('**/.plugbay/token', (route) => route.fulfill({ status: 401, body: '{}' }))
        const asked = page.waitForRequest(`${origin}/api/v1/pages/tour/token`)
        const [before, after, status] = await frame.locator('body').evaluate(async () => {
          const token = () => document.querySelector<HTMLMetaElement>('meta[name="plugbay-token"]')?.content
          const first = token()
          const { now } = Date
          Date.now = () => now() + 13 * 3_600_000
          const response = await fetch('api/who')
          return [first, token(), response.status]
        })
        await asked
        assert.notEqual(after, before)
        assert.equal(status, 200)
      }))
  }

  test('a page on an origin of its own is there again after a reload, and leads to another one by a script', () =>
    inShell('localhost', ['*'], async ({ page, frame, origin, at }) => {
      await page.goto(`${origin}/admin/#/p/tour/?x=1`)
      await at('/?x=1', 'The tour')
      for (const step of ['reload', 'go', 'assign'] as const) {
        await frame.locator('body').evaluate((body, way) => {
          body.dataset.old = 'yes'
          const ways = {
            reload: () => location.reload(),
            go: () => history.go(0),
            assign: () => location.assign('./?x=1'),
          }
          setTimeout(ways[way])
        }, step)
        await frame.locator('body:not([data-old])').waitFor()
        await at('/?x=1', 'The tour')
        await frame.getByText('visitor').last().waitFor()
      }
      await frame.locator('body').evaluate(() => location.assign('third.html?x=1'))
      await at('/third.html?x=1', 'The third page')
      await page.goBack()
      await at('/?x=1', 'The tour')
    }))

  test('a sandboxed page that reloads itself is loaded by the shell, and stays away once its reader is signed out', () =>
    inShell('127.0.0.1', ['*'], async ({ page, frame, origin, at }) => {
      await page.goto(`${origin}/admin/#/p/tour/third.html?x=1`)
      await at('/third.html?x=1', 'The third page')
      const reload = () =>
        frame.locator('body').evaluate((body) => {
          body.dataset.old = 'yes'
          setTimeout(() => location.reload())
        })
      await reload()
      await frame.locator('body:not([data-old])').waitFor()
      await at('/third.html?x=1', 'The third page')
      const answers: number[] = []
      await page.route('**/third.html?x=1', async (route) => {
        const { status, headers, text } = await asStranger(route.request().url())
        answers.push(status)
        await route.fulfill({ status, headers, body: text })
      })
      await reload()
      await page.locator('[data-frame-state="silent"]').waitFor()
      assert.deepEqual(answers, [401, 401])
    }))

  test('the examples of docs/pages.md do what the page says', () =>
    inShell('127.0.0.1', ['*'], async ({ page, frame, origin }) => {
      await page.getByText('Writing', { exact: true }).waitFor()
      await page.getByRole('link', { name: 'Notes', exact: true }).first().click()
      await page.waitForURL(`${origin}/admin/#/p/notes/`)
      const question = page.getByRole('dialog')
      await question.getByText('Throw the note away?').waitFor()
      const asked = page.waitForRequest((request) => request.method() === 'DELETE')
      await question.getByRole('button', { name: 'Throw away' }).click()
      assert.equal(new URL((await asked).url()).pathname, '/plugins/notes/api/notes/3')
      await page.getByText('"Milk" is gone').waitFor()
      await page.waitForFunction(() => JSON.stringify({ ...localStorage }).includes('last'))
      const accent = await frame
        .locator('body')
        .evaluate((body) => getComputedStyle(body).getPropertyValue('--pb-accent').trim())
      assert.notEqual(accent, '', 'the style sheet is there')
    }))

  test('a page as high as its content says so by an element of its own', () =>
    inShell('127.0.0.1', ['*'], async ({ page, origin, at }) => {
      await page.goto(`${origin}/admin/#/p/tour/second.html`)
      await at('/second.html', 'The second page')
      const iframe = page.locator('.framed-page iframe[height]')
      await iframe.waitFor()
      const height = (await iframe.boundingBox())?.height ?? 0
      assert.ok(height > 50 && height < 300, String(height))
    }))

  test('what cannot be shown is said in words: disabled, back again, not allowed, unknown', () =>
    inShell('127.0.0.1', ['*'], async ({ page, frame, runtime, origin, at }) => {
      await page.goto(`${origin}/admin/#/p/tour/`)
      await at('/', 'The tour')
      await send(runtime, 'POST', '/plugins/tour/disable')
      await page.getByText('Tour: Disabled').waitFor()
      await page.getByRole('link', { name: 'To the plugin' }).waitFor()
      await send(runtime, 'POST', '/plugins/tour/enable')
      await frame.getByRole('heading', { name: 'The tour' }).waitFor()
      await page.goto(`${origin}/admin/#/p/unknown/`)
      await page.getByText('There is no such page').waitFor()
      await inShell('127.0.0.1', [], async ({ page: other }) => {
        await send(runtime, 'PUT', '/plugins/tour/access', ['tours.see'])
        await other.goto(`${origin}/admin/#/p/tour/`)
        await other.getByText('You may not open this page').waitFor()
        await send(runtime, 'PUT', '/plugins/tour/access', null)
      })
    }))

  test('at 360 px, in Arabic and dark, the page fits', () =>
    inShell('127.0.0.1', ['*'], async ({ page, origin, at }) => {
      await page.setViewportSize({ width: 360, height: 740 })
      await page.evaluate(() => localStorage.setItem('plugbay-language', 'ar'))
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.goto(`${origin}/admin/p/tour/`)
      await at('/', 'The tour')
      const isTooWide = () => document.documentElement.scrollWidth > innerWidth
      assert.equal(await page.evaluate(isTooWide), false)
      const inner = page.frames().find((each) => each !== page.mainFrame())
      assert.equal(await inner?.evaluate(isTooWide), false)
      if (process.env.PLUGBAY_PICTURES !== undefined)
        await page.screenshot({ path: `${process.env.PLUGBAY_PICTURES}/framed-360.png` })
    }))
})
