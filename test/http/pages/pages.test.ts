import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { ServingPlugin } from '../../../runtime/contributions/live-plugin.ts'
import type { Mount } from '../../../runtime/http/exchange/mount.ts'
import { DEVELOPMENT } from '../../../runtime/policy.ts'
import { openFixture } from '../../package/artifact-fixture.ts'
import { type PageServer, pagePlugin, pagesOfTest, sendRaw, servePages } from './page-server.ts'

const TEXT = 'let a = 1;\n'.repeat(300)
const LARGE = randomBytes(600_000)
const CANARY = 'canary-5f1c'

const FILES = {
  'manifest.json': `{"note":"${CANARY}"}`,
  'backend/index.js': `"${CANARY}"`,
  'frontend/index.html':
    '<!doctype html><html><head><title>Hello</title></head><link rel="stylesheet" href="/a.css">',
  'frontend/a.css': 'p { color: red }',
  'frontend/app.js': TEXT,
  'frontend/assets/index-B2k3xQ9a.js': TEXT,
  'frontend/large.png': LARGE,
  'frontend/empty.txt': '',
  'frontend/x.svg': '<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
  'frontend/tool.exe': 'MZ',
  'frontend/page': '<script>1</script>',
  'frontend/docs/index.html': '<p>docs',
  'frontend/été & co.txt': 'summer',
}

async function serve(
  t: TestContext,
  plugin: Partial<ServingPlugin> = {},
  files: Readonly<Record<string, string | Uint8Array>> = FILES,
): Promise<PageServer> {
  const artifact = await openFixture(t, { files, code: 'code' })
  return servePages(t, {
    plugins: [pagePlugin({ artifact, grants: { network: ['https://api.example.org'] }, ...plugin })],
  })
}

const get = (
  server: PageServer,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
) => sendRaw(server.port, path, { headers, method })

test('every answer below the prefix carries the sandbox and nosniff: pages, assets, errors, redirects, 304, 405, 416', async (t) => {
  const server = await serve(t)
  const etag = (await get(server, '/plugins/hello/app.js')).headers.get('etag') ?? ''
  const answers = [
    ['/plugins/hello/', 200],
    ['/plugins/hello/app.js', 200],
    ['/plugins/hello/x.svg', 200],
    ['/plugins/hello', 308],
    ['/plugins/hello/docs', 308],
    ['/plugins/hello/none.js', 404],
    ['/plugins/hello/%2e%2e/x', 404],
    ['/plugins/hello/app.js', 304, { 'if-none-match': etag }],
    ['/plugins/hello/app.js', 416, { range: 'bytes=99999999-' }],
    ['/plugins/hello/app.js', 405, {}, 'POST'],
    ['/plugins/hello/app.js', 204, {}, 'OPTIONS'],
    ['/plugins/hello/', 405, { accept: 'text/html' }, 'DELETE'],
  ] as const
  for (const [path, status, headers = {}, method = 'GET'] of answers) {
    const answer = await get(server, path, headers, method)
    const label = `${method} ${path} ${status}`
    assert.equal(answer.status, status, label)
    const csp = answer.headers.get('content-security-policy') ?? ''
    assert.match(
      csp,
      /(^|; )sandbox allow-scripts allow-forms allow-downloads allow-modals allow-popups allow-popups-to-escape-sandbox$/,
      label,
    )
    assert.match(csp, /default-src 'none'/, label)
    assert.ok(!csp.includes("'self'") && !csp.includes('allow-same-origin'), label)
    assert.ok(
      csp.includes(`script-src ${server.origin}/plugins/hello/ https://api.example.org 'unsafe-inline'`),
      label,
    )
    assert.ok(csp.includes(`frame-ancestors ${server.origin}`), label)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', label)
  }
})

test('assets have their type with a charset, and what is unknown is offered for download', async (t) => {
  const server = await serve(t)
  const facts = async (path: string) => {
    const { headers } = await get(server, `/plugins/hello/${path}`)
    return [
      headers.get('content-type'),
      headers.get('content-disposition'),
      headers.get('access-control-allow-origin'),
    ]
  }
  assert.deepEqual(await facts('app.js'), ['text/javascript; charset=utf-8', undefined, '*'])
  assert.deepEqual(await facts('x.svg'), ['image/svg+xml; charset=utf-8', undefined, '*'])
  assert.deepEqual(await facts('large.png'), ['image/png', undefined, '*'])
  assert.deepEqual(await facts('tool.exe'), ['application/octet-stream', 'attachment', '*'])
  assert.deepEqual(await facts('page'), ['application/octet-stream', 'attachment', '*'])
  assert.equal(
    (await get(server, '/plugins/hello/app.js')).headers.get('cross-origin-resource-policy'),
    'cross-origin',
  )
})

