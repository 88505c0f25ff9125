// Requests that two readers could take for different ones (U5), line breaks in headers (H1), redirects that lead away (O1).

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { backendOf, install, startTestRuntime } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { linesOf, SKIP_PAYLOADS } from './helpers/payloads.ts'
import { record } from './helpers/record.ts'
import { askAll, exchange, head, listenFor, statusOf } from './helpers/wire.ts'

const BACKEND = backendOf(
  `
  if (url.pathname === '/smuggled') return new Response(String(++smuggled))
  if (url.pathname === '/count') return new Response('smuggled: ' + smuggled)
  if (url.pathname === '/set') return new Response('x', { headers: JSON.parse(await request.text()) })
  return new Response((await request.text()) + '!')`,
  'let smuggled = 0',
)

const scope = sharedScope()
let runtime: Runtime
let port: number
before(async () => {
  runtime = await startTestRuntime(scope)
  await install(runtime, {
    id: 'wire',
    backend: BACKEND,
    files: {
      'frontend/index.html': '<title>wire</title>',
      'frontend/docs/index.html': '<title>docs</title>',
    },
  })
  port = await listenFor(scope, runtime, { bodyWindowMs: 500, headersMs: 2000 })
})

const INNER = 'GET /plugins/wire/api/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** A request with these header lines, whose body a differing parser would read as a second request. */
function smuggling(lines: string, body = `0\r\n\r\n${INNER}`): string {
  return `POST /plugins/wire/api/ HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n\r\n${body}`
}

const SMUGGLED: readonly (readonly [name: string, request: string])[] = [
  ['a length and chunks', smuggling('Content-Length: 5\r\nTransfer-Encoding: chunked')],
  ['chunks and a length', smuggling('Transfer-Encoding: chunked\r\nContent-Length: 5')],
  ['two lengths', smuggling('Content-Length: 5\r\nContent-Length: 6')],
  ['the same length twice', smuggling('Content-Length: 5\r\nContent-Length: 5')],
  ['a list of lengths', smuggling('Content-Length: 5, 5')],
  ['a length with a sign', smuggling('Content-Length: +5')],
  ['a negative length', smuggling('Content-Length: -5')],
  ['a length in hexadecimal', smuggling('Content-Length: 0x5')],
  ['a length with a space inside', smuggling('Content-Length: 5 5')],
  ['a length without an end', smuggling(`Content-Length: ${'9'.repeat(40)}`)],
  ['a space before the colon', smuggling('Content-Length : 5')],
  ['a space before the colon of chunks', smuggling('Transfer-Encoding : chunked')],
  ['a tab inside the name', smuggling('Transfer-Encoding\t: chunked')],
  ['chunks that are not last', smuggling('Transfer-Encoding: chunked, identity')],
  ['a coding that nobody knows', smuggling('Transfer-Encoding: xchunked')],
  ['chunks twice', smuggling('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity')],
  ['a vertical tab before chunked', smuggling('Transfer-Encoding: \x0bchunked')],
  ['chunked in quotes', smuggling('Transfer-Encoding: "chunked"')],
  ['a line folded', smuggling('Transfer-Encoding:\r\n chunked')],
  ['a folded line of another header', smuggling('X-A: 1\r\n Transfer-Encoding: chunked')],
  ['a bare line feed before a header', smuggling('X-A: 1\nTransfer-Encoding: chunked')],
  [
    'a bare line feed at the end of the head',
    `POST /plugins/wire/api/ HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n${INNER}`,
  ],
  ['a bare carriage return', smuggling('X-A: 1\rTransfer-Encoding: chunked')],
  ['NUL in a value', smuggling('X-A: 1\0\r\nTransfer-Encoding: chunked')],
  ['a header without a name', smuggling(': chunked\r\nContent-Length: 5')],
  ['a header without a colon', smuggling('Transfer-Encoding chunked\r\nContent-Length: 5')],
  ['a chunk size without an end', smuggling('Transfer-Encoding: chunked', `${'f'.repeat(17)}\r\n${INNER}`)],
  ['a chunk size with a sign', smuggling('Transfer-Encoding: chunked', `-1\r\n${INNER}`)],
  ['a chunk size in 0x', smuggling('Transfer-Encoding: chunked', `0x0\r\n\r\n${INNER}`)],
  ['a chunk size before a bare line feed', smuggling('Transfer-Encoding: chunked', `0\n\n${INNER}`)],
  ['a chunk without its line break', smuggling('Transfer-Encoding: chunked', `1\r\naX0\r\n\r\n${INNER}`)],
  ['a chunk extension with a line feed', smuggling('Transfer-Encoding: chunked', `0;a\nb\r\n\r\n${INNER}`)],
  ['no Host', `GET /plugins/wire/api/ HTTP/1.1\r\n\r\n${INNER}`],
  ['two Hosts', smuggling('Host: evil.test\r\nContent-Length: 0', INNER)],
  [
    'a space at the begin of the first header',
    `POST /plugins/wire/api/ HTTP/1.1\r\n Host: localhost\r\nContent-Length: 0\r\n\r\n${INNER}`,
  ],
  ['a version that does not exist', `GET /plugins/wire/api/ HTTP/9.9\r\nHost: localhost\r\n\r\n${INNER}`],
]

