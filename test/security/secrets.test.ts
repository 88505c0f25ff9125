// Secrets: to which origins they go, in which forms they come back, and what a copied data folder holds of them.

import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { createApp } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import { startServer } from '../egress/servers.ts'
import { api, backendOf, install, logLines, send, startTestRuntime } from '../support/runtime.ts'
import { record } from './helpers/record.ts'

const VALUE = 'pk+live/kZ81&"very-secret"=value'
const ID = 'thief'
const SETTINGS = { type: 'object', properties: { apiKey: { type: 'string', format: 'secret' } } }
const RUN = backendOf(`
  const run = new Function('env', 'return (async () => {' + await request.text() + '})()')
  try { return Response.json({ value: (await run(env)) ?? null }) }
  catch (error) { return Response.json({ error: error.message, code: error.cause?.code ?? null }) }`)

interface Outcome {
  readonly value?: unknown
  readonly error?: string
  readonly code?: string
}

interface Thief {
  readonly runtime: Runtime
  readonly installation: Installation
  readonly run: (code: string) => Promise<Outcome>
}

/** A plugin that runs what it is sent, with the secret "apiKey". */
async function open(t: TestContext, permissions: Readonly<Record<string, unknown>>): Promise<Thief> {
  const runtime = await startTestRuntime(t)
  const installation = await install(runtime, {
    id: ID,
    backend: RUN,
    manifest: { permissions, settings: SETTINGS, access: 'public' },
  })
  assert.ok((await send(runtime, 'PATCH', `/plugins/${ID}/settings`, { apiKey: VALUE })).ok)
  const app = createApp(runtime)
  return {
    runtime,
    installation,
    async run(code) {
      const url = `http://127.0.0.1:3000/plugins/${ID}/api/`
      return (await (await app.request(url, { method: 'POST', body: code })).json()) as Outcome
    },
  }
}

const keyOf = (request: IncomingMessage | undefined) => request?.headers['x-api-key']
const bearing = (url: string) => `await fetch('${url}', { headers: { 'x-api-key': env.secrets.apiKey } })`
const collector = (t: TestContext) => startServer(t, (_request, response) => void response.end('ok'))

/** Class: a secret goes only where a person let it go. */
test('SECRET-01 a second granted origin does not get a secret that the manifest binds to the first', async (t) => {
  const [home, other] = [await collector(t), await collector(t)]
  const { run } = await open(t, {
    network: [home.origin, other.origin],
    secrets: { apiKey: [home.origin] },
  })
  await run(bearing(home.origin))
  assert.equal(keyOf(home.hits[0]), VALUE)
  const { error, code } = await run(bearing(other.origin))
  assert.equal(code, 'PERMISSION_DENIED')
  assert.match(String(error), new RegExp(`"secrets" is not granted for .*apiKey.*${other.origin}`))
  const basic = await run(
    `await fetch('${other.origin}', { headers: { authorization: env.secrets.apiKey.basic('') } })`,
  )
  assert.equal(basic.code, 'PERMISSION_DENIED')
  assert.equal(other.hits.length, 0)
  assert.equal((await run(`await fetch('${other.origin}')`)).error, undefined)
  record({ id: 'SECRET-01', area: 'secrets', title: 'a second granted origin', culprit: 'PERMISSION_DENIED' })
})

test('SECRET-02 with several origins and no binding, a secret goes nowhere until a person chooses', async (t) => {
  const [home, other] = [await collector(t), await collector(t)]
  const network = [home.origin, other.origin]
  const { run, runtime, installation } = await open(t, { network })
  assert.deepEqual(installation.permissions, { network })
  assert.deepEqual(installation.grantable, { network, secrets: { apiKey: network } })
  for (const { origin } of [home, other]) assert.equal((await run(bearing(origin))).code, 'PERMISSION_DENIED')
  const grants = { network, secrets: { apiKey: [other.origin] } }
  assert.ok((await send(runtime, 'PUT', `/plugins/${ID}/grants`, grants)).ok)
  assert.equal((await run(bearing(home.origin))).code, 'PERMISSION_DENIED')
  assert.equal((await run(bearing(other.origin))).code, undefined)
  assert.deepEqual([home.hits.length, keyOf(other.hits[0])], [0, VALUE])
  await install(
    runtime,
    {
      id: ID,
      version: '1.0.1',
      backend: RUN,
      manifest: { permissions: { network }, settings: SETTINGS, access: 'public' },
    },
    { grant: 'all' },
  )
  assert.deepEqual((await runtime.plugins.get(ID)).grants, grants)
  const wide = { network, secrets: { apiKey: ['https://elsewhere.example'] } }
  assert.equal((await send(runtime, 'PUT', `/plugins/${ID}/grants`, wide)).status, 422)
})

test('SECRET-03 with one origin and no binding, a secret is for that origin, and a grant can take it away', async (t) => {
  const home = await collector(t)
  const { run, runtime, installation } = await open(t, { network: [home.origin] })
  assert.deepEqual(installation.grants.secrets, { apiKey: [home.origin] })
  await run(bearing(home.origin))
  assert.equal(keyOf(home.hits[0]), VALUE)
  assert.ok((await send(runtime, 'PUT', `/plugins/${ID}/grants`, { network: [home.origin] })).ok)
  assert.equal((await run(bearing(home.origin))).code, 'PERMISSION_DENIED')
  assert.equal(home.hits.length, 1)
})