/** By a script: the page as it is stored. */
const FETCHED = { 'sec-fetch-dest': 'empty' }

test('an index page answers for its folder, a folder without its slash is led to it, names match exactly', async (t) => {
  const server = await serve(t)
  assert.match((await get(server, '/plugins/hello/')).body.toString(), /<title>Hello/)
  assert.match((await get(server, '/plugins/hello/')).body.toString(), /href="\.\/a\.css"/)
  assert.equal((await get(server, '/plugins/hello/docs/', FETCHED)).body.toString(), '<p>docs')
  assert.equal((await get(server, '/plugins/hello?x=1')).headers.get('location'), '/plugins/hello/?x=1')
  assert.equal((await get(server, '/plugins/hello/docs')).headers.get('location'), '/plugins/hello/docs/')
  assert.equal((await get(server, '/plugins/hello/%C3%A9t%C3%A9%20&%20co.txt')).body.toString(), 'summer')
  // The same name, decomposed.
  assert.equal((await get(server, '/plugins/hello/e%CC%81te%CC%81%20%26%20co.txt')).body.toString(), 'summer')
  for (const path of [
    'INDEX.HTML',
    'a.css.',
    'a.css%20',
    'a.css/',
    'Docs/',
    'docs//',
    '%61.css',
    'a%2ecss',
    'assets',
    'api/x',
    '.plugbay/x',
  ]) {
    assert.equal((await get(server, `/plugins/hello/${path}`)).status, 404, path)
  }
})

test('ETag and If-None-Match: nothing is sent twice, and a changed asset is sent', async (t) => {
  const server = await serve(t)
  const first = await get(server, '/plugins/hello/app.js')
  const etag = first.headers.get('etag') ?? ''
  assert.match(etag, /^"[^"]+"$/)
  for (const value of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const again = await get(server, '/plugins/hello/app.js', { 'if-none-match': value })
    assert.equal(again.status, 304, value)
    assert.equal(again.body.length, 0)
    assert.equal(again.headers.get('etag'), etag)
  }
  assert.equal((await get(server, '/plugins/hello/app.js', { 'if-none-match': '"other"' })).status, 200)
  const changed = await serve(t, {}, { ...FILES, 'frontend/app.js': `${TEXT}//` })
  assert.equal((await get(changed, '/plugins/hello/app.js', { 'if-none-match': etag })).status, 200)
})

test('only names that hold a hash are kept for ever', async (t) => {
  const server = await serve(t)
  const caching = async (path: string) =>
    (await get(server, `/plugins/hello/${path}`)).headers.get('cache-control')
  assert.equal(await caching('assets/index-B2k3xQ9a.js'), 'public, max-age=31536000, immutable')
  assert.equal(await caching('app.js'), 'no-cache')
  assert.equal(await caching(''), 'no-store')
  assert.equal(await caching('none.js'), 'no-store')
  const dev = await serve(t, { policy: DEVELOPMENT })
  assert.equal(
    (await get(dev, '/plugins/hello/assets/index-B2k3xQ9a.js')).headers.get('cache-control'),
    'no-cache',
  )
})

test('Accept-Encoding chooses a copy, each with an ETag of its own', async (t) => {
  const server = await serve(t)
  const ask = (accept: string) => get(server, '/plugins/hello/app.js', { 'accept-encoding': accept })
  const cases = [
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0.5, gzip', 'gzip'],
    ['br;q=0, gzip;q=0', undefined],
    ['identity', undefined],
    ['*', 'br'],
    ['gzip;q=0.5, identity', undefined],
    ['', undefined],
  ] as const
  for (const [accept, coding] of cases) {
    const answer = await ask(accept)
    assert.equal(answer.headers.get('content-encoding'), coding, accept)
    assert.equal(answer.headers.get('vary'), 'Accept-Encoding')
    const text =
      coding === 'br'
        ? brotliDecompressSync(answer.body)
        : coding === 'gzip'
          ? gunzipSync(answer.body)
          : answer.body
    assert.equal(text.toString(), TEXT, accept)
    assert.equal(Number(answer.headers.get('content-length')), answer.body.length)
    const etag = answer.headers.get('etag') ?? ''
    const again = await get(server, '/plugins/hello/app.js', {
      'accept-encoding': accept,
      'if-none-match': etag,
    })
    assert.equal(again.status, 304)
    assert.equal(again.headers.get('vary'), 'Accept-Encoding')
  }
  assert.equal(
    new Set([
      (await ask('br')).headers.get('etag'),
      (await ask('gzip')).headers.get('etag'),
      (await ask('')).headers.get('etag'),
    ]).size,
    3,
  )
})

