// Hostile manifests, each in an otherwise good package, through the whole upload (M1 to M6).

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { createSettingCheck } from '../../runtime/settings/setting-check.ts'
import { RESERVED_IDS } from '../../sdk/manifest/reserved-ids.ts'
import { STRING_FORMATS } from '../../sdk/settings/formats.ts'
import { ADMIN_TOKEN, backendOf, startTestRuntime } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { zipOf } from '../support/zip.ts'
import { PAYLOADS, SKIP_PAYLOADS } from './helpers/payloads.ts'
import { record } from './helpers/record.ts'

const scope = sharedScope()
let runtime: Runtime
let app: ReturnType<typeof createApp>
before(async () => {
  runtime = await startTestRuntime(scope)
  app = createApp(runtime)
})

const BASE = { manifestVersion: 1, id: 'hostile', name: 'x', version: '1.0.0' } as const
const FILES = { 'frontend/index.html': '<p>x', 'frontend/icon.svg': '<svg/>' } as const

interface Told {
  readonly status: number
  readonly code: string | undefined
  readonly text: string
}

async function call(method: string, path: string, type: string, body?: BodyInit): Promise<Told> {
  const response = await app.request(`http://127.0.0.1:3000/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': type },
    ...(body !== undefined && { body }),
  })
  const text = await response.text()
  const { code } = (text === '' ? {} : JSON.parse(text)) as { code?: string }
  return { status: response.status, code, text }
}

/** Uploads a package with these bytes as its manifest. */
function put(manifest: string | Uint8Array, files: Record<string, string> = FILES): Promise<Told> {
  return call(
    'POST',
    '/plugins',
    'application/zip',
    new Uint8Array(zipOf({ 'manifest.json': manifest, ...files })),
  )
}

function putJson(more: Record<string, unknown>, files?: Record<string, string>): Promise<Told> {
  return put(JSON.stringify({ ...BASE, ...more }), files)
}

const remove = (id: string) => call('DELETE', `/plugins/${id}?data=delete`, 'application/json')

async function assertRefused(name: string, told: Told, codes = /^MANIFEST_INVALID$/): Promise<void> {
  assert.ok(told.status >= 400 && told.status < 500, `${name}: ${told.status} ${told.text.slice(0, 300)}`)
  assert.match(told.code ?? '', codes, `${name}: ${told.text.slice(0, 300)}`)
  assert.ok(told.text.length < 200_000, `${name}: a problem of ${told.text.length} characters`)
}

async function assertUntouched(): Promise<void> {
  assert.deepEqual(await runtime.plugins.list(), [])
  assert.deepEqual(await readdir(runtime.store.paths.staging), [])
  assert.deepEqual(Object.keys(Object.prototype), [])
  assert.equal(Reflect.get({}, 'polluted'), undefined)
}

test('M1 every text of the JSON suite as a manifest is 422, never more', {
  skip: SKIP_PAYLOADS,
}, async () => {
  const folder = join(PAYLOADS, 'json-test-suite', 'test_parsing')
  const names = readdirSync(folder)
  assert.ok(names.length > 300)
  for (const name of names) await assertRefused(name, await put(readFileSync(join(folder, name))))
  await assertUntouched()
  record({
    id: 'M1',
    area: 'manifest',
    title: `${names.length} JSON texts as manifests`,
    culprit: '422 MANIFEST_INVALID',
  })
})

test('M2 keys of prototypes, twin keys and values without measure are refused wherever they stand', {
  skip: SKIP_PAYLOADS,
}, async () => {
  const twins = join(PAYLOADS, 'json-test-suite', 'test_transform')
  for (const name of readdirSync(twins)) await assertRefused(name, await put(readFileSync(join(twins, name))))
  const inside = (key: string, value: string) =>
    `{"manifestVersion":1,"id":"hostile","name":"x","version":"1.0.0","${key}":${value}}`
  const polluting = '{"__proto__":{"polluted":1}}'
  const cases: readonly (readonly [name: string, manifest: string | Uint8Array, codes?: RegExp])[] = [
    ...['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'valueOf'].map(
      (key) => [`the key "${key}"`, inside(key, '{"polluted":1}')] as const,
    ),
    ...[
      'permissions',
      'settings',
      'limits',
      'events',
      'contributes',
      'frontend',
      'backend',
      'engines',
      'access',
    ].map((key) => [`"__proto__" in "${key}"`, inside(key, polluting)] as const),
    [
      'a constructor in depth',
      inside('settings', '{"type":"object","properties":{"constructor":{"prototype":{"polluted":1}}}}'),
    ],
    ['twin ids', '{"manifestVersion":1,"id":"hostile","id":"other","name":"x","version":"1.0.0"}'],
    [
      'twin ids by an escape',
      '{"manifestVersion":1,"id":"hostile","\\u0069d":"other","name":"x","version":"1.0.0"}',
    ],
    ['twins in depth', inside('permissions', '{"kv":true,"kv":false}')],
    ['a number without end', inside('priority', '1e400')],
    ['minus zero', inside('limits', '{"memoryMb":-0}')],
    ['a number beyond doubles', inside('limits', '{"memoryMb":9007199254740993}')],
    ['a fraction of a byte', inside('limits', '{"memoryMb":0.5}')],
    [
      'a string of 10 MB',
      inside('description', `"${'x'.repeat(10_000_000)}"`),
      /^(MANIFEST_INVALID|ARCHIVE_TOO_LARGE)$/,
    ],
    [
      'a name of 900 kB',
      inside('description', `"${'x'.repeat(900_000)}"`),
      /^(MANIFEST_INVALID|ARCHIVE_TOO_LARGE)$/,
    ],
    [
      '100,000 permissions',
      inside('permissions', `{"network":[${Array(100_000).fill('"https://a.example"').join()}]}`),
      /^(MANIFEST_INVALID|ARCHIVE_TOO_LARGE)$/,
    ],
    ['100,000 unknown keys', `{${Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join()}}`],
    [
      'arrays 200,000 deep',
      '['.repeat(200_000) + ']'.repeat(200_000),
      /^(MANIFEST_INVALID|ARCHIVE_TOO_LARGE)$/,
    ],
    ['objects 200,000 deep', '{"a":'.repeat(200_000), /^(MANIFEST_INVALID|ARCHIVE_TOO_LARGE)$/],
    ['a byte order mark', `\ufeff${JSON.stringify(BASE)}`],
    ['UTF-16', Buffer.from(`\ufeff${JSON.stringify(BASE)}`, 'utf16le')],
    ['UTF-16 without a mark', Buffer.from(JSON.stringify(BASE), 'utf16le')],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
    ],
    ['NUL', '{"id":"host\\u0000ile","manifestVersion":1,"name":"x","version":"1.0.0"}'],
    ['half a character', inside('description', '"\\ud800"')],
    ['nothing', ''],
  ]
  for (const [name, manifest, codes] of cases) await assertRefused(name, await put(manifest), codes)
  await assertUntouched()
  record({
    id: 'M2',
    area: 'manifest',
    title: `${cases.length} polluted, doubled and endless manifests`,
    culprit: '422, nothing polluted',
  })
})

test('M3 an id is of the form or refused, and no two ids look alike', { skip: SKIP_PAYLOADS }, async () => {
  const naughty = JSON.parse(readFileSync(join(PAYLOADS, 'blns', 'blns.json'), 'utf8')) as string[]
  const more = [
    '..',
    '.',
    'con',
    'nul',
    'nul.txt',
    'aux',
    'com1',
    'admin',
    'api',
    'assets',
    'plugins',
    'metrics',
    'healthz',
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasownproperty',
    'node_modules',
    'a/b',
    'a%2fb',
    'a\\b',
    'A',
    'Hostile',
    'аb',
    'hоstile',
    'ＡＢ',
    'ａｂ',
    'a\u200db',
    'a\u202eb',
    'ab\u0000',
    'ab\n',
    ' ab',
    'ab ',
    'a'.repeat(64),
    'a'.repeat(65),
    'a'.repeat(256),
    'a'.repeat(65_536),
    '-ab',
    '.ab',
    'ab-',
    'a',
    '',
    '😀',
    'é',
    'e\u0301',
    'ﬁle',
    'ſa',
    'Kelvin',
    'a_b',
    'a.b',
    'xn--80ak6aa92e',
    'xn--ab',
    'localhost',
    'www',
    '1ab',
    'ab;x',
    'ab?x',
    'ab#x',
    'a b',
  ]
  const form = /^(?!xn--)[a-z][a-z0-9-]{0,61}[a-z0-9]$/
  const taken = new Set<string>()
  for (const id of new Set([...naughty, ...more])) {
    const told = await putJson({ id })
    const isGood = form.test(id) && !RESERVED_IDS.some((reserved) => reserved === id)
    if (!isGood) {
      await assertRefused(JSON.stringify(id.slice(0, 40)), told)
      continue
    }
    assert.equal(told.status, 201, `${id}: ${told.text}`)
    assert.equal(id.normalize('NFKC').toLowerCase(), id, 'nothing else reads as this one')
    assert.ok(!taken.has(id))
    taken.add(id)
    assert.equal((await remove(id)).status, 204)
  }
  await assertUntouched()
  record({
    id: 'M3',
    area: 'manifest',
    title: `${naughty.length + more.length} ids`,
    culprit: `422; ${taken.size} of the form are taken`,
  })
})

const VALID_VERSIONS = [
  '0.0.0',
  '0.10.0',
  '1.0.0',
  '1.2.3',
  '1.0.0-0',
  '1.2.3-4',
  '1.2.3-rc.1',
  '1.2.3-beta.11',
  '0.0.0-alpha',
  '1.2.3-a.b.c.10.d.5',
  '1.2.3-r100',
  '1.2.3+build',
  '1.2.3-rc.1+build.5',
  '1.2.3+0001',
  '1.2.3----R-S.12.9.1--.12+meta',
  '1.0.0-0A.is.legal',
  '1.2.3-0-4',
  '999999999.99999999.9999999',
  '2.0.0-x.y.z.92',
]
const INVALID_VERSIONS: readonly unknown[] = [
  '',
  '1',
  '1.2',
  '1.2.3.4',
  'v1.2.3',
  '=1.2.3',
  ' 1.2.3',
  '1.2.3 ',
  '01.2.3',
  '1.02.3',
  '1.2.03',
  '1.2.3-',
  '1.2.3-01',
  '1.2.3-a..b',
  '1.2.3+',
  '1.2.3+a..b',
  '1.2.3+a+b',
  '1.2.3-\u0431',
  '1.2.3-a_b',
  '1.2.x',
  '*',
  'latest',
  '-1.2.3',
  '1.-2.3',
  '1e3.0.0',
  '1,2,3',
  `${'9'.repeat(17)}.0.0`,
  `1.0.0-${'a'.repeat(10_000)}`,
  `1.0.0-${'a.'.repeat(5000)}`,
  `1.0.0-${'a.'.repeat(5000)}!`,
  `${'1.'.repeat(5000)}1`,
  '\u0661.0.0',
  '1.2.3\n',
  '1.2.3\u0000',
  null,
  1.2,
  {},
  [],
  ['1.2.3'],
  true,
]

test('M4 versions are semantic versions, compared as such, and long ones cost nothing', async () => {
  for (const version of VALID_VERSIONS) {
    const told = await putJson({ version })
    assert.equal(told.status, 201, `${version}: ${told.text}`)
    assert.equal((await remove('hostile')).status, 204)
  }
  for (const version of INVALID_VERSIONS)
    await assertRefused(JSON.stringify(version)?.slice(0, 40) ?? '', await putJson({ version }))
  // In the order of semver.org, 11.
  const rising = [
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '1.1.0',
    '1.2.0',
    '1.10.0',
    '2.0.0-0',
    '2.0.0',
  ]
  for (const [index, version] of rising.entries()) {
    const told = await putJson({ version, description: version })
    assert.equal(told.status, index === 0 ? 201 : 200, `${version}: ${told.text}`)
  }
  for (const version of ['1.99.99', '2.0.0-rc.99', '1.0.0-alpha.0', '0.0.1'])
    await assertRefused(version, await putJson({ version, description: version }), /^DOWNGRADE$/)
  await assertRefused(
    'the same, other content',
    await putJson({ version: '2.0.0', description: 'other' }),
    /^VERSION_EXISTS$/,
  )
  await remove('hostile')
  await assertUntouched()
  record({
    id: 'M4',
    area: 'manifest',
    title: `${VALID_VERSIONS.length} good and ${INVALID_VERSIONS.length} bad versions`,
    culprit: '422; 409 for what is lower',
  })
})

test('M5 a schema of a plugin has no pattern and no reference, and needs no network', async (t) => {
  let hits = 0
  const server = createServer((_request, response) => {
    hits++
    response.end('{}')
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const remote = `http://127.0.0.1:${port}/schema.json`
  const field = (property: object) => ({
    type: 'object',
    properties: { field: { type: 'string', ...property } },
  })
  const schemas: readonly (readonly [name: string, settings: unknown])[] = [
    ['a pattern that backtracks', field({ pattern: '^(a+)+$' })],
    ['a pattern as a key', { type: 'object', patternProperties: { '^(a+)+$': { type: 'string' } } }],
    ['a reference to a server', field({ $ref: remote })],
    ['a reference to itself', field({ $ref: '#' })],
    ['a dynamic reference', field({ $dynamicRef: '#x', $dynamicAnchor: 'x' })],
    ['another dialect', { $schema: remote, type: 'object' }],
    ['an address of its own', { $id: remote, type: 'object' }],
    ['definitions', { type: 'object', $defs: { a: { $ref: '#/$defs/a' } } }],
    ['$data', field({ maxLength: { $data: '1/other' } })],
    ['a format of regular expressions', field({ format: 'regex' })],
    ['a format that nobody knows', field({ format: 'x' })],
    [
      'alternatives that explode',
      field({ anyOf: Array(50).fill({ anyOf: Array(50).fill({ type: 'string' }) }) }),
    ],
    ['a condition', field({ if: { type: 'string' }, else: { type: 'number' } })],
    ['objects inside', { type: 'object', properties: { field: { type: 'object', properties: {} } } }],
    [
      'lists inside lists',
      {
        type: 'object',
        properties: { field: { type: 'array', items: { type: 'array', items: { type: 'string' } } } },
      },
    ],
    [
      '201 fields',
      {
        type: 'object',
        properties: Object.fromEntries(
          Array.from({ length: 201 }, (_, index) => [`f${index}`, { type: 'string' }]),
        ),
      },
    ],
    ['code in a key', { type: 'object', properties: { "a'];process.exit()//": { type: 'string' } } }],
    ['a default for a secret', field({ format: 'secret', default: 'x' })],
  ]
  for (const [name, settings] of schemas) await assertRefused(name, await putJson({ settings }))
  assert.equal(hits, 0)
  await assertUntouched()
  record({
    id: 'M5-schema',
    area: 'manifest',
    title: `${schemas.length} hostile schemas for settings`,
    culprit: '422; no request, no regular expression',
  })
})

