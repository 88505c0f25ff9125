// Pages of the admin application that are watched for what must never happen.

import type { Browser, BrowserContext, Page } from 'playwright-core'

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
