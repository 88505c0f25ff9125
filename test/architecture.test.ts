// The rules of the house, checked on the imports and the form of every source file. ARCHITECTURE.md tells the reasons.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Import, type SourceFile, sourceFiles } from './support/source-files.ts'

const FILES = sourceFiles(
  ['sdk/**/*.ts', 'plugin-store/**/*.ts', 'runtime/**/*.{ts,tsx}'],
  ['runtime/cli/templates/**'],
)
const TESTS = sourceFiles(['test/**/*.ts'], ['test/fixtures/**'])

/** Folders and files directly below `runtime`, by rank. A file imports its own folder and lower ranks. */
const RANKS: readonly (readonly string[])[] = [
  ['errors.ts', 'node-version.ts', 'needs-node.ts', 'v8-flags.ts', 'policy.ts', 'serial-queue.ts', 'bundles'],
  ['config'],
  ['log.ts', 'log-line.ts'],
  ['processes', 'permissions', 'egress', 'secrets', 'host', 'languages'],
  // What a plugin brought is parsed in a child, and a device that hangs hangs a child.
  ['package', 'sandbox', 'data', 'devices', 'files', 'settings', 'templates', 'values'],
  ['contributions', 'host-calls', 'guest-calls', 'recording'],
  ['lifecycle', 'hooks', 'events', 'actions', 'tasks', 'slots', 'rendering'],
  ['init', 'images'],
  ['http'],
  ['dev', 'samples', 'runtime-types.ts', 'server-host.ts'],
  ['composition'],
  ['runtime.ts', 'app.ts', 'serve.ts'],
  ['server.ts', 'dev-server.ts', 'testing'],
  [
    'index.ts',
    'cli',
    'reach.ts',
    'build-library.ts',
    'build-licenses.ts',
    'build-sdk.ts',
    'build-package.ts',
  ],
]

/** What runs in child processes or in the browser, and so shares the runtime's code only as far as it is named here. */
const APART: readonly Apart[] = [
  {
    folder: 'runtime/isolate',
    why: 'the sandbox process: reached by frames only',
    mayImport: ['sdk', 'runtime/processes/child'],
    mayImportTypes: [],
    contract: [],
  },
  {
    folder: 'runtime/package/worker',
    why: 'the package process: reached by frames only',
    mayImport: ['sdk', 'runtime/processes/child', 'runtime/package/format'],
    mayImportTypes: ['runtime/config', 'runtime/package/types.ts'],
    contract: [],
  },
  {
    folder: 'runtime/data/worker',
    why: 'the data process: reached by frames only',
    mayImport: ['sdk', 'runtime/processes/child'],
    mayImportTypes: ['runtime/config/config.ts', 'runtime/data'],
    contract: [],
  },
  {
    folder: 'runtime/files/worker',
    why: 'the files process: reached by frames only',
    mayImport: ['sdk', 'runtime/processes/child'],
    mayImportTypes: [],
    contract: [],
  },
  {
    folder: 'runtime/templates/worker',
    why: 'the template process: reached by frames only',
    mayImport: ['sdk', 'runtime/processes/child', 'runtime/templates/format'],
    mayImportTypes: [],
    contract: [],
  },
  {
    folder: 'runtime/devices/usb/worker',
    why: 'the device process: reached by frames only',
    mayImport: ['sdk', 'runtime/processes/child'],
    mayImportTypes: [],
    contract: [],
  },
  {
    folder: 'runtime/processes/child',
    why: 'what every child needs inside itself',
    mayImport: ['sdk'],
    mayImportTypes: [],
    contract: ['parent-argument.ts', 'young-buffers.ts'],
  },
  {
    folder: 'runtime/dev/client',
    why: 'runs in the pages of plugins under development',
    mayImport: ['sdk'],
    mayImportTypes: ['runtime/dev', 'runtime/errors.ts'],
    contract: ['client-script.ts'],
  },
  {
    folder: 'runtime/admin-ui',
    why: 'the admin page speaks HTTP only, in the shapes of sdk/api; build.ts makes it',
    // Words and comparisons of permissions, formats of settings, frames of plugins: they need nothing of Node.
    mayImport: [
      'sdk/permissions',
      'sdk/settings',
      'sdk/host-page/frame-part.ts',
      'sdk/host-page/page-frame.ts',
      'sdk/host-page/budget.ts',
      'sdk/client/shell-messages.ts',
      'runtime/bundles/vite-build.ts',
      'runtime/bundles/code-root.ts',
    ],
    mayImportTypes: ['sdk/api'],
    contract: ['build.ts'],
  },
]

