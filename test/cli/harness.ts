// Runs command lines in this process with their output caught, and a small admin API over real HTTP to run them against.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Io } from '../../runtime/cli/io.ts'
import type { CliParts } from '../../runtime/cli/parts.ts'
import { runCommandLine } from '../../runtime/cli/program.ts'

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

/** Runs one command line; parts that a test does not give fail when they are used. */
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
    onSignal: () => () => undefined,
    exitNow: () => undefined,
    ...options.io,
  }
  const parts: CliParts = { serve: missing, startDev: missing, openPackageTool: missing, ...options.parts }
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

export interface FakeRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export interface ApiServer extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly FakeRequest[]
}

/** A server whose answers a test decides; it records what it was asked. */
export async function startApi(
  answer: (request: FakeRequest, response: ServerResponse) => void | Promise<void>,
): Promise<ApiServer> {
  const requests: FakeRequest[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming
      const request = { method, url, headers, body: Buffer.concat(chunks) }
      requests.push(request)
      void answer(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, {
    'content-type': status < 400 ? 'application/json' : 'application/problem+json',
  })
  response.end(JSON.stringify(value))
}

export interface FakePlugin {
  enabled: boolean
  state?: string
  version?: string
  problem?: unknown
}

/** As much of the admin API as installing, enabling and disabling needs, over an object that the test can look at. */
export async function startPluginApi(
  plugins: Record<string, FakePlugin>,
  token = 'pbt_test',
): Promise<ApiServer> {
  const show = (id: string): unknown => {
    const { enabled = false, state, version = '1.0.0', problem = null } = plugins[id] ?? {}
    const urls = { api: `/plugins/${id}/api/`, page: null }
    const shown = { id, name: id, version, enabled, state: enabled ? (state ?? 'idle') : 'disabled', problem }
    return { ...shown, urls, permissions: { kv: true }, grants: {}, candidate: null, releases: [] }
  }
  return startApi((request, response) => {
    if (request.headers.authorization !== `Bearer ${token}`) {
      return sendJson(response, 401, { title: 'Sign in first', status: 401, code: 'UNAUTHENTICATED' })
    }
    const [path = ''] = request.url.split('?')
    const [, id = '', verb = ''] = /^\/api\/v1\/plugins\/([^/]+)\/?(.*)$/.exec(path) ?? []
    if (path === '/api/v1/plugins' && request.method === 'GET') {
      return sendJson(response, 200, { items: Object.keys(plugins).map(show), nextCursor: null })
    }
    if (path === '/api/v1/plugins') {
      plugins.uploaded = { enabled: !request.url.includes('enable=false') }
      return sendJson(response, 201, show('uploaded'))
    }
    const plugin = plugins[id]
    if (plugin === undefined) {
      return sendJson(response, 404, {
        title: 'There is no such plugin',
        status: 404,
        code: 'PLUGIN_UNKNOWN',
      })
    }
    if (request.method === 'DELETE') {
      delete plugins[id]
      response.writeHead(204).end()
      return
    }
    if (verb === 'enable' || verb === 'disable') plugin.enabled = verb === 'enable'
    if (verb === 'rollback')
      plugin.version = (JSON.parse(request.body.toString() || '{}').version as string) ?? '0.9.0'
    return sendJson(response, 200, show(id))
  })
}
