// One browser and one runtime per suite, one signed-in page per test.
// Invariant: a page never complains: no script error, nothing that the policy blocks, no address outside of the server.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import { serve as listen } from '@hono/node-server'
import type { Browser, Page } from 'playwright-core'
import { ensureAdminPage } from '../../runtime/admin-ui/build.ts'
import { createApp } from '../../runtime/app.ts'
import type { GivenConfig } from '../../runtime/config/config.ts'
import type { UsbBackend } from '../../runtime/devices/usb/usb-backend.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { SAMPLES } from '../../runtime/samples/folder-source.ts'
import { SAMPLE_PACKAGES, sampleFolders } from '../../runtime/samples/samples.ts'
import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import { startChromium } from '../support/chromium.ts'
import { startTestRuntime } from '../support/runtime.ts'
import { type Scope, sharedScope } from '../support/scope.ts'
import { openPage } from './browser.ts'
import { ENVIRONMENT, FAILS_QUICKLY } from './plugins.ts'

export interface Change {
  /** "METHOD path?query", below the API. */
  readonly request: string
  readonly body: unknown
}

export interface PageTest {
  readonly page: Page
  readonly runtime: Runtime
  /** Address of the server, with the base path and a slash at its end. */
  readonly url: string
  /** The address of the page, with a slash at its end. */
  readonly admin: string
  /** What the page has asked the API to change, in order. */
  readonly changes: readonly Change[]
  /** The token that the page is signed in with, of this test alone. */
  readonly token: { readonly id: string; readonly secret: string }
  /** A new one-time code for that token. */
  code(): string
}

export interface SuiteOptions {
  /** For example "/tools": as an application that mounts the runtime somewhere. */
  readonly basePath?: string
  /** The application around the runtime; by default the standalone server's. */
  readonly host?: HostDeclaration
  /** More of the configuration. */
  readonly config?: GivenConfig
  /** Devices without hardware. */
  readonly usb?: UsbBackend
  /** With the sample plugins to be installed, as the standalone server has. */
  readonly samples?: boolean
  /** Installs what the suite looks at. */
  readonly prepare?: (runtime: Runtime) => Promise<void>
}

export interface PageSuite {
  /** Runs a test on a fresh page: on the list of plugins, signed in unless `signedIn` is false. */
  run(test: (t: PageTest) => Promise<void>, options?: { readonly signedIn?: boolean }): () => Promise<void>
}

/** To be called inside `describe`. */
export function pageSuite({
  basePath = '',
  host,
  config,
  usb,
  samples,
  prepare,
}: SuiteOptions = {}): PageSuite {
  const scope = sharedScope()
  let opened: { readonly browser: Browser; readonly runtime: Runtime; readonly url: string } | undefined
  before(async () => {
    await ensureAdminPage({ say: () => undefined })
    const options = {
      environment: ENVIRONMENT,
      config: { sandbox: FAILS_QUICKLY, ...config },
      // Samples are installed from their folders.
      packageFolders: [SAMPLES],
      ...(usb !== undefined && { usb }),
      ...(samples === true && { samples: SAMPLE_PACKAGES, packageFolders: await sampleFolders() }),
    }
    const [browser, runtime] = await Promise.all([
      startChromium(),
      host === undefined
        ? startTestRuntime(scope, { ...options, signIn: basePath === '' })
        : // The names of its points are nothing to the page.
          (startTestRuntime(scope, { ...options, host }) as Promise<unknown> as Promise<Runtime>),
    ])
    scope.after(() => browser.close())
    await prepare?.(runtime)
    opened = { browser, runtime, url: await open(runtime, { basePath, scope }) }
  })
  let operators = 0
  return {
    run:
      (test, { signedIn = true } = {}) =>
      async () => {
        assert.ok(opened)
        const { browser, runtime, url } = opened
        const { page, context, complaints } = await openPage(browser, url)
        const { record, token } = await runtime.store.principals.addToken(
          // Names of principals are distinct.
          { name: `operator ${++operators}`, permissions: ['*'] },
          { actor: 'test', action: 'token.create' },
        )
        const code = () => runtime.http.signInCode(record.id)
        const changes = watchChanges(page)
        try {
          if (signedIn) {
            await page.goto(`${url}admin/#code=${code()}`)
            await page.getByRole('heading', { level: 1 }).waitFor()
            await page.goto(`${url}admin/#/plugins`)
            await page.getByRole('heading', { name: 'Plugins' }).waitFor()
          }
          const t = { page, runtime, url, admin: `${url}admin/`, changes, code }
          await test({ ...t, token: { id: record.id, secret: token } }).catch(async (cause: unknown) => {
            const seen = await page.locator('body').innerText()
            throw new Error(`${String(cause)}\nThe page at ${page.url()} showed:\n${seen}`, { cause })
          })
          assert.deepEqual(complaints, [])
        } finally {
          await context.close()
        }
      },
  }
}

interface Place {
  readonly basePath: string
  readonly scope: Scope
}

/** As an application that embeds the runtime does. */
async function open(runtime: Runtime, { basePath, scope }: Place): Promise<string> {
  const { fetch } = createApp(runtime, { basePath })
  return await new Promise((resolve) => {
    const server = listen({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
      resolve(`http://127.0.0.1:${port}${basePath}/`),
    )
    scope.after(
      () =>
        new Promise((closed) => {
          server.close(() => closed())
          if ('closeAllConnections' in server) server.closeAllConnections()
        }),
    )
  })
}

function watchChanges(page: Page): readonly Change[] {
  const changes: Change[] = []
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url())
    const [, path] = pathname.split('/api/v1')
    if (path === undefined || request.method() === 'GET' || path === '/session') return
    const isJson = request.headers()['content-type'] === 'application/json'
    const body: unknown = isJson ? request.postDataJSON() : null
    changes.push({ request: `${request.method()} ${path}${search}`, body })
  })
  return changes
}
