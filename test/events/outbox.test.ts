// Outboxes: events that an application stores in a transaction of its own database.

import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { defineHost, type OutboxEvent, sqliteOutbox } from '../../runtime/index.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { install, logLines, startTestRuntime, until } from '../support/runtime.ts'

const host = defineHost({
  id: 'library',
  version: '1.0.0',
  events: {
    'book.added': {
      data: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] },
      durable: true,
    },
  },
})
const HEARS = {
  id: 'hears',
  manifest: { permissions: { events: ['book.*'] } },
  backend: `export default { events: { 'book.*': ({ data, key }) => console.log('got', data.title, key) } }`,
}
const got = async (runtime: unknown) =>
  (await logLines(runtime as Runtime, 'hears'))
    .map(({ message }) => message)
    .filter((message) => message.startsWith('got '))

describe('an outbox', () => {
  it('sends what was committed, in order, and nothing that was rolled back', async (t) => {
    const runtime = await startTestRuntime(t, { host })
    await install(runtime as unknown as Runtime, HEARS)
    const database = new DatabaseSync(':memory:')
    const outbox = sqliteOutbox(database)
    const relay = runtime.events.relay(outbox, { everyMs: 60_000 })
    database.exec('BEGIN')
    for (const title of ['Algebra', 'Botany']) outbox.add('book.added', { title }, { key: 'shelf' })
    database.exec('COMMIT')
    database.exec('BEGIN')
    outbox.add('book.added', { title: 'Never' })
    database.exec('ROLLBACK')
    relay.notify()
    await until('both arrive', async () => (await got(runtime)).length === 2)
    assert.deepEqual(await got(runtime), ['got Algebra shelf', 'got Botany shelf'])
    assert.deepEqual(await outbox.take(10), [])
  })

  it('removes what can never be sent, and sends what is behind it', async (t) => {
    const runtime = await startTestRuntime(t, { host })
    await install(runtime as unknown as Runtime, HEARS)
    const outbox = sqliteOutbox(new DatabaseSync(':memory:'))
    outbox.add('book.burnt', { title: 'Unknown' })
    outbox.add('book.added', { name: 'Wrong' })
    outbox.add('book.added', { title: 'Chemistry' })
    runtime.events.relay(outbox)
    await until('the third arrives', async () => (await got(runtime)).length === 1)
    assert.deepEqual(await outbox.take(10), [])
  })

  it('keeps what could not be stored, and does not deliver twice what was stored before a crash', async (t) => {
    const runtime = await startTestRuntime(t, { host })
    const slow = HEARS.backend.replace(
      '({ data, key }) =>',
      'async ({ data, key }) => { await new Promise((resolve) => setTimeout(resolve, 300));',
    )
    await install(runtime as unknown as Runtime, {
      ...HEARS,
      backend: slow.replace('key) } }', 'key) } } }'),
    })
    const rows: OutboxEvent[] = [{ id: 'one', name: 'book.added', data: { title: 'Drama' } }]
    let removals = 0
    const relay = runtime.events.relay(
      {
        take: () => rows,
        remove(ids) {
          // As if the application had ended in between, once.
          if (removals++ === 0) throw new Error('The application ends')
          rows.splice(0, ids.length)
        },
      },
      { everyMs: 20 },
    )
    await until('it is removed', async () => rows.length === 0)
    await relay.close()
    await until('it arrives', async () => (await got(runtime)).length > 0)
    assert.equal((await got(runtime)).length, 1)
  })
})
