// Class: browser identity is a secret, not a header value. Any site can send "Origin: null" from a sandboxed frame: it must get no more
// than without it. A page of the plugin needs nothing but plain web APIs, on every address.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { Browser, Frame, Page } from 'playwright-core'
import type { Principal } from '../../runtime/permissions/principal.ts'
import { startDevPlugin } from '../dev/dev-plugin.ts'
import { openBrowser, startWholeChromium } from '../support/chromium.ts'
import { install, startTestRuntime } from '../support/runtime.ts'
import { listenFor } from './helpers/wire.ts'

const SECRET = 'my private note'

/** Keeps a note, streams events that are numbered across connections, echoes over WebSockets. */
const BACKEND = `
let note = ${JSON.stringify(SECRET)}
export default {
  async fetch(request, env, ctx) {
    const { pathname, search } = new URL(request.url)
    const seen = JSON.stringify({ search, headers: [...request.headers], user: ctx.user?.name ?? null })
    if (seen.includes('plugbay-token')) return new Response('token seen', { status: 500 })
    if (request.headers.get('upgrade') === 'websocket') {
      const { 0: client, 1: server } = new WebSocketPair()
      server.accept()
      server.addEventListener('message', ({ data }) => server.send(note + ' ' + data))
      return new Response(null, { status: 101, webSocket: client })
    }
    if (pathname === '/events') {
      const last = Number(request.headers.get('last-event-id') ?? 0)
      return new Response('retry: 50\\r\\nid: ' + (last + 1) + '\\nevent: note\\ndata: ' + note + '\\ndata: two\\n\\n: end\\n\\n', {
        headers: { 'content-type': 'text/event-stream' },
      })
    }
    if (request.method !== 'PUT' && request.method !== 'POST') return Response.json({ note, user: ctx.user?.name ?? null })
    note = await request.text()
    return Response.json({ note, kept: request.headers.get('x-kept') })
  },
}`
const FILES = {
  'frontend/index.html':
    '<!doctype html><script>globalThis.first = [typeof fetch, fetch.name]</script><html><head><title>x</title></head><body></body></html>',
  'frontend/part.html': '<p>part</p>',
  'frontend/mod.js': 'export const loaded = true',
}

/** Every visitor of the server's own origin is Ada. */
async function vouch(request: Request): Promise<Principal | null> {
  const isOurs = !new URL(request.url).hostname.endsWith('.localhost')
  return isOurs ? { name: 'Ada', permissions: [], kind: 'application' } : null
}

async function serve(t: TestContext, access: 'public' | 'user'): Promise<number> {
  const runtime = await startTestRuntime(t, access === 'user' ? { authenticate: vouch } : {})
  await install(runtime, { id: 'notes', backend: BACKEND, files: FILES, manifest: { access } })
  await install(runtime, { id: 'other', backend: BACKEND, files: FILES, manifest: { access } })
  return await listenFor(t, runtime)
}

/** A frame of another site that has the origin "null". */
async function evilFrame(t: TestContext, browser: Browser): Promise<Frame> {
  const evil = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><iframe sandbox="allow-scripts" srcdoc="<p>evil</p>"></iframe>')
  })
  await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    evil.closeAllConnections()
    evil.close()
  })
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`)
  const frame = page.frames().find((each) => each !== page.mainFrame())
  assert.ok(frame)
  assert.equal(await frame.evaluate(() => self.origin), 'null')
  return frame
}

/** What a script of the frame gets of `base`: texts that it read. */
function attack(frame: Frame, base: string): Promise<string[]> {
  return frame.evaluate(async (at) => {
    const read: string[] = []
    const tries: (() => Promise<string>)[] = [
      async () => (await fetch(at)).text(),
      async () => (await fetch(at, { headers: { 'plugbay-token': 'guessed' } })).text(),
      async () =>
        (
          await fetch(at, {
            method: 'PUT',
            body: 'overwritten',
            headers: { 'content-type': 'application/json' },
          })
        ).text(),
      async () =>
        (
          await fetch(at, {
            method: 'PUT',
            body: 'overwritten',
            headers: { 'plugbay-token': 'guessed', 'x-more': '1' },
          })
        ).text(),
      // A page that any site may read as it is stored must hold no token.
      async () => {
        const html = await (await fetch(new URL('../', at))).text()
        if (/plugbay-token" content="([^"]+)"/.test(html)) return html
        throw new Error('no token in it')
      },
      () =>
        new Promise((resolve, reject) => {
          const source = new EventSource(new URL('events', at))
          source.addEventListener('note', ({ data }) => resolve(data))
          source.onerror = () => reject(new Error('no events'))
        }),
      () =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(at.replace('http', 'ws'))
          socket.onopen = () => socket.send('hi')
          socket.onmessage = ({ data }) => resolve(String(data))
          socket.onclose = socket.onerror = () => reject(new Error('no socket'))
        }),
    ]
    for (const each of tries) {
      try {
        const late = new Promise<string>((_, reject) => setTimeout(reject, 3000))
        const text = await Promise.race([each(), late])
        // What the runtime itself says to a wrong token names no plugin.
        if (!text.includes('"code":"UNAUTHENTICATED"')) read.push(text)
      } catch {}
    }
    return read
  }, base)
}

for (const host of ['127.0.0.1', 'localhost'])
  test(`a frame of another site with the origin "null" reads and writes nothing of a public plugin at ${host}`, async (t) => {
    const browser = await openBrowser(t, startWholeChromium)
    if (browser === undefined) return
    const port = await serve(t, 'public')
    const base = `http://${host}:${port}/plugins/notes/api/`
    const frame = await evilFrame(t, browser)
    assert.deepEqual(await attack(frame, base), [])
    assert.deepEqual(await (await fetch(base)).json(), { note: SECRET, user: null })
    // The page of another plugin has a token, but not this one's.
    const other = await browser.newPage()
    await other.goto(`http://127.0.0.1:${port}/plugins/other/`)
    assert.deepEqual(await attack(other.mainFrame(), base), [])
    assert.deepEqual(await (await fetch(base)).json(), { note: SECRET, user: null })
  })

