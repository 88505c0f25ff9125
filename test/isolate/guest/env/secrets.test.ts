// env.secrets: a plugin uses a secret in headers of granted requests, and never learns its value.

import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { type TestContext, test } from 'node:test'
import { createApp } from '../../../../runtime/app.ts'
import { type CountingServer, received, startServer } from '../../../egress/servers.ts'
import {
  api,
  backendOf,
  install,
  logLines,
  type PluginSource,
  send,
  startTestRuntime,
} from '../../../support/runtime.ts'

const VALUE = 'kZ81-very-secret-value'

const SETTINGS = {
  type: 'object',
  properties: {
    apiKey: { type: 'string', format: 'secret' },
    other: { type: 'string', format: 'secret' },
    plain: { type: 'string' },
  },
}

/** A plugin with the secret "apiKey", and the answer of its handler as text. */
async function start(t: TestContext, body: string, server: CountingServer, more: Partial<PluginSource> = {}) {
  const runtime = await startTestRuntime(t, {
    environment: { PLUGBAY_SETTING_SECRETIVE_API_KEY: `${VALUE}\n` },
  })
  const code = `const server = ${JSON.stringify(server.origin)}; const value = await (async () => { ${body} })(); return Response.json(value ?? null)`
  const installation = await install(runtime, {
    id: 'secretive',
    backend: backendOf(code),
    manifest: { permissions: { network: [server.origin] }, settings: SETTINGS },
    ...more,
  })
  assert.equal(installation.problem, null)
  const app = createApp(runtime)
  return {
    runtime,
    async run(): Promise<unknown> {
      const response = await app.request('http://127.0.0.1:3000/plugins/secretive/api/')
      const text = await response.text()
      assert.equal(response.status, 200, text)
      assert.ok(!text.includes(VALUE), text)
      return JSON.parse(text)
    },
  }
}

/** The permissions to reach both servers, and to send the secret to the first. */
function bound(first: CountingServer, other: CountingServer) {
  return { network: [first.origin, other.origin], secrets: { apiKey: [first.origin] } }
}

/** A server that tells what it was sent, in its answer's headers too. */
function echo(t: TestContext): Promise<CountingServer> {
  return startServer(t, async (request, response) => {
    const body = await received(request)
    const sent = String(request.headers.authorization ?? '')
    response.writeHead(200, { 'x-echo': sent, 'x-echo-key': String(request.headers['x-api-key'] ?? '') })
    response.end(JSON.stringify({ url: request.url, length: body.length }))
  })
}

const last = ({ hits }: CountingServer): IncomingMessage => {
  const hit = hits.at(-1)
  assert.ok(hit)
  return hit
}

test('a handle is a header value: as itself, in a text, as bearer and as basic', async (t) => {
  const server = await echo(t)
  const { run } = await start(
    t,
    `const { apiKey } = env.secrets
    await fetch(server + '/1', { headers: { 'x-api-key': apiKey, authorization: apiKey.bearer() } })
    await fetch(server + '/2', { headers: { authorization: 'Token ' + apiKey, 'x-api-key': \`a=\${apiKey}; b=\${apiKey}\` } })
    await fetch(server + '/3', { headers: { authorization: apiKey.basic('usér') } })
    await fetch(server + '/4', { headers: { authorization: apiKey.basic('') } })`,
    server,
  )
  await run()
  const [one, two, three, four] = server.hits.map(({ headers }) => headers)
  assert.deepEqual([one?.['x-api-key'], one?.authorization], [VALUE, `Bearer ${VALUE}`])
  assert.deepEqual([two?.authorization, two?.['x-api-key']], [`Token ${VALUE}`, `a=${VALUE}; b=${VALUE}`])
  assert.equal(three?.authorization, `Basic ${Buffer.from(`usér:${VALUE}`).toString('base64')}`)
  assert.equal(four?.authorization, `Basic ${Buffer.from(`:${VALUE}`).toString('base64')}`)
})

