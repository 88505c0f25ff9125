// Code that attacks put into their module: it walks over everything that can be reached, and names what should not be there.

/** `crawl([[name, value], …])` returns the paths of objects of isolated-vm and of functions of another realm. */
export const CRAWLER = `
const { getPrototypeOf, getOwnPropertyDescriptor } = Object
const { ownKeys } = Reflect
const FOREIGN = ['applySync', 'applySyncPromise', 'derefInto', 'copyInto', 'getSync', 'applyIgnored', 'createContextSync']
function crawl(roots) {
  const seen = new Set(), makers = new Set(), found = []
  const queue = [...roots]
  while (queue.length > 0 && seen.size < 20000) {
    const [path, value] = queue.pop()
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue
    seen.add(value)
    let keys = []
    try { keys = ownKeys(value); queue.push([path + '.__proto__', getPrototypeOf(value)]) } catch {}
    for (const name of FOREIGN) if (keys.includes(name)) found.push(path + '.' + name)
    for (const key of keys.slice(0, 500)) {
      const place = path + '.' + String(key)
      const descriptor = getOwnPropertyDescriptor(value, key)
      if (descriptor === undefined) continue
      for (const part of ['value', 'get', 'set']) if (part in descriptor) queue.push([place, descriptor[part]])
      if (descriptor.get !== undefined) try { queue.push([place, value[key]]) } catch (error) { queue.push([place + '!', error]) }
    }
    if (value instanceof Map) for (const [key, item] of value) queue.push([path + '<key>', key], [path + '<item>', item])
    if (value instanceof Set) for (const item of value) queue.push([path + '<item>', item])
    let maker
    try { maker = value.constructor.constructor } catch {}
    if (typeof maker !== 'function' || makers.has(maker)) continue
    makers.add(maker)
    let told = 'undefined'
    const code = 'tell([typeof process, typeof require, typeof Buffer, typeof Deno, typeof module].find((type) => type !== "undefined") ?? "undefined")'
    // What a generator function returns has not begun.
    try { maker('tell', code)((type) => { told = type })?.next?.() } catch {}
    if (told !== 'undefined') found.push(path + '.constructor.constructor')
  }
  return found.length === 0 ? 'nothing in ' + (seen.size > 500 ? 'many' : seen.size) : found.join(' ')
}
async function caught(call) { try { return await call() } catch (error) { return error } }
`

/** Unexpected arguments, by name. */
export const ARGUMENTS = `
const revoked = Proxy.revocable({}, {}); revoked.revoke()
const detached = new Uint8Array(8); detached.buffer.transfer()
const cyclic = {}; cyclic.self = cyclic
const ARGUMENTS = [undefined, null, NaN, 2**53, -1, 1n, Symbol('s'), () => {}, {}, [], '\\ud800', 'x'.repeat(2**20), cyclic,
  new Proxy({}, { get() { throw new Error('trap') } }), new Date(NaN), /x/g, new Map([[1, 2]]), detached, revoked.proxy,
  { get a() { throw new Error('getter') }, toString() { throw new Error('text') }, toJSON() { throw new Error('json') } }]
`

/** Every function of env that asks the host. */
export const HOST_APIS = `
function hostApis(env) {
  return [
    (a) => env.kv.get(a), (a) => env.kv.get('k', a), (a) => env.kv.put(a, 'v'), (a) => env.kv.put('k', a), (a) => env.kv.put('k', 'v', a),
    (a) => env.kv.delete(a), (a) => env.kv.list(a), (a) => env.kv.getWithMetadata(a), (a) => env.kv.increment?.(a),
    (a) => env.db.prepare(a), (a) => env.db.prepare(a).run(), (a) => env.db.prepare('SELECT ?').bind(a).all(),
    (a) => env.db.batch(a), (a) => env.db.batch([a]), (a) => env.has(a), (a) => env.log?.info?.(a),
  ]
}
`
