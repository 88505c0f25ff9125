import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createByteCache } from '../../runtime/package/byte-cache.ts'

const bytes = (length: number) => new Uint8Array(length)

test('a full cache of bytes removes what was not used since it last looked, oldest first', () => {
  const cache = createByteCache(40)
  for (const key of ['a', 'b', 'c', 'd']) cache.set(key, bytes(10))
  assert.ok(cache.get('a'))
  cache.set('e', bytes(10))
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'e'].filter((key) => cache.get(key) !== undefined),
    ['a', 'c', 'd', 'e'],
  )
})

test('a cache of bytes stays within its size when all of its entries are in use', () => {
  const cache = createByteCache(40)
  const keys = Array.from({ length: 100 }, (_, index) => `key ${index}`)
  for (const key of keys) {
    cache.set(key, bytes(10))
    for (const used of keys) cache.get(used)
  }
  assert.ok(keys.filter((key) => cache.get(key) !== undefined).length <= 4)
})

test('a cache of bytes keeps neither what is too large nor what is dropped', () => {
  const cache = createByteCache(40)
  cache.set('large', bytes(11))
  cache.set('one/a', bytes(10))
  cache.set('two/a', bytes(10))
  cache.drop('one/')
  assert.deepEqual(
    ['large', 'one/a', 'two/a'].filter((key) => cache.get(key) !== undefined),
    ['two/a'],
  )
})
