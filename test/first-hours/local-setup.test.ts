// What an author sets up on the own machine: settings, visitors, data, ports. Tests bear the number of the problem that they
// keep away.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DevEvent, DevOptions } from '../../runtime/dev/dev-events.ts'
import { readVisitor } from '../../runtime/dev/visitor.ts'
import { startDev } from '../../runtime/dev-server.ts'
import { runCli } from '../cli/harness.ts'
import { saveFiles } from '../dev/dev-plugin.ts'
import { temporaryFolder } from '../support/runtime.ts'
import type { Scope } from '../support/scope.ts'

const FILES = {
  'manifest.json': JSON.stringify({
    manifestVersion: 1,
    id: 'weather',
    name: 'Weather',
    version: '1.0.0',
    permissions: { kv: true },
    settings: {
      type: 'object',
      properties: {
        town: { type: 'string', default: 'Bern' },
        weatherKey: { type: 'string', format: 'secret' },
      },
      required: ['weatherKey'],
    },
  }),
  'backend/index.js': `export default { async fetch(request, env, ctx) {
    if (request.method === 'POST') await env.kv.put('note', await request.text())
    const { town } = env.settings
    return Response.json({
      town, user: ctx.user, note: await env.kv.get('note'),
    })
  } }`,
}

interface Seen {
  readonly town: string
  readonly user: { readonly name: string; readonly permissions?: readonly string[] } | null
  readonly note: string | null
}

test('S11, A1: settings and secrets come from .plugbay.env, live, below what the shell says', async (t) => {
  const folder = await temporaryFolder(t)
  await saveFiles(folder, { ...FILES, '.plugbay.env': '# mine\nweatherKey="s3cret"\ntown=Thun\n' })
  const dev = await start(t, folder)
  // It would be misconfigured without its secret.
  assert.equal((await dev.ask()).town, 'Thun')
  assert.deepEqual(dev.warnings(), [])

  await saveFiles(folder, { '.plugbay.env': 'weatherKey=other\ntown=Chur\ntwon=Biel\n' })
  await dev.until(async () => (await dev.ask()).town === 'Chur' && dev.warnings().length > 0)
  assert.deepEqual(dev.warnings(), [
    'The variable PLUGBAY_SETTING_WEATHER_TWON is of no setting of an installed plugin. Did you mean PLUGBAY_SETTING_WEATHER_TOWN?',
  ])
  await saveFiles(folder, { '.plugbay.env': 'weatherKey=other\n' })
  await dev.until(async () => (await dev.ask()).town === 'Bern')
  await dev.close()

  await saveFiles(folder, { '.plugbay.env': 'weatherKey=other\ntown=Chur\n' })
  const shell = await start(t, folder, { environment: { PLUGBAY_SETTING_WEATHER_TOWN: 'Genf' } })
  assert.equal((await shell.ask()).town, 'Genf')
})

