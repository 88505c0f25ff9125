// Frontend bundles in a package: which files each has, and what is said of one that is not there or was not built.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planFrontend } from '../../../../runtime/package/worker/frontend/frontend.ts'
import { createManifestCheck } from '../../../../runtime/package/worker/manifest/check-manifest.ts'

type Files = Readonly<Record<string, string>>

const check = createManifestCheck()

const filesOf = (files: Files) =>
  new Map(Object.entries(files).map(([path, text]) => [path, new Uint8Array(Buffer.from(text))]))

/** The plan for a manifest that its own check may refuse. */
const plan = (contributes: object, files: Files) =>
  planFrontend(filesOf(files), { manifest: { contributes }, backend: false })

function problems(contributes: object, files: Files = {}, more: object = {}): readonly string[] {
  const manifest = { manifestVersion: 1, id: 'demo', name: 'Demo', version: '1.0.0', contributes, ...more }
  const outcome = check(filesOf({ ...files, 'manifest.json': JSON.stringify(manifest, null, 2) }))
  return outcome.ok
    ? []
    : outcome.problems.map(({ code, pointer, line }) => `${code} ${pointer} ${(line ?? 0) > 0}`)
}

const VITE = JSON.stringify({
  '_shared.js': { file: 'assets/shared-B1c2D3e4.js', css: ['assets/shared-A1b2C3d4.css'] },
  'src/shelf.ts': {
    file: 'assets/shelf-Zz9yXx8w.js',
    isEntry: true,
    css: ['assets/shelf-Aa1bBb2c.css'],
    imports: ['_shared.js'],
  },
  'src/lost.ts': { file: 'assets/lost-Aa1bBb2c.js', isEntry: true },
  'src/look.css': { file: 'assets/look-Aa1bBb2c.css', isEntry: true },
})
const BUILD = {
  'frontend/.vite/manifest.json': VITE,
  'frontend/assets/shared-B1c2D3e4.js': '',
  'frontend/assets/shared-A1b2C3d4.css': '',
  'frontend/assets/shelf-Zz9yXx8w.js': '',
  'frontend/assets/shelf-Aa1bBb2c.css': '',
  'frontend/assets/look-Aa1bBb2c.css': '',
}
const fromVite = (source: string) => ({ bundles: [{ id: 'shelf', source }] })

test('a bundle has the files that the manifest names, or those that Vite has built for its source', () => {
  const plain = { id: 'plain', entry: 'plain.js', styles: ['plain.css'] }
  const { index, problems: found } = plan(
    {
      bundles: [plain, { id: 'shelf', source: 'src/shelf.ts' }],
      slots: [{ slot: 'a', entry: 'deep/page.html' }],
    },
    { ...BUILD, 'frontend/plain.js': '', 'frontend/plain.css': '', 'frontend/deep/page.html': '' },
  )
  assert.deepEqual(found, [])
  assert.deepEqual(index?.bundles, [
    { id: 'plain', page: null, script: 'plain.js', styles: ['plain.css'], preload: [] },
    {
      id: 'shelf',
      page: null,
      script: 'assets/shelf-Zz9yXx8w.js',
      styles: ['assets/shared-A1b2C3d4.css', 'assets/shelf-Aa1bBb2c.css'],
      preload: ['assets/shared-B1c2D3e4.js'],
    },
    { id: 'deep/page.html', page: 'deep/page.html', script: null, styles: [], preload: [] },
  ])
})

const NOT_BUILT: readonly (readonly [row: string, source: string, files: Files, says: RegExp])[] = [
  [
    'there is no frontend at all',
    'src/shelf.ts',
    {},
    /no manifest of Vite at "frontend\/.vite\/manifest.json"/,
  ],
  ['the manifest of Vite is missing', 'src/shelf.ts', { 'frontend/a.js': '' }, /no manifest of Vite/],
  ['the entry is missing in it', 'src/shelves.ts', BUILD, /no entry "src\/shelves.ts"/],
  ['the file of the entry is missing', 'src/lost.ts', BUILD, /"assets\/lost-Aa1bBb2c.js", which is not in/],
  ['the entry is a style sheet', 'src/look.css', BUILD, /is not a module/],
  ['the source is only imported by others', '_shared.js', BUILD, /no entry "_shared.js"/],
]
for (const [row, source, files, says] of NOT_BUILT)
  test(`a bundle that was not built is refused: ${row}`, () => {
    const [problem] = plan(fromVite(source), files).problems.filter(({ code }) => code === 'BUNDLE_NOT_BUILT')
    assert.match(problem?.message ?? '', says)
    assert.equal(problem?.pointer, '/contributes/bundles/0/source')
    assert.ok(problem?.hint)
  })

