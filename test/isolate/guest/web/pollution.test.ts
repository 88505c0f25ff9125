// Hostile plugins: patched built-ins, crawlers and bad arguments must neither break the wall nor reach a host function.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guestBundle } from '../../../../runtime/bundles/guest-bundle.ts'
import { buildWeb, createGuest } from './harness.ts'

const code = await buildWeb()
const HEAD = {
  m: 'fetch',
  method: 'GET',
  url: 'http://a.test/x?y=1',
  headers: ['a', 'b'],
  user: null,
  requestId: '',
  language: null,
}

/** Records every function that passes through a patched built-in as receiver or argument. */
const PATCH = `
  const captured = new Set()
  const realApply = Reflect.apply
  const note = (value) => { if (typeof value === 'function' || (typeof value === 'object' && value !== null)) captured.add(value) }
  const wrap = (owner, key) => {
    const real = owner[key]
    owner[key] = function (...args) { note(this); for (let i = 0; i < args.length; i++) note(args[i]); return realApply(real, this, args) }
  }
  wrap(Function.prototype, 'call'); wrap(Function.prototype, 'apply'); wrap(Function.prototype, 'bind'); wrap(Reflect, 'apply')
  wrap(Map.prototype, 'get'); wrap(Map.prototype, 'set'); wrap(Map.prototype, 'has'); wrap(Map.prototype, 'delete'); wrap(Array.prototype, 'push')
  wrap(Promise.prototype, 'then'); wrap(JSON, 'stringify'); wrap(JSON, 'parse'); wrap(Object, 'defineProperty'); wrap(Object, 'freeze'); wrap(Array.prototype, 'map')
  wrap(String.prototype, 'slice'); wrap(RegExp.prototype, 'exec'); wrap(Uint8Array.prototype.__proto__, 'set'); wrap(Array.prototype, Symbol.iterator)
  for (const key of ['then', 'get', 'value', 'reference', 'arguments', 'result', 'copy', 'timeout', 'transferList', 'parseUrl', 'host']) {
    Object.defineProperty(Object.prototype, key, { __proto__: null, configurable: true, get() { note(this); return undefined }, set(value) { note(this); note(value) } })
  }
  globalThis.captured = captured`

/** Every value reachable from \`roots\` by own keys, prototypes, accessors and contents of collections. */
const CRAWL = `
  const seen = new Set()
  const queue = [...roots]
  while (queue.length > 0 && seen.size < 100000) {
    const value = queue.pop()
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue
    seen.add(value)
    try { queue.push(Object.getPrototypeOf(value)) } catch {}
    let keys = []
    try { keys = Reflect.ownKeys(value) } catch {}
    for (const key of keys) {
      const own = Object.getOwnPropertyDescriptor(value, key)
      queue.push(own?.value, own?.get, own?.set)
      try { const read = value[key]; queue.push(read); if (read instanceof Promise) read.catch(() => 0) } catch (error) { queue.push(error) }
    }
    try { if (value instanceof Map) queue.push(...value.keys(), ...value.values()); else if (value instanceof Set) queue.push(...value) } catch {}
  }`

const EXERCISE = `
  const url = new URL('http://xn--a.test/é?a=b'); url.pathname = '/ü'; url.searchParams.append('x', 'y')
  console.log('%s', url, { a: 1 }); crypto.randomUUID(); performance.now(); new TextDecoder('gbk').decode(new Uint8Array([200, 200])); new TextEncoder().encode('é'.repeat(2000))
  const timer = setTimeout(() => 0, 1e6); clearTimeout(timer); new AbortController().abort(); new Event('x'); structuredClone({ a: [new Map()] })
  const request = web.requestFromWire(args[0], undefined, undefined, web.createAbort()); new URL(request.url).pathname; request.headers.get('a')
  const sent = web.responseToWire(Response.json({ ok: request.method }, { status: 201, headers: { 'x-y': 'z' } }))`

