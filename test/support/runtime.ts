// A whole runtime over a temporary data folder, its two ways in (server and embeddable app), and plugins made of a few lines.
// Invariant: everything that a test started here ends with the test.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import type { ServingPlugin } from '../../runtime/contributions/live-plugin.ts'
import { createRuntime, type Runtime, type RuntimeOptions } from '../../runtime/runtime.ts'
import { PluginRunner } from '../../runtime/sandbox/runner/plugin-runner.ts'
import { serve } from '../../runtime/serve.ts'
import type { ServerHost } from '../../runtime/server-host.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import { contract } from './api-contract.ts'
import type { Scope } from './scope.ts'
import { zipOf } from './zip.ts'

/** Secret of the administrator in every test runtime. */
export const ADMIN_TOKEN = 'pbt_administrator-of-the-tests'

export async function temporaryFolder(t: Scope): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-test-'))
  // A writer that is closed only after this may still be active there.
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))
  return folder
}

/** A runtime without a listener yet; `open()` of a way lets requests in. */
export async function startTestRuntime<const Host extends HostDeclaration = ServerHost>(
  t: Scope,
  options: RuntimeOptions<Host> = {},
): Promise<Runtime<Host>> {
  const data = options.config?.data ?? (await temporaryFolder(t))
  const runtime = await createRuntime({
    environment: {},
    ...options,
    config: { port: 0, logLevel: 'silent', adminToken: ADMIN_TOKEN, ...options.config, data },
  })
  t.after(() => runtime.close())
  return runtime
}

export interface Client {
  /** Scheme, name and port. */
  readonly origin: string
  fetch(path: string, init?: ClientInit): Promise<Response>
}

/** `duplex` is wanted by the Fetch standard where a body streams. */
export type ClientInit = RequestInit & { readonly duplex?: 'half' }

export interface Way {
  readonly name: 'server' | 'app'
  /** Lets requests in until the test ends. */
  open(t: Scope, runtime: Runtime): Promise<Client>
}

const SERVER: Way = {
  name: 'server',
  async open(t, runtime) {
    const listening = await serve(runtime)
    t.after(() => listening.close(0))
    const origin = `http://127.0.0.1:${listening.port}`
    return { origin, fetch: (path, init) => fetch(origin + path, { redirect: 'manual', ...init }) }
  },
}

const APP: Way = {
  name: 'app',
  async open(_t, runtime) {
    const app = createApp(runtime)
    const origin = 'http://127.0.0.1:3000'
    return {
      origin,
      fetch: async (path, init = {}) => {
        const request = new Request(origin + path, { redirect: 'manual', ...init })
        return await app.fetch(request)
      },
    }
  },
}

export const WAYS: readonly Way[] = [SERVER, APP]

/** One test per way in: the server's short path and the embeddable app give the same answers. */
export function bothWays(
  name: string,
  run: (t: TestContext, way: Way) => Promise<void>,
  options: { readonly timeout?: number } = {},
): void {
  for (const way of WAYS) test(`${name} (${way.name})`, options, (t) => run(t, way))
}

export interface PluginSource {
  readonly id: string
  readonly version?: string
  /** backend/index.js, or backend/index.ts with `typescript`. */
  readonly backend?: string
  readonly typescript?: boolean
  /** More files, by path in the package. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  /** More of the manifest. */
  readonly manifest?: Readonly<Record<string, unknown>>
}

/** The files of a small plugin; anyone may use it unless the manifest says otherwise. */
export function pluginFiles(source: PluginSource): Record<string, string | Uint8Array> {
  const { id, version = '1.0.0', backend, typescript = false, files = {}, manifest = {} } = source
  return {
    'manifest.json': JSON.stringify({
      ...{ manifestVersion: 1, id, name: id, version, access: 'public' },
      ...manifest,
    }),
    ...(backend !== undefined && { [`backend/index.${typescript ? 'ts' : 'js'}`]: backend }),
    ...files,
  }
}

