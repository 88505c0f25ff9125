import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { median, medianDeviation, percentile, round, significant } from './statistics.ts'

describe('statistics', () => {
  test('the median is the middle value, or half way between the two', () => {
    assert.equal(median([9, 1, 5]), 5)
    assert.equal(median([4, 1, 3, 2]), 2.5)
    assert.ok(Number.isNaN(median([])))
  })

  test('one hiccup does not change the median deviation', () => {
    assert.equal(medianDeviation([10, 11, 12, 13, 14]), 1)
    assert.equal(medianDeviation([10, 11, 12, 13, 1000]), 1)
    assert.equal(medianDeviation([7, 7, 7]), 0)
  })

  test('a percentile is one of the values', () => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1)
    assert.equal(percentile(values, 50), 51)
    assert.equal(percentile(values, 99), 100)
    assert.equal(percentile([3], 99), 3)
  })

  test('digits are cut after the point, or those that count', () => {
    assert.equal(round(1.2345), 1.23)
    assert.equal(round(1234.5, 0), 1235)
    assert.equal(significant(0.00123456), 0.001235)
    assert.equal(significant(123_456), 123_500)
  })
})
