// Event streams of the page in many tabs: one for all that follow the same, none for those that are hidden.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { skipWithoutChromium } from '../support/chromium.ts'
import { api, backendOf, install, until } from '../support/runtime.ts'
import { pageSuite } from './page-suite.ts'

const TABS = 10

describe('event streams of the admin page', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({
    async prepare(runtime) {
      for (const id of ['one', 'two', 'three', 'four'])
        await install(runtime, {
          id,
          backend: backendOf(`console.log(url.search); return new Response('ok')`),
        })
    },
  })

  /** How many streams the tabs hold open now. */
  async function streamsOf(pages: readonly Page[]): Promise<number> {
    const counts = await Promise.all(
      pages.map((page) => page.evaluate(() => (window as unknown as Counted).openStreams())),
    )
    return counts.reduce((sum, count) => sum + count, 0)
  }

  interface Counted {
    openStreams: () => number
  }

  function countStreams(): void {
    const all: EventSource[] = []
    const Native = window.EventSource
    window.EventSource = class extends Native {
      constructor(url: string | URL) {
        super(url)
        all.push(this)
      }
    }
    Object.assign(window, {
      openStreams: () => all.filter(({ readyState }) => readyState !== Native.CLOSED).length,
    })
  }

  it(
    'ten tabs of logs hold three at most, show every line, and leave connections for requests',
    suite.run(async ({ page, runtime, admin, url }) => {
      const context = page.context()
      await context.addInitScript(countStreams)
      const tabs: Page[] = []
      for (let tab = 0; tab < TABS; tab++) {
        const made = await context.newPage()
        made.setDefaultTimeout(20_000)
        await made.goto(`${admin}#/plugins/${['one', 'two', 'three', 'four'][tab % 4]}/log`)
        await made.getByRole('heading', { level: 1 }).waitFor()
        tabs.push(made)
      }
      const log = async (id: string, word: string) => {
        const response = await fetch(`${url}plugins/${id}/api/?${word}`)
        assert.equal(response.status, 200)
      }
      for (const id of ['one', 'two', 'three', 'four']) await log(id, `line-${id}`)
      for (const [index, tab] of tabs.entries())
        await tab
          .getByText(`?line-${['one', 'two', 'three', 'four'][index % 4]}`)
          .first()
          .waitFor()
      assert.ok((await streamsOf(tabs)) <= 3)
      const status = await tabs
        .at(-1)
        ?.evaluate(async (address) => (await fetch(address)).status, `${url}healthz`)
      assert.equal(status, 200)

      // The tab with the stream goes; another one takes it over.
      for (const tab of tabs.splice(0, TABS - 1)) await tab.close()
      await log('two', 'after')
      await tabs[0]?.getByText('?after').first().waitFor()
      assert.equal((await api(runtime, '/plugins/two')).status, 200)

      // Hidden tabs have none.
      await tabs[0]?.evaluate(() => {
        Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
        document.dispatchEvent(new Event('visibilitychange'))
      })
      await until('the hidden tab has closed its streams', async () => (await streamsOf(tabs)) === 0)
    }),
  )
})