test('SECRET-04 a redirect within the origin keeps the secret; another origin never gets it, nor does the way back', async (t) => {
  const away = await startServer(
    t,
    (_request, response) => void response.writeHead(307, { location: `${home.origin}/back` }).end(),
  )
  const home = await startServer(t, ({ url }, response) => {
    const location = url === '/within' ? '/end' : url === '/away' ? away.origin : undefined
    if (location === undefined) response.end('ok')
    else response.writeHead(307, { location }).end()
  })
  const network = [home.origin, away.origin]
  const { run } = await open(t, { network, secrets: { apiKey: network } })
  await run(bearing(`${home.origin}/within`))
  assert.deepEqual(home.hits.map(keyOf), [VALUE, VALUE])
  await run(bearing(`${home.origin}/away`))
  assert.deepEqual([keyOf(away.hits[0]), keyOf(home.hits.at(-1))], [undefined, undefined])
  assert.equal(home.hits.at(-1)?.url, '/back')
})

test('SECRET-05 an address, a body or the name of a header with a handle is refused, and says which setting', async (t) => {
  const home = await collector(t)
  const { run } = await open(t, { network: [home.origin] })
  const attempts = [
    `await fetch('${home.origin}/?key=' + env.secrets.apiKey)`,
    `await fetch('${home.origin}', { method: 'POST', body: 'key=' + env.secrets.apiKey })`,
    `await fetch('${home.origin}', { headers: { [String(env.secrets.apiKey).toLowerCase()]: '1', [String(env.secrets.apiKey)]: '1' } })`,
  ]
  for (const code of attempts.slice(0, 2)) assert.match(String((await run(code)).error), /secret "apiKey"/)
  assert.equal(home.hits.length, 0)
})

/** Class: a server that gives a secret back does not give it to the plugin, and the operator learns of it. */
const ECHOES: readonly (readonly [name: string, body: string | Buffer, coding?: string])[] = [
  ['as it is', `you sent ${VALUE}, thanks`],
  ['as JSON', JSON.stringify({ headers: { 'x-api-key': VALUE } })],
  ['percent-encoded', `/?key=${encodeURIComponent(VALUE)}&more`],
  ['as a form', String(new URLSearchParams({ key: VALUE, more: '1' }))],
  ['in HTML', `<p>${VALUE.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}</p>`],
  ['in base64', Buffer.from(VALUE).toString('base64')],
  ['in base64 of more', Buffer.from(`user:${VALUE}; more`).toString('base64url')],
  ['in hex', Buffer.from(VALUE).toString('hex')],
  ['compressed', gzipSync(`you sent ${VALUE}`), 'gzip'],
]

for (const [name, body, coding] of ECHOES) {
  test(`SECRET-06 an echo in the body is masked and reported: ${name}`, async (t) => {
    const home = await startServer(t, (_request, response) => {
      if (coding !== undefined) response.setHeader('content-encoding', coding)
      response.end(body)
    })
    const { run, runtime } = await open(t, { network: [home.origin] })
    const { value } = await run(
      `const r = await fetch('${home.origin}', { headers: { 'x-api-key': env.secrets.apiKey } }); const text = await r.text(); console.log(text); return text`,
    )
    assert.match(String(value), /\*{8}/)
    assertUnreadable(String(value), name)
    const lines = await logLines(runtime, ID)
    const reports = lines.filter(({ message }) => message.includes('held the secret "apiKey" in its body'))
    assert.equal(reports.length, 1)
    assert.ok(reports[0]?.message.includes(home.origin))
    assertUnreadable(JSON.stringify(lines), name)
  })
}

/** Decodes what can be decoded: the value must be in none of it. */
function assertUnreadable(text: string, name: string): void {
  const marrow = VALUE.slice(2, -2)
  const readings = [text, decodeURIComponent(text.replaceAll(/%(?![0-9A-Fa-f]{2})/g, '%25'))]
  readings.push(text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('\\"', '"'))
  for (const [run] of text.matchAll(/[\w+/=-]{12,}/g))
    for (const coding of ['base64', 'hex'] as const)
      readings.push(Buffer.from(run, coding).toString('latin1'))
  for (const reading of readings) assert.ok(!reading.includes(marrow), `${name}: ${reading}`)
}

test('SECRET-07 an echo that is cut anywhere between chunks is masked, and a stream does not wait for it', async (t) => {
  let cut = 0
  const home = await startServer(t, async (_request, response) => {
    response.write(`begin ${VALUE.slice(0, cut)}`)
    await delay(30)
    response.end(`${VALUE.slice(cut)} end`)
  })
  const { run } = await open(t, { network: [home.origin] })
  for (cut = 0; cut <= VALUE.length; cut += 3) {
    const { value } = await run(`const r = ${bearing(home.origin)}; return await r.text()`)
    const text = String(value)
    assert.equal(text.length, `begin ${VALUE} end`.length)
    assert.match(text, /^begin .{0,3}\*{29,} end$/)
  }
  // The last letter of the first chunk begins the secret.
  cut = 1
  const { value } = await run(`
    const r = ${bearing(home.origin)}
    const reader = r.body.getReader()
    return new TextDecoder().decode((await reader.read()).value)`)
  assert.equal(value, `begin ${VALUE[0]}`)
})

