// The admin API against other sites' pages (C1), foreign names (C2), leaked credentials (C3), and wrong secrets that would
// lock the administrator out (C4; class: a penalty hits its cause only).

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import {
  ADMIN_TOKEN,
  api,
  backendOf,
  bothWays,
  type Client,
  install,
  pluginZip,
  rawRequest,
  send,
  startTestRuntime,
  type Way,
} from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { record } from './helpers/record.ts'
import { exchange, head, listenFor, statusOf } from './helpers/wire.ts'

const SEEING = backendOf(`return Response.json([...request.headers])`)

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
  const permissions = { credentials: ['authorization'] }
  await install(runtime, { id: 'seeing', backend: SEEING, manifest: { permissions } })
})

type Headers = Readonly<Record<string, string | string[]>>
interface Asked {
  readonly status: number
  readonly text: string
  readonly headers: globalThis.Headers
}

/** A request with headers that fetch() would not send, on either way in. */
async function ask(
  way: Way,
  client: Client,
  path: string,
  init: { method?: string; headers?: Headers; body?: string } = {},
): Promise<Asked> {
  const { method = 'GET', headers = {}, body } = init
  if (way.name === 'server') {
    const answer = await rawRequest(client.origin, path, { ...init, headers: { ...headers } })
    const flat = Object.entries(answer.headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    )
    return { status: answer.status, text: answer.text, headers: new Headers(flat) }
  }
  const made = new Headers()
  for (const [name, value] of Object.entries(headers))
    for (const each of [value].flat()) made.append(name, each)
  if (!made.has('host')) made.set('host', new URL(client.origin).host)
  const answer = await client.fetch(path, { method, headers: made, ...(body !== undefined && { body }) })
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}

async function signIn(way: Way, client: Client): Promise<string> {
  const answer = await ask(way, client, '/api/v1/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: client.origin },
    body: JSON.stringify({ token: ADMIN_TOKEN }),
  })
  assert.equal(answer.status, 204, answer.text)
  return (answer.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? ''
}

/** What forged requests want to change. */
async function stateOf({ plugins, store }: Runtime): Promise<string> {
  const list = (await plugins.list()).map(({ id, version, enabled, grants }) => [
    id,
    version,
    enabled,
    grants,
  ])
  return JSON.stringify([list, (await store.principals.tokens({})).items.length])
}

/** A form with a good package, as a page of another site could send it. */
function formOf(id: string): { readonly type: string; readonly body: string } {
  const zip = Buffer.from(pluginZip({ id, files: { 'frontend/index.html': 'x' } })).toString('latin1')
  const body = `--x\r\ncontent-disposition: form-data; name="package"; filename="a.zip"\r\ncontent-type: application/zip\r\n\r\n${zip}\r\n--x--\r\n`
  return { type: 'multipart/form-data; boundary=x', body }
}

