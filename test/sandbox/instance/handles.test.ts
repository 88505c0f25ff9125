// The numbers by which a guest names what the host holds open for it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HandleTable, type Resource } from '../../../runtime/sandbox/instance/handles.ts'
import { HANDLES, noHandles } from '../../../sdk/protocol/handles.ts'

class Counted implements Resource {
  closed = 0
  async close(): Promise<void> {
    this.closed++
  }
}

const HOSTILE = [
  0,
  -1,
  1.5,
  Number.NaN,
  2 ** 53,
  1e308,
  '1',
  null,
  undefined,
  [1],
  { valueOf: () => 1 },
  true,
  2,
]

test('a number names what it was given for, and nothing else does', async () => {
  const counts = noHandles()
  const table = new HandleTable(counts)
  const resource = new Counted()
  const handle = await table.open('cursor', async () => resource)
  assert.equal(handle, 1)
  assert.equal(table.get('cursor', 1), resource)
  for (const number of HOSTILE) {
    assert.throws(() => table.get('cursor', number), { code: 'HANDLE_CLOSED' })
    await table.close('cursor', number)
  }
  assert.deepEqual([resource.closed, counts.cursor], [0, 1])
  assert.throws(() => new HandleTable(counts).get('cursor', 1), { code: 'HANDLE_CLOSED' })
  await table.close('cursor', 1)
  await table.close('cursor', 1)
  assert.deepEqual([resource.closed, counts.cursor], [1, 0])
  assert.throws(() => table.get('cursor', 1), { code: 'HANDLE_CLOSED' })
  assert.equal(await table.open('cursor', async () => new Counted()), 2, 'no number is given twice')
})

test('the cap is that of the plugin, over all of its instances, also while they are being opened', async () => {
  const counts = noHandles()
  const [old, next] = [new HandleTable(counts), new HandleTable(counts)]
  const { max } = HANDLES.cursor
  const { promise, resolve } = Promise.withResolvers<Resource>()
  const opened = Array.from({ length: max - 1 }, () => old.open('cursor', async () => new Counted()))
  const slow = next.open('cursor', () => promise)
  await Promise.all(opened)
  const refused = { code: 'QUOTA_EXCEEDED', message: 'More than 8 cursors of env.db at once' }
  await assert.rejects(
    next.open('cursor', async () => new Counted()),
    refused,
  )
  old.end()
  resolve(new Counted())
  assert.equal(await slow, 1)
  assert.equal(counts.cursor, 1)
})

test('what cannot be opened, and what needs no handle, counts no more', async () => {
  const counts = noHandles()
  const table = new HandleTable(counts)
  await assert.rejects(
    table.open('cursor', async () => {
      throw new Error('no')
    }),
    /^Error: no$/,
  )
  assert.equal(await table.open('cursor', async () => undefined), null)
  assert.equal(counts.cursor, 0)
})

test('the end of an instance closes what it has open, and what is just being opened', async () => {
  const counts = noHandles()
  const table = new HandleTable(counts)
  const [first, second] = [new Counted(), new Counted()]
  await table.open('cursor', async () => first)
  const { promise, resolve } = Promise.withResolvers<Resource>()
  const late = table.open('cursor', () => promise)
  table.end()
  assert.equal(first.closed, 1)
  resolve(second)
  await assert.rejects(late, { code: 'HANDLE_CLOSED' })
  assert.deepEqual([second.closed, counts.cursor], [1, 0])
})
