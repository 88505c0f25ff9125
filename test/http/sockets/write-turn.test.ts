// What a plugin sends in one turn of the event loop: one write for each visitor, in order, whole, and with every close behind it.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { BINARY_FRAME, TEXT_FRAME, writeMessage } from '../../../runtime/http/sockets/message-frame.ts'
import { WriteTurn } from '../../../runtime/http/sockets/write-turn.ts'
import { BINARY, COST_FROM_GUEST, encodeClose, TEXT } from '../../../sdk/protocol/socket-wire.ts'
import { join } from '../../support/bridge.ts'
import { until } from '../../support/runtime.ts'

const NO_REASON = new Uint8Array(0)

/** A connection that notes what the system would get: one entry for each write. */
class Noting extends Writable {
  readonly writes: string[] = []

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(chunk.toString('latin1'))
    done()
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: () => void): void {
    this.writes.push(chunks.map(({ chunk }) => chunk.toString('latin1')).join(''))
    done()
  }
}

const frame = (text: string): string => `\u0081${String.fromCharCode(text.length)}${text}`
const turnIsOver = () => new Promise((resolve) => setImmediate(resolve))

test('the messages of a turn leave in one write for each visitor, in their order', async () => {
  const turn = new WriteTurn()
  const [ada, bob] = [new Noting(), new Noting()]
  const sent: string[] = []
  const send = (to: Noting, text: string) => {
    turn.hold(to)
    writeMessage(to, TEXT_FRAME, text, () => sent.push(text))
  }
  for (const text of ['one', 'two', 'three']) {
    send(ada, text)
    send(bob, text.toUpperCase())
  }
  assert.deepEqual([ada.writes, bob.writes, sent], [[], [], []])
  await turnIsOver()
  assert.deepEqual(ada.writes, [['one', 'two', 'three'].map(frame).join('')])
  assert.deepEqual(bob.writes, [['ONE', 'TWO', 'THREE'].map(frame).join('')])
  assert.deepEqual(sent.toSorted(), ['ONE', 'THREE', 'TWO', 'one', 'three', 'two'])
  send(ada, 'next')
  await turnIsOver()
  assert.equal(ada.writes.length, 2)
})

test('a long turn writes now and then, and one that is released at once', async () => {
  const turn = new WriteTurn()
  const visitor = new Noting()
  const send = (index: number) => {
    turn.hold(visitor)
    writeMessage(visitor, TEXT_FRAME, `message ${index}`, () => undefined)
  }
  for (let index = 0; index < 100; index++) send(index)
  assert.ok(visitor.writes.length >= 2, `${visitor.writes.length} writes`)
  turn.release()
  await turnIsOver()
  const all = Array.from({ length: 100 }, (_, index) => frame(`message ${index}`))
  assert.equal(visitor.writes.join(''), all.join(''))
  assert.ok(visitor.writes.length <= 5, `${visitor.writes.length} writes`)
})

test('a connection that fails while messages are held back ends them all', async () => {
  const turn = new WriteTurn()
  const visitor = new Noting()
  visitor.on('error', () => undefined)
  let sent = 0
  for (let index = 0; index < 3; index++) {
    turn.hold(visitor)
    writeMessage(visitor, TEXT_FRAME, 'lost', () => sent++)
  }
  visitor.destroy(new Error('reset'))
  await turnIsOver()
  assert.deepEqual([sent, visitor.writes], [3, []])
})

test('a visitor reads messages of every length, of both kinds', async (t) => {
  const { visitor, guest } = await join(t)
  const received: (string | Buffer)[] = []
  visitor.on('message', (data: Buffer, isBinary) => received.push(isBinary ? data : data.toString()))
  const lengths = [0, 1, 125, 126, 4095, 4096, 65_535, 65_536, 200_000]
  const expected: (string | Buffer)[] = []
  const chunkOf = (kind: number, bytes: Uint8Array) => Buffer.concat([Uint8Array.of(kind), bytes])
  for (const length of lengths) {
    const bytes = Buffer.alloc(length, 'é')
    const text = 'é'.repeat(length / 2)
    guest.write(chunkOf(BINARY, bytes), COST_FROM_GUEST)
    guest.write(chunkOf(TEXT, Buffer.from(text)), COST_FROM_GUEST)
    expected.push(bytes, text)
    if (text !== '') {
      guest.write(text, COST_FROM_GUEST)
      expected.push(text)
    }
    await until('the messages', () => received.length === expected.length)
  }
  assert.deepEqual(received, expected)
})

test('a close follows the messages that were sent before it, whoever closes', async (t) => {
  const closers = {
    guest: [
      4000,
      (joined) => joined.guest.write(encodeClose({ code: 4000, reason: NO_REASON, wasClean: true })),
    ],
    runtime: [1001, (joined) => joined.bridge.close(1001)],
    cut: [1008, (joined) => joined.bridge.cut(1008)],
    violation: [1011, (joined) => joined.guest.write(Uint8Array.of(0x7a))],
  } satisfies Record<string, [number, (joined: Awaited<ReturnType<typeof join>>) => unknown]>
  for (const [who, [code, close]] of Object.entries(closers)) {
    const joined = await join(t)
    const received: string[] = []
    joined.visitor.on('message', (data) => received.push(String(data)))
    const sent = Array.from({ length: 50 }, (_, index) => `message ${index}`)
    for (const text of sent) joined.guest.write(text, COST_FROM_GUEST)
    close(joined)
    // Nothing follows a close.
    joined.guest.write('late', COST_FROM_GUEST)
    const [closedWith] = (await once(joined.visitor, 'close')) as [number]
    assert.deepEqual([closedWith, received], [code, sent], who)
  }
})

test('messages grant credit again once they have left, and none while a visitor does not read', async (t) => {
  const { visitor, guest } = await join(t)
  let received = 0
  visitor.on('message', () => received++)
  let sent = 0
  const fill = async () => {
    for (let turns = 0; turns < 50 && guest.writable; turns++) {
      while (guest.writable) {
        guest.write('x'.repeat(1000), COST_FROM_GUEST)
        sent++
      }
      await turnIsOver()
    }
  }
  await fill()
  await until('what was sent', () => received === sent)
  assert.ok(guest.writable && sent > 1000, `${sent} messages`)
  visitor.pause()
  // The buffers of two kernels take some megabytes.
  for (let turns = 0; turns < 5000 && guest.writable; turns++) await fill()
  assert.ok(!guest.writable, `${sent} messages`)
  visitor.resume()
  await until('the rest', () => received === sent && guest.writable)
})

test('a text of characters that have more than one byte is counted in bytes', async () => {
  const visitor = new Noting()
  writeMessage(visitor, TEXT_FRAME, 'é'.repeat(63), () => undefined)
  writeMessage(visitor, BINARY_FRAME, Buffer.alloc(0), () => undefined)
  await turnIsOver()
  assert.deepEqual(visitor.writes, [`\u0081\u007e\u0000\u007e${'\u00c3\u00a9'.repeat(63)}`, '\u0082\u0000'])
})
