// What an administrator changes: set, append, remove, unset; and what is refused, as a whole.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlugbayError } from '../../runtime/errors.ts'
import { layerValues } from '../../runtime/values/layers.ts'
import { checkChanges } from '../../runtime/values/value-changes.ts'
import type { ValueChanges } from '../../sdk/api/values.ts'

const stored = new Map<string, unknown>([['MINE', 1]])
const layered = layerValues({
  host: { id: 'library', defaults: { HOSTS: ['a', { b: 1 }], MODE: 'fast' }, secrets: [] },
  environment: new Map([['HOSTS', ['env']]]),
  stored,
  kept: [{ pluginId: 'redis', key: 'KEY', value: 'made', isSecret: true }],
  plugins: [{ id: 'redis', values: { add: { KEY: '{{ 8|random_string }}', OTHER: 'x' } } }],
})
const check = (changes: ValueChanges) => checkChanges(changes, { stored, layered })

function refused(changes: ValueChanges): string {
  try {
    check(changes)
  } catch (error) {
    assert.ok(error instanceof PlugbayError)
    return `${error.code}: ${error.message}`
  }
  throw new Error('nothing was refused')
}

test('set takes any JSON under any name that templates can name', () => {
  const set = { NEW_NAME: { list: [1, null, true] }, constructor: 'x' }
  assert.deepEqual(check({ set }).values, set)
  assert.match(refused({ set: { 'A-B': 1 } }), /^VALUES_INVALID: "A-B" cannot be the name of a value/)
  assert.match(refused({ set: { ['N'.repeat(201)]: 1 } }), /^VALUES_INVALID/)
  assert.match(
    refused({ set: { BIG: 'x'.repeat(100_000) } }),
    /^VALUES_INVALID: The value of "BIG" is larger/,
  )
})

test('append adds what is not there, below variables of the server; the list is then the administrator has it', () => {
  assert.deepEqual(check({ append: { HOSTS: ['c', 'a', { b: 1 }] } }).values, { HOSTS: ['a', { b: 1 }, 'c'] })
  assert.deepEqual(check({ append: { FRESH: ['x'] } }).values, { FRESH: ['x'] })
  assert.match(refused({ append: { MODE: ['x'] } }), /"MODE" is not a list, so nothing can be appended to it/)
})

test('remove takes items out, whether they are there or not', () => {
  assert.deepEqual(check({ remove: { HOSTS: [{ b: 1 }, 'zzz'] } }).values, { HOSTS: ['a'] })
  assert.match(refused({ remove: { HOTSS: ['x'] } }), /^VALUE_UNKNOWN: There is no value "HOTSS"/)
  assert.match(refused({ remove: { MINE: [1] } }), /"MINE" is not a list/)
})

test('set, append and remove of one request come one after the other', () => {
  const changes = { set: { LIST: ['a'] }, append: { LIST: ['b', 'c'] }, remove: { LIST: ['a'] } }
  assert.deepEqual(check(changes).values, { LIST: ['b', 'c'] })
})

test('unset takes back what was set; what a plugin has added is dropped to be made anew', () => {
  assert.deepEqual(check({ unset: ['MINE', 'MODE'] }), { values: { MINE: undefined }, dropped: [] })
  assert.deepEqual(check({ unset: ['REDIS_KEY', 'REDIS_OTHER'] }), { values: {}, dropped: ['REDIS_KEY'] })
  assert.match(refused({ unset: ['MIEN'] }), /^VALUE_UNKNOWN: There is no value "MIEN"/)
  assert.match(refused({ set: { MINE: 2 }, unset: ['MINE'] }), /"MINE" is both set and unset/)
})

test('a thousand values can be set, and no more', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`N${at}`, at]))
  assert.equal(Object.keys(check({ set: many(999) }).values).length, 999)
  assert.match(refused({ set: many(1000) }), /At most 1,000 values can be set/)
  assert.equal(Object.keys(check({ set: many(1000), unset: ['MINE'] }).values).length, 1001)
})
