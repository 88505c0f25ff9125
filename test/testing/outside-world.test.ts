// What a test of a plugin controls: the network, WebSockets, stored data, visitors and grants, time, and what goes wrong.

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { type FetchMock, startPlugin, type TestPlugin } from '../../runtime/testing/index.ts'
import { saveFiles } from '../dev/dev-plugin.ts'
import { backendOf, type PluginSource, pluginFiles, temporaryFolder } from '../support/runtime.ts'

async function folderOf(t: TestContext, source: Omit<PluginSource, 'id'>): Promise<string> {
  const folder = await temporaryFolder(t)
  await saveFiles(folder, pluginFiles({ id: 'hello', ...source }))
  return folder
}

const WEATHER = {
  permissions: {
    network: ['https://weather.example', 'https://other.example'],
    secrets: { apiKey: ['https://weather.example'] },
  },
  settings: { type: 'object', properties: { apiKey: { type: 'string', format: 'secret' } } },
}
const ASK = backendOf(
  `const init = request.method === 'POST' ? { method: 'POST', body: await request.text() } : {}
   const answer = await fetch(url.searchParams.get('to'), { ...init, headers: { authorization: env.secrets.apiKey.bearer() } })
   return Response.json({ status: answer.status, url: answer.url, redirected: answer.redirected, echo: answer.headers.get('x-echo'), text: await answer.text() })`,
)
const SETTINGS = { apiKey: 'very-secret-key-of-mine' }

const asking = (plugin: TestPlugin) => async (to: string, body?: string) => {
  const answer = await plugin.fetch(
    `/?to=${encodeURIComponent(to)}`,
    body === undefined ? {} : { method: 'POST', body },
  )
  return answer.status === 200 ? await answer.json() : answer.status
}

test('A8: fetch() of a plugin is answered by the test, with its redirects, by the grants, and never leaves without one', async (t) => {
  const folder = await folderOf(t, { backend: ASK, manifest: WEATHER })
  const seen: string[] = []
  const mock: FetchMock = async (request) => {
    const { pathname } = new URL(request.url)
    seen.push(
      `${request.method} ${request.url} ${request.headers.get('authorization')} ${await request.text()}`,
    )
    if (pathname === '/old') return Response.redirect('https://other.example/new')
    if (pathname === '/down') throw new Error('It is down')
    if (pathname === '/away') return Response.redirect('https://nobody.example/')
    return new Response('sunny', {
      status: 201,
      headers: { 'x-echo': request.headers.get('authorization') ?? '' },
    })
  }
  await using plugin = await startPlugin(folder, { settings: SETTINGS, fetch: mock })
  const ask = asking(plugin)
  const { echo, ...answer } = await ask('https://weather.example/a?b=1#c', 'now')
  const url = 'https://weather.example/a?b=1'
  assert.deepEqual(answer, { status: 201, url, redirected: false, text: 'sunny' })
  assert.match(echo, /^Bearer plugbay-secret-/)
  assert.deepEqual(seen, [`POST ${url} Bearer ${SETTINGS.apiKey} now`])
  assert.partialDeepStrictEqual(await ask('https://weather.example/old'), {
    ...{ status: 201, url: 'https://other.example/new', redirected: true },
  })
  assert.equal(await ask('https://weather.example/down'), 500)
  assert.match((await plugin.logs()).at(-1)?.message ?? '', /It is down/)
  const before = seen.length
  for (const to of ['https://nobody.example/', 'https://other.example/']) assert.equal(await ask(to), 500)
  assert.equal(seen.length, before, 'an origin and a secret that are not granted are refused before')
  assert.equal(await ask('https://weather.example/away'), 500)
  await using silent = await startPlugin(folder, { settings: SETTINGS })
  assert.equal(await asking(silent)('https://weather.example/'), 500)
  assert.match(
    (await silent.logs()).at(-1)?.message ?? '',
    /A test reaches no network \(GET https:\/\/weather\.example\/\)/,
  )
})

