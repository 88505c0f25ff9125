// WebSocket, WebSocketPair and their events inside an isolate, without anyone outside.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildWeb, createGuest } from './harness.ts'

const code = await buildWeb()
const HELPERS = `
  const nameOf = (run) => { try { return String(run()) } catch (error) { return error.name } }
  const pairOf = () => { const { 0: one, 1: two } = new WebSocketPair(); return [one, two] }
  const heard = (socket) => { const out = []; for (const type of ['message', 'close', 'error']) socket.addEventListener(type, (event) => out.push(type === 'close' ? ['close', event.code, event.reason, event.wasClean] : type === 'message' ? event.data : type)); return out }
  const settled = () => new Promise((resolve) => setTimeout(resolve, 0))`

test('a pair carries messages both ways in order, none before accept()', async () => {
  using guest = createGuest(code)
  const seen = await guest.run(`${HELPERS}
    const [one, two] = pairOf()
    const [atOne, atTwo] = [heard(one), heard(two)]
    const out = [Object.keys(new WebSocketPair()), Object.values(new WebSocketPair()).every((end) => end instanceof WebSocket && end instanceof EventTarget)]
    out.push(one.readyState, nameOf(() => one.send('early')), nameOf(() => one.close()))
    one.accept(); one.accept()
    one.send('a'); one.send('b'); await settled()
    out.push([...atTwo])
    two.onmessage = (event) => { if (event.data === 'c') two.send('answer to c') }
    two.accept(); one.send('c'); await settled()
    out.push(atTwo, atOne)
    return out`)
  assert.deepEqual(seen, [
    ['0', '1'],
    true,
    ...[1, 'TypeError', 'TypeError'],
    [],
    ['a', 'b', 'c'],
    ['answer to c'],
  ])
})

test('text keeps its characters, bytes are copied, and binaryType says what they become', async () => {
  using guest = createGuest(code)
  const seen = await guest.run(`${HELPERS}
    const [one, two] = pairOf(); one.accept(); two.accept()
    const got = heard(two)
    const bytes = new Uint8Array([9, 1, 2, 9])
    one.send('é🎈\\ud800'); one.send(bytes.subarray(1, 3)); one.send(bytes.buffer); one.send(new DataView(bytes.buffer, 2)); one.send(new Blob(['xyz']).slice(1)); one.send(42); one.send('')
    bytes.fill(0)
    await settled()
    two.binaryType = 'nonsense'; const kept = two.binaryType; two.binaryType = 'blob'
    one.send(new Uint8Array([5])); await settled()
    const blob = got.pop()
    return [got.map((data) => typeof data === 'string' ? data : [data instanceof ArrayBuffer, ...new Uint8Array(data)]), kept, blob instanceof Blob, [...await blob.bytes()]]`)
  assert.deepEqual(seen, [
    ['é🎈\ufffd', [true, 1, 2], [true, 9, 1, 2, 9], [true, 2, 9], [true, 121, 122], '42', ''],
    ...['arraybuffer', true, [5]],
  ])
})

test('close() tells the other end once, and both are closed', async () => {
  using guest = createGuest(code)
  const seen = await guest.run(`${HELPERS}
    const out = []
    for (const [code, reason] of [[], [1000], [4321, 'why'], [undefined, 'no code']]) {
      const [one, two] = pairOf(); one.accept(); two.accept()
      const [atOne, atTwo] = [heard(one), heard(two)]
      two.addEventListener('close', (event) => two.close(event.code, event.reason))
      one.send('last'); one.close(code, reason); one.close(code, reason); one.send('after')
      const state = one.readyState
      two.send('too late for one'); await settled(); two.send('after')
      await settled()
      out.push([state, one.readyState, two.readyState, atOne, atTwo])
    }
    return out`)
  const closed = (...close: unknown[]) => [
    2,
    3,
    3,
    [['close', ...close, true]],
    ['last', ['close', ...close, true]],
  ]
  assert.deepEqual(seen, [closed(1005, ''), closed(1000, ''), closed(4321, 'why'), closed(1000, 'no code')])
})

test('arguments are checked as the standard says', async () => {
  using guest = createGuest(code)
  const seen = await guest.run(`${HELPERS}
    const [one] = pairOf(); one.accept()
    const out = [1, 999, 1001, 1005, 2999, 5000, NaN, 'x'].map((code) => nameOf(() => one.close(code)))
    out.push(nameOf(() => one.close(1000, 'é'.repeat(62))), one.readyState, nameOf(() => one.send()), nameOf(() => one.send('x'.repeat(1_000_001))), nameOf(() => one.send('é'.repeat(500_001))), nameOf(() => one.send(new Uint8Array(1_000_001))))
    out.push(nameOf(() => one.send('x'.repeat(1_000_000))), nameOf(() => one.close(3000.4, 'é'.repeat(61))), one.readyState)
    out.push(nameOf(() => new WebSocket('wss://example.org')), nameOf(() => new WebSocket()), nameOf(() => WebSocketPair()))
    out.push(WebSocket.OPEN, one.CLOSED, WebSocket.READY_STATE_CLOSING, one.url, one.protocol, one.extensions, one.bufferedAmount)
    return out`)
  assert.deepEqual(seen, [
    ...Array.from({ length: 8 }, () => 'InvalidAccessError'),
    ...['SyntaxError', 1, 'TypeError', 'RangeError', 'RangeError', 'RangeError'],
    ...['undefined', 'undefined', 2],
    ...['NotSupportedError', 'TypeError', 'TypeError'],
    ...[1, 3, 2, '', '', '', 0],
  ])
})

