import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compareFigures } from './compare.ts'
import { type Figure, meetsAim, quotients } from './figure.ts'

function ratio(name: string, rounds: readonly number[], more: Partial<Figure> = {}): Figure {
  return { name, unit: 'ratio', better: 'higher', rounds, ...more }
}

describe('compareFigures()', () => {
  test('a ratio that fell further than its rounds differ is worse', () => {
    const { changes } = compareFigures(
      [ratio('speed', [0.6, 0.61, 0.6, 0.59, 0.6])],
      [ratio('speed', [0.5, 0.51, 0.5, 0.49, 0.5])],
    )
    assert.deepEqual(
      changes.map(({ name, verdict }) => [name, verdict]),
      [['speed', 'worse']],
    )
  })

  test('the same fall within wide rounds is not a loss', () => {
    const { changes } = compareFigures(
      [ratio('speed', [0.4, 0.5, 0.6, 0.7, 0.8])],
      [ratio('speed', [0.3, 0.4, 0.5, 0.6, 0.7])],
    )
    assert.equal(changes[0]?.verdict, 'same')
  })

  test('one hiccup among the rounds hides no loss', () => {
    const { changes } = compareFigures(
      [ratio('speed', [0.6, 0.61, 0.6, 0.59, 0.1])],
      [ratio('speed', [0.5, 0.51, 0.5, 0.49, 0.9])],
    )
    assert.equal(changes[0]?.verdict, 'worse')
  })

  test('a loss of less than 5 % never counts, however steady the rounds', () => {
    const { changes } = compareFigures([ratio('speed', [1, 1, 1])], [ratio('speed', [0.96, 0.96, 0.96])])
    assert.equal(changes[0]?.verdict, 'same')
  })

  test('where less is better, more is worse', () => {
    const tail = { better: 'lower' } as const
    const { changes } = compareFigures(
      [ratio('tail', [2, 2, 2], tail), ratio('cost', [2, 2, 2], tail)],
      [ratio('tail', [3, 3, 3], tail), ratio('cost', [1, 1, 1], tail)],
    )
    assert.deepEqual(
      changes.map(({ name, verdict }) => [name, verdict]),
      [
        ['tail', 'worse'],
        ['cost', 'better'],
      ],
    )
  })

  test('a share that was zero may rise by half a percent', () => {
    const share = { unit: 'share', better: 'lower' } as const
    const then = [ratio('refused', [0, 0, 0], share)]
    assert.equal(
      compareFigures(then, [ratio('refused', [0.004, 0.004, 0], share)]).changes[0]?.verdict,
      'same',
    )
    assert.equal(
      compareFigures(then, [ratio('refused', [0.1, 0.1, 0.1], share)]).changes[0]?.verdict,
      'worse',
    )
  })

  test('times and sizes of different machines are not compared', () => {
    const then = [ratio('start', [100], { unit: 'ms', better: 'lower' })]
    const now = [ratio('start', [900], { unit: 'ms', better: 'lower' })]
    assert.deepEqual(compareFigures(then, now), { changes: [], missing: [] })
  })

  test('a figure that was not measured now is named, and is not a loss', () => {
    const { changes, missing } = compareFigures(
      [ratio('gone', [1]), ratio('empty', [1]), ratio('never', [])],
      [ratio('new', [1]), ratio('empty', [])],
    )
    assert.deepEqual(changes, [])
    assert.deepEqual(missing, ['gone', 'empty'])
  })
})

describe('figures', () => {
  test('an aim is met at its value', () => {
    assert.equal(meetsAim(ratio('speed', [0.6], { aim: 0.6 })), true)
    assert.equal(meetsAim(ratio('speed', [0.59], { aim: 0.6 })), false)
    assert.equal(meetsAim(ratio('tail', [2.5], { aim: 2.5, better: 'lower' })), true)
    assert.equal(meetsAim(ratio('tail', [2.6], { aim: 2.5, better: 'lower' })), false)
  })

  test('the median decides about an aim', () => {
    assert.equal(meetsAim(ratio('speed', [0.1, 0.7, 0.6], { aim: 0.6 })), true)
  })

  test('without an aim or a value there is nothing to meet', () => {
    assert.equal(meetsAim(ratio('speed', [1])), undefined)
    assert.equal(meetsAim(ratio('speed', [], { aim: 1 })), undefined)
  })

  test('quotients pair the rounds, and leave out those that one side lacks', () => {
    assert.deepEqual(quotients([2, 6, 8], [1, 2]), [2, 3])
    assert.deepEqual(quotients([Number.NaN, 6], [1, 2]), [3])
    assert.deepEqual(quotients([1], [0]), [])
  })
})
