// What a browser could take a plugin's files for (S4), and what it could keep of them (S6).

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { backendOf, install, rawRequest, startTestRuntime } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { record } from './helpers/record.ts'
import { askAll, listenFor, type Received } from './helpers/wire.ts'

const HTML = '<!doctype html><script>alert(document.domain)</script>'
const JS = 'alert(document.domain)'
const utf16 = (text: string): Uint8Array => Buffer.from(`\ufeff${text}`, 'utf16le')

/** Each file, what it is served as, and whether it is for download only. */
const FILES: readonly (readonly [
  name: string,
  content: string | Uint8Array,
  type: string,
  attachment: boolean,
])[] = [
  ['x.html', HTML, 'text/html; charset=utf-8', false],
  ['x.HTM', HTML, 'text/html; charset=utf-8', false],
  [
    'x.xhtml',
    `<html xmlns="http://www.w3.org/1999/xhtml"><script>${JS}</script></html>`,
    'application/xhtml+xml; charset=utf-8',
    false,
  ],
  [
    'x.svg',
    `<svg xmlns="http://www.w3.org/2000/svg"><script>${JS}</script></svg>`,
    'image/svg+xml; charset=utf-8',
    false,
  ],
  [
    'x.xml',
    '<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="x.xsl"?><a/>',
    'application/xml; charset=utf-8',
    false,
  ],
  ['x.xsl', '<xsl:stylesheet/>', 'application/octet-stream', true],
  ['x.pdf', '%PDF-1.4 /OpenAction << /S /JavaScript /JS (app.alert(1)) >>', 'application/pdf', false],
  ['js.png', JS, 'image/png', false],
  ['html.jpg', HTML, 'image/jpeg', false],
  ['html.txt', HTML, 'text/plain; charset=utf-8', false],
  ['html.json', HTML, 'application/json; charset=utf-8', false],
  ['x.wasm', Buffer.from([0, 0x61, 0x73, 0x6d]), 'application/wasm', false],
  ['no-ending', HTML, 'application/octet-stream', true],
  ['index.html.gz', HTML, 'application/gzip', false],
  ['x.html.unknown', HTML, 'application/octet-stream', true],
  ['polyglot.gif', `GIF89a/*${'x'.repeat(20)}*/=1;${JS}`, 'image/gif', false],
  ['utf7.html', '+ADw-script+AD4-alert(1)+ADw-/script+AD4-', 'text/html; charset=utf-8', false],
  ['utf16.html', utf16(HTML), 'text/html; charset=utf-8', false],
  ['utf16.css', utf16('* { color: red }'), 'text/css; charset=utf-8', false],
  ['x.html;.png', HTML, 'image/png', false],
  ['x.png;x.html', HTML, 'text/html; charset=utf-8', false],
  ['x.html%00.png', HTML, 'image/png', false],
  ['x.php', '<?php system($_GET[0]) ?>', 'application/octet-stream', true],
  ['x.shtml', HTML, 'application/octet-stream', true],
  ['x.hta', HTML, 'application/octet-stream', true],
  ['x.mht', HTML, 'application/octet-stream', true],
  ['x.swf', 'FWS', 'application/octet-stream', true],
  ['x.jar', 'PK', 'application/octet-stream', true],
  ['x.exe', 'MZ', 'application/octet-stream', true],
  ['x.svgz', 'x', 'application/octet-stream', true],
  ['x.url', '[InternetShortcut]', 'application/octet-stream', true],
  ['crossdomain.xml', '<cross-domain-policy/>', 'application/xml; charset=utf-8', false],
  ['x.js', JS, 'text/javascript; charset=utf-8', false],
  ['x.map', '{}', 'application/json; charset=utf-8', false],
  ['__proto__', HTML, 'application/octet-stream', true],
  ['x.constructor', HTML, 'application/octet-stream', true],
]

const scope = sharedScope()
let runtime: Runtime
let port: number
before(async () => {
  runtime = await startTestRuntime(scope)
  port = await listenFor(scope, runtime)
})

