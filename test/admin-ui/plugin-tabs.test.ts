// What the page of one plugin says of its package, its rights, its events and its releases.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ratingOf } from '../../runtime/admin-ui/src/features/permissions/rating.ts'
import { compareReleases } from '../../runtime/admin-ui/src/features/plugin/compare-releases.ts'
import type { ReleaseContent } from '../../sdk/api/releases.ts'
import { skipWithoutChromium } from '../support/chromium.ts'
import { install, until } from '../support/runtime.ts'
import { barriers } from './barriers.ts'
import { countCommits, workOf } from './count-work.ts'
import { pageSuite } from './page-suite.ts'
import { visit } from './plugins.ts'

const README = `# Almanac

Sunrise **and** sunset, [by place](https://almanac.example/places).

<script>document.title = 'taken over'</script>
<img src="https://evil.example/pixel.png" onerror="document.title = 'taken over'">

![A pixel](https://evil.example/pixel.png) [a trap](javascript:alert(1)) [inside](docs/a.md)

| a | b |
|---|---|
| 1 | 2 |
`

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><script>parent.document.title = 'taken over'</script><rect width="8" height="8" fill="teal"/></svg>`

const ALMANAC = {
  id: 'almanac',
  backend: `export default {
    async fetch(request, env) { await env.kv.put('a', 'b'); return new Response('fine') },
    events: { 'school.*': () => { throw new Error('No lesson today') } },
  }`,
  files: { 'README.md': README, 'icon.svg': ICON },
  manifest: {
    name: 'Almanac (2026)',
    author: 'Ada',
    icon: 'icon.svg',
    permissions: { kv: true, database: true, events: ['school.*'] },
  },
} as const

const NEWER = {
  ...ALMANAC,
  version: '1.1.0',
  files: { 'README.md': README, 'icon.svg': ICON, 'CHANGELOG.md': 'More' },
  manifest: {
    ...ALMANAC.manifest,
    permissions: { ...ALMANAC.manifest.permissions, network: ['https://almanac.example'] },
    settings: { type: 'object', properties: { place: { type: 'string', default: 'Here' } } },
  },
}

const SCHOOL = {
  id: 'school',
  backend: `export default {
    async fetch(request, env) {
      await env.events.emit('school.ended', { bell: 2 }, { durable: true })
      return new Response('rung')
    },
    tasks: { sweep: ({ args }) => 'swept ' + args.rooms },
  }`,
  manifest: {
    name: 'School',
    permissions: { events: ['school.*'], tasks: true },
    contributes: { tasks: [{ id: 'sweep' }] },
  },
} as const

describe('the page of one plugin', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({
    config: { events: { maxAttempts: 1 } },
    prepare: async (runtime) => {
      for (const plugin of [ALMANAC, NEWER, SCHOOL]) await install(runtime, plugin)
    },
  })

  it(
    'shows the README as text of a stranger: no markup, no picture, no script, links apart',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/plugins/almanac/about`)
      const readme = page.getByRole('region', { name: 'README.md' })
      await readme.getByRole('heading', { name: 'Almanac' }).waitFor()
      await readme.getByText('[picture: A pixel]').waitFor()
      await readme.getByRole('cell', { name: '2' }).waitFor()
      assert.equal(await readme.locator('img, script, iframe').count(), 0)
      const links = await readme
        .getByRole('link')
        .evaluateAll((all) => all.map((link) => [link.getAttribute('href'), link.getAttribute('target')]))
      assert.deepEqual(links[0], ['https://almanac.example/places', '_blank'])
      for (const [href, target] of links)
        assert.ok(href?.startsWith('https://') && target === '_blank', href ?? '')
      await readme.getByText('<script>', { exact: false }).first().waitFor()
      assert.equal(await page.title(), 'Almanac (2026) · Plugbay')
      await page.getByText('Ada', { exact: true }).waitFor()
    }),
  )

  it(
    'shows its icon, which by itself is no page',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/plugins/almanac`)
      const icon = page.locator('main img')
      await icon.waitFor()
      assert.ok(await icon.evaluate((image) => (image as HTMLImageElement).naturalWidth > 0))
      const address = await icon.evaluate((image) => (image as HTMLImageElement).src)
      const answer = await page.request.get(address)
      assert.equal(answer.headers()['content-security-policy'], "default-src 'none'; sandbox")
      assert.equal(answer.headers()['content-disposition'], 'attachment')
      assert.match(answer.headers()['content-type'] ?? '', /^image\/svg\+xml/)
    }),
  )

  it(
    'shows what it has used over the last hour and day, as charts and as a table',
    suite.run(async ({ page, admin, runtime }) => {
      await install(runtime, {
        id: 'visited',
        backend: 'export default { fetch: () => new Response("fine") }',
      })
      for (let n = 0; n < 3; n++) assert.equal((await visit(runtime, '/plugins/visited/api/')).status, 200)
      await page.goto(`${admin}#/plugins/visited`)
      const part = page.getByRole('region', { name: 'Over time' })
      await part.getByRole('img', { name: 'Requests, Last hour: at most 3' }).waitFor()
      await part.getByText('Last day').click()
      await part.getByRole('img', { name: 'Requests, Last day: at most 3' }).waitFor()
      await part.getByText('The same as a table').click()
      const heads = await part.getByRole('columnheader').allInnerTexts()
      assert.deepEqual(heads, ['Time', 'CPU', 'Memory', 'Requests', 'Errors'])
      const cells = await part.getByRole('row').nth(1).getByRole('cell').allInnerTexts()
      assert.deepEqual(cells.slice(2), ['3', '0'])
      assert.deepEqual(await barriers(page), [])
    }),
  )

  it(
    'says which permission was used, and when last',
    suite.run(async ({ page, admin, runtime }) => {
      await page.goto(`${admin}#/plugins/almanac/permissions`)
      await page.locator('[data-use=database]').getByText('Not used so far').waitFor()
      await page.locator('[data-rating=high]').waitFor()
      assert.equal((await visit(runtime, '/plugins/almanac/api/')).status, 200)
      await page.reload()
      await page.locator('[data-use=kv]').getByText('1 time since the server started').waitFor()
      // Events that arrive are not counted, so nothing is said of them.
      assert.equal(await page.locator('[data-use=events]').count(), 0)
    }),
  )

  it(
    'lets an event that was not delivered go once more, and deletes it',
    suite.run(async ({ page, admin, runtime, changes }) => {
      assert.equal((await visit(runtime, '/plugins/school/api/')).status, 200)
      await page.goto(`${admin}#/plugins/almanac/events`)
      const dead = page.locator('[data-delivery=dead]')
      await dead.getByText('No lesson today').waitFor()
      await dead.getByRole('button', { name: 'Retry' }).click()
      await page.getByText('One event is delivered once more').waitFor()
      await dead.getByText('No lesson today').waitFor()
      await page.getByRole('button', { name: 'Delete all that were not delivered' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
      await page.getByText('Every durable event for this plugin has been delivered.').waitFor()
      assert.deepEqual(
        changes.map(({ request }) => request),
        ['POST /deliveries/retry', 'POST /deliveries/discard'],
      )
    }),
  )

  it(
    'compares two releases: rights, settings and files',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/plugins/almanac/releases`)
      await page.getByRole('button', { name: 'Compare 1.1.0' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.locator('[data-difference="1.0.0 1.1.0"]').waitFor()
      await dialog.getByRole('region', { name: 'Rights' }).getByText('https://almanac.example').waitFor()
      await dialog.getByRole('region', { name: 'Settings' }).getByText('place').waitFor()
      await dialog.getByRole('region', { name: 'Files' }).getByText('CHANGELOG.md').waitFor()
    }),
  )

  it(
    'saves the data from its tab, and uninstalls from the danger zone',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/plugins/almanac/data`)
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Save its data' }).click(),
      ])
      assert.match(download.suggestedFilename(), /^almanac.*\.plugbay-data$/)
      await page.getByRole('region', { name: 'Danger zone' }).getByRole('button').click()
      await page.getByRole('dialog').getByText('Uninstall').first().waitFor()
    }),
  )

  it(
    'a task is started with arguments',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/tasks`)
      await page.getByRole('button', { name: 'Start a task' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.getByRole('combobox', { name: 'Plugin' }).click()
      await page.getByRole('option', { name: 'School' }).click()
      await dialog.getByRole('combobox', { name: 'Task' }).click()
      await page.getByRole('option', { name: 'sweep' }).click()
      await dialog.getByLabel('Arguments').fill('{ "rooms": 4 }')
      await dialog.getByRole('button', { name: 'Start it' }).click()
      await page.getByText('swept 4').waitFor()
    }),
  )

  it(
    'of many log lines only those in sight are drawn, and a search looks at all',
    suite.run(async ({ page, admin, runtime }) => {
      await install(runtime, {
        id: 'chatty',
        backend: `export default { fetch(request, env) {
            const word = request.url.endsWith('?more') ? 'more ' : 'line '
            for (let n = 0; n < 90; n++) env.log.info(word + n + ' of it')
            return new Response('said')
          } }`,
      })
      for (let n = 0; n < 4; n++) {
        assert.equal((await visit(runtime, '/plugins/chatty/api/')).status, 200)
        await new Promise((resolve) => setTimeout(resolve, 1000))
      }
      await page.goto(`${admin}#/plugins/chatty/log`)
      await page.getByText('line 89 of it').last().waitFor()
      await until('all are there', async () => {
        const older = page.getByRole('button', { name: 'Load older lines' })
        if (await older.isVisible()) await older.click()
        return (await page.locator('.log-lines').count()) === 1
      })
      assert.ok((await page.locator('.log-line').count()) < 120)
      const work = await workOf(page, { box: '.log', rows: '.log-lines > div', steps: 10, pixels: -60 })
      assert.ok(work.added <= 10 * 8, `${work.added} lines were added`)
      assert.equal(work.changed, 0, 'lines that stay are left alone')
      await page.evaluate(async () => {
        document.querySelector('.log')?.scrollTo(0, 1_000_000)
        // The page follows new lines as soon as it has seen that the reader is at the bottom.
        for (let frames = 0; frames < 2; frames++) await new Promise((seen) => requestAnimationFrame(seen))
      })
      const ended = await countCommits(page, '.log-lines')
      assert.equal((await visit(runtime, '/plugins/chatty/api/?more')).status, 200)
      await page.getByText('more 89 of it').waitFor()
      const { commits, ms } = await ended()
      // Lines are gathered for 100 ms; each time they are drawn, scrolled to and measured.
      assert.ok(commits <= 12 + (3 * ms) / 100, `${commits} times in ${ms} ms, for 90 lines`)
      await page.getByLabel('Search the log').fill('LINE 42')
      await page.locator('.log-lines').waitFor({ state: 'detached' })
      assert.ok((await page.locator('.log-line').count()) <= 4)
    }),
  )
})

