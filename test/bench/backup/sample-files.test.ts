import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sizesOf } from './sample-files.ts'

describe('sizesOf()', () => {
  test('gives exactly so many bytes, and no empty file', () => {
    for (const [files, bytes] of [
      [10_000, 1e9],
      [10, 1e6],
    ] as const) {
      const sizes = sizesOf(files, bytes)
      assert.equal(sizes.length, files)
      assert.equal(
        sizes.reduce((sum, size) => sum + size, 0),
        bytes,
      )
      assert.ok(Math.min(...sizes) > 0)
    }
  })

  test('every stretch has small and large ones, among the text and among the rest', () => {
    const sizes = sizesOf(10_000, 1e9)
    for (let start = 0; start < sizes.length; start += 100)
      for (const parity of [0, 1]) {
        const some = sizes.slice(start, start + 100).filter((_, at) => at % 2 === parity)
        assert.ok(Math.min(...some) < 1000 && Math.max(...some) > 500_000, `${start}`)
      }
  })
})
