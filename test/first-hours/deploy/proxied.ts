// Servers with the configurations of docs/deploy.md behind a proxy on this machine, and what a visitor must be able to do there.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { LookupFunction } from 'node:net'
import { join } from 'node:path'
import { Agent, fetch, type RequestInit, type Response } from 'undici'
import { loadConfig } from '../../../runtime/config/config-sources.ts'
import { serve } from '../../../runtime/serve.ts'
import { freePort } from '../../support/registry.ts'
import {
  ADMIN_TOKEN,
  backendOf,
  install,
  pluginZip,
  startTestRuntime,
  temporaryFolder,
} from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'
import { visit } from '../../support/sockets.ts'
import { configFor } from './document.ts'

const BACKEND = backendOf(
  `
  if (url.pathname === '/socket') {
    const { 0: client, 1: server } = new WebSocketPair()
    server.accept()
    server.addEventListener('message', ({ data }) => server.send('heard ' + data))
    return new Response(null, { status: 101, webSocket: client })
  }
  if (url.pathname === '/events') {
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode('data: 1\\n\\n'))
        await new Promise((resolve) => { go = resolve })
        controller.enqueue(new TextEncoder().encode('data: 2\\n\\n'))
        controller.close()
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
  if (url.pathname === '/go') { go(); return new Response('') }
  if (request.method === 'POST') return Response.json({ bytes: (await request.arrayBuffer()).byteLength })
  return Response.json({ url: request.url })`,
  'let go',
)

const PAGE = `<!doctype html><title>page</title><p id="out"></p><script type="module">
const { url } = await (await fetch('api/where')).json()
const socket = new WebSocket(new URL('api/socket', location.href).href.replace('http', 'ws'))
socket.onopen = () => socket.send(url)
socket.onmessage = ({ data }) => { document.querySelector('#out').textContent = data }
</script>`

const ICON = '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"/>'

export interface ProxiedServer {
  /** Of the listener that the proxy asks. */
  readonly upstream: number
  /** As visitors open it, with the base path. */
  readonly url: string
  /** A link that signs in on the admin page. */
  readonly link: () => string
}

/** A certificate for all names of the document, made by itself. */
export async function selfMade(t: Scope): Promise<{ readonly folder: string; readonly ca: Buffer }> {
  const folder = await temporaryFolder(t)
  const names = ['media.example.org', 'www.example.org', '*.plugins.example.net'].map((name) => `DNS:${name}`)
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
  ]
  const files = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]
  const subject = ['-subj', '/CN=media.example.org', '-addext', `subjectAltName=${names.join(',')}`]
  execFileSync('openssl', [...args, ...files, ...subject], { stdio: 'ignore' })
  return { folder, ca: readFileSync(join(folder, 'cert.pem')) }
}

/** A server with the configuration that the document has for this address; only the ports are others. */
export async function startProxied(t: Scope, publicUrl: string, port: number): Promise<ProxiedServer> {
  const document = { ...configFor(publicUrl), publicUrl: `${publicUrl}:${port}` }
  const flags = Object.fromEntries(Object.entries(document).map(([key, value]) => [key, String(value)]))
  const { basePath, pluginDomain, trustProxy } = loadConfig({ cwd: '/', flags })
  const runtime = await startTestRuntime(t, {
    config: { publicUrl: document.publicUrl, basePath, pluginDomain, trustProxy, port: await freePort() },
  })
  await install(runtime, {
    id: 'probe',
    backend: BACKEND,
    files: { 'frontend/index.html': PAGE, 'icon.svg': ICON },
    manifest: { icon: 'icon.svg' },
  })
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const url = document.publicUrl + basePath
  return { upstream: listening.port, url, link: () => `${url}/admin/#code=${runtime.adminCode()}` }
}

/** Every name is this machine. */
const toThisMachine: LookupFunction = (_name, options, callback) =>
  options.all === true
    ? callback(null, [{ address: '127.0.0.1', family: 4 }])
    : callback(null, '127.0.0.1', 4)