describe('the rating of a plugin', () => {
  it('is that of the highest risk of its rights', () => {
    assert.equal(ratingOf({}, false), 'harmless')
    assert.equal(ratingOf({ kv: true }, false), 'low')
    assert.equal(ratingOf({ kv: true, events: ['a.*'] }, false), 'medium')
    assert.equal(ratingOf({ kv: true, network: ['https://a.example'] }, false), 'high')
    assert.notEqual(ratingOf({}, true), 'harmless')
  })
})

describe('the difference of two releases', () => {
  it('names what is added, removed and changed', () => {
    const release = (over: Partial<ReleaseContent>): ReleaseContent => ({
      ...{ version: '1.0.0', sha256: 'a', manifest: {}, permissions: {}, settings: null },
      ...{ readme: null, files: [], bytes: 0 },
      ...over,
    })
    const file = (path: string, sha256: string) => ({ path, size: 1, sha256 })
    const before = release({
      permissions: { network: ['https://a.example', 'https://b.example'] },
      settings: { properties: { title: { type: 'string' }, old: { type: 'string' } } },
      files: [file('a.js', '1'), file('b.js', '1'), file('c.js', '1')],
      bytes: 3,
    })
    const after = release({
      permissions: { network: ['https://b.example'], kv: true },
      settings: { properties: { title: { type: 'integer' } } },
      files: [file('a.js', '1'), file('b.js', '2'), file('d.js', '1')],
      bytes: 3,
    })
    const changes = compareReleases(before, after)
    assert.deepEqual(changes.files, { added: ['d.js'], removed: ['c.js'], changed: ['b.js'] })
    assert.deepEqual(changes.settings, { added: [], removed: ['old'], changed: ['title'] })
    assert.deepEqual(
      changes.rightsAdded.map(({ title }) => title),
      ['Keep data of its own'],
    )
    assert.deepEqual(
      changes.rightsRemoved.map(({ piece }) => piece),
      ['https://a.example'],
    )
  })
})
