import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skipWithoutChromium } from './browser.ts'
import { pageSuite } from './page-suite.ts'
import { TOKEN } from './stand-in/server.ts'

describe('signing in', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite()
  const mounted = pageSuite({ basePath: '/tools/plugins-of-mine' })

  it(
    'a link with a one-time code signs in and leaves the address bar',
    suite.run(async ({ page, state, admin }) => {
      assert.equal(page.url(), admin)
      assert.equal(state.codes.size, 0, 'the code was used')
      await page.reload()
      await page.getByRole('heading', { name: 'Plugins' }).waitFor()
      await page.goBack().catch(() => null)
      assert.doesNotMatch(page.url(), /code=/)
    }),
  )

  it(
    'a link that was used says so and offers the token',
    suite.run(
      async ({ page, admin }) => {
        await page.goto(`${admin}#code=used-before`)
        await page.getByText('The sign-in link no longer works').waitFor()
        assert.equal(page.url(), admin)
        await page.getByLabel('Access token').fill('pbt_wrong')
        await page.getByRole('button', { name: 'Sign in' }).click()
        await page.getByText('This token is not valid').waitFor()
        await page.getByLabel('Access token').fill(TOKEN)
        await page.keyboard.press('Enter')
        await page.getByRole('heading', { name: 'Plugins' }).waitFor()
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
      async ({ page, state, admin }) => {
        await page.goto(admin)
        await page.getByLabel('Access token').waitFor()
        state.codes.add('late')
        await page.evaluate(() => {
          location.hash = '#code=late'
        })
        await page.getByRole('heading', { name: 'Plugins' }).waitFor()
        assert.equal(page.url(), admin)
      },
      { signedIn: false },
    ),
  )

  it(
    'a session that ends returns to the sign-in page',
    suite.run(async ({ page, state }) => {
      state.sessions.clear()
      state.change('guestbook', { state: 'running' })
      await page.getByLabel('Access token').waitFor()
      assert.equal(await page.getByText('Guestbook').count(), 0, 'nothing stays on the page')
    }),
  )

  it(
    'signing out ends the session on the server',
    suite.run(async ({ page, state }) => {
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByLabel('Access token').waitFor()
      assert.equal(state.sessions.size, 0)
    }),
  )

  it(
    'everything works under a base path of another application',
    mounted.run(async ({ page, admin }) => {
      assert.match(admin, /\/tools\/plugins-of-mine\/admin\/$/)
      await page.goto(admin.slice(0, -1))
      assert.equal(page.url(), admin)
      await page.getByRole('link', { name: 'Guestbook' }).first().click()
      await page.getByRole('heading', { name: 'Guestbook' }).waitFor()
      await page.getByRole('tab', { name: 'Log' }).click()
      await page.getByText('Live').waitFor()
    }),
  )
})
