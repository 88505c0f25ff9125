import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readOptions } from './options.ts'

const PARTS = ['throughput', 'start']

describe('readOptions()', () => {
  test('everything is measured in five rounds, and compared with nothing, by default', () => {
    assert.deepEqual(readOptions([], PARTS), {
      ...{
        rounds: 5,
        seconds: 4,
        megabytes: 1000,
        only: PARTS,
        base: undefined,
        against: undefined,
        save: undefined,
      },
    })
  })

  test('takes all that it is given', () => {
    const args =
      '--only start --rounds 9 --seconds 1 --megabytes 100 --base ../old --against quiet --save mine'.split(
        ' ',
      )
    assert.deepEqual(readOptions(args, PARTS), {
      ...{
        rounds: 9,
        seconds: 1,
        megabytes: 100,
        only: ['start'],
        base: '../old',
        against: 'quiet',
        save: 'mine',
      },
    })
  })

  test('an unknown part or option and a wrong number are errors in words', () => {
    assert.throws(() => readOptions(['--only', 'speed'], PARTS), /"speed".*throughput, start/)
    assert.throws(() => readOptions(['--rounds', '0'], PARTS), /--rounds/)
    assert.throws(() => readOptions(['--rounds', '2.5'], PARTS), /--rounds/)
    assert.throws(() => readOptions(['--faster'], PARTS), TypeError)
  })
})
