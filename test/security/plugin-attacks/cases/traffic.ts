// Attacks that need a hand from outside: many requests, endless bodies, clients that stop reading, plugins that change.

import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { answerOf, type GuiltyAnswer } from '../arena.ts'
import { type AttackCase, backendOfAttack } from '../attack-case.ts'
import { threadsAndFiles } from '../host-process.ts'
import { ENDED, FAILED } from './outcomes.ts'

const KV = { permissions: { kv: true } }

export const TRAFFIC_CASES: readonly AttackCase[] = [
  {
    id: '42',
    auditRows: 10,
    title: 'out of memory at every request, 50 requests in a second',
    attack: 'const k=[]; for(;;)k.push(new Array(100000).fill(k.length));',
    answers: FAILED,
    async drive(arena, id, send) {
      const asked: Promise<GuiltyAnswer>[] = []
      for (let n = 0; n < 50; n++) {
        asked.push(send())
        await pause(20)
      }
      const answers = await Promise.all(asked)
      await arena.api(`/plugins/${id}/retry`, { method: 'POST' })
      return worst(answers, FAILED)
    },
  },
  {
    id: '43',
    title: 'answer that streams without end',
    attack: `const chunk = new Uint8Array(65536)
      return new Response(new ReadableStream({ pull(controller) { controller.enqueue(chunk) } }))`,
    answers: [0],
    note: 'cut at maxResponseBytes',
  },
  {
    id: '43b',
    title: 'reader that never reads an answer without end',
    before: 'let sent = 0, cancelled = 0',
    attack: `if (url.pathname === '/told') return sent < 100 && cancelled === 1 ? 'held back, then cancelled' : sent + ' ' + cancelled
      return new Response(new ReadableStream({ pull(controller) { sent++; controller.enqueue(new Uint8Array(65536)) }, cancel() { cancelled++ } }))`,
    answers: [200],
    says: /^held back, then cancelled$/,
    async drive(arena, id) {
      const { hostname, port } = new URL(arena.host.origin)
      const socket = connect(Number(port), hostname)
      socket.on('error', () => undefined)
      socket.write(`GET /plugins/${id}/api/attack HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`)
      socket.pause()
      await pause(700)
      socket.destroy()
      return await eventually(
        () => arena.ask(`/plugins/${id}/api/told`),
        ({ text }) => text.startsWith('held'),
      )
    },
  },
  {
    id: '43c',
    title: 'answers that drip byte by byte, as many as there may be',
    before: 'let open = 0',
    attack: `if (url.pathname === '/told') return String(open)
      open++
      let timer
      return new Response(new ReadableStream({
        start(controller) { timer = setInterval(() => controller.enqueue(new Uint8Array(1)), 200) },
        cancel() { clearInterval(timer); open-- },
      }))`,
    answers: [200],
    says: /^all have ended$/,
    note: 'they take up the requests of their own plugin: whoever comes then is answered 503, at its deadline at the latest',
    async drive(arena, id, send) {
      const leaving = new AbortController()
      const { signal } = leaving
      const drips = await Promise.all(
        Array.from({ length: 20 }, () => arena.fetch(`/plugins/${id}/api/attack`, { signal })),
      )
      const refused = await send()
      leaving.abort()
      if (refused.status !== 503 || drips.some(({ status }) => status !== 200))
        return { ...refused, status: 599, text: `the next one was answered ${refused.status}` }
      const last = await eventually(
        () => arena.ask(`/plugins/${id}/api/told`),
        ({ text }) => text === '0',
      )
      return last.text === '0' ? { ...last, text: 'all have ended' } : last
    },
  },
  {
    id: '43d',
    title: 'an answer that falls silent after its first byte',
    before: 'let cancelled = 0',
    attack: `if (url.pathname === '/told') return cancelled === 1 ? 'cut, and told' : String(cancelled)
      return new Response(new ReadableStream({ start(controller) { controller.enqueue(new Uint8Array(1)) }, cancel() { cancelled++ } }))`,
    answers: [200],
    says: /^cut, and told$/,
    note: 'cut after 30 s of silence',
    async drive(arena, id, send) {
      const cut = await send()
      if (cut.status !== 0) return { ...cut, status: 599, text: 'it was not cut' }
      return await arena.ask(`/plugins/${id}/api/told`)
    },
  },
  {
    id: '44',
    title: 'endless request body to a plugin that never reads',
    attack: 'await new Promise(() => {})',
    answers: [...ENDED, 413, 0],
    async drive(arena, id) {
      const request = httpRequest(`${arena.host.origin}/plugins/${id}/api/attack`, { method: 'POST' })
      const { promise, resolve } = Promise.withResolvers<GuiltyAnswer>()
      request.on('error', (error) => resolve({ status: 0, contentType: '', text: String(error), ms: 0 }))
      request.on('response', (response) => {
        const status = response.statusCode ?? 0
        let text = ''
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece
        })
        const done = () =>
          resolve({ status, contentType: response.headers['content-type'] ?? '', text, ms: 0 })
        response.on('end', done)
        response.on('error', done)
      })
      const chunk = Buffer.alloc(65_536)
      const pump = () => {
        while (!request.destroyed && request.write(chunk));
      }
      request.on('drain', pump)
      pump()
      const answer = await promise
      request.destroy()
      return answer
    },
  },
  {
    id: '45',
    title: '2,000 requests at once to a plugin that sleeps',
    attack: 'await sleep(800); return "slept"',
    answers: [503],
    async drive(_arena, _id, send) {
      const answers = await Promise.all(Array.from({ length: 2000 }, () => send()))
      const served = answers.filter(({ text }) => text === 'slept').length
      // On a busy machine some that were let in are answered after their deadline.
      const strange = worst(answers, [200, 503, 504])
      // Requests that arrive after the first responses may be served too.
      if (![200, 503, 504].includes(strange.status) || served === 0 || served > 200)
        return { ...strange, status: 599, text: `${served} were served; ${strange.text}` }
      return answers.find(({ status }) => status === 503) ?? strange
    },
  },
  {
    id: '49',
    auditRows: 100,
    title: 'installed, updated and removed again and again',
    attack: 'return 1',
    answers: [200],
    async drive(arena, _id, send) {
      const cycle = async (round: number) => {
        const id = `attack-cycle-${round % 3}`
        for (const version of ['1.0.0', '1.1.0'])
          await arena.install({ id, version, backend: backendOfAttack({ attack: `return "${version}"` }) })
        await arena.ask(`/plugins/${id}/api/`)
        await arena.uninstall(id)
      }
      for (let round = 0; round < 4; round++) await cycle(round)
      await arena.isIdle()
      const before = threadsAndFiles(arena.host.pid)
      for (let round = 0; round < 12; round++) await cycle(round)
      await arena.isIdle()
      const after = threadsAndFiles(arena.host.pid)
      const answer = await send()
      const isFlat = after.threads - before.threads <= 4 && after.files - before.files <= 8
      const told = `from ${JSON.stringify(before)} to ${JSON.stringify(after)}`
      return isFlat ? answer : { ...answer, status: 599, text: told }
    },
  },
  {
    id: '50',
    auditRows: 20,
    title: 'taken down while it loops, while it loads and while the host answers',
    before: 'const began = Date.now(); while (Date.now() - began < 100);',
    attack: 'if (url.pathname === "/asks") for(;;) await env.kv.get("x"); for(;;);',
    manifest: KV,
    answers: [0, 404, ...FAILED],
    async drive(arena, id, send) {
      const asked: Promise<GuiltyAnswer>[] = []
      const change = async (action: string) =>
        void (await (await arena.api(`/plugins/${id}/${action}`, { method: 'POST' })).text())
      for (const path of ['attack', 'asks', 'fine']) {
        asked.push(path === 'attack' ? send() : arena.ask(`/plugins/${id}/api/${path}`))
        await pause(60)
        const off = change('disable')
        asked.push(arena.ask(`/plugins/${id}/api/fine`))
        await off
        await change('enable')
      }
      const answers = await Promise.all(asked)
      return worst(answers, [0, 200, 404, ...FAILED])
    },
  },
  {
    id: '66',
    title: 'timers of a release that is replaced',
    before: 'const VERSION = 1; setInterval(() => { store?.kv.increment("ticks") }, 20); let store',
    attack: `store = env
      if (url.pathname === '/ticks') return String(await env.kv.get('ticks'))
      return 'started'`,
    manifest: KV,
    answers: [200],
    says: /^stopped$/,
    async drive(arena, id, send) {
      await send()
      await arena.install({
        id,
        version: '2.0.0',
        backend: backendOfAttack({ attack: `return String(await env.kv.get('ticks'))` }),
        manifest: KV,
      })
      const ticks = () => arena.ask(`/plugins/${id}/api/ticks`)
      const last = await eventually(ticks, async ({ text }) => {
        await pause(200)
        return (await ticks()).text === text
      })
      return { ...last, text: Number(last.text) >= 0 ? 'stopped' : last.text }
    },
  },
  {
    id: '65',
    title: 'globals, patched prototypes and symbols, sought by another plugin and after a new start',
    before: CROSS(),
    attack: `if (url.pathname === '/spread') spread()
      return found(env) || 'nothing'`,
    manifest: KV,
    answers: [200],
    says: /^nothing$/,
    async drive(arena, id) {
      const other = 'attack-other'
      const source = {
        backend: backendOfAttack({ before: CROSS(), attack: `return found(env) || 'nothing'` }),
      }
      await arena.install({ id: other, ...source, manifest: KV })
      await arena.ask(`/plugins/${id}/api/spread`)
      const seen = await arena.ask(`/plugins/${other}/api/look`)
      await arena.uninstall(other)
      await (await arena.api(`/plugins/${id}/reload`, { method: 'POST' })).text()
      const again = await arena.ask(`/plugins/${id}/api/look`)
      return again.text === 'nothing' ? seen : again
    },
  },
  {
    id: '67',
    title: "the caller's session and token, the environment of the host",
    attack: `const texts = [JSON.stringify([...request.headers]), JSON.stringify(env), Object.keys(env).join(), JSON.stringify(ctx.user)]
      return texts.join(' ') + String(globalThis.process?.env)`,
    answers: [200],
    async drive(arena, id) {
      const authorization = `Bearer ${arena.secrets[2]}`
      return await arena.ask(`/plugins/${id}/api/attack`, { headers: { authorization } })
    },
  },
  {
    id: '68',
    title: 'capabilities that are not granted',
    attack: `const told = []
      for (const name of ['kv', 'db', 'usb', 'secrets', 'sockets', 'host', 'fs', 'volumes']) if (env[name] !== undefined && Object.keys(env[name]).length > 0) told.push(name)
      for (const where of ['http://127.0.0.1:PORT/', 'http://localhost:PORT/', 'http://[::1]:PORT/']) await fetch(where).then(() => told.push('fetch'), () => {})
      return told.join() || 'nothing'`,
    answers: [200],
    says: /^nothing$/,
  },
  {
    id: '59',
    title: 'answers that are not what they seem',
    before: LOOKALIKES(),
    attack: 'return lookalikes[Number(url.searchParams.get("n"))]()',
    answers: [200, 500],
    async drive(arena, id) {
      const answers: GuiltyAnswer[] = []
      for (let n = 0; n < 14; n++) {
        const response = await arena.fetch(`/plugins/${id}/api/attack?n=${n}`)
        const names = [...response.headers.keys()]
        const answer = await answerOf(Promise.resolve(response))
        const isForged = names.includes('x-plugin-forged')
        answers.push(isForged ? { ...answer, status: 599, text: `${n}: ${names.join()}` } : answer)
      }
      return worst(answers, [200, 500])
    },
  },
  {
    id: '60',
    title: 'prototypes, polluted from every side',
    attack: `if (request.method === 'POST') { const value = await request.json(); Object.assign({}, value); await env.kv.put('__proto__', JSON.stringify(value), { metadata: value }) ; await env.kv.get('__proto__', 'json') }
      return ({}).isAdmin === undefined && !('isAdmin' in env.settings) ? 'clean' : 'polluted'`,
    manifest: KV,
    answers: [200],
    says: /^clean$/,
    async drive(arena, id) {
      const bodies = [
        '{"__proto__":{"isAdmin":true}}',
        '{"constructor":{"prototype":{"isAdmin":true}}}',
        '[{"__proto__":{"isAdmin":true}}]',
      ]
      for (const body of bodies) {
        const headers = { 'content-type': 'application/json', __proto__: 'x', constructor: 'x' }
        await arena.ask(`/plugins/${id}/api/attack?__proto__[isAdmin]=true&constructor=x`, {
          method: 'POST',
          headers,
          body,
        })
        for (const path of ['settings', 'grants', 'access'])
          await (await arena.api(`/plugins/${id}/${path}`, { method: 'PUT', headers, body })).text()
        await (await arena.api(`/plugins/${id}/settings`, { method: 'PATCH', headers, body })).text()
      }
      const plugins = await (await arena.api('/plugins')).text()
      const answer = await arena.ask(`/plugins/${id}/api/attack`)
      return plugins.includes('isAdmin') ? { ...answer, text: plugins } : answer
    },
  },
  {
    id: '64',
    title: 'inspector and environment of the processes',
    attack: 'return 1',
    answers: [200],
    async drive(arena, _id, send) {
      // The runtime builds its own guest with esbuild in a checkout: that one sees no input of a plugin.
      const open = arena.host
        .childFacts()
        .filter(({ command, isOwnTool }) => !isOwnTool && /inspect/.test(command))
      const leaky = arena.host
        .childFacts()
        .filter(({ environment, isOwnTool }) => !isOwnTool && /PLUGBAY|canary/.test(environment))
      const answer = await send()
      const told = [...open, ...leaky].map(({ command }) => command.slice(0, 200))
      return told.length === 0 ? answer : { ...answer, status: 599, text: told.join() }
    },
  },
  {
    id: '69',
    auditRows: 60,
    title: 'packages whose backend is not what it seems',
    attack: 'return 1',
    answers: [200],
    async drive(arena, id, send) {
      for (const [name, files, manifest = {}] of ODD_PACKAGES) {
        const response = await arena.upload({ id: `${id}-odd`, files, manifest })
        const text = await response.text()
        const isRefused = response.status >= 400 && response.status < 500 && /"problems"/.test(text)
        if (!isRefused && !response.ok)
          return { status: 599, contentType: '', text: `${name}: ${response.status} ${text}`, ms: 0 }
        if (/root:|\/etc\/passwd:/.test(text))
          return { status: 599, contentType: '', text: `${name}: ${text}`, ms: 0 }
        if (response.ok) await arena.uninstall(`${id}-odd`)
      }
      return await send()
    },
  },
]

