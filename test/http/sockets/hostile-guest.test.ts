// A backend that has broken out of its isolate speaks the protocol itself: the runtime takes no more of it than it may send.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { BINARY, COST_FROM_GUEST, encodeClose, TEXT } from '../../../sdk/protocol/socket-wire.ts'
import { join } from '../../support/bridge.ts'
import { until } from '../../support/runtime.ts'

const messages: Readonly<Record<string, Uint8Array>> = {
  'of no kind': Uint8Array.of(0x7a, 1, 2),
  'that is empty': new Uint8Array(0),
  'of text that is not UTF-8': Uint8Array.of(TEXT, 0xff, 0xfe),
  "to close with a code that is the runtime's": encodeClose({
    code: 1012,
    reason: new Uint8Array(0),
    wasClean: true,
  }),
  'to close with a code that never travels': encodeClose({
    code: 1006,
    reason: new Uint8Array(0),
    wasClean: true,
  }),
  'to close with a reason that is too long': encodeClose({
    code: 1000,
    reason: new Uint8Array(124),
    wasClean: true,
  }),
  'to close with a reason that is not UTF-8': encodeClose({
    code: 1000,
    reason: Uint8Array.of(0xff),
    wasClean: true,
  }),
  'to close that is cut': encodeClose({ code: 1000, reason: new Uint8Array(0), wasClean: true }).subarray(
    0,
    3,
  ),
}
for (const [what, message] of Object.entries(messages))
  test(`a message ${what} ends the call, and the visitor gets 1011`, async (t) => {
    const { visitor, guest, call, ends } = await join(t)
    let cancelled = false
    call.onCancel(() => {
      cancelled = true
    })
    guest.write(message)
    const [code] = (await once(visitor, 'close')) as [number]
    assert.deepEqual([code, cancelled, ends()], [1011, true, 1])
  })

test('a guest that does not wait for credit is found out, after honest messages too', async (t) => {
  const { visitor, guest, isSound } = await join(t)
  const small = Uint8Array.of(BINARY, 1)
  let received = 0
  visitor.on('message', () => {
    received++
  })
  for (let sent = 100; sent <= 5000; sent += 100) {
    for (let index = 0; index < 100; index++) guest.write(small, COST_FROM_GUEST)
    await until(`${sent} messages`, () => received === sent)
  }
  assert.ok(isSound())
  visitor.pause()
  const large = new Uint8Array(500_000)
  large[0] = BINARY
  let sent = 0
  while (isSound() && sent < 200) {
    guest.write(large)
    sent++
    if (sent % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(!isSound(), `${sent} messages`)
})

test('a guest that ends without a word leaves the visitor with 1011', async (t) => {
  const { visitor, guest, ends } = await join(t)
  guest.end()
  const [code] = (await once(visitor, 'close')) as [number]
  assert.deepEqual([code, ends()], [1011, 1])
})
