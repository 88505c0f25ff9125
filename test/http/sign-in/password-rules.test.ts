// The rules for passwords: length, form, and the list of common ones.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { passwordProblem } from '../../../runtime/http/sign-in/password-rules.ts'

test('a password is long enough, whatever characters it has', () => {
  for (const password of [
    'tangerine umbrella 7',
    'correct horse battery staple',
    '830174926503',
    'ichmagkeinekatzen',
    'Быть или не быть',
    '正しい馬の電池ステープルと猫',
    'xxxqzvbnk4j8d',
    '\u{1f40e}\u{1f50b}\u{1f4ce}\u{1f3e0}\u{1f333}\u{1f41f}\u{1f341}\u{1f984}\u{1f680}\u{1f4a1}\u{1f3b8}\u{1f30b}',
  ])
    assert.equal(passwordProblem(password, 'ada'), undefined, password)
  assert.equal(passwordProblem('elevenchars', 'ada'), 'short')
  assert.equal(passwordProblem('e\u0301'.repeat(11), 'ada'), 'short')
  assert.equal(passwordProblem('x'.repeat(201), 'ada'), 'long')
})

test('what everybody tries first is none', () => {
  for (const password of [
    'password1234',
    'passwordpassword',
    'Passw0rd!Passw0rd!',
    '123456789012',
    '098765432100',
    'qwertyuiop12',
    'qwertzuiop123456',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    'abcdefghijkl',
    'admin-admin-admin',
    'letmeinletmein',
    'ada lovelace 1',
    'lovelace1815'.replace('1815', '1234'),
    'plugbayplugbay1',
    '1q2w3e4r5t6z',
  ])
    assert.equal(passwordProblem(password, 'Ada Lovelace'), 'guessable', password)
})

test('a long one that is made of little is none either', () => {
  assert.equal(passwordProblem('ab'.repeat(100), 'ada'), 'guessable')
  assert.equal(passwordProblem('1234567890'.repeat(20), 'ada'), 'guessable')
})
