// Flow control: each side is read only as fast as the other takes the data, buffers are bounded, and a flood blocks nothing
// else.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { before, test } from 'node:test'
import type { Runtime } from '../../../runtime/runtime.ts'
import { type Client, install, logLines, startTestRuntime, until, WAYS } from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'
import { ECHO, socketBackend, type Visit, visit } from '../../support/sockets.ts'

const scope = sharedScope()
let runtime: Runtime
let client: Client

before(async () => {
  runtime = await startTestRuntime(scope)
  const [server] = WAYS
  assert.ok(server)
  client = await server.open(scope, runtime)
})

const at = (id: string, path = '/'): string => `${client.origin}/plugins/${id}/api${path}`
const ask = async (id: string, path: string): Promise<unknown> =>
  await (await client.fetch(`/plugins/${id}/api${path}`)).json()

/** More than the buffers of the system take between two processes of one machine. */
const MANY = 14
const LARGE = 1_000_000

const SENDER = socketBackend(
  `server.accept()
   globalThis.sockets.set(url.searchParams.get('name'), server)
   server.addEventListener('close', ({ code, wasClean }) => console.log(url.searchParams.get('name') + ' closed ' + code + ' ' + wasClean))`,
  `const socket = globalThis.sockets.get(url.searchParams.get('name'))
   const count = Number(url.searchParams.get('count') ?? 0)
   for (let index = 0; index < count; index++) { const bytes = new Uint8Array(${LARGE}); bytes[0] = index; socket.send(bytes) }
   return Response.json(socket.bufferedAmount)`,
  'globalThis.sockets = new Map()',
)

test('messages that a visitor does not read wait with the plugin, and arrive completely later', async (t) => {
  await install(runtime, { id: 'sender', backend: SENDER })
  const slow = await visit(t, at('sender', '/?name=slow'))
  slow.socket.pause()
  const waiting = await ask('sender', `/?name=slow&count=${MANY}`)
  // All but a window and one message: nothing has crossed the wall within that call.
  assert.ok(Number(waiting) > (MANY - 2) * LARGE, `${waiting} bytes`)
  // It goes on as far as the buffers of the system take it, then it stands still.
  let held: unknown = waiting
  for (let same = 0; same < 20 && held !== 0; ) {
    const now = await ask('sender', '/?name=slow')
    same = now === held ? same + 1 : 0
    held = now
  }
  assert.ok(Number(held) > 0, `${held} bytes`)
  slow.socket.resume()
  for (let index = 0; index < MANY; index++) {
    const message = await slow.next()
    assert.ok(Buffer.isBuffer(message))
    assert.deepEqual([message.byteLength, message[0]], [LARGE, index])
  }
  await until('the end of the queue', async () => (await ask('sender', '/?name=slow')) === 0)
})

test('a visitor who reads too slowly is disconnected, and no other', async (t) => {
  await install(runtime, { id: 'sender', backend: SENDER })
  const slow = await visit(t, at('sender', '/?name=deaf'))
  const quick = await visit(t, at('sender', '/?name=quick'))
  slow.socket.pause()
  // A quarter of 64 MB is what all may hold.
  for (let round = 0; round < 3; round++) await ask('sender', '/?name=deaf&count=10')
  await ask('sender', '/?name=quick&count=1')
  assert.equal((await quick.next()).length, LARGE)
  assert.equal(await ask('sender', '/?name=deaf'), 0)
  slow.socket.resume()
  assert.equal((await slow.closed)[0], 1013)
  await until('the close', async () =>
    (await logLines(runtime, 'sender')).some(({ message }) => message === 'deaf closed 1013 true'),
  )
  assert.equal(quick.socket.readyState, quick.socket.OPEN)
})

