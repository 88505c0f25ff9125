// Runs command lines in this process with their output caught, against a real runtime or a server that is none of ours.

import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve as listen } from '@hono/node-server'
import { createApp } from '../../runtime/app.ts'
import type { Io } from '../../runtime/cli/io.ts'
import type { CliParts } from '../../runtime/cli/parts.ts'
import { runCommandLine } from '../../runtime/cli/program.ts'
import { tryPackage } from '../../runtime/cli/try-package.ts'
import type { GivenConfig } from '../../runtime/config/config.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { ADMIN_TOKEN, startTestRuntime } from '../support/runtime.ts'
import type { Scope } from '../support/scope.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly parts?: Partial<CliParts>
  readonly io?: Partial<Io>
}

/** Runs one command line; parts that a test does not give fail when they are used, but for the try of a package. */
export async function runCli(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  let out = ''
  let err = ''
  const missing = async (): Promise<never> => {
    throw new Error('this test gave no such part')
  }
  const io: Io = {
    env: options.env ?? {},
    cwd: options.cwd ?? process.cwd(),
    out: (text) => {
      out += text
    },
    async outBytes(bytes) {
      out += Buffer.from(bytes).toString('latin1')
    },
    err: (text) => {
      err += text
    },
    async readSecret() {
      throw new Error('this test gave no standard input')
    },
    onSignal: () => () => undefined,
    exitNow: () => undefined,
    ...options.io,
  }
  const parts: CliParts = {
    serve: missing,
    startDev: missing,
    openPackageTool: missing,
    tryPackage,
    rotateSecrets: missing,
    ...options.parts,
  }
  const code = await runCommandLine(args, io, parts)
  return { code, out, err }
}

/** The one JSON document of `--json`; fails when standard output holds anything else. */
export function documentOf(ran: Ran): {
  readonly ok: boolean
  readonly results: readonly Record<string, unknown>[]
} {
  return JSON.parse(ran.out)
}

export interface TestServer {
  readonly runtime: Runtime
  readonly url: string
  /** Makes commands speak to the server, as its administrator. */
  readonly env: Readonly<Record<string, string>>
  /** "METHOD path?query" of what has been asked, in order. */
  requests(): readonly string[]
  /** Sends JSON to the backend of a plugin. */
  visit(id: string, body: unknown): Promise<void>
}

/** A runtime in this process, mounted in a server of its own. */
export async function startServer(
  t: Scope,
  adminToken = ADMIN_TOKEN,
  config: GivenConfig = {},
): Promise<TestServer> {
  const runtime = await startTestRuntime(t, { config: { ...config, adminToken } })
  const app = createApp(runtime)
  const requests: string[] = []
  const fetch = (request: Request): Response | Promise<Response> => {
    const { pathname, search } = new URL(request.url)
    requests.push(`${request.method} ${pathname}${search}`)
    return app.fetch(request)
  }
  const { promise, resolve } = Promise.withResolvers<number>()
  const server = listen({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => resolve(port))
  t.after(() => new Promise((closed) => closeNow(server, () => closed())))
  const url = `http://127.0.0.1:${await promise}`
  return {
    runtime,
    url,
    env: { PLUGBAY_URL: url, PLUGBAY_TOKEN: adminToken },
    requests: () => requests,
    async visit(id, body) {
      const headers = { authorization: `Bearer ${adminToken}` }
      const init = { method: 'POST', headers, body: JSON.stringify(body) }
      assert.equal((await app.request(`${url}/plugins/${id}/api/`, init)).status, 200)
    },
  }
}

export interface ForeignServer extends AsyncDisposable {
  readonly url: string
  /** How many requests it has had. */
  requests(): number
}

/** Something else that answers where a Plugbay server is expected. */
export async function startForeignServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<ForeignServer> {
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    [Symbol.asyncDispose]: () => new Promise((resolve) => closeNow(server, () => resolve())),
  }
}

function closeNow(server: ReturnType<typeof listen>, closed: () => void): void {
  server.close(closed)
  if ('closeAllConnections' in server) server.closeAllConnections()
}
