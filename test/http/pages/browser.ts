// Chromium for tests: the system's, without a network of its own.

import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'

const OPTIONS = {
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
}

/** A browser that closes after the test; undefined when there is none, with the test skipped (in CI: an error). */
export async function openBrowser(t: TestContext): Promise<Browser | undefined> {
  if (!isThere(t)) return undefined
  const browser = await chromium.launch(OPTIONS)
  t.after(() => browser.close())
  return browser
}

/** As a person has it, with a profile: the contexts of `openBrowser` are private windows, where frames of other sites keep nothing. */
export async function openProfile(t: TestContext): Promise<BrowserContext | undefined> {
  if (!isThere(t)) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-test-'))
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))
  // Distributions have defaults of their own.
  const preferences = { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } }
  await mkdir(join(folder, 'Default'))
  await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences))
  const context = await chromium.launchPersistentContext(folder, OPTIONS)
  t.after(() => context.close())
  return context
}

function isThere(t: TestContext): boolean {
  if (existsSync(OPTIONS.executablePath)) return true
  if (process.env.CI === 'true') throw new Error(`Chromium is missing: "${OPTIONS.executablePath}"`)
  t.skip('Chromium is not installed')
  return false
}