test('Range gives parts of the identity, and everything where it cannot', async (t) => {
  const server = await serve(t)
  const part = async (range: string, headers = {}) => {
    const answer = await get(server, '/plugins/hello/large.png', { range, ...headers })
    return [answer.status, answer.headers.get('content-range'), answer.body] as const
  }
  const expectPart = async (range: string, start: number, end: number) => {
    const [status, contentRange, body] = await part(range)
    assert.deepEqual([status, contentRange], [206, `bytes ${start}-${end - 1}/600000`], range)
    assert.ok(body.equals(LARGE.subarray(start, end)), range)
  }
  await expectPart('bytes=0-0', 0, 1)
  await expectPart('bytes=10-399999', 10, 400_000)
  await expectPart('bytes=599999-', 599_999, 600_000)
  await expectPart('bytes=-5', 599_995, 600_000)
  await expectPart('bytes=-9999999', 0, 600_000)
  await expectPart('bytes=0-9999999', 0, 600_000)
  const many = `bytes=${Array.from({ length: 1000 }, (_, i) => `${i}-${i}`).join(',')}`
  for (const range of ['bytes=0-0,-1', many, 'bytes=5-1', 'bytes=-', 'bytes=x', 'lines=1-2', '0-5']) {
    const [status, , body] = await part(range)
    assert.equal(status, 200, range)
    assert.equal(body.length, 600_000)
  }
  for (const range of ['bytes=600000-', 'bytes=9999999999-', 'bytes=-0']) {
    assert.deepEqual((await part(range)).slice(0, 2), [416, 'bytes */600000'], range)
  }
  const etag = (await get(server, '/plugins/hello/large.png')).headers.get('etag') ?? ''
  assert.equal((await part('bytes=0-1', { 'if-range': etag }))[0], 206)
  assert.equal((await part('bytes=0-1', { 'if-range': '"old"' }))[0], 200)
  assert.equal((await part('bytes=0-1', { 'if-range': 'Wed, 21 Oct 2026 07:28:00 GMT' }))[0], 200)
  const compressible = await get(server, '/plugins/hello/app.js', {
    range: 'bytes=0-3',
    'accept-encoding': 'br',
  })
  assert.deepEqual([compressible.status, compressible.body.toString()], [206, TEXT.slice(0, 4)])
  assert.equal((await get(server, '/plugins/hello/empty.txt', { range: 'bytes=0-0' })).status, 416)
})

test('HEAD has the headers of GET and no body', async (t) => {
  const server = await serve(t)
  for (const path of ['', 'app.js', 'large.png', 'none.js', 'empty.txt']) {
    const [head, whole] = [
      await get(server, `/plugins/hello/${path}`, {}, 'HEAD'),
      await get(server, `/plugins/hello/${path}`),
    ]
    assert.equal(head.status, whole.status, path)
    assert.equal(head.body.length, 0, path)
    for (const name of ['etag', 'content-type', 'cache-control'])
      assert.equal(head.headers.get(name), whole.headers.get(name), path)
    if (head.status === 200) assert.equal(head.headers.get('content-length'), String(whole.body.length), path)
  }
})

test('deep links show the fallback page to people, and only when the plugin asks for it', async (t) => {
  const artifact = await openFixture(t, { files: FILES, manifest: { frontend: { fallback: 'index.html' } } })
  const server = await serve(t, { artifact })
  const page = await get(server, '/plugins/hello/a/b', { accept: 'text/html' })
  assert.equal(page.status, 200)
  assert.match(
    page.body.toString(),
    /<head><base href="\/plugins\/hello\/"><meta data-stranger name="plugbay-token"/,
  )
  assert.equal((await get(server, '/plugins/hello/a/b', { 'sec-fetch-mode': 'navigate' })).status, 200)
  assert.equal((await get(server, '/plugins/hello/a/b.js', { accept: '*/*' })).status, 404)
  assert.equal(
    (await get(server, '/plugins/hello/a/b.js', { accept: 'text/html', 'sec-fetch-mode': 'no-cors' })).status,
    404,
  )
  assert.equal((await get(server, '/plugins/hello/a%2fb', { accept: 'text/html' })).status, 404)
  const without = await serve(t)
  assert.equal((await get(without, '/plugins/hello/a/b', { accept: 'text/html' })).status, 404)
})