bothWays('C1 no page of another site changes anything with the cookie of a visitor', async (t, way) => {
  const client = await way.open(t, runtime)
  const cookie = await signIn(way, client)
  const { port } = new URL(client.origin)
  const before = await stateOf(runtime)
  const form = formOf('forged')
  const json = '{"name":"forged","permissions":["*"]}'
  const foreign = [
    'https://evil.test',
    'null',
    `http://localhost:${port}.evil.test`,
    `http://seeing.localhost:${port}`,
    'http://127.0.0.1:1',
    'file://',
    '',
  ]
  const cases: (readonly [name: string, path: string, method: string, headers: Headers, body: string])[] = [
    ['a form without Origin', '/api/v1/plugins', 'POST', { 'content-type': form.type }, form.body],
    ['a text form', '/api/v1/tokens', 'POST', { 'content-type': 'text/plain' }, json],
    [
      'an encoded form',
      '/api/v1/tokens',
      'POST',
      { 'content-type': 'application/x-www-form-urlencoded' },
      `x=${json}`,
    ],
    [
      'JSON that says it is text',
      '/api/v1/tokens',
      'POST',
      { 'content-type': 'text/plain;application/json' },
      json,
    ],
    ['JSON without Origin', '/api/v1/tokens', 'POST', { 'content-type': 'application/json' }, json],
    [
      'a Referer of ours',
      '/api/v1/tokens',
      'POST',
      { 'content-type': 'application/json', referer: `${client.origin}/admin/` },
      json,
    ],
    ...foreign.map(
      (origin) =>
        [
          `Origin "${origin}"`,
          '/api/v1/plugins',
          'POST',
          { 'content-type': form.type, origin },
          form.body,
        ] as const,
    ),
    ...foreign.map(
      (origin) =>
        [
          `JSON of "${origin}"`,
          '/api/v1/tokens',
          'POST',
          { 'content-type': 'application/json', origin },
          json,
        ] as const,
    ),
    ...['cross-site', 'same-site', 'none'].map(
      (site) =>
        [
          `Sec-Fetch-Site ${site}`,
          '/api/v1/tokens',
          'POST',
          { 'content-type': 'application/json', origin: client.origin, 'sec-fetch-site': site },
          json,
        ] as const,
    ),
  ]
  for (const [name, path, method, headers, body] of cases) {
    const { status, text } = await ask(way, client, path, { method, headers: { ...headers, cookie }, body })
    assert.ok(status === 403 || status === 421, `${name}: ${status} ${text}`)
  }
  for (const override of ['x-http-method-override', 'x-http-method', 'x-method-override'])
    for (const query of ['', '?_method=DELETE'])
      await ask(way, client, `/api/v1/plugins/seeing${query}`, { headers: { cookie, [override]: 'DELETE' } })
  for (const action of ['enable', 'disable', 'reload', 'rollback', 'retry']) {
    const { status } = await ask(way, client, `/api/v1/plugins/seeing/${action}`, { headers: { cookie } })
    assert.equal(status, 405)
  }
  const document = JSON.parse((await ask(way, client, '/api/v1/openapi.json')).text) as {
    paths: Record<string, object>
  }
  for (const [path, operations] of Object.entries(document.paths))
    for (const method of Object.keys(operations).filter((each) => each !== 'get')) {
      const address = `/api/v1${path.replace(/\{\w+\}/g, 'seeing')}`
      const { status, text } = await ask(way, client, address, {
        method: method.toUpperCase(),
        headers: { cookie, origin: 'null' },
      })
      assert.equal(status, 403, `${method} ${path}: ${text}`)
    }
  assert.equal(await stateOf(runtime), before)
  const own = await ask(way, client, '/api/v1/session', { headers: { cookie } })
  assert.equal(own.status, 200, 'the cookie itself is good')
  record({
    id: `C1-${way.name}`,
    area: 'http',
    title: `${cases.length} forged requests with a good cookie`,
    culprit: '403 or 421, nothing changed',
  })
})

bothWays('C2 a name that is not ours reaches nothing, with a good credential too', async (t, way) => {
  const client = await way.open(t, runtime)
  const cookie = await signIn(way, client)
  const { port } = new URL(client.origin)
  const names = [
    'evil.test',
    `evil.test:${port}`,
    '127.0.0.1.evil.test',
    'localhost.evil.test',
    'seeing.evil.test',
    '0.0.0.0',
    '192.168.0.1',
    '[::]',
    '[::ffff:127.0.0.1]',
    '2130706433.evil.test',
    'localhost.',
    'xn--localhost-.test',
  ]
  for (const host of names)
    for (const path of ['/api/v1/plugins', '/admin/', '/', '/plugins/seeing/api/', '/plugins/seeing/'])
      for (const headers of [{ authorization: `Bearer ${ADMIN_TOKEN}` }, { cookie }]) {
        const { status } = await ask(way, client, path, { headers: { ...headers, host } })
        // The listener knows some of them as no name at all.
        assert.ok(status === 421 || status === 400, `${host}${path} gives ${status}`)
      }
  for (const forwarded of [
    'x-forwarded-host',
    'forwarded',
    'x-host',
    'x-original-host',
    'x-forwarded-server',
  ]) {
    const { status, text, headers } = await ask(way, client, '/plugins/seeing', {
      headers: { [forwarded]: 'evil.test' },
    })
    assert.ok(status < 400)
    assert.doesNotMatch(`${text}${JSON.stringify([...headers])}`, /evil\.test/)
  }
  record({
    id: `C2-${way.name}`,
    area: 'http',
    title: `${names.length} foreign names`,
    culprit: '421 or 400',
  })
})

