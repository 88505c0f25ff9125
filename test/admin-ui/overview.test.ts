// Parts of plugins on the first page: in frames that reach nothing of the page, and never as modules.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skipWithoutChromium } from '../support/chromium.ts'
import { install, type PluginSource, until } from '../support/runtime.ts'
import { pageSuite } from './page-suite.ts'

const SLOT = 'shell.overview'

const part = (id: string, script: string, more: object = {}, manifest: object = {}): PluginSource => ({
  id,
  backend:
    'export default { fetch() {}, bundles: { part: (request, env, ctx) => ({ user: ctx.user?.name ?? null }) } }',
  files: { 'frontend/part.js': script },
  manifest: {
    name: `Plugin ${id}`,
    contributes: {
      bundles: [{ id: 'part', entry: 'part.js', data: true, ...more }],
      slots: [{ slot: SLOT, bundle: 'part' }],
    },
    ...manifest,
  },
})

describe('the overview', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({
    async prepare(runtime) {
      const draws = `export default (element, { data, slot }) => {
        element.innerHTML = '<p style="height: 120px">for ' + data.user + ' in ' + slot + '</p>'
      }`
      await install(runtime, part('weather', draws, {}, { access: 'user' }))
      const reaches = `export default (element) => {
        const reached = []
        for (const reach of [() => parent.document.cookie, () => localStorage.length, () => document.cookie])
          try { reach(); reached.push('reached') } catch { reached.push('refused') }
        element.textContent = 'cookies and storage: ' + reached.join()
      }`
      await install(runtime, part('curious', reaches))
      await install(runtime, part('broken', "export default () => { throw new Error('no clouds') }"))
      const takesOver =
        "document.title = 'taken over'; export default () => { document.body.textContent = 'taken over' }"
      await install(
        runtime,
        part('trusted', takesOver, { as: 'module' }, { permissions: { hostPages: true } }),
      )
    },
  })

  it(
    'shows frames as tall as their content, with the data of the user, below the names of their plugins',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/`)
      const article = page.getByRole('article', { name: 'Plugin weather' })
      const frame = article.locator('iframe')
      await frame
        .contentFrame()
        .getByText(/^for operator \d+ in shell\.overview$/)
        .waitFor()
      await until('the frame has its height', async () => ((await frame.boundingBox())?.height ?? 0) >= 120)
      assert.equal(
        await frame.getAttribute('sandbox'),
        'allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads',
      )
      await article.getByRole('link', { name: 'Plugin weather' }).click()
      await page.getByRole('heading', { name: 'Plugin weather' }).waitFor()
    }),
  )

  it(
    'says what the server itself lacks',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/`)
      await page.getByRole('heading', { name: 'Overview' }).waitFor()
      assert.equal(await page.getByText('Safe mode').count(), 0)
      // A full disk cannot be had here: the answer of the server, with what it says then.
      await page.route('**/api/v1/server', async (route) => {
        const response = await route.fetch()
        const server = await response.json()
        const problem = { code: 'INTERNAL', message: 'Only 12 MB are free', hint: 'Make room' }
        await route.fulfill({
          response,
          json: { ...server, isSafe: true, disk: { ...server.disk, problem } },
        })
      })
      await page.reload()
      await page.getByText('Safe mode: no plugin runs').waitFor()
      await page.getByText('Only 12 MB are free').waitFor()
    }),
  )

  it(
    'gives a frame nothing of the page, and runs no module, whatever is granted',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/`)
      const frame = page.getByRole('article', { name: 'Plugin curious' }).locator('iframe').contentFrame()
      await frame.getByText('cookies and storage: refused,refused,refused').waitFor()
      assert.equal(await page.getByRole('article', { name: 'Plugin trusted' }).count(), 0)
      assert.notEqual(await page.title(), 'taken over')
    }),
  )

  it(
    'says of a part that fails that it does, reports it to its plugin, and follows the plugins',
    suite.run(async ({ page, runtime, admin }) => {
      await page.goto(`${admin}#/`)
      const article = page.getByRole('article', { name: 'Plugin broken' })
      await article.getByText('It could not be shown').waitFor()
      await until('it is reported', async () => (await runtime.plugins.get('broken')).warnings.length > 0)
      assert.match((await runtime.plugins.get('broken')).warnings[0]?.message ?? '', /no clouds/)
      for (const id of ['broken', 'curious', 'weather']) await runtime.plugins.disable(id, 'test')
      await page.getByRole('heading', { name: 'From plugins' }).waitFor({ state: 'detached' })
    }),
  )
})