function assertWalled({ target, headers }: Received, isOwn: boolean): void {
  assert.equal(headers.get('x-content-type-options'), 'nosniff', target)
  const policy = headers.get('content-security-policy') ?? ''
  assert.match(policy, /^default-src 'none'/, target)
  assert.equal(/; sandbox [^;]*$/.test(policy), !isOwn, target)
  assert.doesNotMatch(policy, /allow-same-origin|allow-top-navigation/, target)
  assert.match(headers.get('cross-origin-resource-policy') ?? '', /^(cross|same)-origin$/, target)
  assert.ok(headers.has('referrer-policy'), target)
}

test('S4 every file is what our list says it is, or a download; a browser guesses nothing', async (t) => {
  await install(runtime, {
    id: 'types',
    files: Object.fromEntries([
      ...FILES.map(([name, content]) => [`frontend/${name}`, content]),
      ['frontend/index.html', HTML],
      ['frontend/.htaccess', 'Options +Indexes'],
    ]),
  })
  for (const [host, prefix] of [
    ['127.0.0.1', '/plugins/types/'],
    ['types.localhost', '/'],
  ] as const) {
    const names = FILES.map(([name]) => name)
    const answers = await askAll(
      t,
      port,
      names.map((name) => prefix + encodeURIComponent(name)),
      { Host: `${host}:${port}` },
    )
    for (const [index, answer] of answers.entries()) {
      const [name, , type, attachment] = FILES[index] ?? FILES[0] ?? assert.fail()
      assert.equal(answer.status, 200, name)
      assertWalled(answer, host !== '127.0.0.1')
      assert.equal(answer.headers.get('content-type'), type, name)
      assert.equal(answer.headers.get('content-disposition'), attachment ? 'attachment' : undefined, name)
      assert.equal(answer.headers.get('content-encoding'), undefined, name)
    }
    const others = { '.htaccess': 404, 'none.html': 404, 'x.html/': 404, '%2e': 400, '../x': 400 }
    for (const answer of await askAll(
      t,
      port,
      Object.keys(others).map((name) => prefix + name),
      { Host: `${host}:${port}` },
    )) {
      const name = answer.target.slice(prefix.length) as keyof typeof others
      assert.equal(answer.status, others[name], answer.target)
      // A path that could be read in two ways is refused before it is a plugin's: without a page, there is nothing to wall in.
      if (answer.status === 404) assertWalled(answer, host !== '127.0.0.1')
      assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
    }
  }
  record({
    id: 'S4',
    area: 'pages',
    title: `${FILES.length} files that want to be something else`,
    culprit: 'a listed type, or a download; nosniff, sandbox',
  })
})

const ENTRY = 'assets/app.js'
const HASHED = 'assets/app-B4d5F6h8.js'

/** A page that is shown gets a token, which no other visit has; one that a script fetches is the file. */
const AS_STORED = { 'sec-fetch-dest': 'empty' }

test('S6 a validator of one version is not valid for the next, and a range never mixes two', async () => {
  const release = (version: string, text: string) =>
    install(runtime, {
      id: 'cached',
      version,
      backend: backendOf(`return new Response('${version}', { headers: { etag: '"same"' } })`),
      files: {
        'frontend/index.html': `<title>${text}</title>`,
        [`frontend/${ENTRY}`]: text.repeat(100),
        [`frontend/${HASHED}`]: 'for ever',
      },
    })
  const origin = `http://127.0.0.1:${port}`
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    rawRequest(origin, `/plugins/cached/${path}`, {
      method,
      headers: { host: `127.0.0.1:${port}`, ...AS_STORED, ...headers },
    })
  await release('1.0.0', 'one')
  const first = new Map<string, string>()
  for (const path of ['', ENTRY]) {
    const answer = await ask(path)
    const etag = answer.headers.etag ?? assert.fail(`no validator of "${path}"`)
    assert.equal(answer.headers['cache-control'], 'no-cache')
    assert.equal((await ask(path, { 'if-none-match': etag })).status, 304)
    assert.equal((await ask(path, { 'if-none-match': `W/${etag}, "x"` })).status, 304)
    assert.equal((await ask(path, { range: 'bytes=0-3', 'if-range': etag })).status, 206)
    first.set(path, etag)
  }
  assert.match(String((await ask(HASHED)).headers['cache-control']), /immutable/)
  await release('2.0.0', 'two')
  for (const [path, etag] of first) {
    const answer = await ask(path, { 'if-none-match': etag })
    assert.equal(answer.status, 200, 'the old validator is no longer good')
    assert.match(answer.text, /two/)
    const whole = await ask(path, { range: 'bytes=0-3', 'if-range': etag })
    assert.equal(whole.status, 200, 'a part of the new one does not go to who has the old one')
  }
  record({
    id: 'S6-versions',
    area: 'pages',
    title: 'validators and ranges of the version before',
    culprit: '200 with the new bytes',
  })
})

