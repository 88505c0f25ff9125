// A hostile page in a frame of the admin application, which an administrator has opened: what it tries, and what comes of it.
// SECURITY.md has the same table.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { before, describe, test } from 'node:test'
import type { Browser, Frame, Page } from 'playwright-core'
import { ensureAdminPage } from '../../runtime/admin-ui/build.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { serve } from '../../runtime/serve.ts'
import { skipWithoutChromium, startWholeChromium } from '../support/chromium.ts'
import { clientBundle } from '../support/client-bundle.ts'
import { backendOf, install, startTestRuntime } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

const SECRET = 'secret-of-the-other-plugin'

/** In the page. `shell`: origin of the shell; `client`: plugbay/client; `refused(…)`: what a promise rejects with. */
const QUIET: Readonly<Record<string, string>> = {
  'read cookies': "return document.cookie === '' ? refusal : document.cookie",
  'read storage of the application': 'return parent.localStorage.length',
  'read or change the document of the application': 'return parent.document.title',
  'read the address of the application': 'return top.location.href',
  'call functions of the application': "return parent.fetch('/api/v1/plugins')",
  'lead the window away': "top.location.href = 'about:blank#gone'; return 'done'",
  'lead the window away by a link': `const link = document.createElement('a')
    Object.assign(link, { href: shell + '/plugins/evil/', target: '_top' })
    document.body.append(link)
    link.click()
    return refusal`,
  'lead the window away by a form': `const form = document.createElement('form')
    Object.assign(form, { action: 'api/x', target: '_top' })
    document.body.append(form)
    form.submit()
    return refusal`,
  'ask the admin API': "return (await fetch(shell + '/api/v1/plugins', { credentials: 'include' })).status",
  'make a page token for another plugin':
    "return (await fetch(shell + '/api/v1/pages/other/token', { method: 'POST', credentials: 'include' })).status",
  'ask the backend of another plugin':
    "return (await fetch(shell + '/plugins/other/api/', { credentials: 'include' })).text()",
  'read a page of another plugin':
    "return (await fetch(shell + '/plugins/other/', { credentials: 'include' })).text()",
  'show the application in a frame': `const inner = document.createElement('iframe')
    inner.src = shell + '/admin/'
    document.body.append(inner)
    await new Promise((done) => setTimeout(done, 500))
    return inner.contentDocument === null ? refusal : (inner.contentDocument.body?.innerText || refusal)`,
  'fill the screen': 'return document.documentElement.requestFullscreen()',
  'ask by dialogs of the browser': "return confirm('Your password?') || prompt('Your password?') || refusal",
  'use camera, microphone and position': `await refused(navigator.mediaDevices?.getUserMedia({ video: true, audio: true }))
    return new Promise((done) => navigator.geolocation.getCurrentPosition(done, () => done(refusal)))`,
  'open a window without a click': "return open(shell + '/admin/') === null ? refusal : 'opened'",
  'use the opener': 'return opener === null ? refusal : opener.location.href',
  'speak as the page from a frame inside': `const { port1, port2 } = new MessageChannel()
    const heard = new Promise((done) => { port1.onmessage = ({ data }) => done(JSON.stringify(data)); setTimeout(() => done(refusal), 800) })
    const inner = document.createElement('iframe')
    const script = "onmessage = ({ data, ports }) => top.postMessage(data, '*', ports)"
    inner.src = URL.createObjectURL(new Blob(['<script>' + script + '</' + 'script>'], { type: 'text/html' }))
    await new Promise((done) => { inner.onload = done; document.body.append(inner) })
    const token = document.querySelector('meta[name="plugbay-token"]')?.content ?? null
    inner.contentWindow.postMessage({ plugbay: 'page', version: 1, token }, '*', [port2])
    return heard`,
  'lead the application elsewhere by messages': `const { send } = globalThis[Symbol.for('plugbay.shell')]
    for (const path of ['//evil.example/', '/../../admin/', '/%2e%2e/other/', '\\\\evil', 'javascript:alert(1)'])
      send({ type: 'open', path, replace: false })
    for (const to of ['https://evil.example/', 'people', '__proto__'])
      send({ type: 'ask', id: 1, question: { ask: 'navigate', to } })
    return refusal`,
  'ask for what there is not': `const { ask } = globalThis[Symbol.for('plugbay.shell')]
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no answer')), 500))
    return Promise.race([ask({ ask: 'session' }), late])`,
  'ask two questions at once': `const first = client.confirm('One')
    first.catch(() => undefined)
    return client.confirm('Two')`,
  'cover the screen with messages': `for (let left = 8; left > 0; left -= 1) await client.notify('Look here')
    return 'all shown'`,
  'read what another plugin keeps': `await client.storage.set('__proto__', 'mine')
    const keys = await client.storage.keys()
    return keys.length === 1 && keys[0] === '__proto__' ? refusal : keys.join()`,
  'fill the storage': "return client.storage.set('big', 'x'.repeat(65_530))",
  'keep the reader from going back': `const before = history.length
    for (let step = 0; step < 120; step += 1) history.pushState(null, '', 'step-' + step)
    await new Promise((done) => setTimeout(done, 500))
    const made = history.length - before
    return made <= 31 ? refusal : made + ' steps'`,
}

