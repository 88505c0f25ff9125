import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkManifest,
  createManifestCheck,
} from '../../../../runtime/package/worker/manifest/check-manifest.ts'
import type { Problem } from '../../../../sdk/api/problems.ts'

const check = createManifestCheck()
const BASE = { manifestVersion: 1, id: 'usb-backup', name: 'USB backup', version: '1.2.0' }

function filesOf(manifest: unknown, others: Readonly<Record<string, string>> = {}) {
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest, null, 2)
  const encoder = new TextEncoder()
  return new Map(
    Object.entries({ 'manifest.json': text, ...others }).map(([path, content]) => [
      path,
      encoder.encode(content),
    ]),
  )
}

function errorProblems(manifest: unknown, others?: Readonly<Record<string, string>>): readonly Problem[] {
  const outcome = check(filesOf(manifest, others))
  return outcome.ok ? [] : outcome.problems
}

/** The one problem of a manifest that is BASE and `extra`. */
function problemOf(
  extra: Readonly<Record<string, unknown>>,
  others?: Readonly<Record<string, string>>,
): Problem {
  const problems = errorProblems({ ...BASE, ...extra }, others)
  assert.equal(problems.length, 1, JSON.stringify(problems, null, 2))
  const [problem] = problems
  assert.ok(problem)
  return problem
}

test('the smallest manifest is accepted', () => {
  const files = filesOf(BASE, { 'backend/index.js': '' })
  assert.deepEqual(checkManifest(files), { ok: true, manifest: BASE, notYetActive: [], warnings: [] })
})

test('a manifest with every section is accepted, and what is not active yet is listed', () => {
  const manifest = {
    $schema: '/schema/manifest.v1.json',
    ...BASE,
    name: { en: 'USB backup', fr: 'Sauvegarde USB' },
    engines: { plugbay: '^1.0.0' },
    description: 'Copies',
    author: 'Ada',
    license: 'MIT',
    homepage: 'https://example.org/a',
    icon: 'frontend/icon.svg',
    replaces: ['old-id'],
    priority: 50,
    backend: { entry: 'backend/index.ts' },
    access: ['backup.use'],
    frontend: {
      root: 'frontend',
      index: 'index.html',
      viteManifest: '.vite/manifest.json',
      fallback: 'index.html',
    },
    permissions: {
      kv: true,
      database: true,
      tasks: true,
      network: ['https://api.example.org'],
      usb: [{ vendorId: 18164 }],
      volumes: 'readwrite',
      images: 'build',
      events: ['content.*'],
      host: ['data.snapshot'],
    },
    limits: { memoryMb: 64, cpuMs: 1000, deadlineMs: 10_000 },
    settings: {
      type: 'object',
      properties: {
        folder: { type: 'string', default: 'backups' },
        apiKey: { type: 'string', format: 'secret' },
      },
    },
    settingDefaults: { 'other-plugin': { folder: 'x' } },
    values: {
      add: { KEY: '{{ 8|random_string }}' },
      defaults: { IMAGE: 'redis' },
      set: { HOST: 'a' },
      secrets: ['KEY'],
    },
    contributes: {
      menus: [
        {
          menu: 'events.reporting',
          title: 'R',
          category: 'Reports',
          icon: 'list',
          path: '/report',
          permissions: ['events.view'],
        },
      ],
      slots: [{ slot: 'dashboard', entry: 'widget.html', mode: 'append' }],
      pages: { translated: true },
      actions: [
        {
          id: 'backup-now',
          title: 'Now',
          context: 'general',
          arguments: { type: 'object' },
          permissions: [],
        },
      ],
      tasks: [
        {
          id: 'nightly',
          delaySeconds: 30,
          repeatSeconds: 0,
          cron: '0 3 * * *',
          replaceExisting: true,
          maxAttempts: 25,
        },
      ],
      hooks: [{ hook: 'backup.sources', priority: 50 }],
      patches: { 'compose-services': 'redis:\n  image: redis' },
      images: { build: { myimage: 'myimage:latest' }, remote: { redis: 'redis:7' } },
      init: { pre: ['create-bucket'], run: ['seed-data'] },
    },
    templates: 'templates',
    locales: 'locales',
  }
  const files = [
    'backend/index.ts',
    'frontend/icon.svg',
    'frontend/index.html',
    'frontend/.vite/manifest.json',
    'frontend/widget.html',
    'templates/usb-backup/build/myimage/Dockerfile',
    'locales/fr.json',
  ]
  const outcome = check(filesOf(manifest, Object.fromEntries(files.map((path) => [path, '']))))
  assert.deepEqual(outcome, {
    ok: true,
    manifest,
    notYetActive: [],
    warnings: [],
  })
})

