// docs/guest-api.md names the globals that an isolate really has, and the members of env.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import ivm from 'isolated-vm'
import { HOST_CALLS } from '../../sdk/protocol/host-calls.ts'
import { buildWeb, createGuest } from '../isolate/web/harness.ts'

const PAGE = new URL('../../docs/guest-api.md', import.meta.url)

test('docs/guest-api.md lists the globals that the guest adds to ECMAScript', async () => {
  const isolate = new ivm.Isolate()
  const plain: string[] = isolate
    .createContextSync()
    .evalSync('Object.getOwnPropertyNames(globalThis)', { copy: true })
  isolate.dispose()
  using guest = createGuest(await buildWeb())
  const all = (await guest.run('return Object.getOwnPropertyNames(globalThis)')) as string[]
  const added = all.filter((name) => !plain.includes(name) || name === 'console')
  const text = await readFile(PAGE, 'utf8')
  const [, list = ''] = /<!-- globals[^>]*-->([\s\S]*?)<!-- \/globals -->/.exec(text) ?? []
  assert.deepEqual(
    [...list.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    added.toSorted(),
  )
})

test('docs/guest-api.md has a row for every family of host calls', async () => {
  const text = await readFile(PAGE, 'utf8')
  for (const [name, { permission }] of Object.entries(HOST_CALLS)) {
    const [family = ''] = name.split('.')
    const member = family === 'net' ? 'fetch()' : `env.${family}`
    assert.ok(text.includes(`| \`${member}\` | \`${permission}\` |`), name)
  }
})
