// A host of plugins as many are: one process, one isolate per plugin, a memory limit and a `timeout`. Nothing else.
// It answers as the real one does from outside, so that the same checks can judge it. It must fail them: see naive.test.ts.
// `node main.ts <config as JSON>`; prints {"ready": port}.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import AdmZip from 'adm-zip'
import ivm from 'isolated-vm'

interface Plugin {
  readonly id: string
  readonly call: ivm.Reference<(request: string) => Promise<string>>
  readonly log: { readonly level: string; readonly message: string }[]
}

/** What a guest has of web standards here: as much as the attacks need. */
const GUEST = `
globalThis.Response = class { constructor(body, init = {}) { this.body = body; this.status = init.status ?? 200 } }
globalThis.URL = class { constructor(url) { this.pathname = url.split('?')[0] } }
globalThis.console = { log: (value) => _log(String(value)) }
globalThis.setTimeout = (run, ms) => { _sleep.apply(undefined, [ms], { result: { promise: true } }).then(run) }
const env = { kv: {
  get: (key) => _kv.apply(undefined, ['get', key], { result: { promise: true, copy: true } }),
  put: (key, value) => _kv.apply(undefined, ['put', key, value], { result: { promise: true, copy: true } }),
} }
globalThis._call = async (text) => {
  const { url, method, body } = JSON.parse(text)
  const answer = await plugin.fetch({ url, method, headers: [], text: async () => body }, env, { waitUntil() {} })
  return JSON.stringify({ status: answer.status, body: String(answer.body) })
}
`

const TIMEOUT_MS = 1000
const plugins = new Map<string, Plugin>()

createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    // A typical mistake: an internal error of the host is sent to the client.
    response.writeHead(500, { 'content-type': 'text/plain' }).end(String((error as Error).stack ?? error))
  })
}).listen(0, '127.0.0.1', function listening(this: { address(): unknown }) {
  const { port } = this.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ ready: port })}\n`)
})
process.stdin.on('end', () => process.exit(0))
process.stdin.resume()

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  const body = await bodyOf(request)
  const toPlugin = /^\/plugins\/([^/]+)\/api(\/.*)$/.exec(pathname)
  if (toPlugin !== null) {
    const plugin = plugins.get(toPlugin[1] ?? '')
    if (plugin === undefined) return void response.writeHead(404).end()
    const head = JSON.stringify({ url: toPlugin[2], method: request.method, body: body.toString() })
    const text = await plugin.call.apply(undefined, [head], {
      timeout: TIMEOUT_MS,
      result: { promise: true },
    })
    const { status, body: answered } = JSON.parse(String(text)) as { status: number; body: string }
    return void response.writeHead(status).end(answered)
  }
  const [, id = '', part] = /^\/api\/v1\/plugins\/([^/]+)(?:\/(\w+))?$/.exec(pathname) ?? []
  if (request.method === 'DELETE') plugins.delete(id)
  const document =
    request.method === 'POST' && id === ''
      ? await install(body)
      : pathname === '/api/v1/plugins'
        ? { items: [...plugins.values()].map((plugin) => ({ id: plugin.id })) }
        : part === 'logs'
          ? { items: plugins.get(id)?.log ?? [] }
          : { state: 'running', items: [] }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document))
}

async function install(zip: Buffer): Promise<object> {
  const archive = new AdmZip(zip)
  const { id } = JSON.parse(archive.readAsText('manifest.json')) as { id: string }
  const source = archive.readAsText('backend/index.js').replace('export default', 'globalThis.plugin =')
  const isolate = new ivm.Isolate({ memoryLimit: 64 })
  const context = isolate.createContextSync()
  const log: Plugin['log'] = []
  const kept = new Map<string, string>()
  context.global.setSync(
    '_log',
    new ivm.Callback((message: string) => void log.push({ level: 'info', message })),
  )
  context.global.setSync(
    '_sleep',
    new ivm.Reference((ms: number) => new Promise<void>((wake) => setTimeout(() => wake(), ms))),
  )
  context.global.setSync(
    '_kv',
    new ivm.Reference(async (method: string, key: unknown, value: string) => {
      if (typeof key !== 'string') throw new TypeError(`A key is a text, not ${typeof key}`)
      if (method === 'put') kept.set(key, value)
      return kept.get(key)
    }),
  )
  context.evalSync(GUEST + source, { timeout: TIMEOUT_MS })
  plugins.set(id, { id, call: context.global.getSync('_call', { reference: true }) as Plugin['call'], log })
  return { id }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
