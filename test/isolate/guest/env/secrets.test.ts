// env.secrets: a plugin uses a secret in headers of granted requests, and never learns its value.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
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
    apiKey: { type: 'string', format: 'secret', 'x-secret-field': 'appid' },
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

test('encoded, in JSON, in a stream, in lower case: a handle that would leave in any form is refused with the cure', async (t) => {
  // Some bodies are broken off.
  const server = await startServer(t, (request, response) => {
    received(request).then(
      () => response.end(),
      () => response.destroy(),
    )
  })
  const { run } = await start(
    t,
    `const { apiKey } = env.secrets
    const base64 = btoa('ada:' + apiKey)
    const hex = [...new TextEncoder().encode(String(apiKey))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    const parts = (...texts) => new ReadableStream({
      start(controller) { for (const text of texts) controller.enqueue(new TextEncoder().encode(text)); controller.close() },
    })
    const token = String(apiKey)
    const attempts = [
      [server, { method: 'POST', body: JSON.stringify({ key: apiKey }) }],
      [server, { method: 'POST', body: JSON.stringify({ key: token }) }],
      [server, { method: 'POST', body: base64 }],
      [server, { method: 'POST', body: new URLSearchParams({ key: token }) }],
      [server, { method: 'POST', body: new URLSearchParams({ appid: 'key ' + token }) }],
      [server, { method: 'POST', body: parts('{"key":"' + token.slice(0, 20), token.slice(20), '"}') }],
      [server, { method: 'POST', body: 'x'.repeat(200000) + token }],
      [server, { headers: { authorization: 'Basic ' + base64 } }],
      [server, { headers: { 'x-key': hex } }],
      [server, { headers: { 'x-key': token.toLowerCase() } }],
      [server + '?key=' + token],
      [server + '?appid=' + token + '&key=' + token],
      [server + '/appid=' + token],
      [server + '?q=' + encodeURIComponent(base64)],
    ]
    return await Promise.all(attempts.map((args) => fetch(...args).then(() => 'sent', (error) => error.cause.code + ' ' + error.message)))`,
    server,
  )
  for (const [index, outcome] of ((await run()) as string[]).entries())
    assert.match(
      outcome,
      /^HOST_CALL_INVALID .*"apiKey" can be used in values of headers only.*x-secret-field/,
      `${index}`,
    )
  for (const { url, headers } of server.hits)
    assert.ok(!`${url} ${JSON.stringify(headers)}`.includes('secret-'))
})

test('a secret is sent in the one field of a query or a form that the manifest names', async (t) => {
  const seen: string[] = []
  const server = await startServer(t, async (request, response) => {
    seen.push(`${request.method} ${request.url} ${await received(request)}`)
    response.end(request.url)
  })
  const { run } = await start(
    t,
    `const { apiKey } = env.secrets
    const query = await fetch(server + '/weather?q=Graz&appid=' + apiKey + '#x')
    const form = await fetch(server + '/token', { method: 'POST', body: new URLSearchParams({ grant_type: 'x', appid: apiKey }) })
    return [query.url === server + '/weather?q=Graz&appid=' + apiKey, await query.text(), form.status]`,
    server,
  )
  assert.deepEqual(await run(), [true, `/weather?q=Graz&appid=${'*'.repeat(VALUE.length)}`, 200])
  assert.deepEqual(seen, [`GET /weather?q=Graz&appid=${VALUE} `, `POST /token grant_type=x&appid=${VALUE}`])
})

test('a field with a secret goes to granted origins only, and follows no redirect to another', async (t) => {
  const away = await echo(t)
  const server = await startServer(
    t,
    (_request, response) => void response.writeHead(307, { location: away.origin }).end(),
  )
  const { run } = await start(
    t,
    `const { apiKey } = env.secrets
    const away = ${JSON.stringify(away.origin)}
    const tell = (...args) => fetch(...args).then(() => 'sent', (error) => error.cause.code)
    return [
      await tell(away + '?appid=' + apiKey),
      await tell(away, { method: 'POST', body: new URLSearchParams({ appid: apiKey }) }),
      await tell(server, { method: 'POST', body: new URLSearchParams({ appid: apiKey }) }),
    ]`,
    server,
    { manifest: { permissions: bound(server, away), settings: SETTINGS } },
  )
  assert.deepEqual(await run(), ['PERMISSION_DENIED', 'PERMISSION_DENIED', 'FETCH_FAILED'])
  assert.equal(away.hits.length, 0)
})

