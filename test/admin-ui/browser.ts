// Chromium for the tests of the admin page. Where there is none, they are skipped with the reason; in CI they fail.

import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

const executable = [process.env.PLUGBAY_CHROMIUM, ...PLACES].find(
  (path) => path !== undefined && existsSync(path),
)

/** For the `skip` option of a suite: false, or the reason. In CI nothing is skipped, and the start of the browser fails. */
export const skipWithoutChromium: false | string =
  executable !== undefined || process.env.CI === 'true'
    ? false
    : 'Chromium is not installed (apt-get install chromium)'

export function startChromium(): Promise<Browser> {
  if (executable === undefined)
    throw new Error('Chromium is not installed; the tests of the admin page need it')
  return chromium.launch({
    executablePath: executable,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
}

export interface WatchedPage {
  readonly page: Page
  readonly context: BrowserContext
  /** Script errors, blocked resources and addresses outside the server, as they happened. */
  readonly complaints: readonly string[]
}

/** A page in a context of its own that notes what must never happen. */
export async function openPage(browser: Browser, origin: string): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1100, height: 800 },
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(20_000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // Answers such as 401 and 409 are part of the tests; Chromium logs each as a failed resource.
    const isAnswer = message.text().startsWith('Failed to load resource: the server responded')
    if (message.type() === 'error' && !isAnswer) complaints.push(message.text())
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol !== 'data:' && url.origin !== new URL(origin).origin)
      complaints.push(`asked for ${url.href}`)
  })
  return { page, context, complaints }
}