test('a frame of another site reads no line of source from "plugbay dev"', async (t) => {
  const browser = await openBrowser(t, startWholeChromium)
  if (browser === undefined) return
  const dev = await startDevPlugin(t, { id: 'hello', backend: BACKEND, files: FILES })
  await dev.save({ 'backend/index.js': 'const KEY = "secret-line"\nexport default { fetch( }' })
  await dev.next('problem')
  const frame = await evilFrame(t, browser)
  const got = await frame.evaluate(
    (at) =>
      new Promise<string>((resolve) => {
        const source = new EventSource(at)
        source.addEventListener('hello', ({ data }) => resolve(data))
        source.onerror = () => resolve('refused')
      }),
    `http://127.0.0.1:${dev.port}/plugins/hello/.plugbay/events`,
  )
  assert.equal(got, 'refused')
})

/** Everything that a page sends with plain web APIs. */
function use(page: Page | Frame) {
  return page.evaluate(async () => {
    const json = async (response: Response) => ({ status: response.status, ...(await response.json()) })
    const events = await new Promise<string[]>((resolve, reject) => {
      const seen: string[] = []
      const source = new EventSource('api/events')
      source.onerror = () => source.readyState === EventSource.CLOSED && reject(new Error('events closed'))
      source.addEventListener('note', ({ data, lastEventId }) => {
        seen.push(`${lastEventId} ${data}`)
        if (seen.length < 3) return
        source.close()
        resolve(seen)
      })
    })
    const socket = await new Promise<string[]>((resolve, reject) => {
      const opened = new WebSocket(new URL('api/live', document.baseURI).href.replace('http', 'ws'))
      opened.onopen = () => opened.send('hi')
      opened.onmessage = ({ data }) => resolve([String(data), opened.protocol])
      opened.onclose = () => reject(new Error('socket closed'))
    })
    const xhr = await new Promise<string>((resolve, reject) => {
      const request = new XMLHttpRequest()
      request.open('POST', 'api/note')
      request.onload = () => resolve(request.responseText)
      request.onerror = () => reject(new Error('xhr failed'))
      request.send('by xhr')
    })
    const put = { method: 'PUT', body: 'by put', headers: { 'x-kept': 'yes' } }
    const request = new Request('api/note', { ...put, body: 'by request' })
    return {
      events,
      socket,
      xhr,
      first: await json(await fetch('api/note')),
      put: await json(await fetch(new URL('api/note', document.baseURI), put)),
      request: await json(await fetch(request)),
      beacon: navigator.sendBeacon('api/note', 'by beacon'),
      part: await (await fetch('part.html')).text().catch(String),
      module: (await import(new URL('mod.js', document.baseURI).href)).loaded,
    }
  })
}

const EXPECTED = (user: string | null) => ({
  events: [`1 ${SECRET}\ntwo`, `2 ${SECRET}\ntwo`, `3 ${SECRET}\ntwo`],
  socket: [`${SECRET} hi`, ''],
  xhr: '{"note":"by xhr","kept":null}',
  first: { status: 200, note: 'by xhr', user },
  put: { status: 200, note: 'by put', kept: 'yes' },
  request: { status: 200, note: 'by request', kept: 'yes' },
  beacon: true,
  module: true,
})

for (const [name, access, address, user] of [
  [
    'public page below the origin of the server',
    'public',
    (port: number) => `http://127.0.0.1:${port}/plugins/notes/`,
    null,
  ],
  ['public page on its own origin', 'public', (port: number) => `http://notes.localhost:${port}/`, null],
  [
    'page for users below the origin of the server',
    'user',
    (port: number) => `http://127.0.0.1:${port}/plugins/notes/`,
    'Ada',
  ],
  [
    'page for users on its own origin',
    'user',
    (port: number) => `http://localhost:${port}/plugins/notes/`,
    'Ada',
  ],
] as const)
  test(`a ${name} uses its backend with plain web APIs`, async (t) => {
    const browser = await openBrowser(t, startWholeChromium)
    if (browser === undefined) return
    const port = await serve(t, access)
    const page = await browser.newPage()
    await page.goto(address(port))
    if (address(port).includes('//localhost')) await page.waitForURL(/notes\.localhost:\d+\/$/)
    const { part, ...used } = await use(page)
    assert.deepEqual(used, EXPECTED(user))
    if (access === 'public') assert.equal(part, '<p>part</p>')
    await assert.doesNotReject(
      page.waitForFunction(async () => (await (await fetch('api/note')).json()).note === 'by beacon'),
    )
    const first = await page.evaluate(() => (globalThis as unknown as { first: string[] }).first)
    const isOpen = access === 'public' && page.url().includes('notes.localhost')
    assert.deepEqual(first, ['function', isOpen ? 'fetch' : 'send'], 'nothing of the page runs before')
    const asset = page.waitForRequest((request) => request.url().endsWith('/mod.js?again'))
    await page.evaluate(() => fetch('mod.js?again').then(() => undefined))
    assert.equal((await asset).headers()['plugbay-token'], undefined, 'assets need no token')
  })
