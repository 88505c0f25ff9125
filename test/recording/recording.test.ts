// What the server of "plugbay dev" records of a plugin: requests with their host calls, masked and bounded, and uses of permissions.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { Recorder } from '../../runtime/recording/recorder.ts'
import type { PermissionAdvice, RecordedCall } from '../../sdk/api/recordings.ts'
import type { Session } from '../../sdk/api/session.ts'
import { type DevPlugin, startDevPlugin } from '../dev/dev-plugin.ts'
import { readEvents } from '../support/event-reader.ts'
import { api as askRuntime, startTestRuntime, until } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { type AskApi, signIn } from './sign-in.ts'

const BACKEND = `
let atLoad = 0
export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url)
    if (pathname === '/write') {
      console.log('writing')
      await env.kv.put('seen', 'now')
      const rows = await env.db.prepare('SELECT 1 + 1 AS two').first()
      return Response.json(rows)
    }
    if (pathname === '/many') {
      for (let n = 0; n < 130; n++) await env.kv.get('key-' + n)
      return new Response('done')
    }
    if (pathname === '/later') {
      ctx.waitUntil(new Promise((done) => setTimeout(done, 50)).then(() => env.kv.get('afterwards')))
      return new Response('soon')
    }
    if (pathname === '/fails') throw new TypeError('on purpose')
    if (pathname === '/probes') return Response.json([env.files === undefined, 'files' in env, env.has('files')])
    if (pathname === '/elsewhere')
      return new Response(await fetch('https://api.example.org/x?token=very').then(() => 'sent', (error) => error.message))
    return new Response('hello')
  },
  events: { 'plugin.enabled': () => undefined },
}
`

const MANIFEST = {
  permissions: {
    kv: true,
    database: true,
    tasks: true,
    events: ['plugin.*'],
    network: ['https://one.example'],
  },
}

const scope = sharedScope()
let dev: DevPlugin
let ask: AskApi

before(async () => {
  dev = await startDevPlugin(scope, { id: 'recorded', backend: BACKEND, manifest: MANIFEST })
  ask = await signIn(dev)
})

async function calls(): Promise<readonly RecordedCall[]> {
  const response = await ask('/plugins/recorded/recording')
  assert.equal(response.status, 200)
  return (await response.json()).items
}

async function newest(title: string): Promise<RecordedCall> {
  const found = (await calls()).find((call) => call.title === title)
  assert.ok(found, `no "${title}" was recorded`)
  return found
}

async function advice(): Promise<PermissionAdvice> {
  return (await ask('/plugins/recorded/recording/permissions')).json()
}

test('a request is recorded with its host calls, and its log lines have the same id', async () => {
  assert.equal((await dev.get('/api/write?from=test', { headers: { accept: 'text/plain' } })).status, 200)
  const call = await newest('GET /write?from=test')
  assert.deepEqual(
    {
      ...call,
      seq: 0,
      ms: 0,
      startedAt: '',
      requestId: '',
      requestHeaders: [],
      responseHeaders: [],
      hostCalls: [],
    },
    {
      seq: 0,
      requestId: '',
      call: 'fetch',
      title: 'GET /write?from=test',
      user: 'developer',
      startedAt: '',
      ms: 0,
      status: 200,
      bytes: 9,
      reached: true,
      outcome: 'ok',
      requestHeaders: [],
      responseHeaders: [],
      hostCalls: [],
      moreHostCalls: 0,
    },
  )
  const sent = new Map(call.requestHeaders.map(([name = '', value]) => [name, value]))
  assert.equal(sent.get('accept'), 'text/plain')
  assert.deepEqual(
    call.hostCalls.map(({ name, outcome }) => `${name} ${outcome}`),
    ['kv.put ok', 'db.query ok'],
  )
  const [put, query] = call.hostCalls
  assert.match(put?.detail ?? '', /^"seen"/)
  assert.match(query?.detail ?? '', /SELECT 1 \+ 1 AS two/)
  assert.ok((put?.ms ?? -1) >= 0)
  const lines = (await (await ask('/plugins/recorded/logs')).json()).items
  assert.equal(
    lines.find(({ message }: { message: string }) => message === 'writing')?.requestId,
    call.requestId,
  )
})

test('a failure is recorded with its error, and a call has a hundred host calls at most', async () => {
  assert.equal((await dev.get('/api/fails')).status, 500)
  const { outcome, message, status } = await newest('GET /fails')
  assert.deepEqual(
    { outcome, message, status },
    { outcome: 'GUEST_ERROR', message: 'TypeError: on purpose', status: 500 },
  )
  assert.equal((await dev.get('/api/many')).status, 200)
  const many = await newest('GET /many')
  assert.equal(many.hostCalls.length, 100)
  assert.equal(many.moreHostCalls, 30)
})

