// Events, abort signals, timers, streams, randomness and the clock in an isolate.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { buildWeb, createGuest } from './harness.ts'

const code = await buildWeb()
const guest = createGuest(code)
after(() => guest[Symbol.dispose]())

test('the globals are there, with the shape that Web IDL gives them, and nothing else is', async () => {
  const seen = (await guest.run(`
    const shape = (name) => { const { enumerable, writable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name); return [enumerable, writable, configurable] }
    const classes = ['URL', 'Headers', 'Request', 'Response', 'Blob', 'File', 'FormData', 'TextDecoder', 'AbortSignal', 'Event', 'EventTarget', 'DOMException', 'URLSearchParams']
    const out = [classes.every((name) => globalThis[name].name === name && String(shape(name)) === 'false,true,true' && globalThis[name].prototype[Symbol.toStringTag] === name)]
    out.push(['fetch', 'setTimeout', 'structuredClone', 'atob', 'addEventListener'].every((name) => globalThis[name].name === name))
    out.push(typeof ReadableStream, shape('ReadableStream').join(), self === globalThis, navigator.userAgent)
    out.push(['WebAssembly', 'SharedArrayBuffer', 'process', 'require', 'Buffer', 'host', 'web', 'guest', 'boot'].filter((name) => name in globalThis))
    out.push(Object.getPrototypeOf(DOMException.prototype) === Error.prototype, new DOMException('m', 'AbortError').stack.split('\\n')[0], DOMException.ABORT_ERR)
    for (const make of [() => new AbortSignal(), () => new Crypto(), () => new Performance(), () => URL('http://a.test'), () => Headers.prototype.get.call({}, 'a')]) {
      try { make(); out.push('made') } catch (error) { out.push(error.name) } }
    return out`)) as unknown[]
  assert.deepEqual(seen, [
    ...[true, true, 'function', 'false,true,true', true, 'Plugbay/1', [], true, 'AbortError: m', 20],
    ...Array.from({ length: 5 }, () => 'TypeError'),
  ])
})

test('events reach listeners in order, once, and exceptions are reported and stop nothing', async () => {
  const before = guest.logs.length
  const seen = await guest.run(`
    const out = []
    const target = new EventTarget()
    const twice = () => out.push('twice')
    target.addEventListener('x', twice); target.addEventListener('x', twice)
    target.addEventListener('x', { handleEvent(event) { out.push(this !== undefined && event.target === target) } }, { once: true })
    target.addEventListener('x', () => { throw new Error('listener broke') })
    target.addEventListener('x', (event) => event.preventDefault(), { passive: true })
    target.addEventListener('x', () => out.push('first'), { capture: true })
    const control = new AbortController()
    target.addEventListener('x', () => out.push('gone'), { signal: control.signal })
    control.abort()
    out.push(target.dispatchEvent(new Event('x', { cancelable: true })), target.dispatchEvent(new CustomEvent('x', { detail: 1 })))
    const event = new Event('y', { cancelable: true })
    target.addEventListener('y', (e) => { e.preventDefault(); e.stopImmediatePropagation(); try { target.dispatchEvent(e) } catch (error) { out.push(error.name) } })
    target.addEventListener('y', () => out.push('not reached'))
    out.push(target.dispatchEvent(event), event.defaultPrevented, event.eventPhase)
    return out`)
  assert.deepEqual(seen, [
    'first',
    'twice',
    true,
    'first',
    'twice',
    true,
    true,
    'InvalidStateError',
    false,
    true,
    0,
  ])
  const lines = guest.logs.slice(before).map(({ text }) => text.split('\n')[0])
  assert.deepEqual(lines, ['Uncaught Error: listener broke', 'Uncaught Error: listener broke'])
})

test('globalThis is an event target that sees uncaught errors', async () => {
  const before = guest.logs.length
  const seen = await guest.run(`
    const out = []
    addEventListener('error', (event) => { event.preventDefault(); out.push(event.message, event.error.message, event.target === globalThis) }, { once: true })
    addEventListener('unhandledrejection', (event) => { event.preventDefault(); out.push(event.reason) }, { once: true })
    reportError(new TypeError('mine'))
    const promise = Promise.reject('r'); promise.catch(() => 0)
    web.reportRejection(promise, 'r')
    queueMicrotask(() => { throw { toString() { throw 1 } } })
    await new Promise((resolve) => setTimeout(resolve, 5))
    return out`)
  assert.deepEqual(seen, ['Uncaught TypeError: mine', 'mine', true, 'r'])
  assert.equal(guest.logs.length - before, 1)
})