test('a problem has code, pointer, line, column, sentence, hint and code frame', () => {
  const text =
    '{\n  "manifestVersion": 1,\n  "id": "abc",\n  "name": "A",\n\t"verison": "1.0.0",\n  "version": "1.0.0"\n}\n'
  assert.deepEqual(errorProblems(text), [
    {
      code: 'MANIFEST_INVALID',
      message: '"verison" is not a known field',
      hint: 'Did you mean "version"?',
      pointer: '/verison',
      file: 'manifest.json',
      line: 5,
      column: 2,
      frame: [
        '  3 |   "id": "abc",',
        '  4 |   "name": "A",',
        '> 5 |   "verison": "1.0.0",',
        '    |   ^',
        '  6 |   "version": "1.0.0"',
        '  7 | }',
      ].join('\n'),
    },
  ])
})

test('problems of form, of meaning and of files come together, in the order of the file', () => {
  const problems = errorProblems({
    ...BASE,
    id: 'admin',
    icon: 'icon.svg',
    engines: { plugbay: '^2.0.0' },
    permissions: { kv: false },
    backend: {},
  })
  assert.deepEqual(
    problems.map(({ code, pointer, line }) => [code, pointer, line]),
    [
      ['MANIFEST_INVALID', '/id', 3],
      ['ENTRY_MISSING', '/icon', 6],
      ['ENGINE_MISMATCH', '/engines/plugbay', 8],
      ['MANIFEST_INVALID', '/permissions/kv', 11],
      ['ENTRY_MISSING', '/backend', 13],
    ],
  )
})

const KEY_SETTING = { type: 'object', properties: { key: { type: 'string', format: 'secret' } } }

test('a secret that is for none of several origins is a warning', () => {
  const settings = KEY_SETTING
  const network = ['https://a.example', 'https://b.example']
  const warningsOf = (permissions: unknown) => {
    const outcome = check(filesOf({ ...BASE, permissions, settings }, { 'backend/index.js': '' }))
    assert.ok(outcome.ok)
    return outcome.warnings.map(({ pointer, message }) => [pointer, message])
  }
  assert.deepEqual(warningsOf({ network }), [
    [
      '/settings/properties/key',
      'The secret "key" is bound to none of the plugin\'s origins, so it is sent to none until the operator chooses one',
    ],
  ])
  assert.deepEqual(warningsOf({ network, secrets: { key: ['https://b.example'] } }), [])
  assert.deepEqual(warningsOf({ network: ['https://a.example'] }), [])
})

