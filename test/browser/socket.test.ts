// A page's WebSocket to its own backend, in both kinds of pages; and a page of another site, which gets none.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openBrowser } from '../support/chromium.ts'
import { socketBackend } from '../support/sockets.ts'
import { BY_TICKET, OPAQUE, OWN, serveClientPage } from './client-page.ts'

const BACKEND = socketBackend(`
  server.accept()
  server.send(JSON.stringify({ user: ctx.user?.name ?? null, origin: request.headers.get('origin'), path: url.pathname + url.search, offered: request.headers.get('sec-websocket-protocol') }))
  server.addEventListener('message', ({ data }) => server.send(data))
  const offered = request.headers.get('sec-websocket-protocol')
  if (offered !== null) headers = { 'sec-websocket-protocol': offered.split(', ').at(-1) }`)

/** Its answers allow every other site. */
const ALLOWING = {
  id: 'open',
  backend: BACKEND.replace(
    'server.accept()',
    "server.accept(); headers = { 'access-control-allow-origin': '*' }",
  ),
}

async function open(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(url)
  await page.waitForFunction(() => 'client' in globalThis)
  return page
}

interface Talk {
  readonly hello: unknown
  readonly protocol: string
  readonly text: unknown
  readonly bytes: unknown
  readonly close: readonly unknown[]
}

/** Opens a socket by the client, says something twice, and closes it. */
function talk(page: Page, path: string, protocols?: readonly string[]): Promise<Talk> {
  return page.evaluate(
    async ([to, offered]) => {
      const { client } = globalThis as unknown as {
        client: { socket: (path: string, protocols?: readonly string[]) => Promise<WebSocket> }
      }
      const socket = await client.socket(to, offered)
      socket.binaryType = 'arraybuffer'
      const next = () =>
        new Promise<unknown>((resolve, reject) => {
          socket.onmessage = ({ data }) => resolve(data)
          socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`))
        })
      const hello = JSON.parse(String(await next()))
      const first = next()
      socket.send('Grüße')
      const text = await first
      const second = next()
      socket.send(new Uint8Array([1, 2, 255]))
      const bytes = [...new Uint8Array((await second) as ArrayBuffer)]
      const closed = new Promise<unknown[]>((resolve) => {
        socket.onclose = ({ code, reason, wasClean }) => resolve([code, reason, wasClean])
      })
      socket.close(4000, 'done')
      return { hello, protocol: socket.protocol, text, bytes, close: await closed }
    },
    [path, protocols] as const,
  )
}

const SAID = { text: 'Grüße', bytes: [1, 2, 255], close: [4000, 'done', true] }

for (const [name, addressOf, originOf] of [
  ['on its own origin', OWN, (port: number) => `http://hello.localhost:${port}`],
  ['below the origin of the server', OPAQUE, () => 'null'],
] as const)
  test(`socket() reaches the own backend from any page ${name}`, async (t) => {
    const browser = await openBrowser(t)
    if (browser === undefined) return
    const port = await serveClientPage(t, { access: 'public', backend: BACKEND, others: [ALLOWING] })
    const page = await open(browser, addressOf(port))
    const hello = { user: null, origin: originOf(port), path: '/chat?x=1', offered: null }
    assert.deepEqual(await talk(page, '/chat?x=1'), { hello, protocol: 'plugbay', ...SAID })
    const chosen = await talk(page, 'chat', ['v1', 'v2'])
    assert.partialDeepStrictEqual(chosen, { hello: { path: '/chat', offered: 'v1, v2' }, protocol: 'v2' })
    await assert.rejects(talk(page, '../../other/api/'), /TypeError: .* is not a path of the backend/)
  })

for (const [name, addressOf] of [
  ['on its own origin, reached by a ticket', BY_TICKET],
  ['below the origin of the server', OPAQUE],
] as const)
  test(`a page for users ${name} is known to the backend of its socket`, async (t) => {
    const browser = await openBrowser(t)
    if (browser === undefined) return
    const port = await serveClientPage(t, { access: 'user', backend: BACKEND, others: [ALLOWING] })
    const page = await open(browser, addressOf(port))
    const known = await talk(page, '/')
    assert.partialDeepStrictEqual(known, {
      hello: { user: 'Ada', offered: null },
      protocol: 'plugbay',
      ...SAID,
    })
    const bare = await attempt(page, `ws://127.0.0.1:${port}/plugins/hello/api/`)
    if (addressOf === OPAQUE) assert.equal(bare, 'open', 'a plain WebSocket bears the token too')
  })

test('a page of another site gets no socket of a plugin for users, even for a signed-in visitor', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const port = await serveClientPage(t, { access: 'user', backend: BACKEND, others: [ALLOWING] })
  const site = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>Another site</title>')
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', () => resolve()))
  t.after(() => site.close())
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)
  for (const host of [
    `127.0.0.1:${port}/plugins/hello`,
    `localhost:${port}/plugins/hello`,
    `hello.localhost:${port}`,
  ])
    assert.equal(await attempt(page, `ws://${host}/api/`), 'refused', host)
  // The way there is open: a public plugin that allows other sites takes the same page.
  assert.equal(await attempt(page, `ws://127.0.0.1:${port}/plugins/open/api/`), 'open')
})

function attempt(page: Page, url: string): Promise<string> {
  return page.evaluate(
    (address) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(address)
        socket.onopen = () => resolve('open')
        socket.onerror = () => resolve('refused')
      }),
    url,
  )
}