interface Loud {
  readonly name: string
  readonly run: string
  readonly state: string
  /** On an origin of its own, the origin says whose a page is, and no token is asked for. */
  readonly sandboxedOnly?: true
}

/** After each of them the frame is closed, and the application goes on. */
const LOUD: readonly Loud[] = [
  {
    name: 'show another plugin in its place',
    run: "location.href = shell + '/plugins/elsewhere/'",
    state: 'left',
  },
  {
    name: 'speak with the token of another plugin',
    run: `const { port2 } = new MessageChannel()
      parent.postMessage({ plugbay: 'page', version: 1, token: 'AAAA' }, shell, [port2])`,
    state: 'left',
    sandboxedOnly: true,
  },
  {
    name: 'show another site in its place',
    run: "location.href = 'https://evil.example/'",
    state: 'silent',
  },
  {
    name: 'flood the window with messages',
    run: "for (let left = 20_000; left > 0; left -= 1) parent.postMessage('x'.repeat(100), shell)",
    state: 'flooded',
  },
  {
    name: 'flood the port with messages',
    run: `const { send } = globalThis[Symbol.for('plugbay.shell')]
      for (let left = 20_000; left > 0; left -= 1) send({ type: 'size', height: left })`,
    state: 'flooded',
  },
]

describe('a hostile page in a frame of the admin application', { skip: skipWithoutChromium }, () => {
  const scope = sharedScope()
  let opened: { readonly browser: Browser; readonly runtime: Runtime; readonly port: number }
  before(async () => {
    await ensureAdminPage({ say: () => undefined })
    const [browser, runtime] = await Promise.all([startWholeChromium(), startTestRuntime(scope)])
    scope.after(() => browser.close())
    const page = (title: string, script = '') =>
      `<!doctype html><html lang="en"><head><title>${title}</title>${script}</head><body><h1>${title}</h1></body></html>`
    await install(runtime, {
      id: 'evil',
      files: {
        'frontend/client.js': await clientBundle(),
        'frontend/index.html': page(
          'Evil',
          '<script type="module">globalThis.client = await import("./client.js"); document.title = "Ready"</script>',
        ),
      },
      manifest: { name: 'Evil', access: 'user', frontend: { fallback: 'index.html' } },
    })
    await install(runtime, {
      id: 'other',
      backend: backendOf(`return new Response('${SECRET}')`),
      files: { 'frontend/index.html': page(SECRET) },
      manifest: { access: 'user' },
    })
    await install(runtime, { id: 'elsewhere', files: { 'frontend/index.html': page('Somewhere else') } })
    const listening = await serve(runtime)
    scope.after(() => listening.close(0))
    opened = { browser, runtime, port: listening.port }
  })

  let operators = 0
  async function visit(host: string, use: (page: Page, frame: () => Frame, shell: string) => Promise<void>) {
    const { browser, runtime, port } = opened
    const shell = `http://${host}:${port}`
    const context = await browser.newContext()
    context.setDefaultTimeout(20_000)
    try {
      const page = await context.newPage()
      const { record } = await runtime.store.principals.addToken(
        { name: `operator ${++operators}`, permissions: ['*'] },
        { actor: 'test', action: 'token.create' },
      )
      await page.goto(`${shell}/admin/#code=${runtime.http.signInCode(record.id)}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      const frame = () => {
        const found = page.frames().find((each) => each.parentFrame() === page.mainFrame())
        assert.ok(found)
        return found
      }
      await use(page, frame, shell)
    } finally {
      await context.close()
    }
  }

  async function openEvil(page: Page, shell: string): Promise<void> {
    await page.goto(`${shell}/admin/#/p/evil/`)
    await page.locator('[data-frame-state="connected"]').getByText('Ready').waitFor()
  }

  for (const [mode, host] of [
    ['sandboxed', '127.0.0.1'],
    ['on an origin of its own', 'localhost'],
  ] as const) {
    test(`${mode}, it gets nothing`, () =>
      visit(host, async (page, frame, shell) => {
        await openEvil(page, shell)
        const got: Record<string, string> = {}
        for (const [name, body] of Object.entries(QUIET)) {
          const result = await frame().evaluate(
            async ([text, origin]) => {
              const refusal = '(refused)'
              const refused = async (made: unknown) => {
                try {
                  return String((await made) ?? 'done')
                } catch (error) {
                  return `${refusal} ${String(error)}`
                }
              }
              // The page of the plugin allows inline scripts and no eval(): so do its attempts.
              const script = document.createElement('script')
              script.textContent = `globalThis.attempt = async (shell, client, refusal, refused) => { ${text} }`
              document.head.append(script)
              const { attempt, client } = globalThis as unknown as Record<
                string,
                (...args: unknown[]) => unknown
              >
              return await refused(attempt?.(origin, client, refusal, refused))
            },
            [body, shell] as const,
          )
          if (!result.startsWith('(refused)')) got[name] = result
        }
        assert.deepEqual(got, {})
        assert.match(page.url(), /\/admin\/#\/p\/evil\//)
        assert.equal(await page.locator('.mantine-Notification-root').count(), 5)
        await page.getByRole('dialog', { name: '"Evil" asks' }).getByText('One').waitFor()
        assert.equal(await page.getByRole('heading', { name: 'Evil', exact: true }).count(), 1)
      }))

    test(`${mode}, it is closed when it goes too far`, () =>
      visit(host, async (page, frame, shell) => {
        for (const { name, run, state, sandboxedOnly = false } of LOUD) {
          if (sandboxedOnly && host === 'localhost') continue
          await page.goto(`${shell}/admin/#/actions`)
          await openEvil(page, shell)
          await frame()
            .evaluate(
              ([text, origin]) => {
                const script = document.createElement('script')
                script.textContent = `{ const shell = ${JSON.stringify(origin)}; ${text} }`
                document.head.append(script)
              },
              [run, shell] as const,
            )
            // The frame may be gone before it has answered.
            .catch((error: unknown) => assert.match(String(error), /detached|closed|destroyed|navigat/i))
          await page
            .locator(`[data-frame-state="${state}"]`)
            .waitFor()
            .catch((cause: unknown) => assert.fail(`${name}: ${String(cause)}`))
          // The application is there, and the page can be opened again.
          await page
            .getByRole('button', { name: /Open it again|Load the page anew/ })
            .last()
            .click()
          await page.locator('[data-frame-state="connected"]').getByText('Ready').waitFor()
          assert.ok(page.url().startsWith(`${shell}/admin/#/p/evil/`), name)
        }
      }))
  }

  test('SECURITY.md lists what is tried here', async () => {
    const text = await readFile(new URL('../../SECURITY.md', import.meta.url), 'utf8')
    const [, table = ''] = text.split('## Pages in the admin application\n')
    const rows = [...(table.split('\n## ')[0] ?? '').matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => cell)
    const listed = rows.slice(1).flatMap((cell) => cell?.split(' · ') ?? [])
    assert.deepEqual(listed.toSorted(), [...Object.keys(QUIET), ...LOUD.map(({ name }) => name)].toSorted())
  })
})