test('a handle shows nothing: not as text, not as JSON, not in a log', async (t) => {
  const server = await echo(t)
  const { run, runtime } = await start(
    t,
    `const { apiKey, other, plain } = env.secrets
    console.log(env.secrets, apiKey, String(apiKey)); env.log.info(apiKey)
    return [typeof apiKey, String(apiKey), JSON.stringify({ apiKey }), other ?? null, plain ?? null, Object.keys(env.secrets), Object.isFrozen(env.secrets), Object.isFrozen(apiKey), env.settings.apiKey ?? null]`,
    server,
  )
  const [type, text, json, ...rest] = (await run()) as unknown[]
  assert.equal(type, 'object')
  assert.match(String(text), /^plugbay-secret-[\w-]{32}$/)
  assert.equal(json, '{"apiKey":"[secret apiKey]"}')
  assert.deepEqual(rest, [null, null, ['apiKey'], true, true, null])
  assert.ok(!JSON.stringify(await logLines(runtime, 'secretive')).includes(VALUE))
  assert.ok(!(await (await api(runtime, '/plugins/secretive/settings')).text()).includes(VALUE))
})

test('the value is put into values of headers only: an address, a name or a body with a handle is refused', async (t) => {
  const server = await echo(t)
  const { run } = await start(
    t,
    `const token = String(env.secrets.apiKey)
    const attempts = [[server + '/' + token], [server + '?k=' + token], [server, { method: 'POST', body: token }]]
    return await Promise.all(attempts.map((args) => fetch(...args).then(() => 'sent', (error) => error.cause.code + ' ' + error.message)))`,
    server,
  )
  for (const outcome of (await run()) as string[])
    assert.match(outcome, /^HOST_CALL_INVALID .*"apiKey" can be used in values of headers only/)
  assert.equal(server.hits.length, 0)
})

test('headers that echo a secret give the placeholder back', async (t) => {
  const server = await echo(t)
  const { run } = await start(
    t,
    `const r = await fetch(server, { headers: { authorization: env.secrets.apiKey.bearer() } })
    return [r.headers.get('x-echo') === 'Bearer ' + env.secrets.apiKey, r.headers.get('x-echo')]`,
    server,
  )
  assert.equal(((await run()) as unknown[])[0], true)
  assert.equal(last(server).headers.authorization, `Bearer ${VALUE}`)
})

test('headers that echo a user and password in base64 give the placeholder back too', async (t) => {
  const server = await echo(t)
  const { run } = await start(
    t,
    `const sent = env.secrets.apiKey.basic('ada')
    const r = await fetch(server, { headers: { authorization: sent } })
    return [r.headers.get('x-echo') === sent, r.headers.get('x-echo')]`,
    server,
  )
  const [isPlaceholder, text] = (await run()) as [boolean, string]
  assert.equal(isPlaceholder, true, text)
  const [, pair = ''] = last(server).headers.authorization?.split(' ') ?? []
  assert.equal(Buffer.from(pair, 'base64').toString(), `ada:${VALUE}`)
})

test('a redirect shows a secret in no form: not in its address, headers or error, nor what it leads to', async (t) => {
  const away = await echo(t)
  const server = await startServer(t, ({ headers, url }, response) => {
    const key = String(headers['x-api-key'] ?? 'nothing')
    const to =
      url === '/away' ? `${away.origin}/?key=${key}` : url === '/bad' ? `gopher://${key}` : `/?key=${key}`
    if (url?.startsWith('/?')) response.end(key)
    else response.writeHead(302, { location: to, 'x-echo': key }).end()
  })
  const { run, runtime } = await start(
    t,
    `const headers = { 'x-api-key': env.secrets.apiKey }
    const tell = async (path, init) => {
      try {
        const r = await fetch(server + path, { headers, ...init })
        return [r.url, r.redirected, r.statusText, [...r.headers]]
      } catch (error) { return [error.stack, error.message, error.cause?.message, error.cause?.stack, error.cause?.hint] }
    }
    const seen = [await tell('/here'), await tell('/here', { redirect: 'manual' }), await tell('/away'), await tell('/bad'), await tell('/here', { redirect: 'error' })]
    console.log(seen)
    return seen`,
    server,
    { manifest: { permissions: bound(server, away), settings: SETTINGS } },
  )
  const [here, manual, led] = (await run()) as unknown[][]
  assert.match(String(here?.[0]), /\?key=plugbay-secret-/)
  assert.match(JSON.stringify(manual?.[3]), /\?key=plugbay-secret-/)
  assert.match(String(led?.[0]), /\?key=plugbay-secret-/)
  assert.equal(last(away).headers['x-api-key'], undefined)
  assert.ok(!JSON.stringify(await logLines(runtime, 'secretive')).includes(VALUE))
})