test('each mistake has its sentence and its hint', () => {
  const cases: readonly [
    Readonly<Record<string, unknown>>,
    pointer: string,
    message: string,
    hint?: string,
  ][] = [
    [
      { id: 'Abc' },
      '/id',
      '"id" must be 2 to 63 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen',
      'It is "Abc" now',
    ],
    [
      {
        permissions: { network: ['https://a.example'], secrets: { key: ['https://a.example/'] } },
        settings: KEY_SETTING,
      },
      '/permissions/secrets/key/0',
      '"permissions.secrets.key[0]" must be an origin, such as "https://api.example.org", without a path or a slash at the end; patterns are not taken, name each host',
    ],
    [
      {
        permissions: { network: ['https://a.example'], secrets: { key: ['https://b.example'] } },
        settings: KEY_SETTING,
      },
      '/permissions/secrets/key/0',
      'The secret "key" is for "https://b.example", which the plugin does not ask to reach',
      'Add "https://b.example" to "permissions.network"',
    ],
    [
      {
        permissions: { network: ['https://a.example'], secrets: { kez: ['https://a.example'] } },
        settings: KEY_SETTING,
      },
      '/permissions/secrets/kez',
      '"permissions.secrets" names "kez", which is no setting with the format "secret"',
    ],
    [{ id: 'con' }, '/id', 'The id "con" is reserved'],
    [{ name: '' }, '/name', '"name" must not be empty'],
    [
      { name: { EN_us: 'x' } },
      '/name/EN_us',
      '"EN_us" is not a key that "name" can have',
      'A key must be a language tag, such as "en" or "pt-BR"',
    ],
    [{ name: 5 }, '/name', '"name" must be a string or an object, not 5'],
    [{ name: null }, '/name', '"name" must be a string or an object, not null'],
    [
      { version: '1.0' },
      '/version',
      '"version" must be a semantic version, such as "1.2.0"',
      'It is "1.0" now',
    ],
    [{ version: '99999999999999999999.0.0' }, '/version', '"version" has a number that is too large'],
    [{ manifestVersion: 2 }, '/manifestVersion', '"manifestVersion" must be 1, not 2'],
    [
      { engines: { plugbay: 'new' } },
      '/engines/plugbay',
      '"engines.plugbay" must be a range of versions, not "new"',
      'Write "^1.0.0"',
    ],
    [
      { homepage: 'javascript:alert(1)' },
      '/homepage',
      '"homepage" must be a web address, such as "https://example.org/"',
    ],
    [
      { icon: '../icon.svg' },
      '/icon',
      '"icon" must be a path inside the package, such as "frontend/icon.svg", without "./", "..", backslashes or a slash at the end',
    ],
    [
      { access: 'pubic' },
      '/access',
      '"access" must be "public", "user" or a list, not "pubic"',
      'Did you mean "public"?',
    ],
    [{ access: [5] }, '/access/0', '"access[0]" must be a string, not 5'],
    [{ priority: 1.5 }, '/priority', '"priority" must be a whole number, not 1.5'],
    [{ limits: { memoryMb: 1_000_000 } }, '/limits/memoryMb', '"limits.memoryMb" must be 4,096 or less'],
    [{ replaces: ['usb-backup'] }, '/replaces/0', 'A plugin cannot replace itself'],
    [
      { dependencies: {} },
      '/dependencies',
      '"dependencies" is not a known field',
      'Bundle dependencies, or carry them in backend/node_modules',
    ],
    [
      { permissions: { netwrok: [] } },
      '/permissions/netwrok',
      '"netwrok" is not a known field of "permissions"',
      'Did you mean "network"?',
    ],
    [
      { permissions: { usb: [{ vendorId: 70_000 }] } },
      '/permissions/usb/0/vendorId',
      '"permissions.usb[0].vendorId" must be 65,535 or less',
    ],
    [
      { permissions: { usb: [{ productId: 1 }] } },
      '/permissions/usb/0',
      '"permissions.usb[0]" has "productId" but not "vendorId"',
      'Add "vendorId"',
    ],
    [
      { permissions: { network: ['https://a.b/x'] } },
      '/permissions/network/0',
      '"permissions.network[0]" must be an origin, such as "https://api.example.org", without a path or a slash at the end; patterns are not taken, name each host',
    ],
    ...[
      'https://*.a.b',
      'https://*',
      'https://a;frame-ancestors',
      'https://a,b',
      "https://a'b",
      'http://a_b',
      'http://(a)',
    ].map((origin): [Readonly<Record<string, unknown>>, string, string] => [
      { permissions: { network: [origin] } },
      '/permissions/network/0',
      '"permissions.network[0]" must be an origin, such as "https://api.example.org", without a path or a slash at the end; patterns are not taken, name each host',
    ]),
    [
      { permissions: { network: ['https://A.b:443'] } },
      '/permissions/network/0',
      '"permissions.network[0]" is not an origin in its usual form: "https://A.b:443"',
      'Write "https://a.b"',
    ],
    [
      { permissions: { network: ['https://999.999.999.999'] } },
      '/permissions/network/0',
      '"permissions.network[0]" is not an origin in its usual form: "https://999.999.999.999"',
      'Write it like "https://api.example.org"',
    ],
    [
      { permissions: { volumes: 'read-write' } },
      '/permissions/volumes',
      '"permissions.volumes" must be "read", "readwrite" or "eject", not "read-write"',
      'Did you mean "readwrite"?',
    ],
    [
      { contributes: { tasks: [{ id: 'a' }, { id: 'a' }] } },
      '/contributes/tasks/1/id',
      '"a" is there twice in "contributes.tasks"',
    ],
    [
      { contributes: { menus: [{ menu: 'm', title: 't', path: '/../../admin' }] } },
      '/contributes/menus/0/path',
      '"contributes.menus[0].path" must be a path on the pages of the plugin that begins with one slash, such as "/report", without ".." or spaces',
    ],
    [
      { contributes: { hooks: [{}] } },
      '/contributes/hooks/0',
      '"hook" is missing in "contributes.hooks[0]"',
      'Name of the hook and of the handler in "hooks" of the backend',
    ],
  ]
  for (const [extra, pointer, message, hint] of cases) {
    const problem = problemOf(extra)
    assert.equal(problem.message, message)
    assert.equal(problem.pointer, pointer)
    assert.equal(problem.file, 'manifest.json')
    assert.ok(
      problem.line !== undefined &&
        problem.line > 1 &&
        problem.column !== undefined &&
        problem.frame?.includes('^'),
    )
    if (hint !== undefined) assert.equal(problem.hint, hint)
  }
})