interface Apart {
  readonly folder: string
  readonly why: string
  readonly mayImport: readonly string[]
  readonly mayImportTypes: readonly string[]
  /** Files of the folder that the runtime may import. */
  readonly contract: readonly string[]
}

/** Every library has one owner, so that it can be replaced in one place. More than one needs a reason. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  '@formatjs/intl-localematcher': ['runtime/languages'],
  '@hono/node-server': ['runtime/http/server/node-server.ts'],
  '@jridgewell/trace-mapping': ['runtime/package/worker'],
  'adm-zip': ['runtime/package/worker'],
  // Manifests in the package process, requests in the API, values of settings, values of hosts.
  ajv: ['runtime/package/worker', 'runtime/http/api', 'runtime/settings', 'runtime/host'],
  'ajv-formats': ['runtime/http/api', 'runtime/settings', 'runtime/host'],
  bcryptjs: ['runtime/templates/worker'],
  'better-sqlite3': ['plugin-store/database'],
  busboy: ['runtime/http/api'],
  chokidar: ['runtime/dev'],
  commander: ['runtime/cli'],
  // When tasks run; expressions of manifests in the package process.
  croner: ['runtime/tasks', 'runtime/package/worker'],
  // Plugins in the package process; our own code when it is bundled.
  esbuild: ['runtime/package/worker', 'runtime/bundles', 'runtime/build-library.ts'],
  // The HTTP framework: routes, and the apps that are made of them.
  hono: ['runtime/http', 'runtime/app.ts', 'runtime/dev-server.ts', 'runtime/testing'],
  // In the package process, in guests and in pages, by this one file.
  'intl-messageformat': ['sdk/messages/format.ts'],
  'ipaddr.js': ['runtime/egress'],
  'isolated-vm': ['runtime/isolate'],
  'jsonc-parser': ['runtime/package/worker'],
  kysely: ['plugin-store/database'],
  'launch-editor': ['runtime/dev'],
  'minijinja-js': ['runtime/templates/worker'],
  'openid-client': ['runtime/http/sign-in/oidc'],
  pino: ['runtime/log.ts'],
  'prom-client': ['runtime/http'],
  'resolve.exports': ['runtime/package/worker'],
  // Ranges of manifests in the package process, versions of releases in the lifecycle.
  'smol-toml': ['runtime/settings'],
  yaml: ['runtime/values'],
  semver: ['runtime/package/worker', 'runtime/lifecycle'],
  typebox: ['sdk/schema.ts'],
  undici: ['runtime/egress'],
  usb: ['runtime/devices'],
  'web-streams-polyfill': ['runtime/isolate/guest'],
  // Visitors of plugins; debuggers of plugins under development; visitors in tests of plugins.
  ws: ['runtime/http/sockets', 'runtime/dev/inspector', 'runtime/testing'],
  // Our own pages, where a checkout builds them; the configuration of the admin page.
  vite: ['runtime/bundles', 'runtime/admin-ui'],
  '@vitejs/plugin-react': ['runtime/admin-ui'],
  react: ['runtime/admin-ui'],
  'react-dom': ['runtime/admin-ui'],
  '@mantine/core': ['runtime/admin-ui'],
  '@mantine/hooks': ['runtime/admin-ui'],
  '@mantine/notifications': ['runtime/admin-ui'],
  '@tanstack/react-query': ['runtime/admin-ui'],
  '@tanstack/react-router': ['runtime/admin-ui'],
  '@tanstack/react-virtual': ['runtime/admin-ui'],
  'markdown-to-jsx': ['runtime/admin-ui'],
}

const MAX_LINES = 400
/** Longer files, each with the reason why it stays whole. */
const LONG_FILES: Readonly<Record<string, string>> = {}

