// Paths that want out of a plugin's folder (S1, S2, S7) and links on the disk (S3): nothing but its own assets is served.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { link, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Runtime } from '../../runtime/runtime.ts'
import {
  ADMIN_TOKEN,
  backendOf,
  codeOf,
  install,
  startTestRuntime,
  temporaryFolder,
  upload,
} from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { craftZip } from '../support/zip.ts'
import { linesOf, SKIP_PAYLOADS } from './helpers/payloads.ts'
import { record } from './helpers/record.ts'
import { askAll, listenFor, type Received } from './helpers/wire.ts'

const CANARY = 'canary-that-nobody-may-read'
/** What files outside hold: secrets of a plugin, of its neighbour, of the data folder, and of the machine. */
const SECRETS: readonly string[] = [
  CANARY,
  ADMIN_TOKEN,
  'SQLite format 3',
  'root:x:0:0',
  `127.0.0.1\t${hostname()}`,
  '"manifestVersion"',
]

const ASSETS = {
  'frontend/index.html': '<!doctype html><title>index of aa</title>',
  'frontend/assets/index.html': '<title>literal</title>',
  'frontend/assets/app.js': 'export const app = 1',
  'frontend/é.txt': 'accent',
  'frontend/Straße.txt': 'street',
} as const

const scope = sharedScope()
let runtime: Runtime
let port: number
before(async () => {
  runtime = await startTestRuntime(scope)
  await install(runtime, {
    id: 'aa',
    backend: backendOf(
      `return new Response('backend of aa ' + url.pathname)`,
      `const secret = '${CANARY}'; globalThis.keep = secret`,
    ),
    files: ASSETS,
    manifest: { description: CANARY },
  })
  await install(runtime, {
    id: 'bb',
    backend: backendOf(`return new Response('${CANARY}')`),
    files: { 'frontend/assets/secret.txt': CANARY, 'frontend/index.html': CANARY },
    manifest: { access: 'user' },
  })
  await writeFile(join(runtime.store.folder, 'secret.txt'), CANARY)
  await writeFile(join(runtime.store.folder, '..', 'secret.txt'), CANARY).catch(() => undefined)
  port = await listenFor(scope, runtime)
})

function assertHarmless({ target, status, headers, body }: Received): void {
  for (const secret of SECRETS) assert.ok(!body.includes(secret), `${target} gives ${body.slice(0, 200)}`)
  assert.ok(
    status >= 200 && status < 500 && status !== 403,
    `${target} gives ${status} ${body.slice(0, 200)}`,
  )
  assert.equal(headers.get('x-injected'), undefined, target)
  assert.equal(headers.get('set-cookie'), undefined, target)
}

test('S1 no path of our own list gives anything but a literal asset', { skip: SKIP_PAYLOADS }, async (t) => {
  const lines = linesOf('own-asset-paths.txt').filter((line) => !line.startsWith('#'))
  assert.ok(lines.length >= 50)
  const targets = lines.map((line) =>
    line
      .replace('<A>', '/plugins/aa/assets')
      .replace('/plugins/a', '/plugins/aa')
      .replace('aaa', 'aa')
      .replace('/b/', '/bb/'),
  )
  for (const [host, mayRedirect] of [
    ['127.0.0.1', /^\/plugins\/aa\/assets\/|^admin\/$|^\/admin\/$/],
    // What has the prefix of the shared origin is at the same path without it.
    ['aa.localhost', new RegExp(`^/assets/|^http://aa\\.localhost:${port}/`)],
  ] as const)
    for (const answer of await askAll(t, port, targets, { Host: `${host}:${port}` })) {
      assertHarmless(answer)
      if (answer.status >= 300) {
        const location = answer.headers.get('location')
        if (location !== undefined) assert.match(location, mayRedirect, answer.target)
        else
          assert.ok([400, 404, 405, 421].includes(answer.status), `${answer.target} gives ${answer.status}`)
      } else
        assert.match(answer.body, /<title>(literal|index of aa)|backend of aa|<div id="root">/, answer.target)
    }
  record({
    id: 'S1-own',
    area: 'pages',
    title: `${targets.length} odd paths to assets`,
    culprit: '400, 404, or the literal file',
  })
})

