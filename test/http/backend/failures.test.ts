// What a visitor and an author learn when a plugin fails: a status and no internals for one, the mapped stack for the other.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import type { Runtime } from '../../../runtime/runtime.ts'
import { bothWays, codeOf, install, logLines, startTestRuntime, until } from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const BACKEND = `
interface Thing { readonly name: string }
function deep(thing: Thing): never {
  throw new TypeError('no ' + thing.name, { cause: new RangeError('the cause') })
}

export default {
  async fetch(request: Request, env: unknown, ctx: { waitUntil(promise: Promise<unknown>): void }) {
    const { pathname } = new URL(request.url)
    switch (pathname) {
      case '/throw': return deep({ name: 'such thing' })
      case '/later': await new Promise((resolve) => setTimeout(resolve, 5)); return deep({ name: 'later thing' })
      case '/string': throw 'only text'
      case '/undefined': return undefined
      case '/number': return 42
      case '/object': return { status: 200 }
      case '/unhandled': void Promise.reject(new Error('nobody waits')); return new Response('ok')
      case '/timer': setTimeout(() => { throw new Error('in a timer') }, 1); return new Response('ok')
      case '/background': ctx.waitUntil(Promise.reject(new Error('in the background'))); return new Response('ok')
      case '/never': return await new Promise(() => {})
      case '/loop': for (;;) {}
      case '/detached': setTimeout(() => { for (;;) {} }, 50); return new Response('ok')
      case '/crash': { let text = 'a'.repeat(2 ** 20); for (let n = 0; n < 20; n++) text = text.replace(/a/g, '$&$&$&$&$&$&$&$&'); return new Response(text) }
      case '/forged': console.log('line one\\nline two\\u001b[31m\\u0000'); return new Response('ok')
    }
    return new Response('fine')
  },
}
`

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope, { config: { sandbox: { maxFailures: 1000 } } })
  await install(runtime, {
    id: 'fails',
    backend: BACKEND,
    typescript: true,
    manifest: { limits: { cpuMs: 300, deadlineMs: 1500 } },
  })
  await install(runtime, { id: 'pages', files: { 'frontend/index.html': '<p>only pages' } })
})

const PATH = '/plugins/fails/api'

async function lastError(pattern: RegExp) {
  return await until(`a line like ${pattern}`, async () =>
    (await logLines(runtime, 'fails')).findLast(
      ({ message, level }) => level === 'error' && pattern.test(message),
    ),
  )
}

bothWays(
  'an exception is 500 without internals, and a mapped stack with the request’s id in the log',
  async (t, way) => {
    const client = await way.open(t, runtime)
    for (const [path, name] of [
      ['/throw', 'such thing'],
      ['/later', 'later thing'],
    ] as const) {
      const response = await client.fetch(PATH + path)
      assert.equal(response.status, 500)
      const text = await response.text()
      assert.deepEqual(JSON.parse(text), {
        type: '/docs/errors#GUEST_ERROR',
        title: 'The plugin failed',
        status: 500,
        code: 'GUEST_ERROR',
      })
      const line = await lastError(new RegExp(name))
      assert.equal(line.message, `TypeError: no ${name}`)
      assert.match(line.stack ?? '', /at deep \(backend\/index\.ts:4:9\)/)
      assert.match(line.stack ?? '', /backend\/index\.ts:1\d:/)
      assert.match(line.stack ?? '', /Caused by: RangeError: the cause/)
      assert.doesNotMatch(line.stack ?? '', /plugbay:guest|node:|isolate|\/runtime\//)
      assert.match(line.requestId ?? '', /^[0-9a-f]{8}-/)
    }
  },
)

bothWays('request ids differ from request to request', async (t, way) => {
  const client = await way.open(t, runtime)
  await client.fetch(`${PATH}/throw`)
  const first = await lastError(/such thing/)
  await client.fetch(`${PATH}/throw`)
  const second = await until('another line', async () => {
    const line = await lastError(/such thing/)
    return line.seq > first.seq ? line : undefined
  })
  assert.notEqual(second.requestId, first.requestId)
})

bothWays('what is thrown or returned that is nothing of the kind is 500 too', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const path of ['/string', '/undefined', '/number', '/object']) {
    const response = await client.fetch(PATH + path)
    assert.equal(response.status, 500, path)
    assert.equal(await codeOf(response), 'GUEST_ERROR')
  }
  await lastError(/only text/)
})

bothWays('a failure that no request waits for is in the log, and fails no request', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const [path, message] of [
    ['/unhandled', /nobody waits/],
    ['/timer', /in a timer/],
    ['/background', /in the background/],
  ] as const) {
    const response = await client.fetch(PATH + path)
    assert.equal(await response.text(), 'ok')
    await lastError(message)
    assert.equal(await (await client.fetch(`${PATH}/fine`)).text(), 'fine')
  }
})

bothWays('no answer until the deadline is 504, and others are answered meanwhile', async (t, way) => {
  const client = await way.open(t, runtime)
  const waiting = client.fetch(`${PATH}/never`)
  assert.equal(await (await client.fetch(`${PATH}/fine`)).text(), 'fine')
  const response = await waiting
  assert.equal(response.status, 504)
  assert.equal(await codeOf(response), 'GUEST_DEADLINE')
  const line = await lastError(/^GUEST_DEADLINE: No answer within 1500 ms$/)
  assert.ok(line.requestId, 'the log says which request it was')
})

bothWays(
  'an endless loop is 504, a crash of the process 502, and the next request is answered',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const loop = await client.fetch(`${PATH}/loop`)
    assert.equal(loop.status, 504)
    assert.equal(await codeOf(loop), 'GUEST_DEADLINE')
    assert.ok((await lastError(/^GUEST_DEADLINE: The plugin did not yield for \d+ ms$/)).requestId)
    await until('it answers', async () => (await client.fetch(`${PATH}/fine`)).ok)
    const crash = await client.fetch(`${PATH}/crash`)
    assert.ok([502, 504].includes(crash.status))
    assert.match(await codeOf(crash), /GUEST_CRASHED|GUEST_DEADLINE/)
    await until('it answers', async () => (await client.fetch(`${PATH}/fine`)).ok)
  },
)

bothWays('a loop that no request waits for is in the log, once', async (t, way) => {
  const client = await way.open(t, runtime)
  const before = (await logLines(runtime, 'fails')).at(-1)?.seq ?? 0
  assert.equal(await (await client.fetch(`${PATH}/detached`)).text(), 'ok')
  const line = await until('the line', async () =>
    (await logLines(runtime, 'fails')).find(
      ({ seq, message }) => seq > before && message.startsWith('GUEST_DEADLINE: The plugin did not yield'),
    ),
  )
  assert.equal(line.requestId, undefined)
  await until('it answers', async () => (await client.fetch(`${PATH}/fine`)).ok)
})

bothWays('a plugin without a backend has no API', async (t, way) => {
  const client = await way.open(t, runtime)
  const response = await client.fetch('/plugins/pages/api/x')
  assert.equal(response.status, 404)
  assert.equal(await codeOf(response), 'NOT_FOUND')
})

bothWays('a log line cannot forge another one, or control a terminal', async (t, way) => {
  const client = await way.open(t, runtime)
  await client.fetch(`${PATH}/forged`)
  const line = await until('the line', async () =>
    (await logLines(runtime, 'fails')).findLast(({ message }) => message.includes('line one')),
  )
  assert.equal(line.message, 'line one\nline two\\u001b[31m\\u0000')
})
