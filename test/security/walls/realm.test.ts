// What plugin code can lay hands on inside a real isolate: everything that can be walked to, and everything that our guest code
// passes through built-ins that the plugin has replaced by spies. None of it may be of isolated-vm or of another realm.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { backendOf, install, logLines, startTestRuntime, WAYS } from '../../support/runtime.ts'
import { record } from '../helpers/record.ts'

/** Kept before anything is replaced; a walk with nothing but these cannot be led astray by the spies. */
const WALK = `
const { getPrototypeOf, getOwnPropertyDescriptor, defineProperty } = Object
const { ownKeys, apply } = Reflect
const has = Set.prototype.has, add = Set.prototype.add, push = Array.prototype.push, pop = Array.prototype.pop
const sourceOf = Function.prototype.toString, test = RegExp.prototype.test
const SafePromise = Promise, then = Promise.prototype.then
const SafeSet = Set, ObjectPrototype = Object.prototype, FunctionPrototype = Function.prototype
const OF_IVM = ['applySync', 'applySyncPromise', 'applyIgnored', 'derefInto', 'copyInto', 'createContextSync', 'compileScriptSync', 'setSync']
const isIn = (set, value) => apply(has, set, [value])
const isNative = (value) => typeof value === 'function' && apply(test, /\\[native code\\]/, [apply(sourceOf, value, [])])

/** Calls look(path, value) for everything that can be reached by properties, accessors and prototypes. */
function walk(roots, look) {
  const seen = new SafeSet(), queue = []
  for (const root of roots) apply(push, queue, [root])
  let count = 0
  while (queue.length > 0 && count < 60000) {
    const [path, value] = apply(pop, queue, [])
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || isIn(seen, value)) continue
    apply(add, seen, [value])
    count++
    // Some accessors give promises that reject; nobody else awaits them.
    if (value instanceof SafePromise) try { apply(then, value, [undefined, () => {}]) } catch {}
    look(path, value)
    let keys
    try { keys = ownKeys(value); apply(push, queue, [[path + '.__proto__', getPrototypeOf(value)]]) } catch { continue }
    for (let index = 0; index < keys.length && index < 400; index++) {
      const key = keys[index], place = path + '.' + (typeof key === 'symbol' ? 'Symbol' : key)
      const descriptor = getOwnPropertyDescriptor(value, key)
      if (descriptor === undefined) continue
      if ('value' in descriptor) apply(push, queue, [[place, descriptor.value]])
      if (descriptor.get) {
        apply(push, queue, [[place + '<get>', descriptor.get]])
        try { apply(push, queue, [[place, apply(descriptor.get, value, [])]]) } catch (error) { apply(push, queue, [[place + '!', error]]) }
      }
      if (descriptor.set) apply(push, queue, [[place + '<set>', descriptor.set]])
    }
  }
  return count
}

const known = new SafeSet()
walk([['globalThis', globalThis], ['generator', function* () {}], ['async', async () => {}], ['agen', async function* () {}], ['iterators', [[].values(), new Map().entries(), new Set().values(), ''[Symbol.iterator](), 'x'.matchAll(/x/g), Iterator.from({ next() {} })]]],
  (_path, value) => { if (isNative(value)) apply(add, known, [value]) })

function judge(roots) {
  const found = []
  const count = walk(roots, (path, value) => {
    const tell = (what) => { if (found.length < 40) apply(push, found, [path + ': ' + what]) }
    let root = value, isFunction = false
    try {
      for (let up = getPrototypeOf(root); up !== null; up = getPrototypeOf(up)) { root = up; if (up === FunctionPrototype) isFunction = true }
    } catch { return }
    if (root !== value && root !== ObjectPrototype && !isIn(ours, root)) tell('a prototype of another realm')
    if (typeof value === 'function' && !isFunction && value !== FunctionPrototype && !isIn(ours, value)) tell('a function of another realm')
    const keys = ownKeys(value)
    for (const name of OF_IVM) for (let index = 0; index < keys.length; index++) if (keys[index] === name) tell('an object of isolated-vm (' + name + ')')
    if (isNative(value) && !isIn(known, value) && value.name !== '' && !apply(test, /^(bound |get |set |)/, [value.name])) tell('a native function "' + value.name + '"')
    if (isNative(value) && !isIn(known, value) && isHostFunction(value)) tell('a function of the host')
  })
  return { count, found }
}
/** Functions that are made as the engine goes (of promises, proxies, bound ones) call nothing of the host. */
const isHostFunction = (value) => value.name === '' && value.length === 0 && !('prototype' in value)
const ours = new SafeSet()
const seenBySpies = []
const keep = (path, values) => {
  if (seenBySpies.length > 20000) return
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    if ((typeof value === 'object' && value !== null) || typeof value === 'function')
      defineProperty(seenBySpies, seenBySpies.length, { value: [path, value], writable: true, enumerable: true, configurable: true })
  }
}
`