test('an origin that is not granted gets nothing, and a redirect away leaves the secret behind', async (t) => {
  const away = await echo(t)
  const server = await startServer(
    t,
    (_request, response) => void response.writeHead(307, { location: away.origin }).end(),
  )
  const { run } = await start(
    t,
    `const headers = { authorization: env.secrets.apiKey.bearer(), 'x-api-key': env.secrets.apiKey, 'x-plain': 'p' }
    const direct = await fetch(${JSON.stringify(away.origin)}.replace('127.0.0.1', 'localhost'), { headers }).catch((e) => e.cause.code)
    await fetch(server, { headers })
    return direct`,
    server,
    { manifest: { permissions: bound(server, away), settings: SETTINGS } },
  )
  assert.equal(await run(), 'PERMISSION_DENIED')
  assert.equal(last(server).headers['x-api-key'], VALUE)
  assert.equal(away.hits.length, 1)
  const { authorization, 'x-api-key': key, 'x-plain': plain } = last(away).headers
  assert.deepEqual([authorization, key, plain], [undefined, undefined, 'p'])
})

test('a placeholder of another plugin, or a made-up one, means nothing', async (t) => {
  const server = await echo(t)
  const { run } = await start(
    t,
    `await fetch(server, { headers: { 'x-api-key': 'plugbay-secret-' + 'A'.repeat(32), authorization: 'plugbay-secret-' } })`,
    server,
  )
  await run()
  assert.equal(last(server).headers['x-api-key'], `plugbay-secret-${'A'.repeat(32)}`)
  assert.equal(last(server).headers.authorization, 'plugbay-secret-')
})

test('a secret that headers cannot hold fails without showing it; a new value counts at once', async (t) => {
  const server = await echo(t)
  const runtime = await startTestRuntime(t)
  await install(runtime, {
    id: 'changing',
    backend: backendOf(
      `try { await fetch(${JSON.stringify(server.origin)}, { headers: { 'x-api-key': env.secrets.apiKey ?? 'none' } }); return new Response('sent') } catch (error) { return new Response(error.stack + error.message + JSON.stringify(error.cause)) }`,
    ),
    manifest: { permissions: { network: [server.origin] }, settings: SETTINGS },
  })
  const app = createApp(runtime)
  const run = async () => await (await app.request('http://127.0.0.1:3000/plugins/changing/api/')).text()
  assert.equal(await run(), 'sent')
  assert.equal(last(server).headers['x-api-key'], 'none')
  const change = async (apiKey: string) =>
    assert.ok((await send(runtime, 'PATCH', '/plugins/changing/settings', { apiKey })).ok)
  await change('first-value')
  assert.equal(await run(), 'sent')
  assert.equal(last(server).headers['x-api-key'], 'first-value')
  await change('line\nbreak-value')
  const text = await run()
  assert.match(text, /The secret "apiKey" holds a character that headers cannot hold/)
  assert.doesNotMatch(text, /break-value/)
  await change('second-value')
  assert.equal(await run(), 'sent')
  assert.equal(last(server).headers['x-api-key'], 'second-value')
})
