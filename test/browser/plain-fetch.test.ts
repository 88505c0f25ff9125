// Pages of samples and templates at every kind of address: plain fetch('api/…') reaches the own backend, and nothing complains.

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { serve as listen } from '@hono/node-server'
import type { Browser, Page } from 'playwright-core'
import { createApp } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { installSamples, sampleFolders } from '../../runtime/samples/samples.ts'
import { serve } from '../../runtime/serve.ts'
import { skipWithoutChromium, startChromium } from '../support/chromium.ts'
import { install, type PluginSource, startTestRuntime } from '../support/runtime.ts'
import { type Scope, sharedScope } from '../support/scope.ts'

const TEMPLATE = join(import.meta.dirname, '../../runtime/cli/templates/js')

interface Ports {
  readonly server: number
  readonly application: number
}

interface Place {
  readonly name: string
  readonly shell: (ports: Ports) => string
  /** Whether a page of the plugin is where it belongs; that of the guestbook has a language in its address. */
  readonly isThere: (url: URL, id: string) => boolean
}

const PLACES: readonly Place[] = [
  {
    name: '127.0.0.1',
    shell: ({ server }) => `http://127.0.0.1:${server}`,
    isThere: (url, id) => url.hostname === '127.0.0.1' && url.pathname.endsWith(`/plugins/${id}/`),
  },
  {
    name: 'localhost',
    shell: ({ server }) => `http://localhost:${server}`,
    isThere: (url, id) => url.hostname === `${id}.localhost`,
  },
  {
    name: 'a name of the network',
    shell: ({ server }) => `http://nas.lan:${server}`,
    isThere: (url, id) => url.hostname === 'nas.lan' && url.pathname.endsWith(`/plugins/${id}/`),
  },
  {
    name: 'a plugin domain',
    shell: ({ server }) => `http://school.lan:${server}`,
    isThere: (url, id) => url.hostname === `${id}.plugins.school.lan`,
  },
  {
    name: 'below a base path',
    shell: ({ application }) => `http://127.0.0.1:${application}/tools`,
    isThere: (url, id) => url.pathname.startsWith('/tools/') && url.pathname.endsWith(`/plugins/${id}/`),
  },
]

/** What a page shows when its backend has answered. */
const PAGES: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  guestbook: (page) => page.locator('#empty:not([hidden])').waitFor(),
  // For signed-in users only.
  notes: async (page) => {
    await page.getByRole('textbox', { name: 'Note' }).fill('Buy tea')
    await page.getByRole('button', { name: 'Keep it' }).click()
    await page.locator('#notes').getByText('Buy tea').first().waitFor()
  },
  'example-plugin': async (page) => {
    await page.getByRole('button', { name: 'Ask the backend' }).click()
    await page.locator('#answer:not(:empty)').waitFor()
  },
  photos: (page) => page.getByText('No photos yet').waitFor(),
  'my-plugin': (page) => page.getByText('Hello from My plugin').waitFor(),
}

