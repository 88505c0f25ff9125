// plugbay dev --inspect: a debugger speaks the Chrome DevTools protocol to the isolate of a plugin, over the real server and processes.

import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { generatedPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import { WebSocket } from 'ws'
import type { Scope } from '../support/scope.ts'
import { sharedScope } from '../support/scope.ts'
import { type DevPlugin, startDevPlugin } from './dev-plugin.ts'

type Params = Readonly<Record<string, unknown>>
interface Message {
  readonly id?: number
  readonly method?: string
  readonly params: Params
  readonly result?: Params
  readonly error?: { readonly message: string }
}

/** A debugger, as an editor is one. */
class Client {
  readonly #socket: WebSocket
  readonly #answers = new Map<number, (message: Message) => void>()
  readonly #messages: Message[] = []
  #wake: () => void = () => undefined
  #id = 0

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as Message
      if (message.id !== undefined) this.#answers.get(message.id)?.(message)
      else this.#messages.push(message)
      this.#wake()
    })
  }

  static async open(t: Scope, url: string): Promise<Client> {
    const socket = new WebSocket(url)
    t.after(async () => socket.terminate())
    const client = new Client(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve).once('error', reject)
    })
    return client
  }

  async ask(method: string, params: Params = {}): Promise<Params> {
    const id = ++this.#id
    const { promise, resolve } = Promise.withResolvers<Message>()
    this.#answers.set(id, resolve)
    this.#socket.send(JSON.stringify({ id, method, params }))
    const { result, error } = await promise
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result ?? {}
  }

  /** The next event that fits; earlier ones are dropped. */
  async next(method: string, fits: (params: Params) => boolean = () => true): Promise<Params> {
    const until = performance.now() + 60_000
    while (performance.now() < until) {
      const index = this.#messages.findIndex((each) => each.method === method && fits(each.params))
      const found = this.#messages[index]
      this.#messages.splice(0, index + 1)
      if (found !== undefined) return found.params
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        setTimeout(resolve, 500)
      })
    }
    return assert.fail(`no ${method}`)
  }

  close(): void {
    this.#socket.close()
  }
}

const BACKEND = (
  greeting: string,
) => `interface Env { readonly kv: { get(key: string): Promise<string | null> } }

type Greeting = { readonly text: string }

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const name = new URL(request.url).pathname.slice(1)
    const greeting: Greeting = { text: '${greeting} ' + name + String(await env.kv.get('x') ?? '') }
    return new Response(greeting.text)
  },
}
`
const LINE = 9

const scope = sharedScope()
let dev: DevPlugin
let inspectUrl: string
before(async () => {
  // Far less than the pauses below.
  const limits = { deadlineMs: 300, cpuMs: 100 }
  const manifest = { permissions: { kv: true }, limits }
  const source = { id: 'hello', backend: BACKEND('hello'), typescript: true, manifest }
  dev = await startDevPlugin(scope, source, { inspect: { port: 0 } })
  const ready = dev.events.find((event) => event.event === 'ready')
  inspectUrl = ready?.inspectUrl ?? ''
})

async function ask(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
  const { hostname, port } = new URL(inspectUrl)
  httpRequest({ hostname, port, path, headers }, (response) => {
    let text = ''
    response.on('data', (chunk) => {
      text += String(chunk)
    })
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
  })
    .on('error', reject)
    .end()
  return await promise
}

/** Where the line of the author is in the linked script, by the source map that V8 tells of; lines and columns from 0. */
function generated({ sourceMapURL }: Params, line: number): { line: number; column: number } {
  const [, data = ''] = String(sourceMapURL).split('base64,')
  const map = new TraceMap(Buffer.from(data, 'base64').toString('utf8'))
  const source = pathToFileURL(join(dev.folder, 'backend/index.ts')).href
  assert.ok(map.sources.includes(source), map.sources.join())
  const found = generatedPositionFor(map, { source, line, column: 4 })
  return { line: (found.line ?? 0) - 1, column: found.column ?? 0 }
}

const isBackend = ({ url }: Params) => String(url).startsWith('plugin:///')
interface Frame {
  readonly callFrameId: string
  readonly functionName: string
}

