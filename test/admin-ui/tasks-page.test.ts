// The pages of background tasks: the list with its filter, one task with its log while it runs, and every change.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { skipWithoutChromium } from '../support/chromium.ts'
import { installTasks, reach, schedule } from '../tasks/task-runtime.ts'
import { pageSuite } from './page-suite.ts'

const MARKUP = '<img src=x onerror="document.title=\'ran\'">'

async function prepare(runtime: Runtime): Promise<void> {
  await installTasks(runtime, {
    id: 'media',
    tasks: {
      convert: `
        task.log.info(${JSON.stringify(MARKUP)})
        task.log.warn('the disk is nearly full')
        task.log.debug('not kept yet')
        task.progress(0.25, 'page 1')
        task.partProgress(0.5)
        task.worked()
        for (let turn = 0; !task.signal.aborted; turn += 1) {
          await new Promise((resolve) => setTimeout(resolve, 50))
          task.log.debug('turn ' + turn)
        }`,
      idle: 'return null',
      work: 'task.worked(); return { pages: 7 }',
      broken: 'task.failure("the file is not a book")',
      nightly: '',
    },
    declared: { nightly: { cron: '0 3 * * *', timeZone: 'Europe/Paris' } },
  })
  await installTasks(runtime, { id: 'other', tasks: { idle: '' } })
}

describe('background tasks', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({ prepare })

  it(
    'are listed newest first, and filtered by plugin and state',
    suite.run(async ({ page, runtime }) => {
      await reach(runtime, await schedule(runtime, 'media', 'broken', { key: 'book 7' }), 'failed')
      await reach(runtime, await schedule(runtime, 'other', 'idle'), 'succeeded')
      await page.getByRole('link', { name: 'Tasks' }).click()
      const list = page.getByRole('list', { name: 'Background tasks' })
      await list.getByText('the file is not a book').waitFor()
      const names = () => list.locator('a[href^="#/tasks/"]').allTextContents()
      assert.deepEqual(await names(), ['idle', 'broken', 'nightly'])
      await list.getByText('0 3 * * * in Europe/Paris').waitFor()
      await list.getByText('book 7').waitFor()
      await page.getByRole('combobox', { name: 'State' }).click()
      await page.getByRole('option', { name: 'Failed' }).click()
      await list.getByText('nightly').waitFor({ state: 'detached' })
      await list.getByText('broken').waitFor()
      assert.deepEqual(await names(), ['broken'])
      await page.getByRole('combobox', { name: 'Plugin' }).click()
      await page.getByRole('option', { name: 'other' }).click()
      await page.getByText('There are no such tasks.').waitFor()
    }),
  )

  it(
    'one is followed while it runs: state, progress and log as text; its level counts at once, and it is cancelled',
    suite.run(async ({ page, admin, runtime, changes }) => {
      const id = await schedule(runtime, 'media', 'convert', { args: { book: 'b1' } })
      await page.goto(`${admin}#/tasks/${id}`)
      await page.getByText('25 % · page 1').waitFor()
      await page.getByRole('progressbar', { name: 'Progress of "convert"' }).waitFor()
      const log = page.getByRole('log')
      await log.getByText(MARKUP).waitFor()
      assert.equal(await log.locator('img').count(), 0)
      await log.getByText('Executed by the plugin "media"').waitFor()
      assert.equal(
        await log
          .locator('[data-level=warn]')
          .textContent()
          .then((text) => text?.includes('nearly full')),
        true,
      )
      assert.equal(await log.getByText(/^turn/).count(), 0)
      await page.getByText('"book": "b1"').waitFor()

      await page.getByRole('combobox', { name: 'Lines are kept from this level on' }).click()
      await page.getByRole('option', { name: 'DEBUG' }).click()
      await log
        .getByText(/^turn \d+/)
        .first()
        .waitFor()
      assert.deepEqual(changes.at(-1), { request: `PATCH /tasks/${id}`, body: { level: 'DEBUG' } })
      assert.equal(await log.getByText('not kept yet').count(), 0)

      await page.getByRole('button', { name: 'Cancel "convert" of "media"' }).click()
      await page.locator('[data-state=cancelled]').waitFor()
      assert.deepEqual(changes.at(-1), { request: `POST /tasks/${id}/cancel`, body: null })
      await log.getByText(/Cancelled by user "operator/).waitFor()
      assert.equal(await page.getByRole('button', { name: 'Cancel "convert" of "media"' }).count(), 0)
      assert.notEqual(await page.title(), 'ran')
    }),
  )

  it(
    'one that waits is promoted and run, one that has ended is run again',
    suite.run(async ({ page, admin, runtime, changes }) => {
      const id = await schedule(runtime, 'media', 'work', { delaySeconds: 3600 })
      await page.goto(`${admin}#/tasks/${id}`)
      await page.getByRole('button', { name: 'Promote "work" of "media"' }).click()
      await page.getByText('default, priority 0, weight 1').waitFor()
      await page.getByRole('button', { name: 'Run now "work" of "media"' }).click()
      await page.getByText('"pages": 7').waitFor()
      await page.getByRole('button', { name: 'Retry "work" of "media"' }).click()
      await page.getByText('The task runs again').waitFor()
      await page.locator('[data-state=succeeded]').waitFor()
      assert.deepEqual(
        changes.map(({ request }) => request),
        ['promote', 'run', 'retry'].map((what) => `POST /tasks/${id}/${what}`),
      )
    }),
  )

  it(
    'finished ones are swept where they did nothing, then deleted, of one plugin or of all',
    suite.run(async ({ page, admin, runtime, changes }) => {
      const done = await schedule(runtime, 'media', 'work')
      await reach(runtime, done, 'succeeded')
      await reach(runtime, await schedule(runtime, 'media', 'idle'), 'succeeded')
      await page.goto(`${admin}#/tasks`)
      const list = page.getByRole('list', { name: 'Background tasks' })
      await list.getByRole('link', { name: 'work' }).first().waitFor()
      await page.getByRole('button', { name: 'Sweep' }).click()
      await page.getByText(/tasks? (is|are) deleted/).waitFor()
      await list.getByRole('link', { name: 'idle' }).first().waitFor({ state: 'detached' })
      assert.ok(await runtime.store.tasks.get(done))
      await page.getByRole('combobox', { name: 'Plugin' }).click()
      await page.getByRole('option', { name: 'media' }).click()
      await page.getByRole('button', { name: 'Delete finished' }).click()
      await list.getByRole('link', { name: 'work' }).first().waitFor({ state: 'detached' })
      assert.deepEqual(await list.locator('a[href^="#/tasks/"]').allTextContents(), ['nightly'])
      assert.deepEqual(changes, [
        { request: 'POST /tasks/sweep', body: {} },
        { request: 'POST /tasks/clean', body: { plugin: 'media' } },
      ])
    }),
  )

  it(
    'one that there is not says so',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/tasks/none`)
      await page.getByText('There is no such task').waitFor()
      await page.getByRole('link', { name: 'Show the tasks' }).click()
      await page.getByRole('heading', { name: 'Tasks' }).waitFor()
    }),
  )
})
