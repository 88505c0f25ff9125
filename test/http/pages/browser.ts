// Chromium for tests: the system's, without a network of its own.

import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { type Browser, chromium } from 'playwright-core'

const EXECUTABLE = '/usr/bin/chromium'

/** A browser that closes after the test; undefined when there is none, with the test skipped (in CI: an error). */
export async function openBrowser(t: TestContext): Promise<Browser | undefined> {
  if (!existsSync(EXECUTABLE)) {
    if (process.env.CI === 'true') throw new Error(`Chromium is missing: "${EXECUTABLE}"`)
    t.skip('Chromium is not installed')
    return undefined
  }
  const browser = await chromium.launch({
    executablePath: EXECUTABLE,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
  t.after(() => browser.close())
  return browser
}