test('a host call after the answer belongs to its request, and followers are told', async () => {
  const stream = await ask('/plugins/recorded/recording', { headers: { accept: 'text/event-stream' } })
  assert.equal(stream.status, 200)
  const reader = readEvents(stream)
  try {
    assert.equal((await dev.get('/api/later')).status, 200)
    await until('the late call is recorded', async () =>
      (await newest('GET /later')).hostCalls.some(
        ({ name, outcome }) => name === 'kv.get' && outcome === 'ok',
      ),
    )
    let told: RecordedCall | undefined
    while (told?.hostCalls[0]?.outcome !== 'ok') {
      const event = await reader.next()
      assert.equal(event?.event, 'call')
      told = event?.data as RecordedCall
      if (told.title !== 'GET /later') told = undefined
    }
    assert.match(told.hostCalls[0]?.detail ?? '', /^"afterwards"/)
  } finally {
    await reader.cancel()
  }
})

test('what is used without a grant is told, stays absent, and is in the manifest that is suggested', async () => {
  assert.deepEqual(await (await dev.get('/api/probes')).json(), [true, false, false])
  assert.match(await (await dev.get('/api/elsewhere')).text(), /network/)
  assert.match(
    (await newest('GET /elsewhere')).hostCalls[0]?.detail ?? '',
    /^GET https:\/\/api\.example\.org\/x\?token=•••$/,
  )
  const given = await advice()
  assert.deepEqual(given.asked, MANIFEST.permissions)
  assert.deepEqual(
    given.lacking.map(({ permission, value }) => [permission, value]),
    [
      ['files', true],
      ['network', ['https://api.example.org']],
    ],
  )
  assert.deepEqual(
    given.unused.map(({ permission, label }) => [permission, label]),
    [
      ['tasks', ''],
      ['network', 'https://one.example'],
    ],
  )
  assert.deepEqual(given.suggested, {
    kv: true,
    database: true,
    events: ['plugin.*'],
    files: true,
    network: ['https://api.example.org'],
  })

  await dev.save({
    'manifest.json': JSON.stringify({
      ...{ manifestVersion: 1, id: 'recorded', name: 'recorded', version: '1.0.0', access: 'public' },
      permissions: given.suggested,
    }),
  })
  await dev.next('swap')
  assert.deepEqual((await advice()).lacking, [])
  assert.equal((await dev.get('/api/write')).status, 200)
})

test('the session says that the server records, and another server does not record', async (t) => {
  const session: Session = await (await ask('/session')).json()
  assert.equal(session.isDevelopment, true)
  const anyone = await fetch(`http://127.0.0.1:${dev.port}/api/v1/plugins/recorded/recording`)
  assert.equal(anyone.status, 401)
  assert.equal((await ask('/plugins/nobody/recording')).status, 404)
  const runtime = await startTestRuntime(t)
  assert.equal('isDevelopment' in (await (await askRuntime(runtime, '/session')).json()), false)
  assert.equal((await askRuntime(runtime, '/plugins/recorded/recording')).status, 404)
})

test('the memory of a recording is bounded, secrets are masked before texts are cut', () => {
  const recorder = new Recorder()
  const release = recorder.ofRelease('a', (text) => text.replaceAll('hidden', '[secret s]'))
  const silent = { reply() {}, error() {}, opened() {}, moved() {}, retired() {} }
  for (let n = 0; n < 300; n++) {
    const url = `http://a.localhost/${n}/${'x'.repeat(390)}hidden`
    const head = JSON.stringify({
      m: 'fetch',
      method: 'GET',
      url,
      headers: ['x', 'hidden', 'Authorization', 'Bearer abc'],
      user: null,
      requestId: `r-${n}`,
    })
    release.watch({ head, body: undefined, kind: 'read' }, silent).reply('not JSON', undefined, undefined)
    release.lacks('network', `https://${n}.example`)
  }
  const list = recorder.of('a').list()
  assert.equal(list.length, 200)
  assert.equal(list[0]?.requestId, 'r-299')
  assert.equal(recorder.of('a').permissions.lacked.length, 200)
  assert.ok(list.every(({ title }) => title.length < 420 && !title.includes('hidden')))
  assert.deepEqual(list[0]?.requestHeaders, [
    ['x', '[secret s]'],
    ['Authorization', '•••'],
  ])
  assert.equal(recorder.of('a').hostCall('r-0', { name: 'kv.get', detail: '' }).end('ok'), undefined)
  assert.equal(recorder.of('a').list()[0]?.call, 'none')
})