test('S1 an address of the shared origin leads to the same plugin on its own origin, and to no other server', async (t) => {
  const odd = [
    '//evil.example/',
    '/\\evil.example/',
    '/\t/evil.example/',
    '///evil.example',
    '/@evil.example/',
    '/x?a=1',
  ]
  const origin = `http://aa.localhost:${port}`
  for (const answer of await askAll(
    t,
    port,
    odd.map((rest) => `/plugins/aa${rest}`),
    { Host: `aa.localhost:${port}` },
  )) {
    const location = answer.headers.get('location')
    if (location === undefined)
      assert.ok([400, 404].includes(answer.status), `${answer.target} gives ${answer.status}`)
    else assert.equal(new URL(location, `${origin}${answer.target}`).origin, origin, answer.target)
  }
})

test('S1 no line of the public traversal lists gives a byte from outside', {
  skip: SKIP_PAYLOADS,
}, async (t) => {
  const all = linesOf('payloadsallthethings', 'Directory Traversal', 'Intruder')
  assert.ok(all.length > 20_000)
  const session = { Host: `127.0.0.1:${port}` }
  for (const answer of await askAll(
    t,
    port,
    all.map((line) => `/plugins/aa/${line}`),
    session,
  )) {
    assertHarmless(answer)
    // What is only a query names the index page.
    assert.equal(answer.status === 200, answer.target.startsWith('/plugins/aa/?'), answer.target)
  }
  const few = linesOf('payloadsallthethings', 'Directory Traversal', 'Intruder', 'directory_traversal.txt')
  const deep = linesOf('payloadsallthethings', 'Directory Traversal', 'Intruder', 'deep_traversal.txt')
  const some = [...few, ...deep.filter((_, index) => index % 3 === 0)]
  for (const [host, prefixes] of [
    ['127.0.0.1', ['/', '/plugins/', '/plugins/aa/api/', '/admin/', '/api/v1/', '/schema/', '/docs/']],
    ['aa.localhost', ['/', '/api/']],
  ] as const) {
    const targets = prefixes.flatMap((prefix) => some.map((line) => prefix + line))
    for (const answer of await askAll(t, port, targets, { Host: `${host}:${port}` })) assertHarmless(answer)
  }
  record({
    id: 'S1-lists',
    area: 'pages',
    title: `${all.length} lines of traversal lists, raw`,
    culprit: '400 or 404, no foreign byte',
  })
})

test('S2 paths that routers and file servers have read differently before mean one thing here', async (t) => {
  const session = { Host: `127.0.0.1:${port}` }
  const targets = [
    '/api%2Fv1/plugins',
    '/api/v1%2Fplugins',
    '//api/v1/plugins',
    '/api//v1/plugins',
    '/api/v1//plugins',
    '/api%5Cv1%5Cplugins',
    '/./api/v1/plugins',
    '/x/../api/v1/plugins',
    '/plugins/aa/..%2f..%2fapi/v1/plugins',
    '/plugins/aa/%2e%2e/%2e%2e/api/v1/plugins',
    '/plugins/aa/..;/..;/api/v1/plugins',
    '/API/v1/plugins',
    '/api/v1/plugins%00',
    '/api/v1/plugins%20',
    '/api/v1/plugins;x',
    '/%61pi/v1/plugins',
    '/plugins/%61a/',
    '/plugins/AA/',
    '/plugins/aa%2f',
    '//plugins/bb/assets/secret.txt',
    '/plugins//bb/assets/secret.txt',
    '/plugins/bb%2fassets/secret.txt',
    '/plugins/bb%5cassets%5csecret.txt',
    '/plugins/aa/%2e%2e%2fbb/assets/secret.txt',
    '/plugins/aa/assets%2fapp.js',
    '/plugins/aa/assets%5capp.js',
    '/plugins/aa/assets/%61pp.js',
    '/plugins/aa/assets//app.js',
    '/plugins/aa//assets/app.js',
  ]
  for (const answer of await askAll(t, port, targets, session)) {
    assertHarmless(answer)
    assert.ok(
      [400, 401, 404].includes(answer.status),
      `${answer.target} gives ${answer.status} ${answer.body.slice(0, 100)}`,
    )
  }
  record({
    id: 'S2',
    area: 'pages',
    title: `${targets.length} paths from the history of routers`,
    culprit: '400, 401 or 404',
  })
})

