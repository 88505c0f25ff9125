import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isGuessable } from '../../../runtime/http/identity/admin-token.ts'

test('a chosen token that is short, or of few characters, can be guessed', () => {
  for (const weak of ['secret', 'correct-horse', 'a'.repeat(100), 'abcabcabcabcabcabcabcabcabc'])
    assert.equal(isGuessable(weak), true, weak)
  for (const strong of ['J8n2sQz0vX5bK1mR7tYw3u', `pbt_${'0123456789abcdef'.repeat(3)}`])
    assert.equal(isGuessable(strong), false, strong)
})