const ODD_PACKAGES: readonly (readonly [
  name: string,
  files: Record<string, string | Uint8Array>,
  manifest?: Record<string, unknown>,
])[] = [
  ['no export', { 'backend/index.js': 'const a = 1' }],
  ['syntax error', { 'backend/index.js': 'export default {' }],
  ['NUL', { 'backend/index.js': 'export default { fetch() {} }\0' }],
  ['UTF-16', { 'backend/index.js': new Uint8Array(Buffer.from('\ufeffexport default {}', 'utf16le')) }],
  ['BOM, CRLF and #!', { 'backend/index.js': '\ufeff#!/usr/bin/node\r\nexport default { fetch() {} }\r\n' }],
  [
    'another entry',
    { 'backend/index.js': 'export default {}' },
    { backend: { entry: '../other/backend/index.js' } },
  ],
  ['a folder as entry', { 'backend/index.js': 'export default {}' }, { backend: { entry: 'backend' } }],
  [
    'WebAssembly as entry',
    { 'backend/index.wasm': new Uint8Array([0, 97, 115, 109]) },
    { backend: { entry: 'backend/index.wasm' } },
  ],
  [
    'import of node:fs',
    {
      'backend/index.js':
        'import fs from "node:fs"; export default { fetch() { return new Response(fs.readFileSync("/etc/passwd")) } }',
    },
  ],
  [
    'import of a file of the host',
    { 'backend/index.js': 'import text from "/etc/passwd"; export default { fetch() {} }' },
  ],
  [
    'import from above',
    { 'backend/index.js': 'import a from "../../../../server.js"; export default { fetch() {} }' },
  ],
  [
    'import, encoded',
    { 'backend/index.js': 'import a from "./%2e%2e/%2e%2e/server.js"; export default { fetch() {} }' },
  ],
  [
    'import cycle',
    {
      'backend/index.js': 'import "./b.js"; export default { fetch() { return new Response() } }',
      'backend/b.js': 'import "./index.js"; export const b = 1',
    },
  ],
  ['top-level loop', { 'backend/index.js': 'for(;;); export default { fetch() {} }' }],
  [
    'top-level await without end',
    { 'backend/index.js': 'await new Promise(() => {}); export default { fetch() {} }' },
  ],
  [
    'top-level throw',
    { 'backend/index.js': 'throw new Error("at the start"); export default { fetch() {} }' },
  ],
]