test('U5 what two readers could take differently is refused, the connection closed, and nothing behind it answered', async (t) => {
  for (const [name, request] of SMUGGLED) {
    const answer = await exchange(t, port, request)
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)
    assert.deepEqual(statuses, ['400'], `${name}: ${answer}`)
  }
  const [count] = await askAll(t, port, ['/plugins/wire/api/count'])
  assert.match(count?.body ?? '', /smuggled: 0/)
  record({
    id: 'U5',
    area: 'http',
    title: `${SMUGGLED.length} ways to smuggle a request`,
    culprit: '400, closed',
  })
})

test('U5 requests in a row on one connection are answered in their order', async (t) => {
  const bodies = Array.from({ length: 50 }, (_, index) => `number ${index} of these`)
  const requests = bodies.map(
    (body) => head('POST /plugins/wire/api/', { 'Content-Length': body.length }) + body,
  )
  const answer = await exchange(
    t,
    port,
    requests.join('') + head('GET /plugins/wire/api/', { Connection: 'close' }),
  )
  assert.deepEqual(
    [...answer.matchAll(/number \d+ of these!/g)].map(([text]) => text),
    bodies.map((body) => `${body}!`),
  )
  record({
    id: 'U5-pipeline',
    area: 'http',
    title: '50 requests in one write',
    culprit: 'answered in their order',
  })
})

test('H1 no line break that a plugin gives makes a header of its own', { skip: SKIP_PAYLOADS }, async (t) => {
  const listed = linesOf('payloadsallthethings', 'CRLF Injection', 'Files', 'crlfinjection.txt')
  const texts = listed.flatMap((line) => [line, decodeAll(line)])
  texts.push(
    'a\r\nSet-Cookie: injected=1',
    'a\nX-Injected: 1',
    'a\rX-Injected: 1',
    'a\0b',
    'a\u0085X-Injected: 1',
    'a\u560d\u560aX-Injected: 1',
    '\u2028X-Injected: 1',
  )
  let refused = 0
  for (const text of texts)
    for (const name of [
      'x-plugin-value',
      'location',
      'set-cookie',
      'content-disposition',
      'content-type',
      text,
    ]) {
      const body = JSON.stringify({ [name]: name === text ? 'value' : text })
      const answer = await exchange(
        t,
        port,
        head('POST /plugins/wire/api/set', {
          'Content-Length': Buffer.byteLength(body),
          Connection: 'close',
        }) + Buffer.from(body).toString('latin1'),
      )
      const status = statusOf(answer)
      assert.ok(status === 200 || status === 500, `${JSON.stringify(text)} in ${name}: ${answer}`)
      refused += Number(status === 500)
      const names = (answer.split('\r\n\r\n', 1)[0] ?? '')
        .split(/\r\n|\r|\n/)
        .slice(1)
        .map((line) => line.split(':', 1)[0]?.toLowerCase())
      for (const injected of ['x-injected', 'injected', 'header', 'test', 'set-cookie', 'location'])
        if (injected !== name)
          assert.ok(!names.includes(injected), `${JSON.stringify(text)} in ${name}: ${answer}`)
    }
  assert.ok(refused >= listed.length)
  record({
    id: 'H1',
    area: 'http',
    title: `${texts.length} line breaks in header names and values`,
    culprit: 'GUEST_ERROR, or harmless text',
  })
})

function decodeAll(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

test('O1 no redirect of the runtime leads to another site', { skip: SKIP_PAYLOADS }, async (t) => {
  const lines = linesOf('payloadsallthethings', 'Open Redirect', 'Intruder')
  lines.push(
    '//evil.test',
    '/\\evil.test',
    '/%09/evil.test',
    '/%5cevil.test',
    '//evil.test/%2e%2e',
    '/.evil.test',
    '///evil.test/docs',
  )
  const own = ['localhost', '127.0.0.1', 'wire.localhost']
  let asked = 0
  for (const [host, prefixes] of [
    [
      'localhost',
      [
        '',
        '/',
        '/plugins/wire',
        '/plugins/wire/',
        '/plugins/wire/docs',
        '/plugins',
        '/plugins/',
        '/admin',
        '/admin?next=',
        '/?next=',
        '/plugins/wire?url=',
      ],
    ],
    ['127.0.0.1', ['', '/', '/plugins/wire', '/plugins/wire/docs', '/plugins/wire?next=']],
    ['wire.localhost', ['', '/', '/docs', '/docs?next=', '/?next=']],
  ] as const) {
    const targets = prefixes.flatMap((prefix) => lines.map((line) => prefix + line))
    for (const { target, status, headers } of await askAll(t, port, targets, { Host: `${host}:${port}` })) {
      asked++
      const location = headers.get('location')
      assert.equal(headers.get('refresh'), undefined)
      if (location === undefined) continue
      assert.ok(status >= 300 && status < 400)
      // Behind the question mark a backslash is text.
      assert.doesNotMatch(location, /^[/\\]{2}|[\t\r\n]|^[^?]*\\/, `${host}${target}: ${location}`)
      const base = URL.parse(target, `http://${host}:${port}`) ?? new URL(`http://${host}:${port}`)
      const url = new URL(location, new URL(base.pathname, `http://${host}:${port}`))
      assert.ok(own.includes(url.hostname) && url.protocol === 'http:', `${host}${target}: ${location}`)
    }
  }
  assert.ok(asked > 4000)
  record({
    id: 'O1',
    area: 'http',
    title: `${asked} addresses that want to be led away`,
    culprit: 'no redirect to another site',
  })
})
