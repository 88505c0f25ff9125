import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSignInCodes } from '../../../runtime/http/identity/sign-in-codes.ts'

test('a code works once', () => {
  const codes = createSignInCodes()
  const code = codes.issue('token-1')
  assert.match(code, /^[A-Za-z0-9_-]{32}$/)
  assert.equal(codes.redeem('x'.repeat(32)), undefined)
  assert.equal(codes.redeem(code), 'token-1')
  assert.equal(codes.redeem(code), undefined)
})

test('a code works for ten minutes', () => {
  let now = 0
  const codes = createSignInCodes(() => now)
  const early = codes.issue('a')
  const late = codes.issue('b')
  now = 599_999
  assert.equal(codes.redeem(early), 'a')
  now = 600_000
  assert.equal(codes.redeem(late), undefined)
})

test('the number of open codes is bounded, and the newest one always works', () => {
  const codes = createSignInCodes(() => 0)
  const issued = Array.from({ length: 1000 }, (_, i) => codes.issue(String(i)))
  assert.equal(codes.redeem(issued.at(-1) ?? ''), '999')
  assert.ok(issued.filter((code) => codes.redeem(code) !== undefined).length <= 100)
})