test('abort signals follow their controllers, timeouts and each other', async () => {
  const seen = await guest.run(`
    const out = []
    const control = new AbortController()
    const any = AbortSignal.any([control.signal, AbortSignal.timeout(60000)])
    const nested = AbortSignal.any([any])
    nested.onabort = (event) => out.push(event.type, any.aborted)
    control.abort(); control.abort('again')
    out.push(nested.reason === control.signal.reason, control.signal.reason.name, AbortSignal.abort(1).reason)
    try { any.throwIfAborted() } catch (error) { out.push(error.code) }
    const timeout = AbortSignal.timeout(1)
    await new Promise((resolve) => timeout.addEventListener('abort', resolve))
    out.push(timeout.reason.name)
    const early = web.createAbort(); early.abort('early')
    const late = web.createAbort(); const { signal } = late; late.abort('late')
    out.push(early.signal.reason, signal.reason, late.signal === signal)
    return out`)
  assert.deepEqual(seen, ['abort', true, true, 'AbortError', 1, 20, 'TimeoutError', 'early', 'late', true])
})

test('timers fire in order, repeat, nest, stop, and are capped', async () => {
  using guest = createGuest(code)
  const seen = await guest.run(`
    const out = []
    let ticks = 0
    const never = setTimeout(() => out.push('never'), 1)
    clearTimeout(never); clearTimeout(never); clearTimeout('x'); clearInterval()
    await new Promise((resolve) => {
      const interval = setInterval((word) => { out.push(word); if (++ticks === 3) { clearInterval(interval); setTimeout(resolve, 10) } }, 1, 'tick')
    })
    await new Promise((resolve) => { let depth = 0; const step = () => { ++depth === 8 ? resolve() : setTimeout(step) }; setTimeout(step, -5) })
    for (const bad of ['alert(1)', undefined, {}]) try { setTimeout(bad) } catch (error) { out.push(error.name) }
    setTimeout(() => { throw new Error('in a timer') })
    await new Promise((resolve) => setTimeout(resolve, 5))
    const ids = []
    try { for (;;) ids.push(setTimeout(() => 0, 1e6)) } catch (error) { out.push(error.name, ids.length) }
    for (const id of ids) clearTimeout(id)
    clearTimeout(setTimeout(() => 0, 1e6))
    return out`)
  assert.deepEqual(seen, [
    'tick',
    'tick',
    'tick',
    'TypeError',
    'TypeError',
    'TypeError',
    'QuotaExceededError',
    10_000,
  ])
  assert.match(guest.logs.at(-1)?.text ?? '', /^Uncaught Error: in a timer/)
})

test('streams, text streams and bodies work together', async () => {
  const seen = await guest.run(`
    const source = new ReadableStream({ start(c) { for (const part of ['h\\ud83d', '\\ude00', 'é']) c.enqueue(part); c.close() } })
    const bytes = source.pipeThrough(new TextEncoderStream())
    const [one, two] = bytes.tee()
    let text = ''
    for await (const part of one.pipeThrough(new TextDecoderStream())) text += part
    const body = new Response(two)
    const bad = new Response(new ReadableStream({ start(c) { c.enqueue('text'); c.close() } }))
    const out = [text, await body.text(), body.bodyUsed]
    try { await bad.text() } catch (error) { out.push(error.name) }
    const big = new Uint8Array(300000).fill(7)
    out.push((await new Response(new Blob([big]).stream()).bytes()).every((byte) => byte === 7))
    const reader = new Blob(['abc']).stream().getReader({ mode: 'byob' })
    out.push([...(await reader.read(new Uint8Array(2))).value], [...(await reader.read(new Uint8Array(2))).value], (await reader.read(new Uint8Array(2))).done)
    const control = new AbortController()
    const piping = new ReadableStream().pipeTo(new WritableStream(), { signal: control.signal })
    control.abort(); out.push(await piping.catch((error) => error.name))
    return out`)
  assert.deepEqual(seen, [
    'h\u{1f600}é',
    'h\u{1f600}é',
    true,
    'TypeError',
    true,
    [97, 98],
    [99],
    true,
    'AbortError',
  ])
})

test('crypto gives random values, performance a clock that does not go back', async () => {
  const seen = await guest.run(`
    const ids = new Set(Array.from({ length: 1000 }, () => crypto.randomUUID()))
    const array = new Uint32Array(64)
    const out = [ids.size, [...ids].every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)), crypto.getRandomValues(array) === array, new Set(array).size > 60]
    for (const bad of [new Float64Array(1), new Uint8Array(65537), [], null]) try { crypto.getRandomValues(bad) } catch (error) { out.push(error.name) }
    const big = crypto.getRandomValues(new Uint8Array(65536))
    const times = Array.from({ length: 100 }, () => performance.now())
    out.push(new Set(big).size, times.every((time, i) => i === 0 || time >= times[i - 1]), Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1000)
    return out`)
  assert.deepEqual(seen, [
    ...[
      1000,
      true,
      true,
      true,
      'TypeMismatchError',
      'QuotaExceededError',
      'TypeMismatchError',
      'TypeMismatchError',
    ],
    ...[256, true, true],
  ])
})