test('each mistake in settings has its sentence and its hint', () => {
  const at = '/settings/properties/a'
  const cases: readonly [property: unknown, pointer: string, message: string][] = [
    [
      { type: 'array', items: { type: 'string', format: 'secret' } },
      `${at}/items/format`,
      'A list cannot hold secrets: the backend reads its items',
    ],
    [
      { type: 'strin' },
      `${at}/type`,
      '"settings.properties.a.type" must be "string", "number", "integer", "boolean" or "array", not "strin"',
    ],
    [
      { type: 'string', pattern: '^(a+)+$' },
      `${at}/pattern`,
      '"pattern" is not a known field of "settings.properties.a"',
    ],
    [
      { $ref: 'http://127.0.0.1/', type: 'string' },
      `${at}/$ref`,
      '"$ref" is not a known field of "settings.properties.a"',
    ],
    [
      { type: 'string', default: 3 },
      `${at}/default`,
      'The default of "settings.properties.a" does not fit its own rules: 3',
    ],
    [
      { type: 'integer', minimum: 5, default: 4 },
      `${at}/default`,
      'The default of "settings.properties.a" does not fit its own rules: 4',
    ],
    [
      { type: 'string', enum: ['x'], default: 'y' },
      `${at}/default`,
      'The default of "settings.properties.a" does not fit its own rules: "y"',
    ],
    [
      { type: 'array', items: { type: 'string' }, default: [1] },
      `${at}/default`,
      'The default of "settings.properties.a" does not fit its own rules: a list',
    ],
    [{ type: 'array' }, at, '"settings.properties.a" is a list without "items"'],
    [{ type: 'string', minimum: 3 }, `${at}/minimum`, '"minimum" means nothing for the type "string"'],
    [
      { type: 'string', format: 'secret', default: 'x' },
      `${at}/default`,
      'A secret cannot have a default, because everybody can read the package',
    ],
    [
      { type: 'string', format: 'regex' },
      `${at}/format`,
      '"settings.properties.a.format" must be "secret", "long-text", "ip", "path", "port", "origin", "origin-or-port", "url-prefix", "bytes", "duration", "email", "uri", "hostname", "ipv4", "ipv6", "uuid", "date", "time" or "date-time", not "regex"',
    ],
    [
      { type: 'string', format: 'port' },
      `${at}/format`,
      'The format "port" is of the type "integer", not "string"',
    ],
    [
      { type: 'integer', format: 'bytes', default: 'large' },
      `${at}/default`,
      'The default of "settings.properties.a" does not fit its own rules: "large"',
    ],
    [{ type: 'boolean', format: 'port' }, `${at}/format`, '"format" means nothing for the type "boolean"'],
  ]
  for (const [property, pointer, message] of cases) {
    const problem = problemOf({ settings: { type: 'object', properties: { a: property } } })
    assert.equal(problem.message, message)
    assert.equal(problem.pointer, pointer)
  }
  assert.equal(
    problemOf({ settings: { type: 'object', properties: { foo: { type: 'string' } }, required: ['fo'] } })
      .hint,
    'Did you mean "foo"?',
  )
  assert.equal(
    problemOf({ settings: { type: 'object', properties: { 'a-b': { type: 'string' } } } }).pointer,
    '/settings/properties/a-b',
  )
  assert.equal(problemOf({ settings: { type: 'array' } }).pointer, '/settings/type')
  const action = {
    id: 'a',
    title: 't',
    arguments: { type: 'object', properties: { n: { type: 'integer', default: 'x' } } },
  }
  assert.equal(
    problemOf({ contributes: { actions: [action] } }).pointer,
    '/contributes/actions/0/arguments/properties/n/default',
  )
  assert.match(
    problemOf({ settings: { type: 'object', properties: { a: { type: 'string', pattern: 'x' } } } }).hint ??
      '',
    /^Regular expressions are not taken/,
  )
})

