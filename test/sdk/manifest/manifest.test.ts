import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { PLUGIN_API_VERSION } from '../../../sdk/manifest/api-version.ts'
import { backendEntry, frontendLayout } from '../../../sdk/manifest/layout.ts'
import { manifestJsonSchema, manifestSchema } from '../../../sdk/manifest/manifest.ts'
import { FORMS, meaningOfPattern } from '../../../sdk/manifest/names.ts'
import { RESERVED_IDS } from '../../../sdk/manifest/reserved-ids.ts'
import { textIn } from '../../../sdk/manifest/text.ts'
import { documented, SCHEMA_FILE, TABLE_NAMES } from './generated.ts'

const REGENERATE = 'regenerate it with "node test/sdk/manifest/generated.ts"'

test('the published schema file is the schema', () => {
  assert.deepEqual(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')), manifestJsonSchema(), REGENERATE)
})

test('S7: docs/manifest.md lists exactly the fields of the schema and the permissions', () => {
  for (const name of TABLE_NAMES) {
    const { found, expected } = documented(name)
    assert.equal(found, expected, REGENERATE)
  }
})

test('the schema is one of its dialect', () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
  ajv.addFormat('uri', true)
  const schema = manifestJsonSchema()
  assert.equal(ajv.validateSchema(schema), true, ajv.errorsText())
  assert.doesNotThrow(() => ajv.compile(schema))
})

test('the schema names its dialect and its address, and is plain JSON', () => {
  const schema = manifestJsonSchema()
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema')
  assert.equal(schema.$id, '/schema/manifest.v1.json')
  assert.deepEqual(JSON.parse(JSON.stringify(schema)), schema)
  assert.deepEqual(schema.required, ['manifestVersion', 'id', 'name', 'version'])
})

test('every field is described, and every object with fields refuses unknown ones', () => {
  const undescribed: string[] = []
  const open: string[] = []
  const visit = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return
    if ('properties' in schema || 'patternProperties' in schema) {
      if (Reflect.get(schema, 'additionalProperties') !== false) open.push(path)
    }
    for (const [name, field] of Object.entries(Reflect.get(schema, 'properties') ?? {})) {
      const description: unknown = Reflect.get(Object(field), 'description')
      if (typeof description !== 'string' || description === '' || description.endsWith('.'))
        undescribed.push(`${path}.${name}`)
      visit(field, `${path}.${name}`)
    }
    visit(Reflect.get(schema, 'items'), `${path}[]`)
    for (const part of Reflect.get(schema, 'anyOf') ?? []) visit(part, path)
    for (const part of Object.values(Reflect.get(schema, 'patternProperties') ?? {})) visit(part, `${path}.*`)
  }
  visit(manifestSchema, '')
  assert.deepEqual(undescribed, [])
  assert.deepEqual(open, [])
})

test('reserved ids include device names, words of the runtime, and nothing that the form of an id refuses anyway', () => {
  for (const id of [
    'admin',
    'api',
    'plugins',
    'healthz',
    'readyz',
    'metrics',
    'schema',
    'www',
    'localhost',
    'con',
    'nul',
    'aux',
    'prn',
    'com1',
    'lpt9',
    'constructor',
  ]) {
    assert.ok(
      RESERVED_IDS.some((reserved) => reserved === id),
      id,
    )
  }
  for (const id of RESERVED_IDS) assert.match(id, new RegExp(FORMS.id.pattern, 'u'))
})