test('M5 values of a megabyte, and forms of 200 fields, are checked at once', {
  timeout: 120_000,
}, async (t) => {
  const formats = ['secret', 'email', 'uri', 'hostname', 'ipv4', 'ipv6', 'uuid', 'date', 'time', 'date-time']
  const properties = Object.fromEntries([
    ...Array.from({ length: 180 }, (_, index) => [
      `f${index}`,
      { type: 'string', format: formats[index % 10], enum: ['a', 'b'] },
    ]),
    ...formats.map((format) => [`v${format.replace('-', '')}`, { type: 'string', format }]),
    ['list', { type: 'array', items: { type: 'string', enum: ['a'] }, uniqueItems: true }],
  ])
  const told = await putJson({ settings: { type: 'object', properties } })
  assert.equal(told.status, 201, told.text)
  t.after(() => remove('hostile'))
  const length = 900_000
  const values = [
    'a',
    'a.',
    '1:',
    '1.',
    '-',
    'a-',
    '%',
    '%aa',
    ':',
    '0',
    ' ',
    '/',
    '(',
    'a@',
    'http://a@',
    '"',
    '2020-01-01T00:00:00.0',
    'urn:uuid:a',
  ].flatMap((piece) => [
    piece.repeat(length / piece.length),
    `${piece.repeat(length / piece.length - 1)}!`,
    `a@${piece.repeat(length / piece.length - 2)}`,
  ])
  const check = createSettingCheck()
  let longest = 0
  for (const format of STRING_FORMATS)
    for (const value of values) {
      const start = performance.now()
      check('field', value, { type: 'string', format })
      longest = Math.max(longest, performance.now() - start)
    }
  for (const [index, value] of values.entries()) {
    const format = formats[1 + (index % 9)] ?? 'email'
    for (const each of [format, 'uri', 'email']) {
      const { status } = await call(
        'PATCH',
        '/plugins/hostile/settings',
        'application/json',
        JSON.stringify({ [`v${each.replace('-', '')}`]: value }),
      )
      // Quotes are longer in JSON than what a body may be.
      assert.ok([200, 413, 422].includes(status), `${each}: ${status}`)
    }
  }
  const many = await call(
    'PATCH',
    '/plugins/hostile/settings',
    'application/json',
    JSON.stringify({ list: Array(200_000).fill('b') }),
  )
  assert.equal(many.status, 422)
  assert.ok(many.text.length < 10_000, 'one error is enough')
  const forbidden = await call(
    'PATCH',
    '/plugins/hostile/settings',
    'application/json',
    '{"__proto__":{"polluted":1}}',
  )
  assert.ok(forbidden.status >= 400 && forbidden.status < 500)
  await remove('hostile')
  await assertUntouched()
  record({
    id: 'M5-values',
    area: 'manifest',
    title: `${values.length * 3} values of 900 kB, a form of 191 fields`,
    culprit: '200 or 422',
    note: `the longest check took ${Math.round(longest)} ms`,
  })
})