function CROSS(): string {
  return `function spread() {
    globalThis.left = 1; Object.prototype.left = 2; Array.prototype.left = 3; Response.left = 4; console.left = 5
    Symbol.for('left').constructor.left = 6; JSON.left = 7; crypto.left = 8
    setInterval(() => { globalThis.left = 9 }, 10)
  }
  function found() {
    return [globalThis.left, ({}).left, [].left, Response.left, console.left, Symbol.left, JSON.left, crypto.left].filter((value) => value !== undefined).join()
  }`
}

function LOOKALIKES(): string {
  return `const raw = (status) => Object.defineProperty(new Response('x'), 'status', { value: status })
  const lookalikes = [
    () => ({ status: 200, headers: { 'x-plugin-forged': '1' }, body: 'x' }),
    () => ({ get status() { throw new Error('status') } }),
    () => raw(99), () => raw(1e9), () => raw(NaN), () => raw('200\\r\\nx-plugin-forged: 1'),
    () => new (class extends Response { get headers() { return new Headers([['x-plugin-other', '1']]) } get status() { return 5 } })('x'),
    () => { const r = new Response('x'); r.headers.set('__proto__', '1'); return r },
    () => new Response('x', { headers: { 'a\\r\\nx-plugin-forged': '1' } }),
    () => new Response('x', { headers: { a: 'b\\r\\nx-plugin-forged: 1' } }),
    () => new Response('x', { headers: { a: '\\u0100' } }),
    () => new Response('x', { statusText: 'a\\r\\nx-plugin-forged: 1' }),
    () => { Object.defineProperty(Response.prototype, 'body', { get() { return 'forged' } }); return new Response('x') },
    () => Object.create(Response.prototype),
  ]`
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** The first answer that is none of these; the last one when all are. */
function worst(answers: readonly GuiltyAnswer[], allowed: readonly number[]): GuiltyAnswer {
  const found = answers.find(({ status }) => !allowed.includes(status)) ?? answers.at(-1)
  if (found === undefined) throw new Error('There are no answers')
  return found
}

/** Asks until the answer is as wanted, for half a minute; the last answer. */
async function eventually(
  ask: () => Promise<GuiltyAnswer>,
  isWanted: (answer: GuiltyAnswer) => boolean | Promise<boolean>,
): Promise<GuiltyAnswer> {
  const end = performance.now() + 30_000
  for (;;) {
    const answer = await ask()
    if ((await isWanted(answer)) || performance.now() > end) return answer
    await pause(50)
  }
}
