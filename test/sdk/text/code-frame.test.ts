import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeFrame, escapeControls, placeAt } from '../../../sdk/text/code-frame.ts'

test('codeFrame() shows two lines around the place and a mark under it', () => {
  const source = 'one\ntwo\r\nthree\rfour\u2028five\nsix'
  assert.equal(codeFrame(source, 3, 2), '  1 | one\n  2 | two\n> 3 | three\n    |  ^\n  4 | four\n  5 | five')
  assert.equal(codeFrame(source, 1, 1), '> 1 | one\n    | ^\n  2 | two\n  3 | three')
  assert.equal(codeFrame(source, 6, 4), '  4 | four\n  5 | five\n> 6 | six\n    |    ^')
  assert.equal(codeFrame('', 1, 1), '> 1 |\n    | ^')
})

test('codeFrame() keeps the mark in place behind tabs, and makes room for line numbers', () => {
  const source = `${'\n'.repeat(98)}a\n\t\tb`
  assert.equal(codeFrame(source, 100, 3), '   98 |\n   99 | a\n> 100 |     b\n      |     ^')
})

test('codeFrame() cuts long lines around the column', () => {
  const source = `${'a'.repeat(500)}!${'b'.repeat(500)}`
  const [line = '', mark = ''] = codeFrame(source, 1, 501).split('\n')
  assert.equal(line, `> 1 | …${'a'.repeat(60)}!${'b'.repeat(39)}…`)
  assert.equal(line[mark.indexOf('^')], '!')
  assert.equal(codeFrame('x'.repeat(5_000_000), 1, 1).split('\n')[0], `> 1 | ${'x'.repeat(100)}…`)
})

test('codeFrame() writes control, bidirectional and zero-width characters as escapes', () => {
  const frame = codeFrame('a\u001b[31m\u202e\u200b\u0000\ud800b', 1, 1)
  assert.match(frame, /a\\u001b\[31m\\u202e\\u200b\\u0000\\ud800b/)
  assert.equal(escapeControls('ü\u0007😀'), 'ü\\u0007😀')
})

test('codeFrame() survives places outside the source', () => {
  assert.equal(codeFrame('a', 9, 9), '')
  assert.equal(codeFrame('a', 1, 400), '> 1 | …\n    |  ^')
})

test('placeAt() counts lines as JavaScript ends them, from 1', () => {
  const source = 'a\nb\r\nc\rd'
  const places = [0, 1, 2, 4, 5, 6, 7, 8].map((offset) => placeAt(source, offset))
  assert.deepEqual(
    places.map(({ line, column }) => `${line}:${column}`),
    ['1:1', '1:2', '2:1', '2:3', '3:1', '3:2', '4:1', '4:2'],
  )
})
