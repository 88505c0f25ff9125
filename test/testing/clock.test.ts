// The clock of a test inside the backend and its data, and the files that a test fills and looks at.

import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { type FetchMock, startPlugin, type TestPlugin } from '../../runtime/testing/index.ts'
import { saveFiles } from '../dev/dev-plugin.ts'
import { pluginFiles, temporaryFolder } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

const START = Date.parse('2030-01-01T00:00:00Z')
const HOUR = 3_600_000

const BACKEND = `
const startedAt = performance.now()
const seen = []
const note = (what) => seen.push(what + ' ' + new Date().toISOString().slice(11, 19))
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    if (pathname === '/times') {
      class Sub extends Date {}
      return Response.json({
        now: Date.now(), made: new Date().getTime(), sub: new Sub().getTime(), called: Date.parse(Date()),
        given: new Date(2020, 1, 2).getFullYear(), isDate: new Date() instanceof Date, own: new Date().constructor === Date,
        origin: performance.timeOrigin + performance.now(), file: new File([], 'a').lastModified, since: performance.now() - startedAt,
      })
    }
    if (pathname === '/timers') {
      setTimeout(() => note('later'), 7_200_000)
      setTimeout(() => { note('first'); setTimeout(() => note('nested'), 1_800_000) }, 3_600_000)
      const id = setInterval(() => { note('tick'); if (seen.length > 6) clearInterval(id) }, 2_400_000)
      clearTimeout(setTimeout(() => note('never'), 1000))
      return new Response('armed')
    }
    if (pathname === '/retry') {
      ctx.waitUntil((async () => {
        for (let attempt = 1; ; attempt++) {
          const { status } = await fetch('https://weather.example/')
          await env.kv.put('attempts', String(attempt))
          if (status === 200) return note('answered')
          await sleep(attempt * 600_000)
        }
      })())
      return new Response('tried')
    }
    if (pathname === '/abort') {
      AbortSignal.timeout(5_000).addEventListener('abort', () => note('aborted'))
      return new Response('armed')
    }
    if (pathname === '/seen') return Response.json(seen.splice(0))
    if (pathname === '/keep') {
      await env.kv.put('short', 'lived', { expirationTtl: 3600 })
      await env.files.put('kept.txt', 'text of the file', { httpMetadata: { contentType: 'text/plain' } })
      return new Response('kept')
    }
    if (pathname === '/short') return new Response(await env.kv.get('short'))
    const file = await env.files.get(pathname.slice(1))
    return file === null ? new Response('', { status: 404 }) : new Response(file.body)
  },
  tasks: {
    async slow(task, env) {
      await sleep(3_000_000)
      await env.kv.put('slow', new Date().toISOString())
    },
  },
}
`