describe('B1: plain fetch() in a page', { skip: skipWithoutChromium }, () => {
  const scope = sharedScope()
  let opened: { readonly browser: Browser; readonly runtime: Runtime; readonly ports: Ports }
  before(async () => {
    const port = await freePort()
    const [browser, runtime] = await Promise.all([
      startWithNames(scope),
      startTestRuntime(scope, {
        packageFolders: await sampleFolders(),
        config: {
          port,
          publicUrl: `http://nas.lan:${port}`,
          publicUrls: [{ url: `http://school.lan:${port}`, pluginDomain: 'plugins.school.lan' }],
        },
      }),
    ])
    await installSamples(runtime)
    await install(runtime, { id: 'my-plugin', files: await template() })
    await install(runtime, pictures())
    const listening = await serve(runtime)
    scope.after(() => listening.close(0))
    const application = await mount(scope, runtime)
    opened = { browser, runtime, ports: { server: listening.port, application } }
  })

  let operators = 0
  for (const place of PLACES)
    test(`works: ${place.name}`, async () => {
      const { browser, runtime, ports } = opened
      const context = await browser.newContext()
      context.setDefaultTimeout(20_000)
      try {
        const page = await context.newPage()
        const complaints: string[] = []
        page.on('pageerror', (error) => complaints.push(String(error)))
        page.on('console', (message) => {
          if (message.type() === 'error')
            complaints.push(`${page.url()}: ${message.text()} ${message.location().url}`)
        })
        const { record } = await runtime.store.principals.addToken(
          { name: `visitor ${++operators}`, permissions: ['*'] },
          { actor: 'test', action: 'token.create' },
        )
        const value = await runtime.store.principals.addSession(record.id, 3_600_000)
        const { hostname: domain } = new URL(place.shell(ports))
        const cookie = { name: 'plugbay-session', value, domain, path: '/', httpOnly: true }
        await context.addCookies([{ ...cookie, sameSite: 'Strict' }])
        for (const [id, shows] of Object.entries(PAGES)) {
          await page.goto(`${place.shell(ports)}/plugins/${id}/`)
          await page.waitForURL((url) => place.isThere(url, id))
          await shows(page)
          // The style sheet of the server is there.
          const accent = await page.evaluate(() =>
            getComputedStyle(document.documentElement).getPropertyValue('--pb-accent'),
          )
          assert.equal(accent, '#0b7285', id)
          if (process.env.PLUGBAY_PICTURES !== undefined && place.name === '127.0.0.1')
            await page.screenshot({ path: `${process.env.PLUGBAY_PICTURES}/sample-${id}.png` })
        }
        assert.deepEqual(complaints, [])
        // The request without a token is a complaint of the browser's.
        await page.goto(`${place.shell(ports)}/plugins/pictures/`)
        await page.locator('body[data-shown="7 2.5 nothing"]').waitFor()
      } finally {
        await context.close()
      }
    })
})

async function startWithNames(scope: Scope): Promise<Browser> {
  const browser = await startChromium(['--host-resolver-rules=MAP *.lan 127.0.0.1'])
  scope.after(() => browser.close())
  return browser
}

async function template(): Promise<Record<string, Uint8Array>> {
  const names = (await readdir(TEMPLATE, { recursive: true })).filter((name) =>
    /^(?:backend|frontend)\/./.test(name),
  )
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(TEMPLATE, name))] as const)),
  )
}

/** As an application that embeds the runtime has it. */
async function mount(scope: Scope, runtime: Runtime): Promise<number> {
  const { fetch } = createApp(runtime, { basePath: '/tools' })
  return await new Promise((resolve) => {
    const server = listen({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => resolve(port))
    scope.after(async () => {
      server.close()
    })
  })
}

/** The addresses of the configuration have a port. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

/** For signed-in users only. Its page has elements that load from the backend: a picture, 2.5 seconds of silence, and nothing. */
function pictures(): PluginSource {
  const page = `<!doctype html><body><img id="seven" src="api/seven"><audio id="sound" src="api/sound"></audio>
<script>
const failed = []
addEventListener('error', ({ target }) => failed.push(target.id), true)
setInterval(() => { document.body.dataset.shown = [seven.naturalWidth, sound.duration, ...failed].join(' ') }, 50)
</script><img id="nothing" src="api/nothing">`
  const backend = `const kinds = { '/seven': 'image/svg+xml', '/sound': 'audio/wav' }
const sound = Uint8Array.fromBase64('${silence(2.5).toString('base64')}')
const seven = '<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>'
export default { fetch(request) {
  const { pathname } = new URL(request.url)
  const type = kinds[pathname]
  if (type === undefined) return new Response('Nothing', { status: 404 })
  return new Response(pathname === '/seven' ? seven : sound, { headers: { 'content-type': type } })
} }`
  return { id: 'pictures', backend, files: { 'frontend/index.html': page }, manifest: { access: 'user' } }
}

/** A WAV file: one channel of bytes, 8,000 a second. */
function silence(seconds: number): Buffer {
  const size = seconds * 8000
  const wav = Buffer.alloc(44 + size, 128)
  wav.write(`RIFF....WAVEfmt ${'.'.repeat(20)}data....`)
  const fields = { 4: 36 + size, 16: 16, 20: 0x1_0001, 24: 8000, 28: 8000, 32: 0x8_0001, 40: size }
  for (const [at, value] of Object.entries(fields)) wav.writeUInt32LE(value, Number(at))
  return wav
}
