// What a copied data folder, database or snapshot holds of secrets, when the key file is somewhere else.

import assert from 'node:assert/strict'
import { cp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import {
  ADMIN_TOKEN,
  api,
  backendOf,
  codeOf,
  install,
  logLines,
  send,
  startTestRuntime,
  temporaryFolder,
} from '../support/runtime.ts'
import { record } from './helpers/record.ts'

const VALUE = 'canary-kZ81-very-secret-value'
const ORIGIN = 'https://api.example.org'
const MANIFEST = {
  access: 'public',
  permissions: { kv: true, database: true, network: [ORIGIN] },
  settings: {
    type: 'object',
    properties: { apiKey: { type: 'string', format: 'secret' }, plain: { type: 'string' } },
  },
}
const BACKEND = backendOf(
  `await env.kv.put('seen', 'yes'); console.log('served'); return Response.json(Object.keys(env.secrets))`,
)

async function start(t: TestContext, data: string, keyFile: string | null = null): Promise<Runtime> {
  return await startTestRuntime(t, { config: { data, secrets: { keyFile } } })
}

async function visit(runtime: Runtime): Promise<Response> {
  return await createApp(runtime).request('http://127.0.0.1:3000/plugins/keeper/api/')
}

/** The content of every file below the folder, by name. */
async function filesOf(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return new Map(
    await Promise.all(
      files.map(async ({ parentPath, name }) => [name, await readFile(join(parentPath, name))] as const),
    ),
  )
}

/** Class: what is stored proves nothing and opens nothing by itself. */
test('SECRET-10 a copied data folder, with its database, its log and a snapshot, gives no secret, token, session or code', async (t) => {
  const data = join(await temporaryFolder(t), 'data')
  const keyFile = join(await temporaryFolder(t), 'elsewhere.key')
  const runtime = await start(t, data, keyFile)
  await install(runtime, { id: 'keeper', backend: BACKEND, manifest: MANIFEST })
  const changed = await send(runtime, 'PATCH', '/plugins/keeper/settings', {
    apiKey: VALUE,
    plain: 'canary-plain',
  })
  assert.ok(!(await changed.text()).includes(VALUE))
  assert.deepEqual(await (await visit(runtime)).json(), ['apiKey'])
  const { token } = (await (
    await send(runtime, 'POST', '/tokens', { name: 'program', permissions: ['plugins.view'] })
  ).json()) as { token: string }
  const signedIn = await send(runtime, 'POST', '/session', { token: ADMIN_TOKEN })
  const [, session = ''] = /^[^=]+=([^;]+)/.exec(signedIn.headers.get('set-cookie') ?? '') ?? []
  const code = runtime.adminCode()
  const snapshot = await api(runtime, '/plugins/keeper/data')
  assert.equal(snapshot.status, 200)
  const copies = new Map([
    ...(await filesOf(data)),
    ['snapshot', Buffer.from(await snapshot.arrayBuffer())],
    ['settings', Buffer.from(await (await api(runtime, '/plugins/keeper/settings')).text())],
    ['audit', Buffer.from(await (await api(runtime, '/audit')).text())],
    ['log', Buffer.from(JSON.stringify(await logLines(runtime, 'keeper')))],
  ])
  const key = (await readFile(keyFile, 'utf8')).trim().split('\n').at(-1) ?? ''
  const canaries = { VALUE, ADMIN_TOKEN, token, session, code, key }
  for (const [what, text] of Object.entries(canaries)) {
    assert.ok(text.length >= 16, what)
    for (const [name, bytes] of copies) {
      assert.ok(!bytes.includes(text), `${what} is in "${name}"`)
      assert.ok(!bytes.includes(Buffer.from(text).toString('base64').slice(0, 16)), `${what} is in "${name}"`)
    }
  }
  // The search finds what is there.
  assert.ok([...copies.values()].some((bytes) => bytes.includes('canary-plain')))
  record({ id: 'SECRET-10', area: 'secrets', title: 'a copied data folder', culprit: 'nothing readable' })
})

test('SECRET-11 with a copied database but not its key, the plugin is told, the server serves, and nothing is overwritten', async (t) => {
  const data = join(await temporaryFolder(t), 'data')
  const first = await start(t, data)
  await install(first, { id: 'keeper', backend: BACKEND, manifest: MANIFEST })
  await install(first, {
    id: 'other',
    backend: backendOf("return new Response('serves')"),
    manifest: { access: 'public' },
  })
  await send(first, 'PATCH', '/plugins/keeper/settings', { apiKey: VALUE })
  await first.close()
  const copy = join(await temporaryFolder(t), 'copy')
  await cp(data, copy, { recursive: true })
  await rm(join(copy, 'secrets.key'))
  const runtime = await start(t, copy)
  const keeper = await runtime.plugins.get('keeper')
  assert.equal(keeper.state, 'misconfigured')
  assert.match(keeper.problem?.message ?? '', /"apiKey" cannot be decrypted: the key file ".*" is missing/)
  assert.match(keeper.problem?.hint ?? '', /Restore the key file/)
  const other = await createApp(runtime).request('http://127.0.0.1:3000/plugins/other/api/')
  assert.equal(await other.text(), 'serves')
  const refused = await send(runtime, 'PATCH', '/plugins/keeper/settings', { apiKey: 'a new value' })
  assert.deepEqual([refused.status, await codeOf(refused)], [503, 'SECRETS_KEY_UNUSABLE'])
  const rotation = await send(runtime, 'POST', '/secrets/rotate', {})
  assert.deepEqual([rotation.status, await codeOf(rotation)], [503, 'SECRETS_KEY_UNUSABLE'])
  assert.ok(!(await filesOf(copy)).has('secrets.key'))

  const accepted = await send(runtime, 'POST', '/secrets/rotate', { acceptLoss: true })
  assert.deepEqual(await accepted.json(), { rotated: 0, unreadable: [{ pluginId: 'keeper', key: 'apiKey' }] })
  assert.ok((await send(runtime, 'PATCH', '/plugins/keeper/settings', { apiKey: 'a new value' })).ok)
  assert.equal((await visit(runtime)).status, 200)
})

test('SECRET-12 a rotation under a running plugin interrupts nothing, and a lesser token may not do it', async (t) => {
  const data = join(await temporaryFolder(t), 'data')
  const runtime = await start(t, data)
  await install(runtime, { id: 'keeper', backend: BACKEND, manifest: MANIFEST })
  await send(runtime, 'PATCH', '/plugins/keeper/settings', { apiKey: VALUE })
  const before = await readFile(join(data, 'secrets.key'))
  const rotated = await send(runtime, 'POST', '/secrets/rotate', {})
  assert.deepEqual(await rotated.json(), { rotated: 1, unreadable: [] })
  assert.notDeepEqual(await readFile(join(data, 'secrets.key')), before)
  assert.deepEqual(await (await visit(runtime)).json(), ['apiKey'])
  const request = { name: 'lesser', permissions: ['plugins.*', 'users.manage'] }
  const { token } = (await (await send(runtime, 'POST', '/tokens', request)).json()) as { token: string }
  const refused = await createApp(runtime).request('http://127.0.0.1:3000/api/v1/secrets/rotate', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  })
  assert.equal(refused.status, 403)
  await runtime.close()
  const again = await start(t, data)
  assert.deepEqual(await (await visit(again)).json(), ['apiKey'])
})
