import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CallQueue } from '../../../runtime/sandbox/runner/call-queue.ts'
import { type Desk, GuestCall } from '../../../runtime/sandbox/runner/guest-call.ts'

const DESK: Desk = {
  deadlineMs: 1000,
  answered: () => assert.fail(),
  free: () => assert.fail(),
  leave: () => assert.fail(),
  repeat: () => assert.fail(),
  countError: () => assert.fail(),
}

function call(head: string): GuestCall {
  const caller = {
    reply: () => assert.fail(),
    error: () => assert.fail(),
    opened: () => assert.fail(),
    moved: () => assert.fail(),
    retired: () => assert.fail(),
  }
  return new GuestCall(DESK, { head, body: undefined, kind: 'read' }, caller, 0)
}

function heads(queue: CallQueue): string {
  return queue
    .entries()
    .map((entry) => entry.call.head)
    .join('')
}

describe('CallQueue', () => {
  test('keeps the order of arrival, and puts retried calls first', () => {
    const queue = new CallQueue()
    for (const head of 'abc') queue.append(call(head), 10)
    queue.prepend(call('x'), 5)
    assert.equal(heads(queue), 'xabc')
    assert.equal(queue.first?.call.head, 'x')
    assert.deepEqual([queue.length, queue.bytes], [4, 35])
  })

  test('lets any entry leave, once', () => {
    const queue = new CallQueue()
    const [a, b, c, d] = [...'abcd'].map((head) => queue.append(call(head), 10))
    assert.ok(a && b && c && d)
    assert.equal(queue.remove(c), true)
    assert.equal(heads(queue), 'abd')
    assert.equal(queue.remove(c), false)
    assert.equal(queue.remove(a), true)
    assert.equal(queue.remove(d), true)
    assert.equal(heads(queue), 'b')
    assert.deepEqual([queue.length, queue.bytes], [1, 10])
    assert.equal(queue.remove(b), true)
    assert.deepEqual([queue.first, queue.length, queue.bytes], [undefined, 0, 0])
    queue.prepend(call('e'), 1)
    queue.append(call('f'), 1)
    assert.equal(heads(queue), 'ef')
  })

  test('an entry that has left leads to none that is there', () => {
    const queue = new CallQueue()
    const entries = [...'abc'].map((head) => queue.append(call(head), 1))
    for (const entry of entries) {
      queue.remove(entry)
      assert.deepEqual(
        Object.values(entry).filter((value) => entries.includes(value)),
        [],
      )
    }
  })
})