test('where the manifest of Vite is wrong, that is the only problem: it is not said to be missing, too', () => {
  const lost = JSON.stringify({ 'src/shelf.ts': { file: 'assets/shelf-Zz9yXx8w.js', isEntry: true } })
  const found = plan(fromVite('src/shelf.ts'), { 'frontend/.vite/manifest.json': lost }).problems
  assert.deepEqual(
    found.map(({ code, message }) => [code, message]),
    [
      [
        'MANIFEST_INVALID',
        'The Vite manifest names "assets/shelf-Zz9yXx8w.js", which is not in the frontend folder',
      ],
    ],
  )
})

test('an entry that is spelt almost right is suggested', () => {
  const [problem] = plan(fromVite('src/shelff.ts'), BUILD).problems
  assert.equal(problem?.hint, 'Did you mean "src/shelf.ts"?')
})

const files = { 'frontend/a.js': '', 'frontend/a.css': '', 'frontend/a.html': '' }
const hostPages = { permissions: { hostPages: true } }
const one = (bundle: object, slot?: object) => ({
  bundles: [{ id: 'a', entry: 'a.js', ...bundle }],
  ...(slot !== undefined && { slots: [{ slot: 'front', ...slot }] }),
})

test('a bundle without contradictions is accepted', () => {
  assert.deepEqual(
    problems(one({ styles: ['a.css'] }, { bundle: 'a', mode: 'replace', priority: 3 }), files),
    [],
  )
  assert.deepEqual(problems(one({ as: 'module' }, { bundle: 'a', mode: 'wrap' }), files, hostPages), [])
  assert.deepEqual(problems(one({ entry: 'a.html' }), files), [])
  const backend = { ...files, 'backend/index.js': 'export default {}' }
  assert.deepEqual(problems(one({ data: true }), backend), [])
})

const REFUSED: readonly (readonly [row: string, contributes: object, pointer: string])[] = [
  ['without its file', one({ entry: 'b.js' }), 'ENTRY_MISSING /contributes/bundles/0/entry'],
  ['without its style sheet', one({ styles: ['b.css'] }), 'ENTRY_MISSING /contributes/bundles/0/styles/0'],
  ['as a module without the permission', one({ as: 'module' }), 'MANIFEST_INVALID /contributes/bundles/0/as'],
  ['with data and no backend', one({ data: true }), 'MANIFEST_INVALID /contributes/bundles/0/data'],
  ['that is no module and no page', one({ entry: 'a.css' }), 'MANIFEST_INVALID /contributes/bundles/0/entry'],
  ['from two sources', one({ source: 'src/a.ts' }), 'MANIFEST_INVALID /contributes/bundles/0'],
  [
    'whose page has style sheets of its own',
    one({ entry: 'a.html', styles: ['a.css'] }),
    'MANIFEST_INVALID /contributes/bundles/0/styles',
  ],
  ['in a slot by another id', one({}, { bundle: 'b' }), 'MANIFEST_INVALID /contributes/slots/0/bundle'],
  ['in a slot without a bundle', one({}, {}), 'MANIFEST_INVALID /contributes/slots/0'],
  [
    'that wraps from inside a frame',
    one({}, { bundle: 'a', mode: 'wrap' }),
    'MANIFEST_INVALID /contributes/slots/0/mode',
  ],
  ['in a slot as a script', one({}, { entry: 'a.js' }), 'MANIFEST_INVALID /contributes/slots/0/entry'],
]
for (const [row, contributes, expected] of REFUSED)
  test(`a bundle is refused ${row}`, () => {
    assert.deepEqual(problems(contributes, files), [`${expected} true`])
  })

test('two bundles of one id are refused, and so is a page as a module', () => {
  const twins = {
    bundles: [
      { id: 'a', entry: 'a.js' },
      { id: 'a', entry: 'a.html' },
    ],
  }
  assert.deepEqual(problems(twins, files), ['MANIFEST_INVALID /contributes/bundles/1/id true'])
  const page = one({ entry: 'a.html', as: 'module' })
  assert.deepEqual(problems(page, files, hostPages), ['MANIFEST_INVALID /contributes/bundles/0/as true'])
})
