import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManifestCheck } from '../../../../runtime/package/worker/manifest/check-manifest.ts'

const check = createManifestCheck()
const BASE = { manifestVersion: 1, id: 'usb-backup', name: 'USB backup', version: '1.2.0' }

function outcomeOf(extra: Readonly<Record<string, unknown>>, paths: readonly string[]) {
  const manifest = new TextEncoder().encode(JSON.stringify({ ...BASE, ...extra }, null, 2))
  return check(
    new Map([['manifest.json', manifest], ...paths.map((path) => [path, new Uint8Array()] as const)]),
  )
}

/** "pointer: message | hint" of each problem. */
function errorProblems(extra: Readonly<Record<string, unknown>>, paths: readonly string[]): string[] {
  const outcome = outcomeOf(extra, paths)
  return outcome.ok
    ? []
    : outcome.problems.map(({ code, pointer, message, hint }) => `${code} ${pointer}: ${message} | ${hint}`)
}

function warningsOf(extra: Readonly<Record<string, unknown>>, paths: readonly string[]): string[] {
  const outcome = outcomeOf(extra, paths)
  assert.ok(outcome.ok, JSON.stringify(outcome))
  return outcome.warnings.map(({ message, hint }) => `${message} | ${hint}`)
}

test('packages with a backend, a frontend or both are accepted without a word', () => {
  for (const paths of [
    ['backend/index.js'],
    ['backend/index.ts', 'frontend/index.html'],
    ['frontend/index.html'],
    ['frontend/.vite/manifest.json'],
  ]) {
    assert.deepEqual(warningsOf({}, paths), [])
  }
  assert.deepEqual(
    warningsOf({ backend: {}, frontend: {} }, ['backend/index.ts', 'frontend/manifest.json']),
    [],
  )
})

test('a package with neither does nothing, unless it changes something for others', () => {
  const nothing =
    'The plugin does nothing: the package has neither a backend nor a frontend, and contributes nothing | ' +
    'Add "backend/index.js" or "frontend/index.html", or pack the folder that has them'
  assert.deepEqual(warningsOf({}, []), [nothing])
  assert.deepEqual(warningsOf({ permissions: { kv: true } }, ['README.md', 'src/index.js']), [nothing])
  assert.deepEqual(warningsOf({ settingDefaults: { library: { pageSize: 5 } } }, []), [])
})

test('a missing entry is named with the file that was probably meant', () => {
  const cases: readonly [Readonly<Record<string, unknown>>, readonly string[], string][] = [
    [
      { backend: { entry: 'backend/Index.ts' } },
      ['backend/index.ts'],
      'ENTRY_MISSING /backend/entry: The package has no file "backend/Index.ts" | Did you mean "backend/index.ts"?',
    ],
    [
      { backend: { entry: 'backend/index.js' } },
      ['backend/index.ts'],
      'ENTRY_MISSING /backend/entry: The package has no file "backend/index.js" | Did you mean "backend/index.ts"?',
    ],
    [
      { backend: { entry: 'backend/server.js' } },
      ['README.md'],
      'ENTRY_MISSING /backend/entry: The package has no file "backend/server.js" | Add the file, or correct its name',
    ],
    [
      { backend: {} },
      ['backend/main.mjs'],
      'ENTRY_MISSING /backend: The backend has no entry: there is neither "backend/index.js" nor "backend/index.ts" | Name it: "entry": "backend/main.mjs"',
    ],
    [
      { backend: { entry: 'backend' } },
      ['backend/x.css'],
      'ENTRY_MISSING /backend/entry: The package has no file "backend" | Add the file, or correct its name',
    ],
    [
      { backend: { entry: 'backend/data.json' } },
      ['backend/data.json'],
      'MANIFEST_INVALID /backend/entry: The entry of the backend must be a JavaScript or TypeScript file, not "backend/data.json" | Name a file that ends with .js, .mjs or .ts',
    ],
    [
      { icon: 'icon.svg' },
      ['frontend/icon.svg', 'frontend/index.html'],
      'ENTRY_MISSING /icon: The package has no file "icon.svg" | Did you mean "frontend/icon.svg"?',
    ],
    [
      { frontend: {} },
      [],
      'ENTRY_MISSING /frontend: The package has no folder "frontend" | Add it, or name another folder in "frontend.root"',
    ],
    [
      { frontend: { root: 'fronted' } },
      ['frontend/index.html'],
      'ENTRY_MISSING /frontend/root: The package has no folder "fronted" | Did you mean "frontend"?',
    ],
    [
      { frontend: { index: 'Home.html' } },
      ['frontend/home.html'],
      'ENTRY_MISSING /frontend/index: The package has no file "frontend/Home.html" | Did you mean "home.html"?',
    ],
    [
      { frontend: { viteManifest: 'vite.json' } },
      ['frontend/index.html'],
      'ENTRY_MISSING /frontend/viteManifest: The package has no file "frontend/vite.json" | Add the file, or correct its name',
    ],
    [
      { frontend: { fallback: 'app.html' } },
      ['frontend/index.html'],
      'ENTRY_MISSING /frontend/fallback: The package has no file "frontend/app.html" | Add the file, or correct its name',
    ],
    [
      { contributes: { slots: [{ slot: 'a', entry: 'w.html' }] } },
      ['w.html'],
      'ENTRY_MISSING /contributes/slots/0/entry: The package has no file "frontend/w.html" | Did you mean "w.html"?',
    ],
    [
      { templates: 'template' },
      ['templates/a.yml'],
      'ENTRY_MISSING /templates: The package has no folder "template" | Did you mean "templates"?',
    ],
    [
      { locales: 'locales' },
      ['locales'],
      'ENTRY_MISSING /locales: The package has no folder "locales" | Add the folder, or correct its name',
    ],
  ]
  for (const [extra, paths, expected] of cases) assert.deepEqual(errorProblems(extra, paths), [expected])
})

test('a page that is generated from the manifest of Vite may be the index and the fallback', () => {
  assert.deepEqual(
    errorProblems({ frontend: { index: 'index.html', fallback: 'index.html' } }, [
      'frontend/.vite/manifest.json',
    ]),
    [],
  )
})

test('files that nothing would use are a warning', () => {
  assert.deepEqual(warningsOf({}, ['backend/main.ts']), [
    'The code in "backend" is not used: there is neither "backend/index.js" nor "backend/index.ts" | Name the entry: "backend": { "entry": "backend/main.ts" }',
  ])
  assert.deepEqual(warningsOf({ frontend: {} }, ['frontend/app.js']), [
    'The plugin has no page: "frontend" holds no "index.html" and no manifest of Vite | Add the page, or name it in "frontend.index"',
  ])
})
