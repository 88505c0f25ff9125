// Differences between rendered texts.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lineDiff } from '../../runtime/templates/line-diff.ts'

test('a difference shows the lines that differ, with two around them', () => {
  assert.equal(
    lineDiff('a\nb\nc\nd\ne\nf', 'a\nb\nc\nX\nY\ne\nf'),
    '@@ -2,5 +2,6 @@\n b\n c\n-d\n+X\n+Y\n e\n f',
  )
  assert.equal(lineDiff('a', 'a'), '')
  assert.equal(lineDiff('', 'a\nb'), '@@ -1,1 +1,2 @@\n-\n+a\n+b')
})

test('one of a long text is cut', () => {
  const shown = lineDiff('', Array.from({ length: 5000 }, (_, index) => index).join('\n'))
  assert.match(shown, /… and 4600 more lines/)
})
