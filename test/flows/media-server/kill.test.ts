// The media server is killed (SIGKILL) while tasks of actions run: each goes on after the next start, and no file is lost or doubled.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ActionAnswer } from '../../../sdk/api/actions.ts'
import type { TaskLogLine, TaskView } from '../../../sdk/api/tasks.ts'
import { installFolder } from '../../sample-plugins/library.ts'
import { MEDIA_TOOLS } from '../../sample-plugins/media-library.ts'
import { COMPILED } from '../../support/compiled.ts'
import { temporaryFolder, until } from '../../support/runtime.ts'

const MAIN = join(import.meta.dirname, '../../../sample-plugins/host/main.ts')

interface Started {
  readonly url: string
  /** Printed at the first start only. */
  password(): Promise<string>
  /** Ends it without a word, and waits. */
  kill(): Promise<void>
}

async function start(t: TestContext, data: string): Promise<Started> {
  const child: ChildProcess = spawn(process.execPath, [...COMPILED, MAIN, '--port', '0', '--data', data], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const kill = async () => {
    child.kill('SIGKILL')
    await exited
  }
  t.after(kill)
  let out = ''
  child.stdout?.on('data', (chunk) => {
    out += chunk
  })
  const url = await until('the library runs', () => /The library: (\S+)\/$/m.exec(out)?.[1], 60_000)
  const password = () => until('it says the password', () => /yara \(pupil\): (\S+)\n/.exec(out)?.[1])
  return { url, password, kill }
}

test('kill -9 of the server in the middle of a check and of moves: the check goes on after its checkpoint, each file is whole and in one place', async (t) => {
  const data = await temporaryFolder(t)
  const first = await start(t, data)
  const signed = await fetch(`${first.url}/en/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: first.url },
    body: new URLSearchParams({ name: 'amina', password: await first.password() }),
  })
  const cookie =
    signed.headers
      .getSetCookie()
      .find((each) => each.startsWith('library-session='))
      ?.split(';')[0] ?? ''
  const call = async <T>(url: string, method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}/apps/api/v1${path}`, {
      method,
      headers: { cookie, origin: url, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    assert.ok(response.ok, `${response.status} ${await response.clone().text()}`)
    return (await response.json()) as T
  }
  // Large enough that moves are under way when the server is killed.
  const films = join(data, 'media/primary/films')
  mkdirSync(films)
  const names = Array.from({ length: 6 }, (_, index) => `film ${index}.bin`)
  const sums = new Map(
    names.map((name, index) => {
      const content = Buffer.alloc(24_000_000, `film ${index} `)
      writeFileSync(join(films, name), content)
      return [name, createHash('sha256').update(content).digest('hex')] as const
    }),
  )
  const headers = { cookie, origin: first.url }
  // Only its address is needed here.
  const library = { url: first.url } as Parameters<typeof installFolder>[0]['library']
  assert.equal((await installFolder({ library, headers }, MEDIA_TOOLS)).status, 201)
  const page = await (await fetch(`${first.url}/en/media?folder=primary%2Ffilms`, { headers })).text()
  const ids = [...page.matchAll(/name="chosen" value="(\d+)"/g)].map(([, id]) => id)
  assert.equal(ids.length, names.length)
  const run = async (action: string, object: string, args: object) =>
    (
      await call<ActionAnswer>(first.url, 'POST', `/actions/media-tools/${action}/run`, {
        object,
        arguments: args,
      })
    ).added

  const [check] = await run('checksums', 'primary/music', { pause: 1000 })
  const moves = await run('move', ids.join(), { target: 'alternative' })
  assert.equal(moves.length, names.length)
  const task = (url: string, id = '') => call<TaskView>(url, 'GET', `/tasks/${id}`)
  await until('the check has done something, and a file is on its way', async () => {
    const states = await Promise.all(moves.map(({ id }) => task(first.url, id)))
    return (await task(first.url, check?.id)).worked && states.some(({ state }) => state === 'running')
  })
  await first.kill()

  const second = await start(t, data)
  const ended = (id = '') =>
    until(
      'the task ends',
      async () => {
        const found = await task(second.url, id)
        return ['waiting', 'running'].includes(found.state) ? undefined : found
      },
      120_000,
    )
  const checked = await ended(check?.id)
  assert.deepEqual([checked.state, checked.result], ['succeeded', { checked: 4, of: 4, changed: [] }])
  const { items } = await call<{ items: readonly TaskLogLine[] }>(
    second.url,
    'GET',
    `/tasks/${check?.id}/log`,
  )
  assert.ok(items.some(({ text }) => text.startsWith('Goes on after ')))
  for (const { id } of moves) assert.equal((await ended(id)).state, 'succeeded')
  assert.deepEqual(readdirSync(films), [])
  const alternative = join(data, 'media/alternative')
  for (const [name, sum] of sums)
    assert.equal(
      createHash('sha256')
        .update(readFileSync(join(alternative, name)))
        .digest('hex'),
      sum,
      name,
    )
})