/** Replaces nearly every method of nearly every built-in, and lays traps for what is looked up on objects. */
const SPIES = `
let isSpying = true
function spyOn(path, holder) {
  const keys = ownKeys(holder)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]
    const descriptor = getOwnPropertyDescriptor(holder, key)
    if (key === 'constructor' || !descriptor?.configurable) continue
    const wrap = (original) => {
      const spy = function (...given) {
        if (isSpying) { isSpying = false; try { keep(path + '.' + (typeof key === 'symbol' ? 'Symbol' : key), [this, ...given]) } finally { isSpying = true } }
        return new.target ? Reflect.construct(original, given, new.target) : apply(original, this, given)
      }
      apply(add, ours, [spy])
      return spy
    }
    try {
      if (typeof descriptor.value === 'function') defineProperty(holder, key, { ...descriptor, value: wrap(descriptor.value) })
      else if (descriptor.get) defineProperty(holder, key, { ...descriptor, get: wrap(descriptor.get) })
    } catch {}
  }
}
const TARGETS = { Array, Function, Promise, Map, Set, WeakMap, WeakSet, String, RegExp, Error, Number, ArrayBuffer, DataView, Date, Symbol }
for (const name in TARGETS) { spyOn(name + '.prototype', TARGETS[name].prototype); spyOn(name, TARGETS[name]) }
for (const [name, holder] of [['JSON', JSON], ['Math', Math], ['Reflect', Reflect], ['Uint8Array.prototype', Uint8Array.prototype], ['TypedArray', getPrototypeOf(Uint8Array)],
  ['TypedArray.prototype', getPrototypeOf(Uint8Array.prototype)], ['ArrayIterator', getPrototypeOf([].values())]]) spyOn(name, holder)
for (const name of ['keys', 'entries', 'fromEntries', 'create', 'defineProperty', 'getOwnPropertyDescriptor', 'getPrototypeOf', 'freeze', 'assign', 'hasOwn']) {
  const original = Object[name]
  Object[name] = function (...given) { if (isSpying) { isSpying = false; try { keep('Object.' + name, given) } finally { isSpying = true } } return apply(original, Object, given) }
}
Error.prepareStackTrace = (error, sites) => { keep('prepareStackTrace', [error, ...sites]); for (const site of sites) { try { keep('callsite', [site.getThis(), site.getFunction()]) } catch {} } return String(error) }
for (const name of ['reference', 'externalCopy', 'copy', 'promise', 'ignored', 'timeout', 'result', 'arguments', 'then', 'body', 'head', 'host', 'channel', 'send', 'resolve', 'post'])
  Object.defineProperty(Object.prototype, name, { configurable: true, get() { if (isSpying) { isSpying = false; try { keep('get ' + name, [this]) } finally { isSpying = true } } return undefined }, set(value) { keep('set ' + name, [this, value]); defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true }) } })
`

/** Uses what env and the web offer, so that our code runs over the spies. */
const USE = `
const caught = async (call) => { try { return await call() } catch (error) { return error } }
const results = []
const use = async (call) => { results[results.length] = await caught(call) }
await use(() => env.kv.put('k', 'v', { metadata: { a: 1 } })); await use(() => env.kv.get('k')); await use(() => env.kv.list()); await use(() => env.kv.get(1n))
await use(() => env.kv.getWithMetadata('k')); await use(() => env.kv.put('k', new ReadableStream()))
await use(() => env.db.prepare('SELECT 1 AS a, x').all()); await use(() => env.db.prepare('SELECT 1 AS a').all()); await use(() => env.db.batch([env.db.prepare('SELECT 2')]))
await use(() => new URL('http://a/b?c=d')); await use(() => new URLSearchParams('a=b')); await use(() => request.text()); await use(() => new Request('http://a/', { method: 'POST', body: 'x' }).arrayBuffer())
await use(() => crypto.subtle.digest('SHA-256', new Uint8Array(3))); await use(() => crypto.getRandomValues(new Uint8Array(3))); await use(() => crypto.randomUUID())
await use(() => new TextEncoder().encode('x')); await use(() => new TextDecoder().decode(new Uint8Array([65]))); await use(() => structuredClone({ a: new Map([[1, 2]]) }))
await use(() => new Promise((resolve) => setTimeout(resolve, 1))); await use(() => fetch('http://127.0.0.1/')); await use(() => new Response(new Blob(['x']).stream()).text())
await use(() => new Response('x').body.pipeThrough(new CompressionStream('gzip'))); await use(() => new Headers([['a', 'b']])); await use(() => AbortSignal.timeout(1)); await use(() => console.log({ a: 1 }, new Error('e')))
await use(() => new EventTarget().dispatchEvent(new Event('x'))); await use(() => new WebSocketPair()); await use(() => ctx.waitUntil(Promise.resolve()))
`