test('M6 paths of a manifest stay in the package, and its routes are its own', async () => {
  const paths = [
    '../x',
    '..',
    '.',
    '/etc/passwd',
    'frontend/../../x',
    'frontend\\index.html',
    'C:/x',
    'http://evil.test/x',
    '//evil.test/x',
    'file:///etc/passwd',
    'data:text/html,x',
    'frontend/',
    'frontend/none.js',
    'FRONTEND/index.html',
    'frontend/index.html/',
    'frontend/%2e%2e/x',
    'frontend/index.html\u0000.js',
    '',
    ' ',
    'x'.repeat(5000),
    'node_modules/../x',
  ]
  let tried = 0
  for (const path of paths)
    for (const [name, more] of [
      ['backend', { backend: { entry: path } }],
      ['index', { frontend: { index: path } }],
      ['fallback', { frontend: { fallback: path } }],
      ['root', { frontend: { root: path } }],
      ['icon', { icon: path }],
    ] as const) {
      const told = await putJson(more, {
        ...FILES,
        'backend/index.js': backendOf('return new Response("x")'),
      })
      await assertRefused(`${name} ${JSON.stringify(path)}`, told, /^(MANIFEST_INVALID|ENTRY_MISSING)$/)
      tried++
    }
  const odd: readonly (readonly [name: string, more: Record<string, unknown>])[] = [
    ['routes', { routes: ['/admin', '/*', '//', '/:param(.*)*', '/plugins/other'] }],
    ['a page of another plugin', { contributes: { pages: [{ path: '/plugins/other/', title: 'x' }] } }],
    ['a page on another site', { contributes: { pages: [{ path: '//evil.test', title: 'x' }] } }],
    [
      '10,000 pages',
      {
        contributes: {
          pages: Array.from({ length: 10_000 }, (_, index) => ({ path: `/p${index}`, title: 'x' })),
        },
      },
    ],
    [
      'a hundred tasks a second',
      { tasks: Array.from({ length: 101 }, (_, index) => ({ id: `t${index}`, schedule: '* * * * * *' })) },
    ],
    [
      'origins with paths',
      {
        permissions: {
          network: [
            'https://a.example/x',
            'https://a.example@evil.test',
            'https://*.example',
            'file://x',
            'https://a.example\\@b',
          ],
        },
      },
    ],
  ]
  for (const [name, more] of odd) {
    await assertRefused(name, await putJson(more))
    tried++
  }
  await assertUntouched()
  record({
    id: 'M6',
    area: 'manifest',
    title: `${tried} paths and routes`,
    culprit: 'MANIFEST_INVALID or ENTRY_MISSING',
  })
})