test('no host function or object of the wall is reachable from the globals or from what the globals give', async () => {
  using guest = createGuest(code)
  const found = (await guest.run(
    `${EXERCISE}
    const errors = []
    for (const make of [() => new URL('bad'), () => new TextDecoder('bad'), () => atob('*'), () => setTimeout(1), () => new Response('', { status: 1 }), () => url.href = 'bad']) try { make() } catch (error) { errors.push(error) }
    const roots = [globalThis, url, request, new Response('x').body, new FormData(), new Blob(['x']), new WebSocketPair(), crypto, performance, ...errors, await fetch('x').catch((error) => error)]
    ${CRAWL}
    const hostNames = ['parseUrl', 'updateUrl', 'encodingName', 'decodeText', 'pendingBytes', 'encodeText', 'randomBytes', 'startTimer', 'stopTimer', 'requestFromWire', 'fireTimer', 'applySync', 'derefInto', 'copyInto', 'getSync']
    const bad = []
    for (const value of seen) {
      for (const name of hostNames) if (Object.hasOwn(value, name)) bad.push(name)
      try { const types = value.constructor?.constructor?.('return typeof process + typeof require')(); if (typeof types === 'string' && types !== 'undefinedundefined') bad.push('another realm') } catch {}
    }
    return { bad, seen: seen.size, stacks: errors.filter((error) => /file:|node:|\\/(?:work|home|runtime)\\//.test(error.stack)).map((error) => error.stack) }`,
    HEAD,
  )) as { bad: string[]; seen: number; stacks: string[] }
  assert.ok(found.seen > 500, `${found.seen} objects`)
  assert.deepEqual(found.bad, [])
  assert.deepEqual(found.stacks, [])
})

test('patched built-ins capture no host function, and the wall works on', async () => {
  using guest = createGuest(code)
  await guest.run(PATCH)
  const seen = (await guest.run(
    `${EXERCISE}
    const patched = new Set(captured)
    delete globalThis.captured // What was captured is not reachable by itself
    const native = []
    // Callbacks of the host are functions without source of their own that no global holds
    const roots = [globalThis]
    ${CRAWL}
    for (const value of patched) if (typeof value === 'function' && !seen.has(value) && /\\[native code\\]/.test(Function.prototype.toString.call(value)) && !/^bound /.test(value.name)) native.push(value.name)
    return { native, sent, count: patched.size }`,
    HEAD,
  )) as { native: string[]; sent: object; count: number }
  assert.ok(seen.count > 0)
  assert.deepEqual(seen.native, [])
  assert.deepEqual(seen.sent, {
    head: '{"status":201,"statusText":"","headers":["x-y","z","content-type","application/json"]}',
    body: '{"ok":"GET"}',
    stream: undefined,
  })
})

test('built-ins that throw do not keep requests and timers from working', async () => {
  using guest = createGuest(code)
  const sent = await guest.run(
    `const { prototype: array } = Array
    const broken = () => { throw new Error('patched') }
    const fire = new Promise((resolve) => setTimeout(resolve, 1))
    for (const [owner, keys] of [[String.prototype, ['slice', 'indexOf', 'charCodeAt', 'startsWith', 'toLowerCase', 'toWellFormed']], [RegExp.prototype, ['exec', 'test']], [Map.prototype, ['get', 'set', 'has', 'delete']], [Function.prototype, ['call', 'apply', 'bind']], [JSON, ['parse', 'stringify']], [Reflect, ['apply', 'ownKeys']]]) for (const key of keys) owner[key] = broken
    Object.prototype.toJSON = Array.prototype.toJSON = String.prototype.toJSON = broken
    const request = web.requestFromWire(args[0], undefined, undefined, web.createAbort())
    const url = new URL(request.url)
    const sent = web.responseToWire(new Response(url.pathname + url.host + request.headers.get('a'), { status: 404 }))
    await fire
    web.reportException({ get message() { throw 1 }, get stack() { throw 2 } })
    return sent`,
    HEAD,
  )
  assert.deepEqual(sent, {
    head: '{"status":404,"statusText":"","headers":["content-type","text/plain;charset=UTF-8"]}',
    body: '/xa.testb',
    stream: undefined,
  })
})