test('the forms of names take what they should and refuse the rest', () => {
  const cases: readonly [keyof typeof FORMS, readonly string[], readonly string[]][] = [
    [
      'id',
      ['ab', 'usb-backup', 'a1', `a${'b'.repeat(62)}`],
      [
        'a',
        'A',
        'Ab',
        '1a',
        '-a',
        'a-',
        'a_b',
        'a.b',
        'a/b',
        'аb',
        'xn--abc',
        `a${'b'.repeat(63)}`,
        'a\n',
        ' ab',
      ],
    ],
    [
      'version',
      ['0.0.0', '1.2.3', '1.2.3-rc.1', '1.2.3+build.5', '10.20.30-alpha-x.0+b'],
      ['1', '1.2', 'v1.2.3', '01.2.3', '1.2.3-', '1.2.3-01', '1.2.3+', '1.2.3 '],
    ],
    ['language', ['en', 'pt-BR', 'zh-Hant-TW', 'gsw'], ['EN', 'e', 'en_US', 'english', 'en-', '']],
    [
      'path',
      ['a', 'a/b.c', '.vite/manifest.json', 'a b/ü', '..a/b..'],
      ['', '/a', 'a/', './a', '../a', 'a/../b', 'a/..', 'a//b', 'a\\b', 'a\nb', '.', '..', 'a/./b'],
    ],
    [
      'pagePath',
      ['/', '/report', '/a/b?c=d#e', '/a..b'],
      ['', 'a', '//a', '/../a', '/a/..', '/a/../b', '/a/%2e%2e/b', '/%2E./a', '/a b', '/a\\b', '/a/.?x'],
    ],
    ['eventPattern', ['*', 'content.*', 'content.changed', 'a'], ['', '.', 'a.', '*.a', 'a.*.b', 'a*', '1a']],
    [
      'origin',
      ['https://a.b', 'http://127.0.0.1:8080', 'http://[::1]'],
      ['https://a.b/', 'ftp://a', 'https://', 'https://u@a', 'https://a?b', 'https://a#b', ' https://a'],
    ],
    [
      'cron',
      ['0 3 * * *', '*/5 0-6 1,15 * MON', '0 0 3 * * *'],
      ['', '* * * *', '* * * * * * *', '0 3 * * * ; ls', '@daily'],
    ],
    ['settingKey', ['apiKey', 'a_b1'], ['api-key', '_a', '1a', 'a.b', '']],
  ]
  for (const [form, good, bad] of cases) {
    const pattern = new RegExp(FORMS[form].pattern, 'u')
    for (const text of good) assert.match(text, pattern, `${form} should take ${JSON.stringify(text)}`)
    for (const text of bad)
      assert.doesNotMatch(text, pattern, `${form} should refuse ${JSON.stringify(text)}`)
  }
})

test('the patterns answer at once for long hostile strings', () => {
  for (const { pattern } of Object.values(FORMS)) {
    for (const unit of ['a', '1', '-', '.', '/', 'a.', '1.', 'a-', '/a', '%2e', '../', '* ', 'a/']) {
      // A quadratic pattern needs minutes for this; the test would run into the limit of the runner.
      new RegExp(pattern, 'u').test(`${unit.repeat(200_000)}\u0000`)
      new RegExp(pattern, 'u').test(`https://${unit.repeat(200_000)}\u0000`)
      new RegExp(pattern, 'u').test(`/${unit.repeat(200_000)}\u0000`)
    }
  }
})

test('meaningOfPattern() explains every form and no other pattern', () => {
  assert.equal(meaningOfPattern(FORMS.version.pattern), FORMS.version.meaning)
  assert.equal(meaningOfPattern('^x$'), undefined)
})

test('textIn() takes the first language that there is, then English, then any', () => {
  assert.equal(textIn('Backup', ['fr']), 'Backup')
  assert.equal(textIn({ en: 'Backup', fr: 'Sauvegarde' }, ['de', 'fr']), 'Sauvegarde')
  assert.equal(textIn({ en: 'Backup', fr: 'Sauvegarde' }, ['de']), 'Backup')
  assert.equal(textIn({ fr: 'Sauvegarde' }, ['de']), 'Sauvegarde')
  assert.equal(textIn({ fr: 'Sauvegarde' }, ['toString']), 'Sauvegarde')
})

test('backendEntry() prefers what the manifest names, then index.js, then index.ts', () => {
  const has =
    (...paths: string[]) =>
    (path: string) =>
      paths.includes(path)
  assert.equal(backendEntry({ backend: { entry: 'src/a.ts' } }, has('backend/index.js')), 'src/a.ts')
  assert.equal(backendEntry({}, has('backend/index.ts', 'backend/index.js')), 'backend/index.js')
  assert.equal(backendEntry({ backend: {} }, has('backend/index.ts')), 'backend/index.ts')
  assert.equal(backendEntry({}, has('backend/main.ts')), null)
})

test('frontendLayout() fills in what the manifest leaves out', () => {
  assert.deepEqual(frontendLayout({}), {
    root: 'frontend',
    index: 'index.html',
    viteManifests: ['.vite/manifest.json', 'manifest.json'],
    fallback: null,
  })
  assert.deepEqual(
    frontendLayout({ frontend: { root: 'dist', viteManifest: 'm.json', fallback: 'app.html' } }),
    {
      root: 'dist',
      index: 'index.html',
      viteManifests: ['m.json'],
      fallback: 'app.html',
    },
  )
})

test('the documented version of the plugin API is the real one', () => {
  assert.equal(PLUGIN_API_VERSION, '1.0.0')
})
