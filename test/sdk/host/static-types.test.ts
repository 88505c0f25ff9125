// The types that a declaration gives: this file is compiled by `npm run types`, where each expected error must be one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  defineHost,
  type EventData,
  type EventName,
  type HookName,
  type HookValue,
} from '../../../runtime/index.ts'
import type { HostDeclaration } from '../../../sdk/host/declaration.ts'

const library = defineHost({
  id: 'library',
  version: '2.3.0',
  hooks: {
    'content.title': { value: { type: 'string', maxLength: 200 } },
    'content.list': {
      value: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            id: { type: 'string' },
            level: { enum: ['easy', 'hard'] },
            pages: { type: 'integer' },
          },
          required: ['id', 'level'],
          additionalProperties: false,
        },
      },
    },
  },
  events: {
    'sync.finished': {
      data: { type: 'object', properties: { rows: { type: 'integer' } }, required: ['rows'] },
    },
  },
})
type Library = typeof library

/** What a caller with these types can say. */
function apply<Name extends HookName<Library>>(
  _name: Name,
  value: HookValue<Library, Name>,
): HookValue<Library, Name> {
  return value
}
function emit<Name extends EventName<Library>>(
  _name: Name,
  data: EventData<Library, Name>,
): EventData<Library, Name> {
  return data
}

test('a name or a value that the declaration does not have does not compile', () => {
  const title: string = apply('content.title', 'Algebra')
  assert.equal(title, 'Algebra')
  const [first] = apply('content.list', [{ id: 'one', level: 'easy', pages: 3 }])
  const level: 'easy' | 'hard' | undefined = first?.level
  assert.equal(level, 'easy')
  assert.equal(emit('sync.finished', { rows: 12 }).rows, 12)

  // @ts-expect-error there is no such hook
  apply('content.titel', 'Algebra')
  // @ts-expect-error the value is text
  apply('content.title', 12)
  // @ts-expect-error an entry has no such level
  apply('content.list', [{ id: 'one', level: 'medium' }])
  // @ts-expect-error an entry needs a level
  apply('content.list', [{ id: 'one' }])
  // @ts-expect-error there is no such event
  emit('sync.started', { rows: 12 })
  // @ts-expect-error rows are numbers
  emit('sync.finished', { rows: 'twelve' })
})

test('a declaration that is wrong does not compile', () => {
  // @ts-expect-error a hook has a value
  defineHost({ id: 'library', version: '1.0.0', hooks: { 'content.title': { mode: 'filter' } } })
  // @ts-expect-error there is no such mode
  defineHost({ id: 'library', version: '1.0.0', hooks: { 'content.title': { value: {}, mode: 'change' } } })
  // @ts-expect-error a host has a version
  defineHost({ id: 'library' })
  assert.ok(true)
})

test('while the declaration is not known, names are any text and values are unknown', () => {
  const name: HookName<HostDeclaration> = 'anything'
  const value: HookValue<HostDeclaration, string> = { of: 'any kind' }
  assert.ok(name !== undefined && value !== undefined)
  const none = defineHost({ id: 'empty', version: '1.0.0' })
  // @ts-expect-error a host without hooks has no name of one
  const hook: HookName<typeof none> = 'content.title'
  assert.ok(hook)
})
