// Chromium for tests: the system's. Where there is none, tests are skipped with the reason; in CI they fail.
// Invariant: no test finds or starts a browser in another way.

import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'

/** The same engine without windows, tabs and toolbars of its own: a page costs an eighth of the CPU time. */
const HEADLESS = ['/usr/bin/chromium-headless-shell']
const WHOLE = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-background-networking']

const whole = firstOf([process.env.PLUGBAY_CHROMIUM, ...WHOLE])
const headless = firstOf([process.env.PLUGBAY_CHROMIUM, ...HEADLESS]) ?? whole
const MISSING = 'Chromium is not installed (apt-get install chromium chromium-headless-shell)'

/** For the `skip` option of a suite: false, or the reason. In CI nothing is skipped, and the start of the browser fails. */
export const skipWithoutChromium: false | string =
  whole !== undefined || process.env.CI === 'true' ? false : MISSING

export function startChromium(flags: readonly string[] = []): Promise<Browser> {
  return launch(headless, flags)
}

/** As people have it: attacks are tried in this one. The other one runs a sandboxed frame in the process of its page. */
export function startWholeChromium(): Promise<Browser> {
  return launch(whole, [])
}

/** A browser that closes after the test; undefined when there is none, with the test skipped (in CI: an error). */
export async function openBrowser(t: TestContext, start = startChromium): Promise<Browser | undefined> {
  if (isSkipped(t)) return undefined
  const browser = await start()
  t.after(() => browser.close())
  return browser
}

/** With a profile: the contexts of `openBrowser` are private windows, where frames of other sites keep nothing. */
export async function openProfile(t: TestContext): Promise<BrowserContext | undefined> {
  if (isSkipped(t)) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-test-'))
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))
  // Distributions have defaults of their own.
  const preferences = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } }
  await mkdir(join(folder, 'Default'))
  await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences))
  const context = await chromium.launchPersistentContext(folder, optionsOf(whole, []))
  t.after(() => context.close())
  return context
}

function launch(executable: string | undefined, flags: readonly string[]): Promise<Browser> {
  return chromium.launch(optionsOf(executable, flags))
}

function optionsOf(executable: string | undefined, flags: readonly string[]) {
  if (executable === undefined) throw new Error(MISSING)
  return { executablePath: executable, args: [...FLAGS, ...flags] }
}

function isSkipped(t: TestContext): boolean {
  if (skipWithoutChromium !== false) t.skip(skipWithoutChromium)
  return skipWithoutChromium !== false
}

function firstOf(places: readonly (string | undefined)[]): string | undefined {
  return places.find((path) => path !== undefined && existsSync(path))
}
