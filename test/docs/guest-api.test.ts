// docs/guest-api.md is what the sources say, and what the sources say is what an isolate has.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import ivm from 'isolated-vm'
import { CONFIG_KEYS } from '../../runtime/config/config-keys.ts'
import { HOST_CALLS } from '../../sdk/protocol/host-calls.ts'
import { buildWeb, createGuest } from '../isolate/guest/web/harness.ts'
import { envMembers } from './guest-api/env.ts'
import { generated, PAGE } from './guest-api/generate.ts'
import { globalFacts } from './guest-api/globals.ts'

const page = await readFile(PAGE, 'utf8')

test('docs/guest-api.md is up to date: node test/docs/guest-api/generate.ts writes it', () => {
  assert.equal(page, generated(page))
})

test('the globals of the page are those that the guest adds to ECMAScript', async () => {
  const isolate = new ivm.Isolate()
  const plain: string[] = isolate
    .createContextSync()
    .evalSync('Object.getOwnPropertyNames(globalThis)', { copy: true })
  isolate.dispose()
  using guest = createGuest(await buildWeb())
  const all = (await guest.run('return Object.getOwnPropertyNames(globalThis)')) as string[]
  const added = all.filter((name) => !plain.includes(name) || name === 'console')
  assert.deepEqual(
    globalFacts().map(({ name }) => name),
    added.toSorted(),
  )
})

test('every class has the members that the page lists, and no others', async () => {
  using guest = createGuest(await buildWeb())
  const facts = globalFacts()
  const real = (await guest.run(
    `return Object.fromEntries(args[0].map((name) => [name, {
      isFunction: typeof globalThis[name] === 'function',
      members: Object.getOwnPropertyNames(globalThis[name]?.prototype ?? {}),
      statics: Object.getOwnPropertyNames(globalThis[name]),
    }]))`,
    facts.map(({ name }) => name),
  )) as Record<string, { isFunction: boolean; members: string[]; statics: string[] }>
  for (const { name, kind, members, statics } of facts) {
    const found = real[name] ?? assert.fail(name)
    assert.equal(found.isFunction, kind !== 'object', name)
    if (kind === 'object' && members.length > 0) assert.deepEqual(found.statics.toSorted(), members, name)
    if (kind !== 'class') continue
    const isOwn = (each: string) => !['constructor', 'length', 'name', 'prototype'].includes(each)
    const constants = statics.filter((each) => /^[A-Z]/.test(each))
    const listed = [...members, ...constants].toSorted()
    assert.deepEqual(
      found.members.filter((each) => each !== 'constructor').toSorted(),
      listed,
      `${name}.prototype`,
    )
    assert.deepEqual(found.statics.filter(isOwn).toSorted(), statics, name)
  }
})

/** By the first word of their calls, where it is another one. */
const MEMBERS: Readonly<Record<string, string>> = { net: 'fetch()', bucket: 'env.files' }

test('every family of host calls has a row with its permission', () => {
  for (const [name, { permission }] of Object.entries(HOST_CALLS)) {
    // It names a handle, which another call has given.
    if (permission === null) continue
    const [family = ''] = name.split('.')
    const member = MEMBERS[family] ?? `env.${family}`
    assert.ok(page.includes(`| \`${member}\` | \`${permission}\` |`), name)
  }
})

test('every member of env says what it is', () => {
  for (const { name, what } of envMembers()) assert.ok(what.length > 10, name)
})

test('every limit that the page names is a key of the configuration, and every limit of the configuration is named', () => {
  const named = [...page.matchAll(/`((?:limits|sandbox|packages)\.\w+)`/g)].map(([, key]) => key ?? '')
  assert.deepEqual(
    named.filter((key) => !Object.hasOwn(CONFIG_KEYS, key)),
    [],
  )
  for (const key of Object.keys(CONFIG_KEYS).filter((each) => each.startsWith('limits.')))
    assert.ok(named.includes(key), key)
})
