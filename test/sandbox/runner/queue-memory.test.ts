import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { QueueMemory } from '../../../runtime/sandbox/runner/queue-memory.ts'

/** Takes ten bytes at a time until no more are given. */
function fill(memory: QueueMemory): number {
  let held = 0
  while (memory.take(10, held)) held += 10
  return held
}

describe('QueueMemory', () => {
  test('gives one line half of it, and each further one half of what is left', () => {
    const memory = new QueueMemory(1000)
    assert.deepEqual([fill(memory), fill(memory), fill(memory)], [500, 250, 130])
    assert.equal(memory.used, 880)
  })

  test('lines that grow side by side get equal shares', () => {
    const memory = new QueueMemory(1000)
    const held = [0, 0, 0]
    for (let round = 0; round < 100; round++) {
      for (const [index, bytes] of held.entries()) if (memory.take(10, bytes)) held[index] = bytes + 10
    }
    assert.deepEqual(held, [250, 250, 250])
  })

  test('what is given back is there for others', () => {
    const memory = new QueueMemory(1000)
    const held = fill(memory)
    memory.force(600)
    assert.equal(memory.take(10, 0), false)
    memory.give(600)
    memory.give(held)
    assert.equal(memory.used, 0)
    assert.equal(fill(memory), 500)
  })
})
