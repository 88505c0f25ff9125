// Long bodies on their way into an isolate: transferred, never shared.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import ivm from 'isolated-vm'
import { handOver } from '../../runtime/isolate/hand-over.ts'

/** Changes every byte, and tells what they were. */
const CHANGE = `(buffer) => {
  const bytes = new Uint8Array(buffer)
  const before = bytes[0] + ' ' + bytes[bytes.length - 1] + ' ' + bytes.length
  bytes.fill(99)
  return before + ' ' + bytes[0] + ' ' + (buffer instanceof ArrayBuffer)
}`

function guest(): (body: Uint8Array) => unknown {
  const isolate = new ivm.Isolate({ memoryLimit: 32 })
  const change = isolate.createContextSync().evalSync(CHANGE, { reference: true })
  return (body) => change.applySync(undefined, [handOver(body)])
}

test("a body that fills its buffer is the guest's, and this process has it no more", () => {
  const body = new Uint8Array(100_000).fill(7)
  const { buffer } = body
  assert.equal(guest()(body), '7 7 100000 99 true')
  assert.equal(body.byteLength, 0)
  assert.equal(buffer.detached, true)
})

test('a body that is a view of more leaves the rest, and itself, to those who see it', () => {
  const slab = new Uint8Array(300_000).fill(5)
  const neighbour = slab.subarray(0, 100_000)
  const body = slab.subarray(100_000, 200_000)
  assert.equal(guest()(body), '5 5 100000 99 true')
  assert.equal(slab.buffer.detached, false)
  assert.ok(body.every((byte) => byte === 5))
  assert.ok(neighbour.every((byte) => byte === 5))
})

test('a gigabyte that passes through costs an isolate of 32 MB no more than what is under way', () => {
  const isolate = new ivm.Isolate({ memoryLimit: 32 })
  const count = isolate
    .createContextSync()
    .evalSync('let sum = 0; (buffer) => (sum += buffer.byteLength)', { reference: true })
  let sum: unknown
  for (let chunk = 0; chunk < 16_384; chunk++)
    sum = count.applySync(undefined, [handOver(new Uint8Array(65_536))])
  assert.equal(sum, 1024 ** 3)
  isolate.dispose()
})