describe('the direction of imports', () => {
  test('sdk imports nothing of the rest', () => {
    refuse(offences(within('sdk'), ({ file }) => isBelow(file, ['sdk'])))
  })

  test('plugin-store imports types of sdk only', () => {
    refuse(
      offences(
        within('plugin-store'),
        ({ file, isType }) => isBelow(file, ['plugin-store']) || (isType && isBelow(file, ['sdk'])),
      ),
    )
  })

  test('every folder and file of the runtime has a rank', () => {
    const unranked = FILES.filter(
      ({ path }) => path.startsWith('runtime/') && apartOf(path) === undefined && rankOf(path) < 0,
    )
    assert.deepEqual(
      unranked.map(({ path }) => path),
      [],
    )
  })

  test('a file of the runtime imports its own folder and lower ranks', () => {
    const ranked = FILES.filter(({ path }) => path.startsWith('runtime/') && apartOf(path) === undefined)
    refuse(
      offences(
        ranked,
        ({ file = '' }, { path }) =>
          isBelow(file, ['sdk', 'plugin-store']) ||
          apartOf(file) !== undefined ||
          unitOf(file) === unitOf(path) ||
          (rankOf(file) >= 0 && rankOf(file) < rankOf(path)) ||
          // Files directly below runtime are a folder, too.
          (unitOf(file).endsWith('.ts') && unitOf(path).endsWith('.ts') && rankOf(file) === rankOf(path)),
      ),
    )
  })

  for (const { folder, why, mayImport, mayImportTypes, contract } of APART) {
    test(`${folder} keeps to itself (${why})`, () => {
      refuse(
        offences(
          within(folder),
          ({ file, isType }) =>
            isBelow(file, [folder, ...mayImport]) || (isType && isBelow(file, mayImportTypes)),
        ),
      )
      const outside = FILES.filter(({ path }) => !isBelow(path, [folder]) && apartOf(path) === undefined)
      refuse(
        offences(
          outside,
          ({ file = '', isType }, { path }) =>
            !isBelow(file, [folder]) ||
            contract.some((name) => file === `${folder}/${name}`) ||
            // The other half of the part, beside the folder, speaks in its types.
            (isType &&
              isBelow(path, [folder.split('/').slice(0, -1).join('/')]) &&
              folder.split('/').length > 2),
        ),
      )
    })
  }

  test('shapes of the admin API are written in sdk/api, and loaded by runtime/http/api alone', () => {
    const files = FILES.filter(({ path }) => !isBelow(path, ['sdk', 'runtime/http/api']))
    refuse(
      offences(
        files,
        ({ file, isType }) => isType || !isBelow(file, ['sdk/api']) || file === 'sdk/api/media-types.ts',
      ),
    )
    const writers = FILES.filter(
      ({ path, text }) =>
        !isBelow(path, ['sdk']) && /^import \{[^}]*(?<!type )\bType\b.*schema\.ts'/m.test(text),
    )
    assert.deepEqual(
      writers.map(({ path }) => path),
      [],
    )
  })

  const AUTHORS = new Set(['plugbay/sdk', 'plugbay/client', 'plugbay/client/style.css'])
  const BUILT_WITH = new Set(['hono', 'vite', 'kysely', 'kysely-d1', 'age-encryption', 'modern-tar'])
  test('sample plugins import plugbay/sdk and plugbay/client, their own files and what they are built with', () => {
    const samples = sourceFiles(
      [
        'sample-plugins/*/{backend,frontend-source}/**/*.{ts,js}',
        // A folder for each of its releases.
        'sample-plugins/school-pack/*/backend/**/*.ts',
      ],
      [],
    )
    assert.ok(samples.length > 0)
    refuse(
      offences(samples, ({ file, library, specifier }, { path }) =>
        file === undefined
          ? AUTHORS.has(specifier) || BUILT_WITH.has(library ?? '')
          : isBelow(file, [path.split('/').slice(0, 2).join('/')]),
      ),
    )
  })

  const HOST_LIBRARIES = new Set(['plugbay', 'hono', '@hono/node-server'])
  test('the sample host imports what plugbay exports, as any application does, its own files, Hono and Node', () => {
    const host = sourceFiles(['sample-plugins/host/**/*.ts'], [])
    assert.ok(host.length > 0)
    refuse(
      offences(host, ({ file, library, specifier }) =>
        file === undefined
          ? specifier.startsWith('node:') || HOST_LIBRARIES.has(library ?? '')
          : isBelow(file, ['sample-plugins/host']),
      ),
    )
  })

  test('nothing outside the tests imports a test', () => {
    refuse(offences(FILES, ({ file }) => !isBelow(file, ['test'])))
  })

  test('there is no cycle', () => {
    assert.deepEqual(cycles(FILES), [])
  })
})