export function pluginZip(source: PluginSource): Uint8Array<ArrayBuffer> {
  return new Uint8Array(zipOf(pluginFiles(source)))
}

/** A backend whose fetch has this body; `request`, `env`, `ctx` and `url` are in scope. */
export function backendOf(body: string, before = ''): string {
  return `${before}\nexport default { async fetch(request, env, ctx) { const url = new URL(request.url); ${body} } }\n`
}

/** A request to the admin API of a runtime, in process, as the administrator; its answer is held against the document. */
export async function api(runtime: Runtime, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${ADMIN_TOKEN}`)
  const url = `http://127.0.0.1:3000/api/v1${path}`
  const response = await createApp(runtime).request(url, { ...init, headers })
  return await contract.answer({ method: init.method ?? 'GET', path }, response)
}

/** Uploads through the admin API; the answer as it is. */
export function upload(
  runtime: Runtime,
  zip: Uint8Array<ArrayBuffer>,
  query: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return api(runtime, `/plugins?${new URLSearchParams(query)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/zip' },
    body: zip,
  })
}

/** Uploads, and asserts that the plugin was taken. */
export async function install(
  runtime: Runtime,
  source: PluginSource,
  query: Readonly<Record<string, string>> = {},
): Promise<Installation> {
  const response = await upload(runtime, pluginZip(source), query)
  const text = await response.text()
  assert.ok(response.ok, `${response.status} ${text}`)
  return JSON.parse(text) as Installation
}

/** Sends a JSON body to the admin API. */
export function send(runtime: Runtime, method: string, path: string, body?: unknown): Promise<Response> {
  if (body === undefined) return api(runtime, path, { method })
  const headers = { 'content-type': 'application/json' }
  return api(runtime, path, { method, headers, body: JSON.stringify(body) })
}

/** The code of a problem document, after checking that it is one. */
export async function codeOf(response: Response): Promise<string> {
  assert.match(String(response.headers.get('content-type')), /^application\/problem\+json/)
  const { code, status } = (await response.json()) as { code: string; status: number }
  assert.equal(status, response.status)
  return code
}

export interface RawAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly text: string
}

/** A request whose path and headers reach the server as they are: `fetch` would tidy them up. */
export function rawRequest(
  origin: string,
  path: string,
  init: {
    readonly method?: string
    readonly headers?: Record<string, string | string[]>
    readonly body?: string
  } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin)
  const { promise, resolve, reject } = Promise.withResolvers<RawAnswer>()
  const { method = 'GET', headers = {}, body } = init
  const request = httpRequest({ hostname, port, path, method, headers, agent: false }, (response) => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('error', reject)
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const { statusCode: status = 0, headers: answered, rawHeaders } = response
      resolve({ status, headers: answered, rawHeaders, text })
    })
  })
  request.on('error', reject)
  request.end(body)
  return promise
}

/** Waits until `check` gives something true; fails with `what` when it takes far too long. */
export async function until<T>(
  what: string,
  check: () => T | Promise<T>,
  ms = 30_000,
): Promise<NonNullable<T>> {
  const end = performance.now() + ms
  for (;;) {
    const value = await check()
    if (value) return value
    if (performance.now() > end) assert.fail(`${what}: not within ${ms} ms`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

/** The release of a plugin that serves, for calls that no route makes, and with what only its runner knows. */
export function liveOf(runtime: Runtime, id: string): ServingPlugin & { readonly runner: PluginRunner } {
  const live = runtime.live.get(id)
  const runner = live?.kind === 'serving' ? live.runner : null
  if (live?.kind !== 'serving' || !(runner instanceof PluginRunner))
    assert.fail(`"${id}" does not serve a backend`)
  return { ...live, runner }
}

/** Lines of a plugin's log, oldest first. */
export async function logLines(runtime: Runtime, id: string) {
  return (await runtime.plugins.logs(id, { limit: 1000 })).items.toReversed()
}