test('the runtime stops reading from a visitor while the plugin does not take the messages', async (t) => {
  const waiting = socketBackend(
    `globalThis.server = server; server.addEventListener('message', ({ data }) => { globalThis.seen.push(data.byteLength) })`,
    `if (url.pathname === '/accept') globalThis.server.accept(); return Response.json(globalThis.seen)`,
    'globalThis.seen = []',
  )
  await install(runtime, { id: 'waiting', backend: waiting })
  const { socket } = await visit(t, at('waiting'))
  const sent = 40
  for (let index = 0; index < sent; index++) socket.send(Buffer.alloc(LARGE - index))
  // Whatever the system's buffers hold, most of it stays with the visitor until the plugin begins to take it.
  await ask('waiting', '/')
  assert.ok(socket.bufferedAmount > 10 * LARGE, `${socket.bufferedAmount} bytes`)
  await ask('waiting', '/accept')
  const seen = await until('all messages', async () => {
    const list = (await ask('waiting', '/')) as number[]
    return list.length === sent ? list : undefined
  })
  assert.deepEqual(
    seen,
    Array.from({ length: sent }, (_, index) => LARGE - index),
  )
})

test('a flood from many visitors is paced: requests are answered, and every message arrives', async (t) => {
  const counting = socketBackend(
    `server.accept(); globalThis.all.add(server)
     let count = 0
     server.addEventListener('message', () => { count++; for (let n = 0; n < 2000; n++) Math.sqrt(n); if (count === 3000) server.send('3000') })`,
    `return Response.json(globalThis.all.size)`,
    'globalThis.all = new Set()',
  )
  await install(runtime, { id: 'flooded', backend: counting })
  const visits: Visit[] = []
  for (let index = 0; index < 20; index++) visits.push(await visit(t, at('flooded')))
  for (const { socket } of visits) for (let index = 0; index < 3000; index++) socket.send('x')
  let answered = 0
  const done = Promise.all(visits.map(({ next }) => next()))
  let isDone = false
  void done.finally(() => {
    isDone = true
  })
  do {
    assert.equal(await ask('flooded', '/'), 20)
    answered++
  } while (!isDone)
  assert.deepEqual(new Set(await done), new Set(['3000']))
  assert.ok(answered > 0)
  assert.equal((await runtime.plugins.get('flooded')).resources.restarts, 0)
})

test('a message that is too long ends its socket with 1009, whole or in pieces', async (t) => {
  await install(runtime, { id: 'echo', backend: ECHO })
  const neighbour = await visit(t, at('echo'))
  const whole = await visit(t, at('echo'))
  whole.socket.send(Buffer.alloc(LARGE + 1))
  assert.equal((await whole.closed)[0], 1009)
  const pieces = await visit(t, at('echo'))
  for (let index = 0; index < 11; index++) pieces.socket.send(Buffer.alloc(LARGE / 10), { fin: false })
  assert.equal((await pieces.closed)[0], 1009)
  neighbour.socket.send('here')
  assert.equal(await neighbour.next(), 'here')
})

test('frames that break the protocol end their socket, and nothing else', async (t) => {
  await install(runtime, { id: 'echo', backend: ECHO })
  const raw = async (frame: number[]): Promise<number> => {
    const { socket, closed } = await visit(t, at('echo'))
    const wire = (socket as unknown as { readonly _socket: import('node:net').Socket })._socket
    wire.write(Buffer.from(frame))
    return (await closed)[0]
  }
  // Text that is not UTF-8, a reserved opcode, a frame without a mask, a reserved bit, a fragmented ping.
  assert.equal(await raw([0x81, 0x81, 0, 0, 0, 0, 0xff]), 1007)
  for (const frame of [
    [0x83, 0x80, 0, 0, 0, 0],
    [0x81, 0x01, 0x61],
    [0xc1, 0x81, 0, 0, 0, 0, 0x61],
    [0x09, 0x80, 0, 0, 0, 0],
  ])
    assert.equal(await raw(frame), 1002, String(frame))
  const { socket, next } = await visit(t, at('echo'))
  socket.send('fine')
  assert.equal(await next(), 'fine')
  socket.close()
  await once(socket, 'close')
})
