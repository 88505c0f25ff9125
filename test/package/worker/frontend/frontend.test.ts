import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHashedName } from '../../../../runtime/package/format/hashed-names.ts'
import { mediaTypeOf } from '../../../../runtime/package/format/media-types.ts'
import { type FrontendContext, planFrontend } from '../../../../runtime/package/worker/frontend/frontend.ts'

const plan = (files: Readonly<Record<string, string>>, context: Partial<FrontendContext> = {}) =>
  planFrontend(new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])), {
    manifest: {},
    backend: false,
    ...context,
  })

const VITE = JSON.stringify({
  '_shared-B1c2D3e4.js': {
    file: 'assets/shared-B1c2D3e4.js',
    css: ['assets/shared-A1b2C3d4.css'],
    imports: ['_deep.js'],
  },
  '_deep.js': {
    file: 'assets/deep-Zz9yXx8w.js',
    css: ['assets/deep-Qq1wEe2r.css'],
    imports: ['_shared-B1c2D3e4.js'],
  },
  'src/main.ts': {
    file: 'assets/main-settings.js',
    isEntry: true,
    css: ['assets/main-Aa1bBb2c.css'],
    imports: ['_shared-B1c2D3e4.js'],
  },
})

const BUILD = {
  'frontend/.vite/manifest.json': VITE,
  'frontend/assets/shared-B1c2D3e4.js': '',
  'frontend/assets/deep-Zz9yXx8w.js': '',
  'frontend/assets/main-settings.js': '',
  'frontend/assets/shared-A1b2C3d4.css': '',
  'frontend/assets/deep-Qq1wEe2r.css': '',
  'frontend/assets/main-Aa1bBb2c.css': '',
}

test('planFrontend() finds no frontend where none is asked for and none is there', () => {
  assert.deepEqual(plan({ 'backend/index.js': '' }).index, null)
  assert.deepEqual(plan({}).problems, [])
})

test('planFrontend() names what the manifest asks for and the package lacks', () => {
  const pointers = (files: Readonly<Record<string, string>>, frontend: object) =>
    plan(files, { manifest: { frontend } }).problems.map((problem) => `${problem.code} ${problem.pointer}`)
  assert.deepEqual(pointers({}, {}), ['ENTRY_MISSING /frontend/root'])
  assert.deepEqual(
    pointers(
      { 'web/a.js': '' },
      { root: 'web', index: 'home.html', viteManifest: 'm.json', fallback: 'f.html' },
    ),
    [
      'ENTRY_MISSING /frontend/viteManifest',
      'ENTRY_MISSING /frontend/index',
      'ENTRY_MISSING /frontend/fallback',
    ],
  )
})

test('planFrontend() generates a page for a Vite build, with the styles of imported chunks first', () => {
  const { index, derived, problems } = plan(BUILD, { manifest: { name: { en: 'Tea & <Co>' } } })
  assert.deepEqual(problems, [])
  assert.equal(index?.index, 'index.html')
  assert.equal(index?.generated, true)
  const page = Buffer.from(derived[0]?.bytes ?? []).toString()
  assert.match(page, /<div id="app"><\/div>/)
  assert.match(page, /<title>Tea &amp; &lt;Co&gt;<\/title>/)
  assert.match(page, /<script type="module" crossorigin src="\.\/assets\/main-settings\.js">/)
  assert.deepEqual(
    [...page.matchAll(/stylesheet" crossorigin href="\.\/([^"]+)"/g)].map((match) => match[1]),
    ['assets/deep-Qq1wEe2r.css', 'assets/shared-A1b2C3d4.css', 'assets/main-Aa1bBb2c.css'],
  )
})

test('planFrontend() keeps the page of the author', () => {
  const { index, derived } = plan({ ...BUILD, 'frontend/index.html': '<p>mine' })
  assert.equal(index?.generated, false)
  assert.deepEqual(derived, [])
})

test('planFrontend() refuses a Vite manifest that is damaged or names missing files', () => {
  const problem = (text: string) => plan({ 'frontend/.vite/manifest.json': text }).problems[0]
  assert.match(problem('{')?.message ?? '', /not a manifest of a Vite build/)
  assert.match(problem('[]')?.message ?? '', /not a manifest/)
  assert.match(problem('{"a":{}}')?.message ?? '', /not a manifest/)
  assert.match(
    problem(VITE)?.message ?? '',
    /"assets\/main-settings\.js", which is not in the frontend folder/,
  )
  // A web app manifest has the name of old Vite's manifest.
  assert.deepEqual(plan({ 'frontend/manifest.json': '{"name":"x"}', 'frontend/index.html': '' }).problems, [])
})

test('planFrontend() reads a chain of chunks that is long or circular', () => {
  const chain = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, i) => [
      `c${i}`,
      { file: 'a.js', isEntry: i === 0, imports: [`c${i + 1}`, 'c0', 'c7'] },
    ]),
  )
  assert.deepEqual(
    plan({ 'frontend/.vite/manifest.json': JSON.stringify(chain), 'frontend/a.js': '' }).problems,
    [],
  )
})

