// The pages of a deployment: values, rendered files, steps that set the application up, and images.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { defineHost } from '../../sdk/host/define-host.ts'
import { skipWithoutChromium } from '../support/chromium.ts'
import { install, until } from '../support/runtime.ts'
import { pageSuite } from './page-suite.ts'

describe('the pages of a deployment', { skip: skipWithoutChromium }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-deployment-'))
  const templates = join(folder, 'templates')
  const output = join(folder, 'env')
  await mkdir(templates)
  await writeFile(join(templates, 'site.conf'), 'name {{ SITE_NAME }}\n{{ patch("site-lines") }}\n')
  await writeFile(join(folder, 'values.yml'), 'SITE_NAME: library\nREGISTRY: registry.example/\n')
  after(() => rm(folder, { recursive: true, force: true }))
  const suite = pageSuite({
    host: defineHost({
      id: 'library',
      version: '1.0.0',
      templates: { folder: templates, values: join(folder, 'values.yml'), output },
    }),
    prepare: async (runtime) => {
      await install(runtime, {
        id: 'cache-plugin',
        backend: `export default { init: { 'first-rows': async () => { console.log('rows are there') } } }`,
        files: { 'templates/cache-plugin/build/cache/Dockerfile': 'FROM scratch\n' },
        manifest: {
          permissions: { images: 'build' },
          templates: 'templates',
          values: { add: { PASSWORD: '{{ 20|random_string }}' }, defaults: { PORT: 6379 } },
          contributes: {
            patches: { 'site-lines': 'cache {{ CACHE_PLUGIN_PORT }}' },
            init: { run: ['first-rows'] },
            images: { build: { cache: '{{ REGISTRY }}cache:7' } },
          },
        },
      })
    },
  })
  const rendered = () => readFile(join(output, 'site.conf'), 'utf8').catch(() => '')

  it(
    'a value is set and taken back, and a secret is never shown',
    suite.run(async ({ page, admin, changes }) => {
      await until('the files are rendered', async () => (await rendered()).includes('cache 6379'))
      await page.goto(`${admin}#/deployment`)
      const port = page.locator('[data-value=CACHE_PLUGIN_PORT]')
      await port.getByText('Default of a plugin').waitFor()
      await page.locator('[data-value=CACHE_PLUGIN_PASSWORD]').getByText('a secret, not shown').waitFor()
      await port.getByRole('button', { name: 'Set "CACHE_PLUGIN_PORT"' }).click()
      await page.getByRole('dialog').getByLabel('Value').fill('7000')
      await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
      await page.getByText('"CACHE_PLUGIN_PORT" is set').waitFor()
      assert.deepEqual(changes.at(-1)?.body, { set: { CACHE_PLUGIN_PORT: 7000 } })
      await until('the file follows', async () => (await rendered()).includes('cache 7000'))
      await port.getByRole('button', { name: 'Take "CACHE_PLUGIN_PORT" back' }).click()
      await port.getByText('Default of a plugin').waitFor()
      await until('the file follows', async () => (await rendered()).includes('cache 6379'))
    }),
  )

  it(
    'a file that was changed by hand is shown with the difference, and rendered again',
    suite.run(async ({ page, admin }) => {
      await until('the files are rendered', async () => (await rendered()).includes('cache 6379'))
      await writeFile(join(output, 'site.conf'), 'name nobody\n')
      await page.goto(`${admin}#/deployment/files`)
      const file = page.locator('[data-file="site.conf"]')
      await file.getByText('Would change').waitFor()
      await file.locator('[data-sign=added]').getByText('cache 6379').waitFor()
      await file.locator('[data-sign=removed]').getByText('name nobody').waitFor()
      await page.getByRole('button', { name: 'Render now' }).click()
      await file.getByText('As it is').waitFor()
      assert.match(await rendered(), /name library\ncache 6379/)
      const patch = page.locator('[data-patch=site-lines]')
      await patch.getByText('site.conf:2').waitFor()
      await patch.getByText('cache-plugin').waitFor()
    }),
  )

  it(
    'steps that have not run are run as a task',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/deployment/setup`)
      await page.locator('[data-step=first-rows]').getByText('Has not run').waitFor()
      await page.getByRole('button', { name: 'Run what has not run' }).click()
      await page.locator('[data-state=succeeded]').waitFor()
      await page.goto(`${admin}#/deployment/setup`)
      await page.locator('[data-step=first-rows]').getByText('Has run for 1.0.0').waitFor()
    }),
  )

  it(
    'an image is named with its tag, and its build is asked of the server',
    suite.run(async ({ page, admin, changes }) => {
      await page.goto(`${admin}#/deployment/images`)
      const image = page.locator('[data-image=cache]')
      await image.getByText('registry.example/cache:7').waitFor()
      await image.getByRole('button', { name: 'Build "cache"' }).click()
      await page.getByText('build', { exact: false }).first().waitFor()
      assert.deepEqual(changes.at(-1), { request: 'POST /images/build', body: { names: ['cache'] } })
    }),
  )
})