describe('in a test of a plugin', () => {
  const scope = sharedScope()
  let plugin: TestPlugin
  let answers = 0
  const weather: FetchMock = () => new Response('', { status: ++answers < 4 ? 503 : 200 })

  before(async () => {
    const folder = await temporaryFolder(scope)
    await saveFiles(
      folder,
      pluginFiles({
        ...{ id: 'clocked', backend: BACKEND },
        manifest: {
          permissions: { kv: true, files: true, tasks: true, network: ['https://weather.example'] },
          contributes: { tasks: [{ id: 'slow' }] },
        },
      }),
    )
    plugin = await startPlugin(folder, { now: new Date(START), fetch: weather })
    scope.after(() => plugin.close())
  })

  const read = async <T>(path: string): Promise<T> => (await plugin.fetch(path)).json()
  const seen = () => read<readonly string[]>('/seen')

  test('A8: Date and performance of the backend go by the clock of the test', async () => {
    const { given, isDate, own, since, ...times } = await read<Record<string, number>>('/times')
    assert.deepEqual({ given, isDate, own }, { given: 2020, isDate: true, own: true })
    for (const [name, time] of Object.entries(times))
      assert.ok(time > START - 1000 && time < START + HOUR, `${name}: ${new Date(time).toISOString()}`)
    await plugin.clock.advance(HOUR)
    const later = await read<Record<string, number>>('/times')
    for (const name of Object.keys(times)) assert.ok((later[name] ?? 0) >= START + HOUR, name)
    assert.ok((later.since ?? 0) - (since ?? 0) >= HOUR)
  })

  test('A8: timers that are due run in their order, each at its time, those that they arm and intervals too', async () => {
    await plugin.clock.goTo('2030-01-02T00:00:00Z')
    await plugin.fetch('/timers')
    await plugin.clock.goTo('2030-01-02T00:30:00Z')
    assert.deepEqual(await seen(), [])
    await plugin.clock.goTo('2030-01-02T03:00:00Z')
    assert.deepEqual(
      (await seen()).map((line) => line.slice(0, -3)),
      ['tick 00:40', 'first 01:00', 'tick 01:20', 'nested 01:30', 'later 02:00', 'tick 02:00', 'tick 02:40'],
    )
    await plugin.fetch('/abort')
    await plugin.clock.advance(5_000)
    assert.deepEqual((await seen()).length, 1)
  })

  test('A8: what waits for answers between its timers is waited for', async () => {
    await plugin.clock.goTo('2030-01-03T00:00:00Z')
    await plugin.fetch('/retry')
    await plugin.clock.goTo('2030-01-03T00:15:00Z')
    assert.equal(await plugin.kv.get('attempts'), '2')
    // After 10, 20 and 30 minutes, one after the other.
    await plugin.clock.goTo('2030-01-03T02:00:00Z')
    assert.deepEqual(
      (await seen()).map((line) => line.slice(0, -3)),
      ['answered 01:00'],
    )
    assert.equal(await plugin.kv.get('attempts'), '4')
  })

  test('A8: keys expire by the clock of the test, and a task sleeps by it', async () => {
    await plugin.clock.goTo('2030-01-04T00:00:00Z')
    await plugin.fetch('/keep')
    await plugin.clock.advance(HOUR / 2)
    assert.equal(await (await plugin.fetch('/short')).text(), 'lived')
    assert.equal(await plugin.kv.get('short'), 'lived')
    await plugin.clock.advance(HOUR)
    assert.equal(await (await plugin.fetch('/short')).text(), '')
    assert.equal(await plugin.kv.get('short'), null)
    await plugin.kv.put('seeded', 'too', { expirationTtl: 60 })
    assert.equal(await plugin.kv.get('seeded'), 'too')
    await plugin.clock.advance(61_000)
    assert.equal(await plugin.kv.get('seeded'), null)
    const running = plugin.tasks.run('slow')
    while ((await plugin.tasks.list()).every(({ state }) => state !== 'running'))
      await new Promise((resolve) => setTimeout(resolve, 10))
    await plugin.clock.goTo('2030-01-04T06:00:00Z')
    assert.equal((await running).state, 'succeeded')
    assert.match((await plugin.kv.get('slow')) ?? '', /^2030-01-04T02:2/)
  })

  test('A8: files of the plugin are filled and looked at', async () => {
    const kept = await plugin.files.get('kept.txt')
    assert.equal(kept?.uploaded.toISOString().slice(0, 13), '2030-01-04T00')
    assert.deepEqual(
      [kept?.size, kept?.httpMetadata, await kept?.text()],
      [16, { contentType: 'text/plain' }, 'text of the file'],
    )
    const large = new Uint8Array(300_000).fill(7)
    await plugin.files.put('photos/1.bin', large, { customMetadata: { by: 'Ada' } })
    await plugin.files.put('photos/2.json', { a: 1 })
    await plugin.files.put('empty', '')
    assert.deepEqual(await plugin.files.keys('photos/'), ['photos/1.bin', 'photos/2.json'])
    assert.deepEqual(await (await plugin.fetch('/photos/1.bin')).bytes(), large)
    assert.deepEqual((await plugin.files.get('photos/1.bin'))?.customMetadata, { by: 'Ada' })
    assert.deepEqual(await (await plugin.files.get('photos/2.json'))?.json(), { a: 1 })
    assert.equal((await plugin.files.get('empty'))?.size, 0)
    await plugin.files.delete('photos/1.bin')
    assert.equal(await plugin.files.get('photos/1.bin'), null)
    assert.equal((await plugin.fetch('/photos/1.bin')).status, 404)
    await assert.rejects(plugin.files.put('', 'x'), { code: 'HOST_CALL_INVALID' })
  })
})