test('planFrontend() derives relative pages and styles and leaves the files alone', () => {
  const html = '<head><link rel="stylesheet" href="/a.css"><script>fetch("/data.json")</script>'
  const { derived, warnings, assets, pages } = plan({
    'frontend/index.html': html,
    'frontend/a.css': 'a{background:url(/x.png)}',
    'frontend/x.png': '',
    'frontend/data.json': '{}',
  })
  assert.deepEqual(
    derived.map((part) => [part.path, part.use, Buffer.from(part.bytes).toString()]),
    [
      ['index.html', 'shared', html.replace('"/a.css"', '"./a.css"')],
      ['a.css', 'shared', 'a{background:url(./x.png)}'],
    ],
  )
  assert.equal(Buffer.from(assets.get('index.html') ?? []).toString(), html)
  assert.deepEqual(pages, [
    { path: 'index.html', use: 'own', head: 6, base: 'none' },
    { path: 'index.html', use: 'shared', head: 6, base: 'none' },
  ])
  assert.deepEqual(
    warnings.map((warning) => [warning.file, warning.line]),
    [['frontend/index.html', 1]],
  )
})

test('planFrontend() warns of files that the server hides', () => {
  const { warnings } = plan({ 'frontend/api/x.json': '', 'frontend/index.html': '' })
  assert.match(warnings[0]?.message ?? '', /"api\/x\.json" cannot be reached/)
})

test('isHashedName() tells hashes from words', () => {
  assert.ok(isHashedName('assets/index-B2k3xQ9a.js', false))
  assert.ok(isHashedName('assets/index-abcdefgh.js', true))
  assert.ok(isHashedName('static/main.3f2a91bc.chunk.js', false))
  for (const path of [
    'app-settings.js',
    'my-document.pdf',
    'report-20240101.pdf',
    'index.html',
    'index-B2k3xQ9.js',
    'B2k3xQ9a.js',
  ]) {
    assert.equal(isHashedName(path, false), false, path)
  }
})

test('mediaTypeOf() offers what it does not know for download', () => {
  const type = (path: string) => mediaTypeOf(path).type
  assert.equal(type('a/INDEX.HTML'), 'text/html; charset=utf-8')
  assert.equal(type('x.html;.png'), 'image/png')
  assert.equal(type('app.mjs'), 'text/javascript; charset=utf-8')
  for (const path of [
    '.htaccess',
    'page',
    'a.exe',
    'x.__proto__',
    'x.constructor',
    'a.html/b',
    'x.html ',
    'x.',
  ]) {
    assert.equal(type(path), 'application/octet-stream', path)
  }
})

test('mediaTypeOf() knows what pages of films, models, maps and texts load', () => {
  const types: Readonly<Record<string, string>> = {
    m3u8: 'application/vnd.apple.mpegurl; charset=utf-8',
    ts: 'video/mp2t',
    gltf: 'model/gltf+json; charset=utf-8',
    glb: 'model/gltf-binary',
    ktx2: 'image/ktx2',
    srt: 'application/x-subrip; charset=utf-8',
    vtt: 'text/vtt; charset=utf-8',
    toml: 'application/toml; charset=utf-8',
    eot: 'application/vnd.ms-fontobject',
    wasm: 'application/wasm',
    avif: 'image/avif',
  }
  for (const [ending, type] of Object.entries(types)) assert.equal(mediaTypeOf(`a.${ending}`).type, type)
})
