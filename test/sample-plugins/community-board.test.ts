// The community board on the sample host: its tables, its API and who may do what, events in and out, its task, and its parts of pages.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { SlotParts } from '../../sdk/api/bundles.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import type { TaskView } from '../../sdk/api/tasks.ts'
import { pluginZip, until } from '../support/runtime.ts'
import { installPacked, openLibrary, signIn } from './library.ts'

const FOLDER = join(import.meta.dirname, '../../sample-plugins/community-board')
const opened = await openLibrary({ after })
const { library, headers: amina } = opened
const [tomas, yara] = [await signIn(library, 'tomas'), await signIn(library, 'yara')]

interface Notice {
  readonly id: number
  readonly text: string
  readonly author: string | null
  readonly book: number | null
  readonly companions: readonly string[]
}
type Headers = Readonly<Record<string, string>>

async function send(method: string, path: string, as: Headers, body?: unknown) {
  const response = await fetch(`${library.url}/apps/${path}`, {
    method,
    headers: { ...as, origin: library.url, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: JSON.parse(await response.text()) }
}
const board = async (method: string, path: string, as: Headers, body?: unknown) => {
  const { status, body: answer } = await send(method, `plugins/community-board/api${path}`, as, body)
  return { status, error: answer.error as string | undefined, notices: answer.notices as Notice[] }
}
const noticesOf = async (book: number) => (await board('GET', `/notices?book=${book}`, amina)).notices
const lend = (book: number, change: 'borrow' | 'return', as: Headers) =>
  fetch(`${library.url}/en/books/${book}/${change}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { ...as, origin: library.url },
  })

/** Another plugin, which hears what the board says. */
const LISTENER = pluginZip({
  id: 'listener',
  backend: `export default {
    events: { 'community-board.*': (event, env) => env.kv.put('heard', JSON.stringify(event)) },
    fetch: async (request, env) => Response.json(await env.kv.get('heard', 'json')),
  }`,
  manifest: { permissions: { kv: true, events: ['community-board.*'] } },
})

test('what Vite has built is installed, with its tables, without a warning', async () => {
  const installed = await installPacked(opened, FOLDER)
  assert.equal(installed.status, 201)
  const { problem, warnings } = (await installed.json()) as Installation
  assert.deepEqual([problem, warnings], [null, []])
  const listener = await fetch(`${library.url}/apps/api/v1/plugins?grant=all`, {
    method: 'POST',
    headers: { ...amina, 'content-type': 'application/zip' },
    body: new Uint8Array(LISTENER),
  })
  assert.equal(listener.status, 201)
})

test('members post, join and leave; a notice is taken down by its author or a librarian', async () => {
  assert.equal((await board('GET', '/notices', {})).status, 401)
  const posted = await board('POST', '/notices?book=6', yara, { text: ' Who reads Flatland with me? ' })
  assert.equal(posted.status, 201)
  const [notice = assert.fail('no notice')] = posted.notices
  assert.deepEqual(
    [notice.text, notice.author, notice.book, notice.companions],
    ['Who reads Flatland with me?', 'yara', 6, []],
  )
  const path = `/notices/${notice.id}`
  for (const _ of [1, 2]) await board('PUT', `${path}/companion`, tomas)
  assert.deepEqual((await noticesOf(6))[0]?.companions, ['tomas'])
  await board('DELETE', `${path}/companion`, tomas)
  assert.deepEqual((await noticesOf(6))[0]?.companions, [])
  await board('PUT', `${path}/companion`, tomas)

  for (const text of ['', '   ', 'x'.repeat(281), 5, undefined])
    assert.deepEqual(await board('POST', '/notices', yara, { text }), {
      status: 422,
      error: 'text',
      notices: undefined,
    })
  assert.equal((await board('DELETE', path, tomas)).status, 403)
  assert.equal((await board('DELETE', '/notices/999', tomas)).status, 404)
  const second = await board('POST', '/notices', tomas, { text: 'Chess on Friday' })
  assert.equal((await board('DELETE', `/notices/${second.notices[0]?.id}`, amina)).status, 200)
})

test('each notice is an event that another plugin hears', async () => {
  const heard = async () => (await send('GET', 'plugins/listener/api/', amina)).body
  const { notices } = await board('POST', '/notices', tomas, { text: 'I lend my atlas' })
  const data = { id: notices[0]?.id, author: 'tomas', book: null }
  await until('the event is heard', async () => (await heard())?.data.id === data.id)
  const { name, data: got } = await heard()
  assert.deepEqual([name, got], ['community-board.posted', data])
})

test('a book that is given back is a notice of the library, once for each loan, and none where there was no loan', async () => {
  const returns = async () => (await noticesOf(2)).filter(({ author }) => author === null)
  await lend(2, 'borrow', yara)
  // It is the loan of another member: nothing has happened, so there is no event.
  await lend(2, 'return', tomas)
  await lend(2, 'return', yara)
  await until('the board says so', async () => (await returns()).length > 0)
  await lend(2, 'return', yara)
  await lend(2, 'borrow', tomas)
  await lend(2, 'return', tomas)
  await until('it says so again', async () => (await returns()).length > 1)
  assert.deepEqual(
    (await returns()).map(({ text }) => text),
    ['The Jungle Book', 'The Jungle Book'],
  )
  // The library takes no companions.
  const { id = 0 } = (await returns())[0] ?? {}
  assert.equal((await board('PUT', `/notices/${id}/companion`, yara)).status, 405)
})

test('its task removes what has expired, and only that', async () => {
  const keep = async (keepFor: string) => {
    const changed = await send('PATCH', 'api/v1/plugins/community-board/settings', amina, { keepFor })
    assert.equal(changed.status, 200, JSON.stringify(changed.body))
  }
  const texts = async () => (await board('GET', '/notices', amina)).notices.map(({ text }) => text)
  const before = await texts()
  await keep('1s')
  await board('POST', '/notices', tomas, { text: 'Gone in a second' })
  await keep('2w')
  await until('it has expired', async () => !(await texts()).includes('Gone in a second'))

  const tasks = async (state: string) =>
    (await send('GET', `api/v1/tasks?plugin=community-board&state=${state}`, amina)).body.items as TaskView[]
  const [planned = assert.fail('no task')] = await tasks('waiting')
  assert.deepEqual([planned.name, planned.repeat], ['tidy', { cron: '*/15 * * * *', timeZone: null }])
  await send('POST', `api/v1/tasks/${planned.id}/run`, amina)
  await until('the task has run', async () => (await tasks('succeeded')).length > 0)
  const [done] = await tasks('succeeded')
  assert.deepEqual([done?.result, done?.worked], [{ removed: 1 }, true])
  assert.deepEqual(await texts(), before)
})

test('its parts are in the slots, for members only, with every style sheet of what Vite has built', async () => {
  const parts = async (slot: string, as: Headers) =>
    ((await send('GET', `api/v1/slots/${slot}`, as)).body as SlotParts).items
  assert.deepEqual(await parts('library.front', {}), [])
  const [front = assert.fail('no part')] = await parts('library.front', yara)
  const [about = assert.fail('no part')] = await parts('book.about', yara)
  assert.deepEqual([front.as, front.mode, about.as, about.mode], ['frame', 'append', 'module', 'wrap'])
  for (const { entry, styles, preload } of [front, about]) {
    assert.equal(styles.length, 2)
    assert.equal(preload.length, 1)
    for (const file of [entry, ...styles, ...preload]) {
      assert.match(file?.integrity ?? '', /^sha256-/)
      const response = await fetch(library.url + file?.url, { headers: yara })
      assert.deepEqual(
        [response.status, response.headers.get('cache-control')?.includes('immutable')],
        [200, true],
        String(file?.url),
      )
      await response.arrayBuffer()
    }
  }
})