test('S6 ranges, methods and names that want to confuse a cache give what they should', async () => {
  const origin = `http://127.0.0.1:${port}`
  const ask = (headers: Record<string, string>, method = 'GET', path = `/plugins/cached/${ENTRY}`) =>
    rawRequest(origin, path, { method, headers: { host: `127.0.0.1:${port}`, ...AS_STORED, ...headers } })
  const { text, headers } = await ask({})
  const size = Buffer.byteLength(text)
  const cases: readonly (readonly [range: string, status: number, length: number])[] = [
    ['bytes=0-0', 206, 1],
    ['bytes=-1', 206, 1],
    ['bytes=0-', 206, size],
    [`bytes=0-${'9'.repeat(15)}`, 206, size],
    ['bytes=0-0,-1', 200, size],
    [`bytes=${Array.from({ length: 1000 }, (_, index) => `${index}-${index}`).join(',')}`, 200, size],
    ['bytes=0-0,0-0,0-0,0-0', 200, size],
    ['bytes=9999999999-', 416, 0],
    [`bytes=${'9'.repeat(400)}-`, 200, size],
    ['bytes=-0', 416, 0],
    ['bytes=5-2', 200, size],
    ['bytes=-', 200, size],
    ['bytes=a-b', 200, size],
    ['items=0-1', 200, size],
    ['bytes=0x0-0x5', 200, size],
    ['bytes=-1-5', 200, size],
  ]
  for (const [range, status, length] of cases) {
    const answer = await ask({ range })
    const name = range.slice(0, 40)
    assert.equal(answer.status, status, name)
    assert.equal(Buffer.byteLength(answer.text), length, name)
    if (status === 416) assert.equal(answer.headers['content-range'], `bytes */${size}`)
    if (status !== 206)
      assert.equal(
        answer.headers['content-type']?.startsWith('multipart'),
        status === 416 ? undefined : false,
      )
  }
  const only = await ask({ range: 'bytes=0-5' }, 'HEAD')
  assert.deepEqual([only.status, only.text, only.headers['content-length']], [200, '', String(size)])
  assert.equal((await ask({ 'if-range': 'Wed, 21 Oct 2015 07:28:00 GMT', range: 'bytes=0-0' })).status, 200)
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'PURGE'])
    assert.equal((await ask({}, method)).status, 405)

  // What a cache in front could store under the good address.
  for (const header of [
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-scheme',
    'x-original-url',
    'x-rewrite-url',
    'forwarded',
    'x-forwarded-prefix',
    'x-host',
  ]) {
    for (const path of [
      `/plugins/cached/${ENTRY}`,
      '/plugins/cached/',
      '/plugins/cached',
      '/plugins/cached/api/',
    ]) {
      const [plain, odd] = await Promise.all([
        ask({}, 'GET', path),
        ask({ [header]: 'evil.test/"><script>' }, 'GET', path),
      ])
      const { date: _plainDate, ...plainHeaders } = plain.headers
      const { date: _oddDate, ...oddHeaders } = odd.headers
      assert.deepEqual(
        [odd.status, odd.text, oddHeaders],
        [plain.status, plain.text, plainHeaders],
        `${header} ${path}`,
      )
    }
  }
  assert.ok(headers.etag)
  record({
    id: 'S6',
    area: 'pages',
    title: `${cases.length} ranges, and headers that poison caches`,
    culprit: '206, 200 or 416; the same answer for everyone',
  })
})
