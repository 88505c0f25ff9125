// A page of an application for tests, with the runtime below /apps, and the plugins that take part in it.

import { createHash } from 'node:crypto'
import type { TestContext } from 'node:test'
import { Hono } from 'hono'
import type { Page } from 'playwright-core'
import { createApp } from '../../runtime/app.ts'
import { defineHost, type Runtime } from '../../runtime/index.ts'
import { listenWith } from '../security/helpers/embedding.ts'
import { openBrowser, startChromium } from '../support/chromium.ts'
import { type PluginSource, startTestRuntime } from '../support/runtime.ts'

export const library = defineHost({
  id: 'library',
  version: '1.0.0',
  languages: { available: ['en', 'ar'], default: 'en' },
  permissions: { 'reports.view': 'See reports' },
  menus: {
    reports: {
      title: { en: 'Reports', ar: 'تقارير' },
      params: { type: 'object', properties: { book: { type: 'integer' } }, additionalProperties: false },
    },
  },
  slots: { front: { modes: ['append', 'replace', 'wrap'] } },
})

/** As a careful application sends it. */
const policyFor = (scripts: string) =>
  `default-src 'none'; script-src 'self' ${scripts}; style-src 'self'; connect-src 'self'; frame-src 'self'; frame-ancestors 'none'`

/** Libraries that the page shares with modules. */
const IMPORT_MAP = '{"imports":{"shared":"/shared.js"}}'
const POLICY = policyFor(`'sha256-${createHash('sha256').update(IMPORT_MAP).digest('base64')}'`)

export interface HostPage {
  readonly runtime: Runtime<typeof library>
  readonly page: Page
  /** What the page has written to its console as errors. */
  readonly faults: string[]
  /** Signs the visitor in with these permissions; a stranger by default. */
  signIn(permissions: readonly string[]): Promise<void>
  /** Opens the page with this in its body, and waits until all of its slots and menus are shown. */
  show(body: string, language?: string): Promise<void>
}

/** Undefined without a browser. */
export async function openHostPage(t: TestContext, start = startChromium): Promise<HostPage | undefined> {
  const browser = await openBrowser(t, start)
  if (browser === undefined) return undefined
  const runtime = await startTestRuntime(t, {
    host: library,
    authenticate: async (request) => userOf(request),
  })
  let html = ''
  const app = new Hono()
  app.route('/', createApp(runtime, { basePath: '/apps' }))
  app.get('/page', (c) =>
    c.html(html, 200, { 'content-security-policy': POLICY, 'set-cookie': 'host=secret' }),
  )
  app.get('/shared.js', (c) =>
    c.body('export const words = { count: 0 }', 200, { 'content-type': 'text/javascript' }),
  )
  app.get('/secret', (c) => c.text('of the application'))
  const port = await listenWith(t, app)
  const page = await browser.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  return {
    runtime,
    page,
    faults,
    signIn: (permissions) =>
      page
        .context()
        .addCookies([{ name: 'permissions', value: permissions.join('+'), domain: '127.0.0.1', path: '/' }]),
    async show(body, language = 'en') {
      html = `<!doctype html><html lang="${language}"><title>Host</title>
<script type="importmap">${IMPORT_MAP}</script>
<script type="module" src="/apps/host-page.js"></script>${body}</html>`
      await page.goto(`http://127.0.0.1:${port}/page`)
      await page.waitForFunction(
        () =>
          document.querySelector(':is(plugbay-slot, plugbay-menu):is(:not(:defined), [aria-busy])') === null,
      )
    },
  }
}

/** The user of the application that the cookie of the page names. */
function userOf(request: Request) {
  const [, permissions] = /permissions=([\w.+]*)/.exec(request.headers.get('cookie') ?? '') ?? []
  if (permissions === undefined) return null
  return { name: 'vera', kind: 'application' as const, permissions: permissions.split('+') }
}

export interface PartSource {
  readonly as?: 'frame' | 'module'
  readonly mode?: 'append' | 'replace' | 'wrap'
  /** Source text of the module. */
  readonly script: string
  readonly style?: string
  readonly backend?: string
}

/** A plugin with one bundle in the slot "front". */
export function partOf(
  id: string,
  { as = 'frame', mode = 'append', script, style = '', backend }: PartSource,
): PluginSource {
  return {
    id,
    ...(backend !== undefined && { backend }),
    files: { 'frontend/part.js': script, 'frontend/part.css': style },
    manifest: {
      permissions: as === 'module' ? { hostPages: true } : {},
      contributes: {
        bundles: [
          {
            id: 'part',
            entry: 'part.js',
            styles: ['part.css'],
            as,
            ...(backend !== undefined && { data: true }),
          },
        ],
        slots: [{ slot: 'front', bundle: 'part', mode }],
      },
    },
  }
}