bothWays('C3 a token that is wrong, in the wrong place or there twice opens nothing', async (t, way) => {
  const client = await way.open(t, runtime)
  const good = `Bearer ${ADMIN_TOKEN}`
  for (const headers of [
    {},
    { authorization: ADMIN_TOKEN },
    { authorization: `Basic ${Buffer.from(`admin:${ADMIN_TOKEN}`).toString('base64')}` },
    { authorization: [good, good] },
    { 'x-api-key': ADMIN_TOKEN },
    { cookie: `plugbay-session=${ADMIN_TOKEN}` },
    { 'plugbay-token': ADMIN_TOKEN },
  ] as Headers[]) {
    // Node has already dropped repeated headers on the server's socket: what matters is that both ways in agree.
    const isRepeated = Array.isArray(headers.authorization)
    const { status, text } = await ask(way, client, '/api/v1/plugins', { headers })
    assert.equal(status, 401, `${JSON.stringify(headers)}: ${text}`)
    assert.ok(!text.includes(ADMIN_TOKEN), String(isRepeated))
  }
  for (const query of ['token', 'access_token', 'code', 'authorization', 'api_key']) {
    const { status, text } = await ask(way, client, `/api/v1/plugins?${query}=${ADMIN_TOKEN}`)
    assert.equal(status, 401)
    assert.ok(!text.includes(ADMIN_TOKEN))
  }
  record({ id: `C3-${way.name}`, area: 'http', title: 'tokens in wrong places, or twice', culprit: '401' })
})

test('C4 wrong secrets lock nobody out: neither from a plugin’s page, nor behind one proxy, nor an operator’s own token', async (t) => {
  const chosen = 'chosen:by-the-operator!'
  const guessed = await startTestRuntime(t, { config: { adminToken: chosen } })
  const port = await listenFor(t, guessed)
  const right = { Authorization: `Bearer ${chosen}`, Connection: 'close' }
  const ask = async (line: string, headers: Readonly<Record<string, string>>, body?: object) => {
    const text = body === undefined ? '' : JSON.stringify(body)
    const more =
      body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': text.length }
    return statusOf(await exchange(t, port, head(line, { Connection: 'close', ...headers, ...more }) + text))
  }
  const zip = pluginZip({ id: 'seeing', backend: SEEING, manifest: { access: 'user' } })
  const uploaded = await fetch(`http://127.0.0.1:${port}/api/v1/plugins`, {
    method: 'POST',
    headers: { authorization: `Bearer ${chosen}`, 'content-type': 'application/zip' },
    body: zip,
  })
  assert.equal(uploaded.status, 201)
  const told: Record<string, number[]> = {}
  for (let guess = 0; guess < 300; guess++) {
    // A page may send the header to its own backend, as often as it likes, from its visitor's address.
    const [form, line, headers, body] =
      (
        [
          ['page', 'GET /plugins/seeing/api/', { Authorization: `Bearer pbt_${'A'.repeat(43)}` }],
          ['page', 'GET /plugins/seeing/', { Authorization: `Bearer pbt_guess-${guess}` }],
          ['made', 'GET /api/v1/plugins', { Authorization: `Bearer pbt_${'B'.repeat(43)}` }],
          ['chosen', 'GET /api/v1/plugins', { Authorization: `Bearer guess-${guess}` }],
          ['code', 'POST /api/v1/session', {}, { code: `guess-${guess}` }],
        ] as const
      )[guess % 5] ?? assert.fail()
    told[form] = [...(told[form] ?? []), await ask(line, headers, body)]
  }
  assert.deepEqual([...new Set(told.page)].toSorted(), [401, 404])
  assert.deepEqual([...new Set(told.made)], [401])
  for (const form of ['chosen', 'code']) {
    assert.deepEqual([...new Set(told[form]?.slice(0, 10))], [401], form)
    assert.deepEqual([...new Set(told[form]?.slice(10))], [429], form)
  }
  assert.equal(await ask('GET /api/v1/plugins', right), 200)
  assert.equal(
    await ask('GET /plugins/seeing/api/', { Authorization: `Bearer ${await tokenOf(guessed)}` }),
    200,
  )
  assert.equal(await ask('POST /api/v1/session', {}, { token: chosen }), 204)
  assert.equal(await ask('POST /api/v1/session', {}, { code: guessed.adminCode() }), 204)
  assert.equal(await ask('POST /api/v1/plugins/seeing/disable', right), 200, 'in an emergency')
  const waiting = await exchange(
    t,
    port,
    head('GET /api/v1/plugins', { Authorization: 'Bearer x', Connection: 'close' }),
  )
  assert.match(waiting, /retry-after: \d+/i)
  record({
    id: 'C4',
    area: 'http',
    title: '300 wrong secrets from the address of an administrator',
    culprit: '401, then 429 for guesses',
    neighbour: { requests: 5, failed: 0 },
  })
})

/** A token of a signed-in user, made by the runtime. */
async function tokenOf(own: Runtime): Promise<string> {
  const audit = { actor: 'test', action: 'token.create' }
  return (await own.store.principals.addToken({ name: 'ann', permissions: [] }, audit)).token
}