test('S11: --as opens the pages as somebody else, and the printed link signs in on the admin page', async (t) => {
  const folder = await temporaryFolder(t)
  await saveFiles(folder, { ...FILES, '.plugbay.env': 'weatherKey=s3cret\n' })
  const developer = await start(t, folder)
  assert.equal((await developer.ask()).user?.name, 'developer')
  const { adminUrl } = developer.ready
  const { origin, hash } = new URL(adminUrl)
  const signIn = () =>
    fetch(`${origin}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ code: hash.replace('#code=', '') }),
    })
  assert.equal((await signIn()).status, 204)
  assert.equal((await signIn()).status, 401)
  await developer.close()

  const ada = await start(t, folder, { visitor: readVisitor('ada:events.view') ?? null })
  const { user } = await ada.ask()
  assert.equal(user?.name, 'ada')
  await ada.close()

  const stranger = await start(t, folder, { visitor: null })
  assert.equal((await stranger.get()).status, 401)
})

test('S11: --as takes a stranger, a name, and a name with permissions; nothing else', () => {
  assert.equal(readVisitor('stranger'), null)
  assert.deepEqual(readVisitor('ada'), { name: 'ada', permissions: [], kind: 'application' })
  assert.deepEqual(readVisitor('ada:events.view,reports.*')?.permissions, ['events.view', 'reports.*'])
  for (const wrong of ['', ':', 'ada:', 'ada:a b', 'ada:x:y', 'a\u0000b', 'ada:*.x'])
    assert.equal(readVisitor(wrong), undefined, wrong)
})

test('S11: --seed fills new data once, as a user with every permission, and --reset begins anew', async (t) => {
  const folder = await temporaryFolder(t)
  await saveFiles(folder, {
    ...FILES,
    '.plugbay.env': 'weatherKey=s3cret\n',
    'seed.ts': `export default async ({ fetch }: { fetch: (path: string, init?: object) => Promise<Response> }) => {
      const { user, note } = await (await fetch('/')).json()
      await fetch('/', { method: 'POST', body: (note ?? '') + 'seeded by ' + user.name })
    }`,
  })
  const seed = join(folder, 'seed.ts')
  const visitor = readVisitor('ada') ?? null
  const once = await start(t, folder, { seed, visitor })
  assert.equal((await once.ask()).note, 'seeded by developer')
  assert.equal((await once.ask()).user?.name, 'ada')
  await once.close()
  const again = await start(t, folder, { seed, visitor })
  assert.equal((await again.ask()).note, 'seeded by developer')
  await again.close()
  const anew = await start(t, folder, { reset: true })
  assert.equal((await anew.ask()).note, null)
  assert.equal(existsSync(join(folder, '.plugbay/seeded')), false)
  await anew.close()
})

test('S11: a seed that fails says why, and is tried again with the next save', async (t) => {
  const folder = await temporaryFolder(t)
  await saveFiles(folder, {
    ...FILES,
    'seed.js': "export default ({ fetch }) => fetch('/nope', { method: 'POST', body: 'seeded' })",
  })
  // Without its required setting the plugin does not serve, and nothing is seeded.
  const dev = await start(t, folder, { seed: join(folder, 'seed.js') })
  assert.equal(existsSync(join(folder, '.plugbay/seeded')), false)
  await saveFiles(folder, { '.plugbay.env': 'weatherKey=s3cret\n' })
  await dev.until(async () => existsSync(join(folder, '.plugbay/seeded')))
  assert.equal((await dev.ask()).note, 'seeded')
})

test('A1: PLUGBAY_PORT is obeyed by dev, a flag wins, and a wrong value is refused', async (t) => {
  const folder = await temporaryFolder(t)
  await saveFiles(folder, FILES)
  const given: DevOptions[] = []
  const run = (args: readonly string[], env: Readonly<Record<string, string>>) =>
    runCli(['dev', '.', ...args], {
      cwd: folder,
      env,
      parts: {
        async startDev(_folder, options) {
          given.push(options)
          return { close: async () => undefined }
        },
      },
      io: {
        onSignal(listener) {
          setTimeout(listener)
          return () => undefined
        },
      },
    })
  await run([], { PLUGBAY_PORT: '4201', PLUGBAY_HOST: '127.0.0.2' })
  await run(['--port', '4202', '--as', 'stranger', '--reset'], { PLUGBAY_PORT: '4201' })
  await run([], {})
  assert.deepEqual(
    given.map(({ port, host, visitor, reset }) => [port, host, visitor, reset]),
    [
      [4201, '127.0.0.2', undefined, undefined],
      [4202, undefined, null, true],
      [undefined, undefined, undefined, undefined],
    ],
  )
  assert.equal((await run([], { PLUGBAY_PORT: 'many' })).code, 64)
  assert.equal((await run(['--as', 'x:y:z'], {})).code, 64)
})

async function start(t: Scope, folder: string, options: Partial<DevOptions> = {}) {
  const events: DevEvent[] = []
  const server = await startDev(folder, {
    port: 0,
    logLevel: 'silent',
    environment: {},
    ...options,
    onEvent: (event) => void events.push(event),
  })
  t.after(() => server.close())
  const ready = events.find((event) => event.event === 'ready')
  assert.ok(ready !== undefined, JSON.stringify(events))
  const { port } = new URL(ready.url)
  const get = () => fetch(`http://127.0.0.1:${port}/plugins/weather/api/`)
  return {
    ready,
    get,
    close: () => server.close(),
    warnings: () =>
      events.flatMap((event) => (event.event === 'log' && event.level === 'warn' ? [event.message] : [])),
    async ask() {
      const response = await get()
      const text = await response.text()
      assert.equal(response.status, 200, text)
      return JSON.parse(text) as Seen
    },
    async until(isSo: () => Promise<boolean>) {
      const end = performance.now() + 60_000
      while (!(await isSo().catch(() => false))) {
        assert.ok(performance.now() < end, JSON.stringify(events))
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
  }
}
