// The admin application in Chromium: what a first load weighs and takes, an install from the drop of a zip until the plugin runs, and the
// frames while a long list is scrolled and a log follows.

import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { ensureAdminPage } from '../../../runtime/admin-ui/build.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import { serve } from '../../../runtime/serve.ts'
import { openPage } from '../../admin-ui/browser.ts'
import { visit } from '../../admin-ui/plugins.ts'
import { skipWithoutChromium, startChromium } from '../../support/chromium.ts'
import { install, pluginZip, startTestRuntime } from '../../support/runtime.ts'
import { Closers } from '../../support/scope.ts'
import type { Figure } from '../figures/figure.ts'
import type { Part, PartOptions } from './part.ts'

const PLUGINS = 500
const AT_ONCE = 4
const LINES = 10_000
const LINES_PER_CALL = 500
const FOLLOWED_SECONDS = 8
const LINES_PER_SECOND = 100
const SCROLLED_MS = 3000
/** Random, so that a zip of it has that size. */
const PAYLOAD = randomBytes(1_000_000)

/** Logs as many lines as the query says. */
const CHATTY = {
  id: 'chatty',
  backend: `export default {
    fetch(request, env) {
      const count = Number(new URL(request.url).searchParams.get('lines'))
      for (let n = 0; n < count; n++) env.log.info('line ' + n + ' of some words that a plugin may say about a request')
      return new Response('said')
    },
  }`,
}

export async function measureAdmin({ rounds }: Pick<PartOptions, 'rounds'>): Promise<Part> {
  if (skipWithoutChromium !== false) {
    console.log(`Passed over: ${skipWithoutChromium}`)
    return { tables: {}, figures: [] }
  }
  const scope = new Closers()
  try {
    await ensureAdminPage()
    const runtime = await startTestRuntime(scope, {
      config: { limits: { logLinesPerSecond: 1_000_000, cpuPercent: 10_000 } },
    })
    const server = await serve(runtime)
    scope.after(() => server.close(0))
    const browser = await startChromium()
    scope.after(() => browser.close())
    return await measureIn({ runtime, browser, url: `http://127.0.0.1:${server.port}/admin/`, rounds })
  } finally {
    await scope.close()
  }
}

interface Place {
  readonly runtime: Runtime
  readonly browser: Browser
  readonly url: string
  readonly rounds: number
}