const DATA = {
  permissions: { kv: true, database: true },
  access: 'public',
  limits: { cpuMs: 10_000, deadlineMs: 60_000 },
}

interface Verdict {
  readonly count: number
  readonly found: readonly string[]
  /** Objects that the spies were given. */
  readonly spied?: number
}

async function told(
  t: TestContext,
  parts: { readonly before: string; readonly body: string },
): Promise<Verdict> {
  const runtime = await startTestRuntime(t, {
    config: { limits: { cpuMs: 10_000, deadlineMs: 60_000, memoryMb: 256 } } as never,
  })
  const [way] = WAYS
  assert.ok(way)
  const client = await way.open(t, runtime)
  await install(runtime, { id: 'crawler', backend: backendOf(parts.body, parts.before), manifest: DATA })
  const response = await client.fetch('/plugins/crawler/api/x', { method: 'POST', body: 'body' })
  const text = await response.text()
  const problem = await runtime.plugins.get('crawler')
  assert.equal(
    response.status,
    200,
    `${text} ${JSON.stringify([problem, await logLines(runtime, 'crawler')])}`,
  )
  return JSON.parse(text)
}

const ROOTS = `[['globalThis', globalThis], ['request', request], ['env', env], ['ctx', ctx], ['results', results]]`

test('whatever a plugin can walk to is of its own realm', async (t) => {
  const { count, found } = await told(t, {
    before: WALK,
    body: `${USE}\nconst verdict = judge(${ROOTS}); return new Response(JSON.stringify(verdict))`,
  })
  assert.deepEqual(found, [])
  assert.ok(count > 1500, `only ${count} objects were found`)
  record({
    id: 'W-realm',
    area: 'walls',
    title: 'walk over every object in reach',
    culprit: `${count} objects, all of its own realm`,
  })
})

test('whatever our code passes through built-ins that a plugin has replaced is of its own realm', async (t) => {
  const {
    count,
    found,
    spied = 0,
  } = await told(t, {
    before: `${WALK}\n${SPIES}`,
    body: `${USE}
      isSpying = false
      const verdict = judge([...${ROOTS}, ['spies', seenBySpies]])
      const text = '{"count":' + verdict.count + ',"spied":' + seenBySpies.length + ',"found":' + '[' + verdict.found.map((one) => JSON.stringify(one)).join() + ']}'
      return new Response(text)`,
  })
  assert.deepEqual(found, [])
  assert.ok(count > 1500 && spied > 500, `only ${count} objects were found, ${spied} of them by spies`)
  record({
    id: 'W-spies',
    area: 'walls',
    title: 'spies in every built-in',
    culprit: `${count} objects, all of its own realm`,
  })
})

test('the walk finds an object of isolated-vm, one of another realm and a function of the host', async () => {
  const { default: ivm } = await import('isolated-vm')
  const isolate = new ivm.Isolate({ memoryLimit: 64 })
  try {
    const context = isolate.createContextSync()
    const other = isolate.createContextSync()
    context.global.setSync('reference', new ivm.Reference({}))
    context.global.setSync('foreign', other.evalSync('({ a: [] })', { reference: true }).derefInto())
    context.global.setSync('callback', new ivm.Callback(() => 1))
    const text = context.evalSync(
      `const { reference, foreign, callback } = globalThis
       for (const name of ['reference', 'foreign', 'callback']) delete globalThis[name]
       ${WALK}
       JSON.stringify(['reference', 'foreign', 'callback'].map((name, n) => judge([[name, [reference, foreign, callback][n]]]).found))`,
    )
    const [reference, foreign, callback] = JSON.parse(text) as string[][]
    assert.match(String(reference), /an object of isolated-vm/)
    assert.match(String(foreign), /a prototype of another realm/)
    assert.match(String(callback), /a function of the host/)
  } finally {
    isolate.dispose()
  }
})
