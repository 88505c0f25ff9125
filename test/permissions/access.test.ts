import assert from 'node:assert/strict'
import { test } from 'node:test'
import { effectiveAccess, isAtMostAsWide, keptAccess, mayAccess } from '../../runtime/permissions/access.ts'
import type { Access } from '../../sdk/api/access.ts'

function principal(...permissions: string[]) {
  return { name: 'ann', permissions, kind: 'user' } as const
}

test('mayAccess() lets strangers reach public plugins only', () => {
  assert.equal(mayAccess('public', null), true)
  assert.equal(mayAccess('user', null), false)
  assert.equal(mayAccess([], null), false)
  assert.equal(mayAccess(['a.b'], null), false)
})

test('mayAccess() wants every permission of a list', () => {
  assert.equal(mayAccess('user', principal()), true)
  assert.equal(mayAccess(['a.b', 'c.d'], principal('a.b')), false)
  assert.equal(mayAccess(['a.b', 'c.d'], principal('a.*', 'c.d')), true)
  assert.equal(mayAccess(['a.b'], principal('*')), true)
})

test('effectiveAccess() is public only if the manifest says so, and never wider than the manifest or the operator', () => {
  assert.equal(effectiveAccess(null, {}), 'user')
  assert.equal(effectiveAccess('public', {}), 'user')
  assert.equal(effectiveAccess(null, { access: 'public' }), 'public')
  assert.equal(effectiveAccess('user', { access: 'public' }), 'user')
  assert.deepEqual(effectiveAccess('user', { access: ['a'] }), ['a'])
  assert.deepEqual(effectiveAccess(['b'], { access: ['a'] }), ['b', 'a'])
})

test('keptAccess() keeps those out who were kept out by the manifest before', () => {
  assert.equal(keptAccess(null, { before: 'public', asked: 'user' }), null)
  assert.equal(keptAccess(null, { before: 'user', asked: 'public' }), 'user')
  assert.deepEqual(keptAccess(['a'], { before: 'user', asked: 'public' }), ['a'])
  assert.deepEqual(keptAccess('user', { before: ['a'], asked: 'public' }), ['a'])
})

test('isAtMostAsWide() lets an operator tighten, never widen', () => {
  const cases: [Access, Access, boolean][] = [
    ['public', 'public', true],
    ['user', 'public', true],
    [['a'], 'public', true],
    ['public', 'user', false],
    ['user', 'user', true],
    [['a'], 'user', true],
    ['public', ['a'], false],
    ['user', ['a'], false],
    ['user', [], true],
    [['a', 'b'], ['a'], true],
    [['a'], ['a', 'b'], false],
    [['b'], ['a'], false],
    [[], ['a'], false],
    [['x.*'], ['x.y'], true],
    [['x.y'], ['x.*'], false],
  ]
  for (const [wanted, asked, expected] of cases) {
    assert.equal(
      isAtMostAsWide(wanted, asked),
      expected,
      `${JSON.stringify(wanted)} within ${JSON.stringify(asked)}`,
    )
  }
})