bothWays('C3 no credential of ours reaches a plugin, however it is written', async (t, way) => {
  const client = await way.open(t, runtime)
  const made = await send(runtime, 'POST', '/tokens', { name: `t-${way.name}`, permissions: [] })
  const { token } = (await made.json()) as { token: string }
  const cookie = await signIn(way, client)
  const secrets = [token, ADMIN_TOKEN, cookie.split('=')[1] ?? '?']
  const forms: Headers[] = [
    { authorization: `Bearer ${token}` },
    { authorization: `bearer   ${token}` },
    { authorization: `BEARER ${token}` },
    { authorization: ['Basic eDp5', `Bearer ${token}`] },
    { authorization: [`Bearer ${token}`, 'Basic eDp5'] },
    { authorization: `Basic eDp5, Bearer ${token}` },
    { authorization: `Bearer theirs, Bearer ${token}` },
    { authorization: `Bearer theirs,Bearer ${token}` },
    { authorization: `Bearer\t${token}` },
    { authorization: `Token ${token}` },
    { 'proxy-authorization': `Bearer ${token}` },
    { 'plugbay-token': token },
    { cookie },
    { cookie: `theirs=1; ${cookie}` },
    { cookie: `theirs=1;${cookie};other=2` },
    { cookie: ['theirs=1', cookie] },
    { cookie: `${cookie.replace('=', ' = ')}` },
    { cookie: `__Host-${cookie}` },
  ]
  for (const headers of forms) {
    const { text } = await ask(way, client, '/plugins/seeing/api/', { headers })
    for (const secret of secrets)
      assert.ok(!text.includes(secret), `${JSON.stringify(headers)} shows ${text}`)
  }
  const theirs = await ask(way, client, '/plugins/seeing/api/', {
    headers: { authorization: 'Bearer theirs', cookie: `plugbay.seeing.theirs=1; ${cookie}` },
  })
  assert.match(theirs.text, /Bearer theirs/)
  assert.match(theirs.text, /"theirs=1"/)
  record({
    id: `C3-forwarded-${way.name}`,
    area: 'http',
    title: `${forms.length} ways to send our credentials to a plugin`,
    culprit: 'it sees none of them',
  })
})

bothWays('C3 an admin token of the operator’s own form does not reach a plugin either', async (t, way) => {
  const chosen = 'chosen:by-the-operator!'
  const own = await startTestRuntime(t, { config: { adminToken: chosen } })
  const permissions = { credentials: ['authorization'] }
  const zip = pluginZip({ id: 'seeing', backend: SEEING, manifest: { permissions } })
  const client = await way.open(t, own)
  const uploaded = await client.fetch('/api/v1/plugins', {
    method: 'POST',
    headers: { authorization: `Bearer ${chosen}`, 'content-type': 'application/zip' },
    body: zip,
  })
  assert.equal(uploaded.status, 201)
  for (const authorization of [`Bearer ${chosen}`, `Bearer x, Bearer ${chosen}`, chosen]) {
    const { text } = await ask(way, client, '/plugins/seeing/api/', { headers: { authorization } })
    assert.ok(!text.includes(chosen), text)
  }
  record({
    id: `C3-chosen-${way.name}`,
    area: 'http',
    title: 'an admin token that the operator has chosen',
    culprit: 'the plugin does not see it',
  })
})

test('C3 no secret lies in the data folder: tokens and sessions are kept as hashes', async (t) => {
  const kept = await startTestRuntime(t)
  const made = (await (
    await send(kept, 'POST', '/tokens', { name: 'kept', permissions: ['plugins.view'] })
  ).json()) as { id: string; token: string }
  const session = await kept.store.principals.addSession(made.id, 60_000)
  const code = kept.adminCode()
  assert.equal((await api(kept, '/plugins')).status, 200)
  let looked = 0
  for (const entry of await readdir(kept.store.folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const bytes = await readFile(join(entry.parentPath, entry.name), 'latin1')
    looked++
    for (const secret of [made.token, session, code, ADMIN_TOKEN])
      assert.ok(
        !bytes.includes(secret) && !bytes.includes(secret.replace('pbt_', '')),
        `${entry.name} holds a secret`,
      )
  }
  assert.ok(looked >= 1)
  record({
    id: 'C3-at-rest',
    area: 'http',
    title: 'tokens and sessions in the data folder',
    culprit: 'SHA-256 only',
  })
})
