// Used entries stay, the least recently used ones go first, and their owner is notified.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentlyUsed } from '../../../runtime/data/worker/recently-used.ts'

test('the one that was not used for longest goes when there are too many', () => {
  const dropped: number[] = []
  const used = new RecentlyUsed<number>(3, (value) => dropped.push(value))
  used.add('a', 1)
  used.add('b', 2)
  used.add('c', 3)
  assert.equal(used.get('a'), 1)
  used.add('d', 4)
  assert.deepEqual(dropped, [2])
  assert.equal(used.get('c'), 3)
  used.add('e', 5)
  assert.deepEqual(dropped, [2, 1])
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'e'].map((name) => used.get(name)),
    [undefined, undefined, 3, 4, 5],
  )
})

test('what is deleted, and all that is cleared, is dropped once', () => {
  const dropped: string[] = []
  const used = new RecentlyUsed<string>(3, (value) => dropped.push(value))
  used.add('a', 'first')
  used.add('b', 'second')
  used.delete('a')
  used.delete('a')
  used.delete('unknown')
  assert.deepEqual(dropped, ['first'])
  used.clear()
  used.clear()
  assert.deepEqual(dropped, ['first', 'second'])
  assert.equal(used.get('b'), undefined)
})
