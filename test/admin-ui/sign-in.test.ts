import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skipWithoutChromium } from '../support/chromium.ts'
import { pageSuite } from './page-suite.ts'
import { installGuestbook } from './plugins.ts'

describe('signing in', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({ prepare: installGuestbook })

  it(
    'a link with a one-time code signs in, once, and leaves the address bar',
    suite.run(
      async ({ page, url, admin, code }) => {
        const once = code()
        await page.goto(`${admin}#code=${once}`)
        await page.getByRole('heading', { name: 'Overview' }).waitFor()
        assert.equal(page.url(), admin)
        const again = await fetch(`${url}api/v1/session`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ code: once }),
        })
        assert.equal(again.status, 401)
        await page.reload()
        await page.getByRole('heading', { name: 'Overview' }).waitFor()
        await page.goBack().catch(() => null)
        assert.doesNotMatch(page.url(), /code=/)
      },
      { signedIn: false },
    ),
  )

  it(
    'a link that was used says so and offers the token',
    suite.run(
      async ({ page, admin, token }) => {
        await page.goto(`${admin}#code=used-before`)
        await page.getByText('The sign-in link no longer works').waitFor()
        assert.equal(page.url(), admin)
        await page.getByLabel('Access token').fill('pbt_wrong')
        await page.getByRole('button', { name: 'Sign in' }).click()
        await page.getByText('This token is not valid').waitFor()
        await page.getByLabel('Access token').fill(token.secret)
        await page.keyboard.press('Enter')
        await page.getByRole('heading', { name: 'Overview' }).waitFor()
        assert.doesNotMatch(page.url(), /pbt_/)
        const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))
        assert.doesNotMatch(kept, /pbt_/)
      },
      { signedIn: false },
    ),
  )

  it(
    'a link opened in a tab that shows the sign-in page signs in there',
    suite.run(
      async ({ page, admin, code }) => {
        await page.goto(admin)
        await page.getByLabel('Access token').waitFor()
        await page.evaluate((hash) => {
          location.hash = hash
        }, `#code=${code()}`)
        await page.getByRole('heading', { name: 'Overview' }).waitFor()
        assert.equal(page.url(), admin)
      },
      { signedIn: false },
    ),
  )

  it(
    'a session that ends returns to the sign-in page',
    suite.run(async ({ page, runtime, token }) => {
      await page.locator('[data-plugin=guestbook]').waitFor()
      await runtime.store.principals.removeToken(token.id, { actor: 'test', action: 'token.remove' })
      // The page asks for what has changed.
      await runtime.plugins.disable('guestbook', 'test')
      await page.getByLabel('Access token').waitFor()
      assert.equal(await page.getByText('Guestbook').count(), 0, 'nothing stays on the page')
      await runtime.plugins.enable('guestbook', 'test')
    }),
  )

  it(
    'signing out ends the session on the server',
    suite.run(async ({ page, url }) => {
      const cookies = await page.context().cookies()
      const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
      const session = async () => (await fetch(`${url}api/v1/session`, { headers: { cookie } })).status
      assert.equal(await session(), 200)
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByLabel('Access token').waitFor()
      assert.equal(await session(), 401)
    }),
  )
})

describe('under a base path of another application', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({ basePath: '/tools/plugins-of-mine', prepare: installGuestbook })

  it(
    'everything works',
    suite.run(async ({ page, admin }) => {
      assert.match(admin, /\/tools\/plugins-of-mine\/admin\/$/)
      await page.goto(admin.slice(0, -1))
      assert.equal(page.url(), admin)
      await page.getByRole('link', { name: 'Plugins' }).first().click()
      await page.getByRole('link', { name: 'Guestbook' }).first().click()
      await page.getByRole('heading', { name: 'Guestbook' }).waitFor()
      await page.getByRole('tab', { name: 'Log' }).click()
      await page.getByText('Live', { exact: true }).waitFor()
    }),
  )
})