test('stack frames of the guest give away no function and no receiver', async () => {
  assert.match(guestBundle(), /^\(function \(\) \{ "use strict"/)
  using guest = createGuest(code)
  const frames = (await guest.run(`
    'use strict'
    const frames = []
    const look = () => {
      const real = Error.prepareStackTrace
      Error.prepareStackTrace = (_, sites) => sites.map((site) => [typeof site.getFunction(), typeof site.getThis(), site.getFunctionName()])
      frames.push(...new Error().stack)
      Error.prepareStackTrace = real
      return 'x'
    }
    await 0 // From here on, the stack holds no frame of the script that runs this test
    const text = { toString: look, valueOf: look, [Symbol.toPrimitive]: look }
    new Headers({ a: text }); new URLSearchParams({ a: text }); new URL(text, 'http://a.test'); new Request('http://a.test', { get method() { return look() } })
    new Response(text, { statusText: text }); structuredClone({ get a() { return look() } }); new Blob([text]); console.log('%s', { get [Symbol.toStringTag]() { return look() } })
    const target = new EventTarget(); target.addEventListener('x', look); target.dispatchEvent(new Event('x')); new AbortController().signal.onabort = look
    await new Promise((resolve) => setTimeout(() => { look(); resolve() }))
    return frames`)) as [string, string, string | null][]
  assert.ok(frames.length > 20)
  assert.deepEqual(
    frames.filter(([fn, receiver]) => fn !== 'undefined' || receiver !== 'undefined'),
    [],
  )
})

test('every function takes any argument and answers with a value or an error of this realm', async () => {
  using guest = createGuest(code, 256)
  const seen = (await guest.run(`
    const revoked = Proxy.revocable({}, {}); revoked.revoke()
    const cyclic = {}; cyclic.self = cyclic
    const detached = new ArrayBuffer(8); detached.transfer()
    const values = [undefined, null, NaN, 2 ** 53, -1, 1n, Symbol('s'), () => 1, {}, [], '\\ud800', 'x'.repeat(2 ** 12), cyclic, new Proxy({}, {}), new Date(0), /x/, new Map(), detached, revoked.proxy, { get url() { throw 5 }, get headers() { throw 5 } }, Object.create(null)]
    const long = 'x'.repeat(2 ** 20)
    const names = ['URL', 'URLSearchParams', 'Headers', 'Request', 'Response', 'Blob', 'File', 'FormData', 'TextEncoder', 'TextDecoder', 'Event', 'CustomEvent', 'DOMException', 'ReadableStream', 'TextDecoderStream']
    const bad = []
    let calls = 0
    const attempt = (label, act) => {
      calls++
      try { const result = act(); if (result instanceof Promise) result.catch(() => 0) } catch (error) {
        if (!(error instanceof Error) && error !== 5) bad.push(label + ': ' + String(error)); else if (/node:|file:/.test(error.stack)) bad.push(label + ': ' + error.stack) }
    }
    const objects = [new URL('http://a.test'), new URLSearchParams('a=b'), new Headers(), new Response('x'), new FormData(), new Blob(['x']), new TextDecoder(), new AbortController(), crypto, performance, new EventTarget(), new Event('x')]
    for (const a of values) for (const b of values) {
      for (const name of names) attempt(name, () => new globalThis[name](a, b))
      for (const name of ['atob', 'btoa', 'structuredClone', 'queueMicrotask', 'clearTimeout', 'fetch', 'addEventListener']) attempt(name, () => globalThis[name](a, b))
      attempt('setTimeout', () => clearTimeout(setTimeout(a, b))); attempt('Response.json', () => Response.json(a, b)); attempt('Response.redirect', () => Response.redirect(a, b)); attempt('URL.parse', () => URL.parse(a, b))
      attempt('AbortSignal.any', () => AbortSignal.any(a)); attempt('console', () => console.log('%o %d', a, b))
    }
    for (const name of names) attempt(name, () => new globalThis[name](long, long))
    for (const object of objects) for (let proto = Object.getPrototypeOf(object); proto !== Object.prototype && proto; proto = Object.getPrototypeOf(proto)) for (const key of Object.getOwnPropertyNames(proto)) {
      const own = Object.getOwnPropertyDescriptor(proto, key)
      for (const a of own.set ? values : [...values, long]) { if (own.set) attempt(key, () => { object[key] = a }); else if (typeof own.value === 'function' && key !== 'constructor') attempt(key, () => object[key](a, a)) ; attempt(key, () => own.get?.call(a)) }
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
    return { bad: bad.slice(0, 10), calls }`)) as { bad: string[]; calls: number }
  assert.ok(seen.calls > 10_000)
  assert.deepEqual(seen.bad, [])
})