test('A8: a cassette is recorded of a real server, without the secret, and answers as the server did', async (t) => {
  let count = 0
  const server = createServer((request, response) => {
    const { authorization = '' } = request.headers
    response.setHeader('x-echo', authorization)
    response.setHeader('set-cookie', 'who=me')
    response.end(request.url === '/bytes' ? Buffer.from([0, 255, 254]) : `${++count} ${authorization}`)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.after(() => server.close())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const permissions = { network: [origin], secrets: { apiKey: [origin] } }
  const folder = await folderOf(t, { backend: ASK, manifest: { ...WEATHER, permissions } })
  const file = join(folder, 'test/weather.json')
  const play = async (mode: 'record' | 'replay') => {
    await using plugin = await startPlugin(folder, { settings: SETTINGS, cassette: { file, mode } })
    const ask = asking(plugin)
    const answers = [
      await ask(`${origin}/a`),
      await ask(`${origin}/a`),
      await ask(`${origin}/a`, 'x'),
      await ask(`${origin}/bytes`),
    ]
    if (mode === 'replay') {
      assert.equal((await ask(`${origin}/a`)).text.slice(0, 2), '2 ', 'the last answer is given again')
      assert.equal(await ask(`${origin}/b`), 500)
      assert.match((await plugin.logs()).at(-1)?.message ?? '', /\/b is not in the cassette/)
    }
    return answers.map((each) => ({
      ...each,
      text: each.text.replace(/plugbay-secret-\S+/, '…'),
      echo: typeof each.echo,
    }))
  }
  await assert.rejects(startPlugin(folder, { settings: SETTINGS, cassette: { file, mode: 'replay' } }), {
    code: 'USAGE',
    message: /is missing: record it with PLUGBAY_RECORD=1/,
  })
  const recorded = await play('record')
  assert.deepEqual(
    recorded.map(({ text }) => text.slice(0, 2)),
    ['1 ', '2 ', '3 ', '\u0000\uFFFD'],
  )
  const text = await readFile(file, 'utf8')
  assert.doesNotMatch(text, /very-secret|plugbay-secret|who=me/)
  assert.match(text, /Bearer \{\{apiKey\}\}/)
  server.close()
  server.closeAllConnections()
  assert.deepEqual(await play('replay'), recorded)
  await writeFile(file, '{}')
  await assert.rejects(play('replay'), { code: 'USAGE' })
})

const EVERYTHING = `
let starts = 0
export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url)
    if (url.pathname === '/chat') {
      if (ctx.user === null) return new Response('Sign in', { status: 401 })
      const { 0: client, 1: server } = new WebSocketPair()
      server.accept()
      server.addEventListener('message', ({ data }) => server.send(typeof data === 'string' ? ctx.user.name + ctx.language + request.headers.get('user-agent') + data : data))
      return new Response(null, { status: 101, webSocket: client })
    }
    if (url.pathname === '/who') return Response.json([ctx.user?.name ?? null, ctx.language, env.has('kv'), env.has('database')])
    if (url.pathname === '/put') return Response.json(await env.kv.put('big', 'x'.repeat(Number(url.searchParams.get('size')))).then(() => 'ok', (error) => error.code ?? error.name))
    if (url.pathname === '/kv') return Response.json(await env.kv.get('seeded', 'json'))
    if (url.pathname === '/db') return Response.json((await env.db.prepare('SELECT name FROM people').all()).results)
    if (url.pathname === '/write') { await env.db.prepare('INSERT INTO people (name, photo) VALUES (?, ?)').bind('Bob', new Uint8Array([7])).run(); await env.kv.put('note', '{"a":1}') }
    if (url.pathname === '/starts') return Response.json(++starts)
    if (url.pathname === '/schedule') return Response.json(await env.tasks.schedule('remind', { who: 'Ada' }, { delaySeconds: 3600 }))
    return new Response('')
  },
  tasks: {
    nightly: (task, env) => env.kv.increment('nights'),
    async remind(task, env) { if (task.attempt === 1) throw new Error('not yet'); await env.kv.put('reminded', task.args.who); task.log.info('told', task.args.who); return 5 },
  },
}
`
const MANIFEST = {
  access: 'public',
  permissions: { kv: true, database: true, tasks: true },
  contributes: {
    tasks: [
      { id: 'nightly', cron: '0 3 * * *', timeZone: 'UTC' },
      {
        id: 'remind',
        onDemand: true,
        backoff: { seconds: 60 },
        arguments: { type: 'object', properties: { who: { type: 'string' } } },
      },
    ],
  },
}
const FILES = { 'backend/migrations/1.sql': 'CREATE TABLE people (name TEXT, photo BLOB)' }

describe('a plugin under test', () => {
  let plugin: TestPlugin
  let folder: string
  let clean: () => Promise<void>
  before(async () => {
    const cleanups: (() => Promise<void>)[] = []
    const context = { after: (run: () => Promise<void>) => cleanups.push(run) } as unknown as TestContext
    clean = async () => {
      for (const run of cleanups.reverse()) await run()
    }
    folder = await folderOf(context, { backend: EVERYTHING, manifest: MANIFEST, files: FILES })
    plugin = await startPlugin(folder, {
      ...{ languages: ['en', 'fr'], limits: { kvBytes: 100_000, deadlineMs: 4000 } },
      now: '2030-01-01T00:00:00Z',
    })
  })
  after(async () => {
    await plugin.close()
    await clean()
  })

  test('A8: user, language and grants are of each request', async () => {
    const who = async (init?: Parameters<TestPlugin['fetch']>[1]) =>
      await (await plugin.fetch('/who', init)).json()
    assert.deepEqual(await who(), [null, 'en', true, true])
    assert.deepEqual(await who({ user: { name: 'Ada' }, language: 'fr' }), ['Ada', 'fr', true, true])
    assert.deepEqual(await who({ language: 'fr' }), [null, 'fr', true, true])
    assert.deepEqual(await who({ grants: { kv: true } }), [null, 'en', true, false])
    assert.deepEqual(await who(), [null, 'en', true, true])
    const both = await Promise.all(['Ada', 'Bob'].map((name) => who({ user: { name } })))
    assert.deepEqual(
      both.map(([name]) => name),
      ['Ada', 'Bob'],
    )
    await assert.rejects(plugin.grant({ usb: [] as never[], network: ['https://a.example'] }), {
      code: 'GRANT_TOO_WIDE',
    })
  })

  test('A8: WebSockets open as a visitor, talk, and tell why one is refused', async () => {
    await using chat = await plugin.connect('/chat?room=1', { user: { name: 'Ada' }, language: 'fr' })
    chat.send('hi')
    assert.equal(await chat.next(), 'Adafrplugbay/testinghi')
    chat.send(new Uint8Array([1, 2]))
    assert.deepEqual(await chat.next(), new Uint8Array([1, 2]))
    assert.deepEqual(await chat.close(4001, 'enough'), { code: 4001, reason: 'enough' })
    await assert.rejects(chat.next(), /was closed: 4001 enough/)
    await assert.rejects(plugin.connect('/chat'), /answered 401: Sign in/)
  })

  test('A8: kv and database are filled and read', async () => {
    await plugin.kv.put('seeded', { a: 1 })
    await plugin.db.query('INSERT INTO people (name) VALUES (?)', 'Ada')
    assert.deepEqual(await (await plugin.fetch('/kv')).json(), { a: 1 })
    assert.deepEqual(await (await plugin.fetch('/db')).json(), [{ name: 'Ada' }])
    await plugin.fetch('/write')
    assert.deepEqual(await plugin.kv.json('note'), { a: 1 })
    assert.deepEqual(await plugin.db.query('SELECT * FROM people ORDER BY name'), [
      { name: 'Ada', photo: null },
      { name: 'Bob', photo: new Uint8Array([7]) },
    ])
    assert.deepEqual(await plugin.kv.keys('no'), ['note'])
    await plugin.kv.delete('note')
    assert.equal(await plugin.kv.get('note'), null)
    await assert.rejects(plugin.db.query('SELECT * FROM nobody'), { code: 'DATABASE_ERROR' })
    await assert.rejects(plugin.kv.put('big', 'x'.repeat(200_000)), { code: 'QUOTA_EXCEEDED' })
  })

  test('A8: time passes at once: what repeats runs each time, what fails is tried again', async () => {
    assert.equal(plugin.clock.now().toISOString().slice(0, 10), '2030-01-01')
    await plugin.clock.advance(3 * 86_400_000)
    assert.equal(await plugin.kv.get('nights'), '3')
    const { id } = await (await plugin.fetch('/schedule')).json()
    await plugin.clock.advance(3_500_000)
    assert.equal(await plugin.kv.get('reminded'), null)
    await plugin.clock.advance(200_000)
    assert.equal(await plugin.kv.get('reminded'), 'Ada')
    const done = (await plugin.tasks.list()).find((task) => task.id === id)
    assert.partialDeepStrictEqual(done, { state: 'succeeded', result: 5, attempts: 1 })
    assert.deepEqual(
      (await plugin.tasks.log(id)).filter((line) => line.startsWith('told')),
      ['told Ada'],
    )
    assert.equal((await plugin.tasks.run('nightly')).state, 'succeeded')
    await plugin.clock.goTo('2030-02-01T00:00:00Z')
    await assert.rejects(plugin.clock.goTo('2030-01-01T00:00:00Z'), RangeError)
    await assert.rejects(plugin.tasks.run('remind', { whom: 'Ada' }), { code: 'TASK_INVALID' })
  })

  test('A8: quota, failing calls, the deadline and a crash are provoked', async () => {
    const put = async (size: number) => await (await plugin.fetch(`/put?size=${size}`)).json()
    assert.equal(await put(200_000), 'QUOTA_EXCEEDED')
    plugin.fail('kv.put', { with: 'QUOTA_EXCEEDED', times: 2 })
    assert.deepEqual([await put(1), await put(1), await put(1)], ['QUOTA_EXCEEDED', 'QUOTA_EXCEEDED', 'ok'])
    plugin.fail('kv.get', { with: 'never' })
    assert.equal((await plugin.fetch('/kv')).status, 504)
    const starts = async () => await (await plugin.fetch('/starts')).json()
    assert.deepEqual([await starts(), await starts()], [1, 2])
    await plugin.crash()
    assert.equal(await starts(), 1)
  })
})