test('SECRET-08 an echo in the status, a header or an address is masked and reported', async (t) => {
  const safe = 'kZ81-very-secret-value'
  const home = await startServer(t, ({ headers, url }, response) => {
    const key = String(headers['x-api-key'])
    if (url === '/moved') response.writeHead(302, { location: `/?key=${encodeURIComponent(key)}` }).end()
    else response.writeHead(200, `Hello ${key}`, { 'x-echo': Buffer.from(key).toString('base64') }).end()
  })
  const { run, runtime } = await open(t, { network: [home.origin] })
  await send(runtime, 'PATCH', `/plugins/${ID}/settings`, { apiKey: safe })
  for (const path of ['/', '/moved']) {
    const { value } = await run(
      `const r = ${bearing(home.origin + path)}; return [r.statusText, r.url, [...r.headers]]`,
    )
    const text = JSON.stringify(value)
    assert.match(text, /plugbay-secret-/)
    assert.ok(!text.includes(safe) && !text.includes(Buffer.from(safe).toString('base64').slice(0, 20)), text)
  }
  const lines = await logLines(runtime, ID)
  assert.ok(lines.some(({ message }) => message.includes('held the secret "apiKey" in its headers')))
  assert.ok(!JSON.stringify(lines).includes(safe))
})

/** Class: what people read of a plugin holds no secret, however the plugin came to know it. */
test('SECRET-09 a plugin that knows the value cannot have it written into logs, errors or evidence', async (t) => {
  const home = await collector(t)
  const { run, runtime } = await open(t, { network: [home.origin] })
  const known = JSON.stringify(VALUE)
  await run(`console.log(${known}, { deep: [${known}] }); env.log.error(new Error(${known}))`)
  await run(`Promise.reject(new Error('lost ' + ${known})); await 0`)
  await run(
    `setTimeout(() => { throw new TypeError(${known}) }); await new Promise((done) => setTimeout(done, 20))`,
  )
  const app = createApp(runtime)
  const backend = `throw new Error(${known})`
  const manifest = { settings: SETTINGS, access: 'public' }
  await install(runtime, { id: 'breaking', backend, manifest }, { enable: 'false' })
  await send(runtime, 'PATCH', '/plugins/breaking/settings', { apiKey: VALUE })
  await send(runtime, 'POST', '/plugins/breaking/enable')
  await app.request('http://127.0.0.1:3000/plugins/breaking/api/')
  const told = [
    JSON.stringify(await logLines(runtime, ID)),
    JSON.stringify(await logLines(runtime, 'breaking')),
    await (await api(runtime, '/plugins/breaking')).text(),
    await (await api(runtime, '/audit')).text(),
    await (await api(runtime, `/plugins/${ID}/settings`)).text(),
  ]
  assert.match(told[0] ?? '', /\[secret apiKey\]/)
  assert.match(told[1] ?? '', /\[secret apiKey\]/)
  for (const text of told) {
    assert.ok(!text.includes(VALUE) && !text.includes(JSON.stringify(VALUE).slice(1, -1)), text)
    assert.ok(!text.includes('kZ81'), text)
  }
})

/** Class: an update gets no more than its author asks for in the open, and the administrator has granted. */
test('SECRET-12 an update that declares a secret as another setting gets no value of it, wherever it was given', async (t) => {
  const { runtime, run } = await open(t, {})
  const plain = { type: 'object', properties: { apiKey: { type: 'string', default: 'none' } } }
  await install(
    runtime,
    { id: ID, version: '2.0.0', backend: RUN, manifest: { settings: plain, access: 'public' } },
    { grant: 'all' },
  )
  assert.deepEqual((await run('return { ...env.settings }')).value, { apiKey: 'none' })
  const settings = await (await api(runtime, `/plugins/${ID}/settings`)).text()
  assert.ok(!settings.includes(JSON.stringify(VALUE).slice(1, -1)), settings)
  assert.match(await (await api(runtime, `/plugins/${ID}`)).text(), /was a secret in another release/)
  // Also a value that is given now: the administrator may think that it is still a secret.
  assert.ok((await send(runtime, 'PATCH', `/plugins/${ID}/settings`, { apiKey: VALUE })).ok)
  assert.deepEqual((await run('return { ...env.settings }')).value, { apiKey: 'none' })
  assert.ok((await send(runtime, 'POST', `/plugins/${ID}/rollback`)).ok)
  assert.deepEqual((await run('return Object.keys(env.secrets)')).value, ['apiKey'])
  record({ id: 'SECRET-12', area: 'secrets', title: 'a secret declared in the open', culprit: 'not given' })
})
