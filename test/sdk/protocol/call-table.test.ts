import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { CallTable } from '../../../sdk/protocol/call-table.ts'

test('a table knows what was set and not deleted, and lists it by id', () => {
  const table = new CallTable<{ readonly name: number }>()
  const expected = new Map<number, number>()
  // Ids that share rows, far apart, and as large as the wire allows.
  for (let step = 0; step < 5000; step++) {
    const id = (step * 2_654_435_761) % 0xffffffff
    table.set(id, { name: step })
    expected.set(id, step)
    const [old] = expected.keys()
    if (step % 3 !== 0 && old !== undefined) {
      assert.equal(table.delete(old), true)
      assert.equal(table.delete(old), false)
      expected.delete(old)
    }
  }
  assert.equal(table.size, expected.size)
  const sorted = [...expected].sort(([a], [b]) => a - b)
  assert.deepEqual(
    table.entries().map(([id, { name }]) => [id, name]),
    sorted,
  )
  for (const [id, name] of expected) assert.equal(table.get(id)?.name, name)
  assert.equal(table.has(5), false)
  table.clear()
  assert.equal(table.size, 0)
  assert.deepEqual(table.values(), [])
})

test('what was deleted is reachable from nothing that is still there', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const table = new CallTable<object>()
  const gone: WeakRef<object>[] = []
  // All in one row, so that each is linked to its neighbours.
  for (let id = 0; id < 64 * 100; id += 64) {
    const value = {}
    table.set(id, value)
    if (id % 128 === 0) gone.push(new WeakRef(value))
  }
  for (let id = 0; id < 64 * 100; id += 128) table.delete(id)
  // A WeakRef keeps its target until the end of the job.
  await new Promise((resolve) => setImmediate(resolve))
  collect()
  assert.equal(table.size, 50)
  assert.equal(gone.filter((each) => each.deref() !== undefined).length, 0)
})