describe('libraries', () => {
  test('every library is imported by its owner only', () => {
    const wrong = FILES.flatMap(({ path, imports }) =>
      imports
        .filter(({ library }) => library !== undefined && !isBelow(path, OWNERS[library] ?? []))
        .map(({ library }) => `${path} imports "${library}"`),
    )
    assert.deepEqual(wrong, [])
  })

  test('every library in the table is used', () => {
    const used = new Set(FILES.flatMap(({ imports }) => imports.map(({ library }) => library)))
    assert.deepEqual(
      Object.keys(OWNERS).filter((library) => !used.has(library)),
      [],
    )
  })

  test('isolated-vm is loaded by the sandbox process alone', () => {
    const loaders = FILES.filter(({ text }) => /(?:from |import\(|require\()'isolated-vm'/.test(text)).map(
      ({ path }) => path,
    )
    assert.ok(loaders.length > 0)
    assert.deepEqual(
      loaders.filter((path) => !path.startsWith('runtime/isolate/')),
      [],
    )
  })
})

describe('the form of a file', () => {
  test('where the code lies is asked in runtime/bundles alone: the program is bundled, and runs elsewhere', () => {
    const asking = FILES.filter(({ text }) => /import\.meta\.(?!main)\w/.test(text)).map(({ path }) => path)
    const expected = [
      'runtime/admin-ui/vite.config.ts',
      'runtime/build-package.ts',
      'runtime/bundles/bundle.ts',
      'runtime/bundles/children.ts',
      'runtime/bundles/code-root.ts',
      'runtime/bundles/program.ts',
      // A hint to authors.
      'runtime/package/worker/frontend/script-references.ts',
      // Runs in browsers.
      'sdk/host-page/server.ts',
    ]
    assert.deepEqual(asking.sort(), expected)
  })

  test('the first line says what the file is about', () => {
    const silent = [...FILES, ...TESTS].filter(
      ({ path, text }) => !path.endsWith('.test.ts') && !/^(?:#!.*\n)?\/[/*] ?\S/.test(text),
    )
    assert.deepEqual(
      silent.map(({ path }) => path),
      [],
    )
  })

  test(`a file has ${MAX_LINES} lines at most`, () => {
    const long = FILES.filter(({ text }) => text.split('\n').length - 1 > MAX_LINES).map(({ path }) => path)
    assert.deepEqual(long, Object.keys(LONG_FILES))
  })
})

function within(folder: string): readonly SourceFile[] {
  const found = FILES.filter(({ path }) => isBelow(path, [folder]))
  assert.ok(found.length > 0, `There are no sources in "${folder}"`)
  return found
}

function isBelow(path: string | undefined, places: readonly string[]): boolean {
  return places.some((place) => path === place || path?.startsWith(`${place}/`) === true)
}

/** The innermost place of APART that holds the file. */
function apartOf(path: string): Apart | undefined {
  return APART.find(({ folder }) => isBelow(path, [folder]))
}

/** "processes" of "runtime/processes/child.ts", "app.ts" of "runtime/app.ts". */
function unitOf(path: string): string {
  return path.split('/')[1] ?? ''
}

function rankOf(path: string): number {
  return path.startsWith('runtime/') ? RANKS.findIndex((names) => names.includes(unitOf(path))) : -1
}

type Judge = (imported: Import, from: SourceFile) => boolean

/** Relative imports (and for sample plugins, all) that the judge does not allow, as sentences. */
function offences(files: readonly SourceFile[], isAllowed: Judge): readonly string[] {
  return files.flatMap((from) =>
    from.imports
      .filter((imported) => imported.file !== undefined || from.path.startsWith('sample-plugins/'))
      .filter((imported) => !isAllowed(imported, from))
      .map(({ specifier, isType }) => `${from.path} imports ${isType ? 'the types of ' : ''}"${specifier}"`),
  )
}

function refuse(found: readonly string[]): void {
  assert.deepEqual(found, [])
}

/** Every cycle of imports that are left at run time, as "a → b → a". */
function cycles(files: readonly SourceFile[]): readonly string[] {
  const targets = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.flatMap(({ file, isType }) => (file === undefined || isType ? [] : [file])),
    ]),
  )
  const found: string[] = []
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path)
    if (start >= 0) found.push([...trail.slice(start), path].join(' → '))
    if (start >= 0 || done.has(path)) return
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of targets.keys()) visit(path, [])
  return found
}