test('good settings of every type are accepted', () => {
  const properties = {
    text: {
      type: 'string',
      minLength: 1,
      maxLength: 10,
      default: 'abc',
      title: 'T',
      description: 'D',
      examples: ['x'],
    },
    mail: { type: 'string', format: 'email', default: '' },
    choice: { type: 'string', enum: ['a', 'b'], default: 'a' },
    level: { type: 'integer', enum: [1, 2], default: 2 },
    share: { type: 'number', minimum: 0, maximum: 1, default: 0.5 },
    size: { type: 'integer', format: 'bytes', maximum: 1e9, default: '500MB' },
    keep: { type: 'integer', format: 'duration', default: '4w' },
    base: { type: 'string', format: 'url-prefix', default: '/library' },
    hosts: { type: 'array', items: { type: 'string', format: 'origin' }, default: ['https://a.example/'] },
    on: { type: 'boolean', default: false },
    list: {
      type: 'array',
      items: { type: 'string', enum: ['x', 'y'] },
      uniqueItems: true,
      maxItems: 2,
      default: ['x'],
    },
  }
  assert.deepEqual(
    errorProblems({
      ...BASE,
      settings: { type: 'object', properties, required: ['text'], additionalProperties: false },
    }),
    [],
  )
})

test('reserved and malformed ids are refused', () => {
  for (const id of [
    'admin',
    'api',
    'plugins',
    'constructor',
    'localhost',
    'com1',
    'nul',
    '..',
    '.',
    '__proto__',
    'toString',
    'a/b',
    'a%2fb',
    'a\\b',
    'A',
    'аbc',
    'ＡＢ',
    'a\u200db',
    'a\u202eb',
    'a'.repeat(64),
    'a'.repeat(65_536),
    '-ab',
    'ab-',
    '😀',
    '',
    'xn--ab',
  ]) {
    const problems = errorProblems({ ...BASE, id })
    assert.ok(
      problems.length >= 1 && problems.every((problem) => problem.pointer === '/id'),
      JSON.stringify({ id: id.slice(0, 20), problems }),
    )
    assert.doesNotMatch(JSON.stringify(problems), /[\u200d\u202e]/)
  }
})

test('a package without a manifest says where one is', () => {
  assert.deepEqual(check(new Map()), {
    ok: false,
    problems: [
      {
        code: 'MANIFEST_MISSING',
        message: 'The package has no manifest.json',
        file: 'manifest.json',
        hint: 'Put manifest.json at the root of the package',
      },
    ],
    manifest: null,
  })
  const outcome = check(new Map([['src/Manifest.json', new Uint8Array()]]))
  assert.equal(outcome.ok, false)
  assert.equal(
    !outcome.ok && outcome.problems[0]?.hint,
    'Move "src/Manifest.json" to the root of the package, with the name "manifest.json"',
  )
})

test('a hundred thousand mistakes give a hundred problems', () => {
  const many = Object.fromEntries(Array.from({ length: 15_000 }, (_, index) => [`field${index}`, index]))
  assert.equal(errorProblems({ ...BASE, ...many }).length, 100)
  const usb = Array.from({ length: 15_000 }, () => 5)
  assert.equal(errorProblems({ ...BASE, permissions: { usb } }).length, 100)
  const choices = Array.from({ length: 15_000 }, () => null)
  assert.equal(
    errorProblems({
      ...BASE,
      settings: { type: 'object', properties: { a: { type: 'string', enum: choices } } },
    }).length,
    100,
  )
})
