// The pages of the admin application beside plugins and tasks, each with its main job.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { toCsv } from '../../runtime/admin-ui/src/features/audit/export-audit.ts'
import { skipWithoutChromium } from '../support/chromium.ts'
import { install, until } from '../support/runtime.ts'
import { workOf } from './count-work.ts'
import { prepareEveryPage } from './every-page.ts'
import { pageSuite } from './page-suite.ts'

describe('the pages of the admin application', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({ prepare: prepareEveryPage })

  it(
    'the overview names what needs attention, and leads to it',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/`)
      for (const id of ['greedy-plugin', 'weather']) await page.locator(`[data-attention=${id}]`).waitFor()
      assert.equal(await page.locator('[data-attention]').count(), 2)
      await page.getByRole('link', { name: 'Weather' }).click()
      await page.getByText('Version 2.1.0 asks for more').waitFor()
      await page.goBack()
      await page.getByRole('heading', { name: 'Needs attention' }).waitFor()
    }),
  )

  it(
    'plugins are found by state, and several are switched at once',
    suite.run(async ({ page, runtime, changes }) => {
      await page.getByRole('combobox', { name: 'State' }).click()
      await page.getByRole('option', { name: 'Needs attention' }).click()
      await page.locator('[data-plugin=guestbook]').waitFor({ state: 'detached' })
      assert.equal(await page.locator('[data-plugin]').count(), 2)
      await page.getByRole('combobox', { name: 'State' }).click()
      await page.getByRole('option', { name: 'Every state' }).click()
      await page.getByRole('button', { name: 'Choose several' }).click()
      for (const name of ['almanac', 'wall-clock']) await page.getByLabel(`Choose "${name}"`).check()
      await page.getByText('2 are chosen').waitFor()
      await page.getByRole('button', { name: 'Disable them' }).click()
      await page.getByText('2 plugins are as you wished').waitFor()
      assert.equal(changes.at(-1)?.request, 'POST /plugins/disable')
      for (const id of ['almanac', 'wall-clock'])
        assert.equal((await runtime.plugins.get(id)).enabled, false, id)
    }),
  )

  it(
    'of many plugins only those in sight are drawn, and the last one is reached',
    suite.run(async ({ page, runtime, admin }) => {
      for (let n = 10; n < 70; n++) await install(runtime, { id: `many-${n}` })
      await page.reload()
      await page.locator('[data-plugin=almanac]').waitFor()
      assert.ok((await page.locator('[data-plugin]').count()) < 40)
      const steps = 20
      const work = await workOf(page, {
        ...{ rows: '.many-rows > li', except: '.plugin-row-state', steps, pixels: 78 },
      })
      // A row comes into sight with each step, and those that were there are left alone.
      assert.ok(work.added <= 2 * steps, `${work.added} rows were added`)
      // Plugins may start and stop meanwhile; rows that are rendered again change 70 times a step.
      assert.ok(work.changed < 5 * steps, `${work.changed} changes were made in rows that stayed`)
      await page.keyboard.press('End')
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
      await page.locator('[data-plugin=weather]').waitFor()
      await page.goto(`${admin}#/plugins`)
      for (let n = 10; n < 70; n++)
        await runtime.plugins.uninstall(`many-${n}`, { data: 'delete', actor: 'test' })
    }),
  )

  it(
    'quarantine shows the evidence and what to do, and starts the plugin again',
    suite.run(async ({ page, admin, runtime }) => {
      await page.goto(`${admin}#/quarantine`)
      const stopped = page.getByRole('region', { name: 'Greedy plugin' })
      await stopped.getByLabel('Stack of the last error').waitFor()
      await stopped.getByRole('button', { name: 'Start it again' }).click()
      await page.getByText('No plugin is in quarantine').waitFor()
      assert.equal((await runtime.plugins.get('greedy-plugin')).state, 'running')
    }),
  )

  it(
    'a user is added, gets a token that is shown once and signs in, and is removed with it',
    suite.run(async ({ page, admin, url }) => {
      await page.goto(`${admin}#/people`)
      await page.getByRole('button', { name: 'Add a user' }).click()
      await page.getByRole('dialog').getByLabel('Name').fill('Grace')
      await page.getByRole('dialog').getByRole('combobox', { name: 'Permissions' }).fill('plugins.view')
      await page.keyboard.press('Enter')
      await page.keyboard.press('Tab')
      await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click()
      await page.getByText('"Grace" is added').waitFor()

      await page.getByRole('button', { name: 'Make a token' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Name').fill('her laptop')
      await dialog.getByRole('combobox', { name: 'User' }).click()
      await page.getByRole('option', { name: 'Grace' }).click()
      await dialog.getByRole('combobox', { name: 'Permissions' }).fill('plugins.view')
      await page.keyboard.press('Enter')
      await page.keyboard.press('Tab')
      await dialog.getByRole('button', { name: 'Make it' }).click()
      await dialog.getByText('it is not shown again').waitFor()
      const token = (await dialog.locator('code').innerText()).trim()
      assert.match(token, /^pbt_/)
      await dialog.getByRole('button', { name: 'Done' }).click()
      await page.getByRole('row', { name: /her laptop Grace/ }).waitFor()
      assert.equal(await page.getByText(token).count(), 0)
      const status = async () =>
        (await fetch(`${url}api/v1/plugins`, { headers: { authorization: `Bearer ${token}` } })).status
      assert.equal(await status(), 200)

      await page.getByRole('button', { name: 'Invite "Grace"' }).click()
      const link = (await dialog.locator('code').innerText()).trim()
      assert.ok(link.startsWith(`${url}set-password?code=`), link)
      assert.match(await (await fetch(link)).text(), /Welcome, Grace/)
      await page.keyboard.press('Escape')
      await page.getByRole('button', { name: 'Disable "Grace"' }).click()
      await page.getByText('"Grace" is signed out and disabled').waitFor()
      await until('the token does not work', async () => (await status()) === 401)
      assert.equal((await fetch(link)).status, 410)
      await page.getByRole('button', { name: 'Enable "Grace"' }).click()
      await page.getByText('"Grace" can sign in again').waitFor()
      assert.equal(await status(), 200)
      await page.goto(`${admin}#/audit`)
      await page
        .getByRole('row', { name: 'user.create' })
        .getByText('Grace', { exact: true })
        .first()
        .waitFor()
      await page.goto(`${admin}#/people`)

      await page.getByRole('button', { name: 'Remove "Grace"' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
      await page.getByText('"Grace" is removed').waitFor()
      await until('the token has ended', async () => (await status()) === 401)
    }),
  )

  it(
    'the audit log is filtered and saved as a file',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/audit`)
      await page.getByRole('cell', { name: 'plugin.install' }).first().waitFor()
      await page.getByLabel('Plugin, user or token').fill('weather')
      await page.getByRole('cell', { name: 'guestbook' }).first().waitFor({ state: 'detached' })
      await page.getByRole('cell', { name: 'weather' }).first().waitFor()
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Save as CSV' }).click(),
      ])
      const folder = await mkdtemp(join(tmpdir(), 'plugbay-audit-'))
      const path = join(folder, download.suggestedFilename())
      await download.saveAs(path)
      const [head, ...rows] = (await readFile(path, 'utf8')).trim().split('\r\n')
      assert.equal(head, '"time","actor","action","subject","detail"')
      assert.ok(rows.length >= 2)
      assert.ok(rows.every((row) => row.includes('"weather"')))
      await rm(folder, { recursive: true })
    }),
  )

  it(
    'an action is refused in words at its field, then run as a task',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/actions`)
      const card = page.getByRole('region', { name: 'Sweep the shelves' })
      await card.getByRole('button', { name: 'Open' }).click()
      assert.equal(await card.getByLabel('Note').count(), 0)
      await card.getByRole('button', { name: 'More options' }).click()
      await card.getByLabel('Note').waitFor()
      await card.getByLabel('Depth').fill('13')
      await card.getByRole('button', { name: 'Run' }).click()
      await card.getByText('Not 13', { exact: true }).waitFor()
      await card.locator('[name=depth][aria-invalid=true]').waitFor()
      await card.getByLabel('Depth').fill('5')
      await card.getByRole('button', { name: 'Run' }).click()
      await card.getByText('Begun to sweep').waitFor()
      await card.getByRole('link', { name: 'sweep' }).click()
      await page.locator('[data-state=succeeded]').waitFor()
    }),
  )

  it(
    'extension points show who contributes',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/points`)
      await page.locator('[data-point="contexts general"]').getByRole('link', { name: 'tidy' }).waitFor()
      const count = await page.locator('[data-point]').count()
      await page
        .locator('label', { has: page.getByRole('switch', { name: 'Also those that no plugin uses' }) })
        .click()
      await until('all are shown', async () => (await page.locator('[data-point]').count()) > count)
    }),
  )

  it(
    'who may only look is offered nothing else',
    suite.run(async ({ page, admin, runtime }) => {
      const { record } = await runtime.store.principals.addToken(
        { name: 'guest', permissions: ['plugins.view', 'events.view'] },
        { actor: 'test', action: 'token.create' },
      )
      await page.goto(`${admin}#code=${runtime.http.signInCode(record.id)}`)
      await page.getByText('Signed in as "guest"').waitFor()
      // Pages of plugins stand there as well.
      const links = await page.getByRole('navigation').locator('a:not([href^="#/p/"])').allInnerTexts()
      assert.deepEqual(links, [
        'Overview',
        'Plugins',
        'Actions',
        'Application',
        'Deployment',
        'Extension points',
        'Quarantine',
      ])
      await page.goto(`${admin}#/plugins`)
      await page.locator('[data-plugin=guestbook]').waitFor()
      assert.equal(await page.getByRole('switch').count(), 0)
      assert.equal(await page.getByRole('button', { name: 'Upload plugin' }).count(), 0)
      await page.goto(`${admin}#/plugins/guestbook/settings`)
      assert.ok(await page.getByRole('textbox', { name: 'Entries per page' }).isDisabled())
      assert.equal(await page.getByRole('button', { name: 'Save' }).isVisible(), false)
      assert.equal(await page.getByRole('button', { name: 'Disable' }).count(), 0)
      await page.goto(`${admin}#/people`)
      await page.getByText('It needs the permission "users.manage"').waitFor()

      // A5: without the permission for events nothing is connected, and nothing waits for it.
      const { record: looker } = await runtime.store.principals.addToken(
        { name: 'looker', permissions: ['plugins.view'] },
        { actor: 'test', action: 'token.create' },
      )
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByLabel('Token').waitFor()
      await page.goto(`${admin}#code=${runtime.http.signInCode(looker.id)}`)
      await page.getByText('Signed in as "looker"').waitFor()
      await page.goto(`${admin}#/plugins`)
      await page.locator('[data-plugin=guestbook]').waitFor()
      assert.equal(await page.getByText('Connecting…').count(), 0)
    }),
  )
})

describe('the audit log as a table', () => {
  it('has no cell that a spreadsheet would run', () => {
    const entry = {
      seq: 1,
      time: '2026-11-29T10:00:00.000Z',
      actor: '=HYPERLINK("http://evil.example")',
      actorToken: null,
      actorUser: null,
      action: 'plugin.install',
      subject: '@sum',
      detail: { name: 'a "quoted" name' },
    }
    const [, row] = toCsv([entry]).split('\r\n')
    assert.equal(
      row,
      `"2026-11-29T10:00:00.000Z","'=HYPERLINK(""http://evil.example"")","plugin.install","'@sum","{""name"":""a \\""quoted\\"" name""}"`,
    )
  })
})