test('handlers are called with their socket, and can be taken away', async () => {
  using guest = createGuest(code)
  const seen = await guest.run(`${HELPERS}
    const [one, two] = pairOf(); one.accept(); two.accept()
    const out = [two.onmessage, two.onopen]
    two.onmessage = function (event) { out.push(this === two && event.target === two && event.isTrusted && event.data) }
    two.onclose = ({ code }) => out.push(code)
    one.send('a'); await settled(); two.onmessage = null; one.send('b'); await settled(); one.close(3001); await settled()
    return out`)
  assert.deepEqual(seen, [null, null, 'a', 3001])
})

test('a Response takes one end of a pair with status 101, and nothing else', async () => {
  using guest = createGuest(code)
  const seen = await guest.run(`${HELPERS}
    const [one] = pairOf()
    const response = new Response(null, { status: 101, webSocket: one, headers: { 'x-a': 'b' } })
    const again = new Response(response.body, response)
    const out = [response.status, response.webSocket === one, again.webSocket === one, new Response('x').webSocket]
    out.push(nameOf(() => new Response(null, { status: 101 })), nameOf(() => new Response(null, { webSocket: one })), nameOf(() => new Response('body', { status: 101, webSocket: one })))
    out.push(nameOf(() => new Response(null, { status: 101, webSocket: {} })), nameOf(() => response.clone()), nameOf(() => new Response(null, { webSocket: null, status: 199 })))
    const sent = web.responseToWire(response)
    out.push(sent.head, sent.socket.socket === one)
    return out`)
  assert.deepEqual(seen, [
    ...[101, true, true, null],
    ...['RangeError', 'RangeError', 'TypeError'],
    ...['TypeError', 'TypeError', 'RangeError'],
    ...['{"status":101,"statusText":"","headers":["x-a","b"]}', true],
  ])
})

test('MessageEvent and CloseEvent are those of the standard', async () => {
  using guest = createGuest(code)
  const seen = await guest.run(`${HELPERS}
    const plain = new MessageEvent('x')
    const full = new MessageEvent('x', { data: [1], origin: 'http://a', lastEventId: 7, cancelable: true })
    const out = [[plain.data, plain.origin, plain.lastEventId, plain.source, plain.ports], [full.data, full.origin, full.lastEventId, full.cancelable, full instanceof Event, full.isTrusted]]
    full.initMessageEvent('y', true, false, 'd', 'o', 'l'); out.push([full.type, full.bubbles, full.cancelable, full.data, full.origin, full.lastEventId])
    const close = new CloseEvent('close', { code: 65537, reason: 5, wasClean: 1 })
    out.push([close.code, close.reason, close.wasClean], [new CloseEvent('c').code, new CloseEvent('c').reason, new CloseEvent('c').wasClean])
    out.push(nameOf(() => new MessageEvent()), nameOf(() => new CloseEvent()), nameOf(() => new MessageEvent('x', { source: {} })), MessageEvent.length, CloseEvent.length)
    return out`)
  assert.deepEqual(seen, [
    [null, '', '', null, []],
    [[1], 'http://a', '7', true, true, false],
    ['y', true, false, 'd', 'o', 'l'],
    [1, '5', true],
    [0, '', false],
    ...['TypeError', 'TypeError', 'TypeError', 1, 1],
  ])
})

test('a message asks nothing of the host; its event has the time when one is asked for, and keeps it', async () => {
  using guest = createGuest(code)
  const before = guest.calls.get('now') ?? 0
  const seen = await guest.run(`${HELPERS}
    Object.prototype.data = 'forged'; Object.prototype.cancelable = true
    const [one, two] = pairOf(); one.accept(); two.accept()
    const events = []
    two.addEventListener('message', (event) => events.push(event))
    for (const text of ['a', 'b', 'c']) one.send(text)
    await Promise.resolve()
    const [first, second] = events
    const shape = (event) => [event.data, event.type, event.isTrusted, event.cancelable, event.origin, event.ports.length, event.source]
    const out = [events.map((event) => event.data), shape(first)]
    const times = [second.timeStamp, second.timeStamp]
    out.push(times[0] === times[1], times[0] > 0)
    const again = new EventTarget(); again.dispatchEvent(first); out.push(first.isTrusted)
    return out`)
  assert.deepEqual(seen, [
    ['a', 'b', 'c'],
    ['a', 'message', true, false, '', 0, null],
    ...[true, true, false],
  ])
  assert.equal((guest.calls.get('now') ?? 0) - before, 1)
})
