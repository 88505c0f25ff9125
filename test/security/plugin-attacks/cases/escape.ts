// Attempts to leave the isolate, to find objects of the host, and to reach what belongs to others.

import type { AttackCase } from '../attack-case.ts'
import { ARGUMENTS, CRAWLER, HOST_APIS } from './crawler.ts'
import { ANY } from './outcomes.ts'

/** A walk over thousands of objects takes its time. */
const DATA = {
  permissions: { kv: true, database: true },
  limits: { deadlineMs: 30_000, cpuMs: 5000, memoryMb: 64 },
}

export const ESCAPE_CASES: readonly AttackCase[] = [
  {
    id: '51',
    title: 'crawl over all that can be reached',
    before: CRAWLER,
    attack: `const errors = [await caught(() => env.kv.get(1n)), await caught(() => env.db.prepare('nonsense').run())]
      const answer = await env.kv.getWithMetadata('x')
      return crawl([['globalThis', globalThis], ['request', request], ['env', env], ['ctx', ctx], ['errors', errors], ['answer', answer]])`,
    manifest: DATA,
    answers: [200],
    says: /^nothing in many$/,
  },
  {
    id: '52',
    title: 'crawl with options of the host in Object.prototype',
    before: CRAWLER,
    attack: `for (const name of ['reference', 'externalCopy', 'copy', 'promise', 'ignored', 'timeout']) Object.prototype[name] = true
      Object.prototype.result = { reference: true }; Object.prototype.arguments = { reference: true }
      const answers = [await caught(() => env.kv.get('x')), await caught(() => env.kv.put('x', 'y')), await caught(() => env.db.prepare('SELECT 1').all()),
        crypto.randomUUID(), new URL('http://a/b'), new TextDecoder('latin1').decode(new Uint8Array(3))]
      for (const name of ['reference', 'externalCopy', 'copy', 'promise', 'ignored', 'timeout', 'result', 'arguments']) delete Object.prototype[name]
      return crawl([['answers', answers], ['globalThis', globalThis], ['env', env]])`,
    manifest: DATA,
    answers: [200],
    says: /^nothing in many$/,
  },
  {
    id: '52b',
    title: 'every host call with options of the host in Object.prototype',
    before: CRAWLER + ARGUMENTS + HOST_APIS,
    attack: `Object.prototype.reference = Object.prototype.externalCopy = true; Object.prototype.result = { reference: true }
      const seen = []
      for (const api of hostApis(env)) for (const argument of ARGUMENTS.filter((_, n) => n % 3 === 0)) seen.push(await caught(() => api(argument)))
      delete Object.prototype.reference; delete Object.prototype.externalCopy; delete Object.prototype.result
      return crawl([['seen', seen]])`,
    manifest: DATA,
    answers: ANY,
    says: /^nothing in /,
  },
  {
    id: '53',
    title: 'Function constructors of everything that the host gives',
    attack: `const of = (value) => { try { return value.constructor.constructor('return typeof process')() } catch (error) { return error.name } }
      const values = [request, env, ctx, env.kv, env.kv.get, new Response(), new Headers(), new Request('http://a'), console.log, setTimeout, URL.parse,
        await env.kv.get(1n).catch((e) => e), (async () => {}), (function* () {}), (async function* () {}), crypto.subtle, crypto.getRandomValues]
      return [...new Set(values.map(of))].join()`,
    manifest: DATA,
    answers: [200],
    says: /^undefined(,\w*Error)?$/,
  },
  {
    id: '54',
    title: 'patched built-ins that listen while the host is called',
    before: CRAWLER,
    attack: `const heard = []
      const { call, apply, bind } = Function.prototype, { then } = Promise.prototype, { get } = Map.prototype, { stringify } = JSON, direct = Reflect.apply
      for (const [name, real] of [['call', call], ['apply', apply], ['bind', bind]])
        Function.prototype[name] = function (...args) { heard.push(this, ...args); return direct(real, this, args) }
      Promise.prototype.then = function (...args) { heard.push(this, ...args); return direct(then, this, args) }
      Map.prototype.get = function (key) { heard.push(this, key); return direct(get, this, [key]) }
      JSON.stringify = function (...args) { heard.push(...args); return direct(stringify, JSON, args) }
      Reflect.apply = function (...args) { heard.push(...args); return direct(...args) }
      Object.defineProperty(Array.prototype, '0', { configurable: true, set(value) { heard.push(value); Object.defineProperty(this, '0', { value, writable: true, configurable: true, enumerable: true }) }, get() {} })
      for (const name of ['get', 'value']) Object.defineProperty(Object.prototype, name, { configurable: true, set(value) { heard.push(value); Object.defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true }) }, get() {} })
      let done = false
      try { const asked = env.kv.get('x'); direct(then, asked, [() => { done = true }, () => { done = true }]) } catch {}
      try { console.log('heard'); new URL('http://a/b').href; structuredClone({ a: 1 }); crypto.randomUUID() } catch {}
      delete Array.prototype[0]; delete Object.prototype.get; delete Object.prototype.value
      Object.assign(Function.prototype, { call, apply, bind }); Promise.prototype.then = then; Map.prototype.get = get; JSON.stringify = stringify; Reflect.apply = direct
      return crawl([['heard', heard]])`,
    manifest: DATA,
    answers: ANY,
    says: /^nothing in /,
  },
  {
    id: '55',
    title: 'call sites of the code below the plugin',
    attack: `const found = new Set()
      Error.prepareStackTrace = (_error, sites) => {
        for (const site of sites) {
          const file = String(site.getFileName())
          if (/^(\\/|file:|node:)/.test(file)) found.add('file ' + file)
          if (!file.startsWith('plugin:///') && (site.getFunction() !== undefined || ![undefined, null].includes(site.getThis()))) found.add('function of ' + file)
        }
        return ''
      }
      void new Error().stack
      for (const call of [() => new URL('::'), () => structuredClone(() => {}), () => new Headers([['\\n', '']])]) try { call() } catch (error) { void error.stack }
      const trap = { get a() { void new Error().stack; return 1 }, toString() { void new Error().stack; return 'x' } }
      console.log(trap); await env.kv.get(trap).catch(() => {}); for (const make of [Response, Headers, URL, Blob]) try { new make(trap) } catch {}
      setTimeout(() => void new Error().stack, 0); await sleep(5)
      return found.size === 0 ? 'nothing' : [...found].join()`,
    manifest: DATA,
    answers: [200],
    says: /^nothing$/,
  },
  {
    id: '56',
    title: 'errors of the host, read closely',
    attack: `const calls = [() => env.kv.get(1n), () => env.kv.put('k'.repeat(9999), 'v'), () => env.db.prepare('SELECT * FROM nothing').all(),
        () => env.db.prepare("ATTACH '/etc/passwd' AS x").run(), () => new URL('::'), () => crypto.subtle.digest('MD5', new Uint8Array(1)), () => fetch('http://127.0.0.1/')]
      const told = []
      for (const call of calls) try { await call(); told.push('no error') } catch (error) {
        if (!(error instanceof Error)) told.push('a stranger: ' + Object.prototype.toString.call(error))
        told.push(error.stack + error.message + JSON.stringify(error))
      }
      return told.join('\\n')`,
    manifest: DATA,
    answers: [200],
    says: /^(?!.*(?:\/home|\/work|\/tmp|\/usr|file:|\.ts:|a stranger))/s,
  },
  ...[0, 1, 2, 3].map(
    (part): AttackCase => ({
      id: `57${'abcd'[part]}`,
      title: `every host call with arguments that nobody expects, part ${part + 1} of 4`,
      before: CRAWLER + ARGUMENTS + HOST_APIS,
      attack: `const apis = hostApis(env).filter((_, n) => n % 4 === ${part})
        const outcomes = await Promise.all(apis.flatMap((api) => ARGUMENTS.map((argument) => caught(() => api(argument)))))
        const strangers = outcomes.filter((one) => typeof one === 'object' && one !== null && !(one instanceof Object) && Object.getPrototypeOf(one) !== null)
        return strangers.length + ' strangers'`,
      manifest: DATA,
      answers: ANY,
      says: /^0 strangers$/,
    }),
  ),
  {
    id: '58',
    title: 'arguments that change between two looks',
    attack: `let looks = 0
      const key = { toString() { return looks++ % 2 === 0 ? 'short' : 'x'.repeat(600) } }
      const options = { get expirationTtl() { return looks++ % 2 === 0 ? 60 : -1 }, get metadata() { return looks++ % 2 === 0 ? 'm' : 'm'.repeat(5000) } }
      for (let n = 0; n < 10; n++) { await env.kv.put(key, 'v').catch(() => {}); await env.kv.put('o', 'v', options).catch(() => {}); await env.kv.get(key).catch(() => {}) }
      const { keys } = await env.kv.list()
      return keys.every(({ name, metadata }) => name.length <= 512 && JSON.stringify(metadata ?? '').length <= 1024) ? 'checked as used' : 'not'`,
    manifest: DATA,
    answers: [200],
    says: /^checked as used$/,
  },
  {
    id: '61',
    title: 'computed import() of what is not in the package',
    attack: `const names = ['node:fs', 'fs', './../../../server.js', '/etc/passwd', 'data:text/javascript,export default 1', 'https://example.org/x.js', 'plugin:///neighbour-reads/backend.js']
      const told = []
      for (const name of names) told.push(await import(name).then(() => 'GOT ' + name, (error) => error.message))
      return told.join('\\n')`,
    answers: [200],
    says: /^(?!.*(?:GOT|root:|\/work|\/home))/s,
  },
  {
    id: '62',
    title: 'what an isolate does not have',
    attack: `return ['Worker', 'require', 'process', 'module', 'Buffer', 'global', 'Deno', 'Bun', 'WebAssembly', 'SharedArrayBuffer', 'importScripts', '__plugbay_load', 'ivm']
      .filter((name) => name in globalThis).join() || 'nothing'`,
    answers: [200],
    says: /^nothing$/,
  },
  {
    id: '63',
    title: 'code caches that a package brings',
    attack: 'return "as written"',
    files: {
      'backend/index.js.cache': new Uint8Array(5000).fill(7),
      'backend/backend.js.cache': new Uint8Array(5000).fill(7),
      'backend/index.jsc': new Uint8Array(5000).fill(7),
      'frontend/backend.js': 'never run',
    },
    answers: [200],
    says: /^as written$/,
  },
]
