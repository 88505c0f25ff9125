// The page of the application: its settings, its menus, and the order of plugins.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineHost } from '../../runtime/index.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { skipWithoutChromium } from '../support/chromium.ts'
import { install } from '../support/runtime.ts'
import { pageSuite } from './page-suite.ts'

const host = defineHost({
  id: 'library',
  version: '2.3.0',
  languages: { available: ['en', 'fr'], default: 'en' },
  menus: { reporting: { title: 'Reporting' } },
  hooks: { 'content.title': { value: { type: 'string' } } },
  settings: {
    type: 'object',
    properties: {
      pageSize: { type: 'integer', minimum: 1, default: 20, title: 'Books on a page' },
      visits: { type: 'integer', default: 1, title: { en: 'Visits', fr: 'Visites' } },
      folders: { type: 'array', items: { type: 'string' }, default: [], 'x-append': true, title: 'Folders' },
    },
  },
})

const plugin = (id: string, manifest: object = {}) => ({
  id,
  backend: "export default { hooks: { 'content.title': (value) => value } }",
  files: { 'frontend/index.html': '<h1>Start</h1>' },
  manifest: {
    contributes: {
      hooks: [{ hook: 'content.title' }],
      menus:
        id === 'ant'
          ? [{ menu: 'reporting', name: 'start', title: { en: 'Loans', fr: 'Prêts' }, path: '/' }]
          : [],
    },
    ...manifest,
  },
})

describe('the application', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({
    host,
    async prepare(runtime) {
      await install(runtime, plugin('ant', { settingAppends: { library: { folders: ['school'] } } }))
      await install(runtime, plugin('bee', { settingDefaults: { library: { pageSize: 30 } } }))
    },
  })

  it(
    'its settings have a form like those of plugins, with sources, and without what plugins append',
    suite.run(async ({ page, runtime, changes }) => {
      await page.getByRole('link', { name: 'Application' }).click()
      await page.getByText('The default is changed by the plugin "bee".').waitFor()
      await page.getByText(/^The plugin ".*" appends: school$/).waitFor()
      await page.getByRole('textbox', { name: 'Books on a page' }).fill('50')
      await page.getByRole('combobox', { name: 'Folders' }).fill('own')
      await page.getByRole('combobox', { name: 'Folders' }).press('Enter')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('The settings are saved').waitFor()
      assert.deepEqual(changes.at(-1), {
        request: 'PATCH /host/settings',
        body: { pageSize: 50, folders: ['own'] },
      })
      const { pageSize, folders } = runtime.settings.values as Record<string, unknown>
      assert.deepEqual({ pageSize, folders }, { pageSize: 50, folders: ['own', 'school'] })
      await page.getByRole('textbox', { name: 'Books on a page' }).fill('0')
      await page.getByRole('button', { name: 'Save' }).click()
      await page
        .getByText(/must be 1 or more/)
        .first()
        .waitFor()
      await page.getByRole('button', { name: /^Use the default.*: Books on a page$/ }).click()
      await page.getByText('The default is changed by the plugin "bee".').waitFor()
    }),
  )

  it(
    'an item of a menu gets another title in one language or in all, and its own again',
    suite.run(async ({ page, admin, runtime, changes }) => {
      const inMenu = async (language: string) =>
        (
          await (runtime as unknown as Runtime<typeof host>).menus.items('reporting', {
            user: null,
            language,
          })
        ).flatMap(({ items }) => items.map(({ title }) => title))
      await page.goto(`${admin}#/application`)
      const menu = page.getByRole('region', { name: 'Menu reporting' })
      const edit = menu.getByRole('button', { name: 'Title of "Loans" of "ant"' })
      await edit.click()
      assert.equal(await menu.getByLabel('Title in French').getAttribute('placeholder'), 'Prêts')
      await menu.getByLabel('Title in French').fill('<b>Emprunts</b>')
      await menu.getByRole('button', { name: 'Save' }).click()
      await menu.getByText('<b>Emprunts</b>').waitFor()
      assert.deepEqual(changes.at(-1), {
        request: 'PUT /menus/reporting/titles',
        body: { plugin: 'ant', item: 'start', title: { fr: '<b>Emprunts</b>' } },
      })
      assert.deepEqual([await inMenu('en'), await inMenu('fr')], [['Loans'], ['<b>Emprunts</b>']])
      await edit.click()
      assert.equal(await menu.getByLabel('Title in French').inputValue(), '<b>Emprunts</b>')
      await menu.getByLabel('Title in English').fill('Borrowed')
      await menu.getByRole('button', { name: 'Save' }).click()
      await menu.getByText('Borrowed').waitFor()
      await menu.getByText('“Loans” in the plugin').waitFor()
      await edit.click()
      await menu.getByRole('button', { name: 'Back to what the plugin says' }).click()
      await menu.getByText('“Loans” in the plugin').waitFor({ state: 'detached' })
      assert.deepEqual([await inMenu('en'), await inMenu('fr')], [['Loans'], ['Prêts']])
    }),
  )

  it(
    'plugins at a point are moved, and moved back',
    suite.run(async ({ page, admin, changes }) => {
      await page.goto(`${admin}#/application`)
      const list = page.getByRole('region', { name: 'Order at hooks content.title' })
      await list.getByRole('button', { name: 'Move "bee" up' }).click()
      await list.getByRole('button', { name: 'Move "bee" up', disabled: true }).waitFor()
      assert.deepEqual(changes.at(-1), {
        request: 'PUT /extension-points/hooks/content.title/order',
        body: { plugins: ['bee', 'ant'] },
      })
      assert.deepEqual(await list.getByRole('link').allTextContents(), ['bee', 'ant'])
      await list.getByRole('button', { name: 'Back to priority and id' }).click()
      await list.getByRole('button', { name: 'Move "ant" up', disabled: true }).waitFor()
      assert.deepEqual(await list.getByRole('link').allTextContents(), ['ant', 'bee'])
    }),
  )

  it(
    'titles of settings are in the language of the reader, in both forms',
    suite.run(async ({ page, runtime, admin }) => {
      const mark = {
        type: 'string',
        title: { en: 'Mark', fr: 'Marque' },
        description: { fr: 'Devant chaque titre' },
      }
      await install(runtime, plugin('cat', { settings: { type: 'object', properties: { mark } } }))
      await page.setExtraHTTPHeaders({ 'accept-language': 'fr-CA' })
      await page.goto(`${admin}#/plugins/cat/settings`)
      await page.getByRole('textbox', { name: 'Marque' }).waitFor()
      await page.getByText('Devant chaque titre').waitFor()
      await page.goto(`${admin}#/application`)
      await page.getByRole('textbox', { name: 'Visites' }).waitFor()
    }),
  )
})