export type Ask = (url: string, init?: RequestInit) => Promise<Response>

export function visitor(t: Scope, ca: Buffer): Ask {
  // By HTTP/2, an answer that comes before the end of the request fails in undici.
  const dispatcher = new Agent({ allowH2: false, connect: { lookup: toThisMachine, ca } })
  t.after(() => dispatcher.destroy())
  return (url, init) => fetch(url, { redirect: 'manual', ...init, dispatcher })
}

export interface Checked {
  readonly server: ProxiedServer
  readonly ask: Ask
  readonly ca: Buffer
}

/** Everything that a proxy can spoil. */
export async function checkAll(t: Scope, { server, ask, ca }: Checked): Promise<void> {
  const { url } = server
  const { origin } = new URL(url)
  const api = `${url}/plugins/probe/api`
  const admin = await ask(`${url}/admin/`)
  assert.match(await admin.text(), /<div id="root">|<script/)
  // A session by cookie: Host, Origin and scheme must be those of the visitor.
  const json = { 'content-type': 'application/json', origin }
  const signIn = await ask(`${url}/api/v1/session`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ token: ADMIN_TOKEN }),
  })
  assert.equal(signIn.status, 204, await signIn.text())
  const [cookie = ''] = signIn.headers.getSetCookie()
  assert.match(cookie, /^__(?:Host|Secure)-plugbay-session=.*; Secure/)
  const headers = { ...json, cookie: cookie.split(';')[0] as string }
  assert.equal((await ask(`${url}/api/v1/session`, { headers })).status, 200)
  assert.equal((await ask(`${url}/api/v1/plugins/probe/reload`, { method: 'POST', headers })).status, 200)
  const forged = { ...headers, origin: 'https://evil.test' }
  assert.ok(
    (await ask(`${url}/api/v1/plugins/probe/reload`, { method: 'POST', headers: forged })).status >= 403,
  )

  // What a visitor says of the way is not believed.
  const lies = { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'http', forwarded: 'host=evil.test' }
  assert.deepEqual(await (await ask(`${api}/a%2Fb?c`, { headers: lies })).json(), {
    url: `${origin}/a%2Fb?c`,
  })

  const events = await ask(`${api}/events`)
  const reader = events.body?.getReader()
  const piece = async () => Buffer.from((await reader?.read())?.value ?? []).toString()
  assert.equal(await piece(), 'data: 1\n\n', 'an event was held back')
  await ask(`${api}/go`)
  assert.equal(await piece(), 'data: 2\n\n')

  const way = { lookup: toThisMachine, ca }
  const { socket, next } = await visit(t, `${api}/socket`, way)
  socket.send('a')
  assert.equal(await next(), 'heard a')

  const body = randomBytes(9_000_000)
  assert.deepEqual(await (await ask(api, { method: 'POST', body })).json(), { bytes: body.length })
  const tooLarge = await ask(api, { method: 'POST', body: randomBytes(10_000_001) })
  assert.equal(((await tooLarge.json()) as { code: string }).code, 'BODY_TOO_LARGE')
  const zip = pluginZip({ id: 'large', files: { 'frontend/noise.bin': randomBytes(15_000_000) } })
  const upload = await ask(`${url}/api/v1/plugins`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/zip' },
    body: zip,
  })
  assert.equal(upload.status, 201)
  await upload.body?.cancel()

  assert.equal((await ask(url)).status < 400, true)
}

/** Own origins of plugins below the plugin domain. */
export async function checkPluginDomain({ server, ask }: Checked): Promise<void> {
  const { port } = new URL(server.url)
  const own = `https://probe.plugins.example.net:${port}`
  const leading = await ask(`${server.url}/plugins/probe/`, { headers: { accept: 'text/html' } })
  assert.equal(leading.headers.get('location'), `${own}/`)
  assert.match(await (await ask(`${own}/`)).text(), /<title>page/)
  assert.deepEqual(await (await ask(`${own}/api/a`)).json(), { url: `${own}/a` })
}
