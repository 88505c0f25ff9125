// One browser and one stand-in server per suite, one signed-in page per test.

import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { ensureAdminPage } from '../../runtime/admin-ui/build.ts'
import { openPage, startChromium } from './browser.ts'
import { seed } from './stand-in/seed.ts'
import { type StandIn, type StandInOptions, startStandIn } from './stand-in/server.ts'
import type { StandInState } from './stand-in/state.ts'

export interface PageTest {
  readonly page: Page
  readonly state: StandInState
  /** The address of the page, with a slash at its end. */
  readonly admin: string
}

export interface PageSuite {
  /** Runs a test on a fresh page, signed in unless `signedIn` is false, and checks that the page had nothing to complain of. */
  run(test: (t: PageTest) => Promise<void>, options?: { readonly signedIn?: boolean }): () => Promise<void>
}

/** To be called inside `describe`. */
export function pageSuite(options: StandInOptions = {}): PageSuite {
  let browser: Browser | undefined
  let server: StandIn | undefined
  before(async () => {
    await ensureAdminPage({ say: () => undefined })
    browser = await startChromium()
    server = await startStandIn(options)
  })
  after(async () => {
    await browser?.close()
    await server?.stop()
  })
  return {
    run:
      (test, { signedIn = true } = {}) =>
      async () => {
        assert.ok(browser && server)
        const { state, url } = server
        state.reset()
        seed(state)
        const { page, context, complaints } = await openPage(browser, url)
        try {
          if (signedIn) {
            state.codes.add('for-this-test')
            await page.goto(`${url}admin/#code=for-this-test`)
            await page.getByRole('heading', { name: 'Plugins' }).waitFor()
          }
          await test({ page, state, admin: `${url}admin/` }).catch(async (cause: unknown) => {
            const seen = await page.locator('body').textContent()
            throw new Error(`${String(cause)}\nThe page at ${page.url()} showed:\n${seen}`, { cause })
          })
          assert.deepEqual(complaints, [])
        } finally {
          await context.close()
        }
      },
  }
}