test('errors are a small page for browsers and problem+json for programs, without internals', async (t) => {
  const server = await serve(t)
  const page = await get(server, '/plugins/hello/none', { accept: 'text/html,*/*' })
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/)
  assert.match(page.body.toString(), /There is nothing here/)
  const problem = await get(server, '/plugins/hello/none')
  assert.match(problem.headers.get('content-type') ?? '', /^application\/problem\+json/)
  assert.equal(JSON.parse(problem.body.toString()).code, 'NOT_FOUND')
})

test('a closed artifact answers 503, and says nothing else', async (t) => {
  const artifact = await openFixture(t, { files: FILES })
  const server = await serve(t, { artifact })
  await artifact.close()
  for (const path of ['app.js', 'large.png', ''])
    assert.equal((await get(server, `/plugins/hello/${path}`)).status, 503, path)
  assert.deepEqual(server.failures, [])
})

test('no hostile path reaches a file outside the frontend folder', async (t) => {
  const list = '../shared/corpus/payloads/own-asset-paths.txt'
  if (!existsSync(list)) {
    assert.ok(process.env.CI !== 'true', 'the list of hostile paths is missing')
    return t.skip('the list of hostile paths is not beside the project')
  }
  const files = { ...FILES, 'frontend/assets/index.html': '<p>literal' }
  const artifacts = [
    await openFixture(t, { files }),
    await openFixture(t, { files: { 'frontend/assets/secret.txt': CANARY } }),
  ] as const
  const server = await servePages(t, {
    plugins: ['aa', 'bb'].map((id, index) => pagePlugin({ id, artifact: artifacts[index] ?? artifacts[0] })),
  })
  const lines = readFileSync(list, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  assert.ok(lines.length >= 50)
  for (const line of lines) {
    // Identifiers have two letters at least.
    const target = line
      .replace('<A>', '/plugins/aa/assets')
      .replace('/plugins/a', '/plugins/aa')
      .replace('aaa', 'aa')
      .replace('/b/', '/bb/')
    const answer = await sendRaw(server.port, target)
    const body = answer.body.toString('latin1')
    assert.ok(!body.includes(CANARY), line)
    if (answer.status === 200) assert.match(body, /<p>literal/, line)
    else if (answer.status === 308) assert.equal(answer.headers.get('location'), '/plugins/aa/assets/', line)
    else assert.ok(answer.status === 400 || answer.status === 404, `${line} gives ${answer.status}`)
    assert.equal(answer.headers.get('x-injected') ?? answer.headers.get('set-cookie'), undefined, line)
  }
  assert.deepEqual(server.failures, [])
})

test('no line of the public traversal lists names a file outside the frontend folder', async (t) => {
  const folder = '../shared/corpus/payloads/payloadsallthethings/Directory Traversal/Intruder'
  if (!existsSync(folder)) {
    assert.ok(process.env.CI !== 'true', 'the traversal lists are missing')
    return t.skip('the traversal lists are not beside the project')
  }
  const artifact = await openFixture(t, { files: FILES, manifest: { frontend: { fallback: 'index.html' } } })
  const { pages, failures } = pagesOfTest()
  const plugin = pagePlugin({ artifact })
  const origin = 'http://127.0.0.1:3000'
  const mount: Mount = {
    id: 'hello',
    mode: 'opaque',
    path: '/plugins/hello',
    origin,
    shellOrigin: origin,
    shell: '',
    pluginSuffix: null,
  }
  let count = 0
  for (const file of readdirSync(folder)) {
    for (const line of readFileSync(`${folder}/${file}`, 'utf8').split('\n')) {
      if (line === '') continue
      const target = `/${line.split('?')[0]}`
      const request = {
        method: 'GET',
        url: mount.path + target,
        target,
        headers: [],
        body: undefined,
      }
      const answer = await pages.answer({ request, mount, user: null, isPage: false }, plugin)
      // A line that is only a query, or "/", is the index page.
      const isWhole = typeof answer.body === 'string' || answer.body instanceof Uint8Array
      const body = Buffer.from(isWhole ? (answer.body ?? '') : '').toString()
      assert.ok(answer.status === 404 || body.includes('<title>Hello'), `${file}: ${line}`)
      count++
    }
  }
  assert.ok(count > 20_000)
  assert.deepEqual(failures, [])
})