test('crypto.subtle signs and verifies with a secret, given as its handle or as the bytes of its text', async (t) => {
  const server = await echo(t)
  const { run } = await start(
    t,
    `const { subtle } = crypto
    const { apiKey } = env.secrets
    const data = new TextEncoder().encode('payload')
    const hmac = { name: 'HMAC', hash: 'SHA-256' }
    const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    const key = await subtle.importKey('raw', apiKey, hmac, false, ['sign', 'verify'])
    const same = await subtle.importKey('raw', new TextEncoder().encode(apiKey), { name: 'hmac', hash: { name: 'sha-512' } }, false, ['sign'])
    const signature = await subtle.sign('HMAC', key, data)
    const changed = signature.slice(0); new Uint8Array(changed)[0] ^= 1
    return [
      hex(signature), hex(await subtle.sign({ name: 'HMAC' }, same, data)),
      await subtle.verify('HMAC', key, signature, data), await subtle.verify('HMAC', key, changed, data),
      await subtle.verify('HMAC', key, signature.slice(1), data), await subtle.verify('HMAC', structuredClone(key), signature, data),
      [key.type, key.extractable, key.usages, key.algorithm.name, key.algorithm.hash.name, key instanceof CryptoKey],
    ]`,
    server,
    { manifest: { settings: SETTINGS } },
  )
  const sign = (hash: string) => createHmac(hash, VALUE).update('payload').digest('hex')
  assert.deepEqual(await run(), [
    sign('sha256'),
    sign('sha512'),
    true,
    false,
    false,
    true,
    ['secret', false, ['sign', 'verify'], 'HMAC', 'SHA-256', true],
  ])
})

test('a secret is a key for nothing else, and part of no other input of crypto.subtle', async (t) => {
  const server = await echo(t)
  const { run } = await start(
    t,
    `const { subtle } = crypto
    const { apiKey } = env.secrets
    const bytes = new TextEncoder().encode(apiKey)
    const padded = new TextEncoder().encode('id:' + apiKey)
    const hmac = { name: 'HMAC', hash: 'SHA-256' }
    const key = await subtle.importKey('raw', apiKey, hmac, false, ['sign'])
    const ordinary = await subtle.generateKey(hmac, true, ['sign'])
    const k = btoa(String(apiKey)).replace(/=+$/, '')
    const attempts = [
      () => subtle.importKey('raw', apiKey, hmac, true, ['sign']),
      () => subtle.importKey('raw', apiKey, { ...hmac, length: 8 }, false, ['sign']),
      () => subtle.importKey('raw', bytes, 'HKDF', false, ['deriveBits']),
      () => subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveBits']),
      () => subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt']),
      () => subtle.importKey('raw', padded, hmac, false, ['sign']),
      () => subtle.importKey('jwk', { kty: 'oct', k }, 'AES-GCM', false, ['encrypt']),
      () => subtle.digest('SHA-256', padded),
      () => subtle.digest('SHA-256', bytes),
      () => subtle.sign('HMAC', ordinary, padded),
      () => subtle.exportKey('raw', key),
      () => subtle.verify('HMAC', key, bytes, bytes),
      () => subtle.wrapKey('raw', key, ordinary, 'AES-KW'),
    ]
    return await Promise.all(attempts.map((attempt) => attempt().then(() => 'done', (error) => error.name)))`,
    server,
    { manifest: { settings: SETTINGS } },
  )
  for (const [index, outcome] of ((await run()) as string[]).entries())
    assert.equal(outcome, 'InvalidAccessError', `${index}`)
})

test('a secret that could be guessed from a signature is refused as a key', async (t) => {
  const runtime = await startTestRuntime(t, {
    environment: { PLUGBAY_SETTING_SHORT_API_KEY: 'hunter2-hunter2' },
  })
  await install(runtime, {
    id: 'short',
    backend:
      backendOf(`const key = await crypto.subtle.importKey('raw', env.secrets.apiKey, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign'])
      return Response.json(await crypto.subtle.sign('HMAC', key, new Uint8Array(1)).catch((error) => error.message))`),
    manifest: { settings: SETTINGS },
  })
  const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/short/api/')
  assert.match(String(await response.json()), /The secret "apiKey" is shorter than 16 characters/)
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