test('DevTools and editors find the isolates where they look; others are refused', async () => {
  const { host } = new URL(inspectUrl)
  const { status, text } = await ask('/json/list')
  assert.equal(status, 200)
  const [first, second] = JSON.parse(text) as Record<string, string>[]
  assert.equal(first?.webSocketDebuggerUrl, inspectUrl)
  assert.match(first?.devtoolsFrontendUrl ?? '', new RegExp(`^devtools://.*ws=${host}/${first?.id}$`))
  assert.match(first?.id ?? '', /^[\da-f-]{36}$/)
  assert.match(second?.title ?? '', /: tasks$/)
  assert.equal((await ask('/json')).text, text)
  // chrome://inspect reads no chunks.
  const whole = await fetch(`http://${host}/json/list`)
  assert.equal(whole.headers.get('content-length'), String(text.length))
  assert.equal((await whole.text()).length, text.length)
  assert.match((await ask('/json/version')).text, /"Protocol-Version": "1\.3"/)
  assert.equal((await ask('/json', { host: 'localhost:9229' })).status, 200)
  assert.equal((await ask('/json', { origin: 'devtools://devtools' })).status, 200)
  // DNS rebinding, and pages of sites.
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:9229'])
    assert.equal((await ask('/json', { host })).status, 403, host)
  for (const origin of ['http://127.0.0.1:3000', 'https://evil.example', 'null'])
    assert.equal((await ask('/json/list', { origin })).status, 403, origin)
  assert.equal((await ask('/')).status, 404)
})

test('a WebSocket needs the secret path, a loopback name, and no page behind it', async () => {
  const outcome = (url: string, options = {}) =>
    new Promise<string>((resolve) => {
      const socket = new WebSocket(url, options)
      socket.on('open', () => {
        socket.terminate()
        resolve('open')
      })
      socket.on('error', ({ message }) => resolve(message))
    })
  const { origin } = new URL(inspectUrl)
  assert.match(await outcome(`${origin}/`), /404/)
  assert.match(await outcome(`${origin}/00000000-0000-0000-0000-000000000000`), /404/)
  assert.match(await outcome(inspectUrl, { origin: 'http://hello.localhost:3000' }), /403/)
  assert.match(await outcome(inspectUrl, { headers: { host: 'evil.example' } }), /403/)
  assert.equal(await outcome(inspectUrl, { origin: 'devtools://devtools' }), 'open')
})

test('a breakpoint in TypeScript pauses a request, whatever its deadline, until it is resumed; the next save is attached again', async (t) => {
  const client = await Client.open(t, inspectUrl)
  await client.ask('Runtime.enable')
  const parsed = client.next('Debugger.scriptParsed', isBackend)
  await client.ask('Debugger.enable')
  const place = generated(await parsed, LINE)
  const { locations } = await client.ask('Debugger.setBreakpointByUrl', {
    ...{ urlRegex: '^plugin:///hello/backend\\.js$', lineNumber: place.line, columnNumber: place.column },
  })
  assert.equal((locations as unknown[]).length, 1)

  /** A request that is paused at the line, and what the frame says there. */
  const paused = async (name: string, expected: string) => {
    const answer = dev.get(`/api/${name}`)
    const { callFrames } = await client.next('Debugger.paused')
    const [frame] = callFrames as Frame[]
    assert.equal(frame?.functionName, 'fetch')
    const { result } = await client.ask('Debugger.evaluateOnCallFrame', {
      ...{ callFrameId: frame.callFrameId, expression: 'greeting.text + "!"' },
    })
    assert.equal((result as Params).value, `${expected}!`)
    return answer
  }
  const first = await runPaused(paused('one', 'hello one'))
  assert.equal(first, 'hello one')

  async function runPaused(pausing: Promise<Response>): Promise<string> {
    // evaluateOnCallFrame has answered when this has begun to wait; a second is more than every deadline.
    const held = sleep(1500)
    const [response] = await Promise.all([
      pausing.then((answer) => answer),
      held.then(() => client.ask('Debugger.resume')),
    ])
    return await response.text()
  }

  const again = client.next('Debugger.scriptParsed', isBackend)
  await dev.save({ 'backend/index.ts': BACKEND('good day') })
  await dev.next('swap')
  await again
  const second = await runPaused(paused('two', 'good day two'))
  assert.equal(second, 'good day two')

  // A second one has to wait for the first.
  const late = new WebSocket(inspectUrl)
  const [code] = await new Promise<[number]>((resolve) => late.on('close', (...args) => resolve([args[0]])))
  assert.equal(code, 4000)

  // A client that goes while the plugin is paused lets it go on.
  const answer = dev.get('/api/three')
  await client.next('Debugger.paused')
  client.close()
  assert.equal(await (await answer).text(), 'good day three')
  assert.deepEqual(
    dev.events.filter(({ event }) => event === 'problem'),
    [],
  )
})

test('a save that does not load leaves the debugger with what serves', async (t) => {
  const client = await Client.open(t, inspectUrl)
  await client.ask('Runtime.enable')
  await dev.save({ 'backend/index.ts': 'throw new Error("at once")' })
  await dev.next('problem')
  const { result } = await client.ask('Runtime.evaluate', { expression: 'typeof Request + 6 * 7' })
  assert.equal((result as Params).value, 'function42')
  await dev.save({ 'backend/index.ts': BACKEND('back') })
  await dev.next('swap')
})