async function measureIn({ runtime, browser, url, rounds }: Place): Promise<Part> {
  const loads: FirstLoad[] = []
  const installs: number[] = []
  const lists: Frames[] = []
  const logs: Frames[] = []
  const followed: Frames[] = []
  // So that the first page shows what it has, and no first steps.
  await install(runtime, CHATTY)
  for (let round = 0; round < rounds; round++) loads.push(await firstLoad({ runtime, browser, url }))
  const { page } = await openPage(browser, url)
  await page.goto(`${url}#code=${runtime.adminCode()}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  for (let round = 0; round < rounds; round++) installs.push(await dropToRunning(page, { url, round }))
  await fillLog(runtime)
  await openLog(page, url)
  for (let round = 0; round < rounds; round++) {
    logs.push(await framesOf(page, '.log'))
    followed.push(await followedLog(page, runtime))
  }
  await installMany(runtime)
  await page.goto(`${url}#/plugins`)
  await page.reload()
  await page.locator('.many-rows').waitFor()
  for (let round = 0; round < rounds; round++) lists.push(await framesOf(page, null))
  const figure = (name: string, unit: Figure['unit'], values: readonly number[], aim?: number): Figure => ({
    ...{ name, unit, better: 'lower', rounds: values },
    ...(aim !== undefined && { aim }),
  })
  return {
    tables: {},
    figures: [
      figure(
        'admin: scripts and styles of a first load',
        'bytes',
        loads.map(({ bytes }) => bytes),
        200_000,
      ),
      figure(
        'admin: first load until the page shows what it has',
        'ms',
        loads.map(({ ms }) => ms),
      ),
      figure('admin: 1 MB zip from the drop until it runs', 'ms', installs),
      ...framesFigures('500 plugins scrolled', lists),
      ...framesFigures('10,000 log lines scrolled', logs),
      ...framesFigures('100 log lines a second', followed),
    ],
  }
}

function framesFigures(name: string, rounds: readonly Frames[]): readonly Figure[] {
  const common = { unit: 'ms', better: 'lower' } as const
  return [
    { ...common, name: `admin: ${name}, median frame`, aim: 17, rounds: rounds.map(({ median }) => median) },
    { ...common, name: `admin: ${name}, worst frame`, aim: 50, rounds: rounds.map(({ worst }) => worst) },
  ]
}

interface FirstLoad {
  readonly bytes: number
  readonly ms: number
}

/** In a context of its own, so with an empty cache. */
async function firstLoad({ runtime, browser, url }: Omit<Place, 'rounds'>): Promise<FirstLoad> {
  const { page, context } = await openPage(browser, url)
  const sizes: Promise<number>[] = []
  page.on('requestfinished', (request) => {
    if (/\/assets\/.*\.(?:js|css)$/.test(request.url()))
      sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize))
  })
  const began = performance.now()
  await page.goto(`${url}#code=${runtime.adminCode()}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  const ms = performance.now() - began
  await page.waitForLoadState('networkidle')
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
  await context.close()
  return { bytes, ms }
}

async function dropToRunning(
  page: Page,
  { url, round }: { readonly url: string; readonly round: number },
): Promise<number> {
  await page.goto(`${url}#/plugins`)
  await page.getByRole('button', { name: 'Upload plugin' }).waitFor()
  const id = `heavy-${round}`
  const zip = pluginZip({
    id,
    backend: 'export default { fetch: () => new Response("fine") }',
    files: { 'frontend/index.html': '<h1>Heavy</h1>', 'frontend/data.bin': PAYLOAD },
  })
  const began = performance.now()
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name: `${id}.zip`, mimeType: 'application/zip', buffer: Buffer.from(zip) })
  await page.getByRole('dialog').getByRole('button', { name: 'Install and enable' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.goto(`${url}#/plugins/${id}`)
  await page.locator('[data-state=idle], [data-state=running]').first().waitFor()
  return performance.now() - began
}

async function installMany(runtime: Runtime): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < PLUGINS) {
      const id = `plugin-${next++}`
      await install(runtime, { id, manifest: { name: `Plugin ${id}`, description: 'One of very many' } })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

async function say(runtime: Runtime, lines: number): Promise<void> {
  const { status } = await visit(runtime, `/plugins/chatty/api/?lines=${lines}`)
  if (status !== 200) throw new Error(`The plugin that logs answered ${status}`)
}

async function fillLog(runtime: Runtime): Promise<void> {
  for (let lines = 0; lines < LINES; lines += LINES_PER_CALL) await say(runtime, LINES_PER_CALL)
}

/** With all lines that the page holds. */
async function openLog(page: Page, url: string): Promise<void> {
  await page.goto(`${url}#/plugins/chatty/log`)
  await page.locator('.log-line').first().waitFor()
  const older = page.getByRole('button', { name: 'Load older lines' })
  for (let pages = 0; pages < LINES / 200 && (await older.isVisible()); pages++) {
    await older.click()
    // It is away while it loads.
    await wait(50)
    await older.waitFor({ timeout: 5000 }).catch(() => undefined)
  }
}

interface Frames {
  readonly median: number
  readonly worst: number
}

/** Of the page while it, or an element of it, is scrolled up and down. */
async function framesOf(page: Page, selector: string | null): Promise<Frames> {
  return await page.evaluate(
    async ({ selector, duration }) => {
      const box = selector === null ? document.scrollingElement : document.querySelector(selector)
      if (box === null) throw new Error(`There is no ${selector}`)
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
      const began = await frame()
      const times: number[] = []
      let direction = box.scrollTop > 0 ? -1 : 1
      for (let last = began; last - began < duration; ) {
        box.scrollTop += direction * 120
        if (box.scrollTop <= 0) direction = 1
        if (box.scrollTop + box.clientHeight >= box.scrollHeight - 1) direction = -1
        const now = await frame()
        times.push(now - last)
        last = now
      }
      times.sort((a, b) => a - b)
      return { median: times[times.length >> 1] ?? 0, worst: times.at(-1) ?? 0 }
    },
    { selector, duration: SCROLLED_MS },
  )
}

/** Of the page while it follows a log. */
async function followedLog(page: Page, runtime: Runtime): Promise<Frames> {
  await page.evaluate(() => {
    const box = document.querySelector('.log')
    if (box !== null) box.scrollTop = box.scrollHeight
  })
  const frames = page.evaluate(async (duration) => {
    const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
    const began = await frame()
    const times: number[] = []
    for (let last = began; last - began < duration; ) {
      const now = await frame()
      times.push(now - last)
      last = now
    }
    times.sort((a, b) => a - b)
    return { median: times[times.length >> 1] ?? 0, worst: times.at(-1) ?? 0 }
  }, FOLLOWED_SECONDS * 1000)
  for (let tick = 0; tick < FOLLOWED_SECONDS * 10; tick++) {
    await say(runtime, LINES_PER_SECOND / 10)
    await wait(90)
  }
  return await frames
}