test('S3 a link in a package is refused, and one put on the disk by hand leads nowhere', async (t) => {
  for (const [name, target] of [
    ['frontend/link', '/etc/passwd'],
    ['frontend/link/', '..'],
    ['frontend/up', '../../..'],
  ] as const) {
    const manifest = JSON.stringify({ manifestVersion: 1, id: 'linked', name: 'x', version: '1.0.0' })
    const zip = craftZip([
      { name: 'manifest.json', content: manifest },
      { name, content: target, attributes: 0o120777 * 0x10000 },
    ])
    assert.match(
      await codeOf(await upload(runtime, new Uint8Array(zip))),
      /^ARCHIVE_(UNSUPPORTED|AMBIGUOUS|UNSAFE_PATH)$/,
    )
  }
  const folder = runtime.store.paths.artifacts
  const [artifact = ''] = await readdir(folder)
  const outside = await temporaryFolder(scope)
  await writeFile(join(outside, 'secret.txt'), CANARY)
  for (const [index, place] of [
    folder,
    join(folder, artifact),
    join(folder, artifact, 'frontend'),
  ].entries()) {
    await mkdir(place, { recursive: true })
    await symlink(join(outside, 'secret.txt'), join(place, `soft-${index}.txt`))
    await link(join(outside, 'secret.txt'), join(place, `hard-${index}.txt`))
    await symlink(outside, join(place, `folder-${index}`))
  }
  const names = [0, 1, 2].flatMap((n) => [`soft-${n}.txt`, `hard-${n}.txt`, `folder-${n}/secret.txt`])
  const targets = names.flatMap((name) => [
    `/plugins/aa/${name}`,
    `/plugins/aa/frontend/${name}`,
    `/plugins/aa/../${name}`,
    `/plugins/aa/assets/${name}`,
  ])
  for (const answer of await askAll(t, port, targets, { Host: `127.0.0.1:${port}` })) {
    assertHarmless(answer)
    assert.ok([400, 404].includes(answer.status))
  }
  record({
    id: 'S3',
    area: 'pages',
    title: 'links in a package, and on the disk',
    culprit: 'ARCHIVE_UNSUPPORTED; 404',
  })
})

test('S3 the archives with links of the corpus give nothing of what their links lead to', async (t) => {
  const corpus = fileURLToPath(new URL('../../../shared/corpus/zip/', import.meta.url))
  if (!existsSync(corpus)) {
    assert.notEqual(process.env.CI, 'true')
    return t.skip('the corpus of archives is not beside the project')
  }
  const index = readFileSync(join(corpus, 'INDEX.tsv'), 'utf8')
    .split('\n')
    .map((line) => line.split('\t'))
  const linked = index.filter(
    ([, , , verdict, , , findings]) => verdict === 'reject' && findings?.includes('E_SYMLINK'),
  )
  assert.ok(linked.length >= 5, 'there are archives with links')
  for (const [file = ''] of linked) {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/plugins`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/zip' },
      body: new Uint8Array(readFileSync(join(corpus, file))),
    })
    // None is a plugin; links that nothing names are left out.
    assert.match(await codeOf(response), /^(?:ARCHIVE_|MANIFEST_MISSING$)/, file)
  }
  record({
    id: 'S3-corpus',
    area: 'pages',
    title: `${linked.length} archives with links`,
    culprit: 'refused, or left out',
  })
})

test('S7 an address matches one asset exactly, or none', async (t) => {
  const cases: readonly (readonly [path: string, status: number])[] = [
    ['assets/app.js', 200],
    ['assets/App.js', 404],
    ['ASSETS/app.js', 404],
    ['assets/app.js.', 404],
    ['assets/app.js%20', 404],
    ['assets/app.js%2e', 404],
    ['assets/app.js::$DATA', 404],
    ['assets/app.js/', 404],
    ['index.html', 200],
    ['Index.html', 404],
    ['INDEX.HTML', 404],
    ['%C4%B0ndex.html', 404],
    ['%C4%B1ndex.html', 404],
    ['%C3%A9.txt', 200],
    ['e%CC%81.txt', 200],
    ['%C3%89.txt', 404],
    ['%E9.txt', 404],
    ['Stra%C3%9Fe.txt', 200],
    ['Strasse.txt', 404],
    ['STRASSE.txt', 404],
    ['%EF%BC%A9ndex.html', 404],
    ['ind%E2%80%8Bex.html', 404],
    ['assets/%D0%B0pp.js', 404],
    ['assets%E2%88%95app.js', 404],
  ]
  const answers = await askAll(
    t,
    port,
    cases.map(([path]) => `/plugins/aa/${path}`),
    { Host: `127.0.0.1:${port}` },
  )
  assert.deepEqual(
    answers.map(({ status }, index) => [cases[index]?.[0], status]),
    cases.map((each) => [...each]),
  )
  record({
    id: 'S7',
    area: 'pages',
    title: `${cases.length} spellings of asset names`,
    culprit: 'one asset or 404',
  })
})
