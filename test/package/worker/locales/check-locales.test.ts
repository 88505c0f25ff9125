// What the package process finds in catalogs of messages. The seed system answers each page with 500 in some of these cases.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkLocales } from '../../../../runtime/package/worker/locales/check-locales.ts'
import type { Manifest } from '../../../../sdk/manifest/manifest.ts'

const MANIFEST: Manifest = { manifestVersion: 1, id: 'school', version: '1.0.0', name: 'School' }

function check(files: Record<string, string | Uint8Array>, manifest: Partial<Manifest> = {}) {
  const bytes = Object.entries(files).map(([path, content]) => [path, Buffer.from(content)] as const)
  const { problems, warnings } = checkLocales({ ...MANIFEST, ...manifest }, new Map(bytes))
  return { problems, warnings, messages: [...problems, ...warnings].map(({ message }) => message) }
}

const GOOD = '{"a":"One","b":{"c":"{n, plural, one {#} other {#}}"}}'

test('catalogs that are complete are silent', () => {
  assert.deepEqual(check({ 'locales/en.json': GOOD, 'locales/pt-BR.json': GOOD }).messages, [])
  assert.deepEqual(check({ 'texts/en.json': GOOD }, { locales: 'texts' }).messages, [])
  assert.deepEqual(check({}).messages, [])
})

test('row "#5954: a correct plugin without a locale folder": nothing is wrong; translated pages without messages are pointed out', () => {
  assert.deepEqual(check({ 'frontend/index.html': '' }).messages, [])
  const { problems, warnings } = check({}, { contributes: { pages: { translated: true } } })
  assert.deepEqual(problems, [])
  assert.match(warnings[0]?.message ?? '', /no messages in any/)
})

test('row "wrong locale folder": the folder of another system is named, and an empty one too', () => {
  const { problems, warnings } = check({ 'locale/fr/LC_MESSAGES/django.po': '' })
  assert.deepEqual(problems, [])
  assert.equal(warnings[0]?.message, 'The folder "locale" is not used: catalogs of messages are in "locales"')
  assert.deepEqual(check({ 'texts/readme.txt': '' }, { locales: 'texts' }).messages, [
    'The folder "texts" holds no catalog of messages',
  ])
})

test('names that are no language tags are pointed out, with the right one', () => {
  const { problems, warnings } = check({
    'locales/en.json': GOOD,
    'locales/fr_ca.json': '{}',
    'locales/pt-br.json': '{}',
    'locales/french messages.json': '{}',
    'locales/qq.json': GOOD,
    'locales/fr/app.json': '{}',
  })
  assert.deepEqual(problems, [])
  assert.deepEqual(
    warnings.map(({ file, hint }) => [file, hint]),
    [
      ['locales/fr_ca.json', 'Name it "fr-CA.json"'],
      ['locales/pt-br.json', 'Name it "pt-BR.json"'],
      ['locales/french messages.json', 'Name it after its language, such as "fr.json" or "pt-BR.json"'],
      ['locales/qq.json', 'Correct its name, unless the host offers this very language'],
      ['locales/fr/app.json', 'Put all messages of a language into one file, such as "locales/fr.json"'],
    ],
  )
})

test('messages that a language lacks are named', () => {
  const { warnings } = check({
    'locales/en.json': '{"a":"1","b":"2","c":"3","d":"4","e":"5"}',
    'locales/fr.json': '{"a":"1"}',
  })
  assert.deepEqual(
    warnings.map(({ message }) => message),
    ['"fr" lacks messages that other languages have: "b", "c", "d" and 1 more'],
  )
})

test('a catalog that is not JSON, not an object, or not text is refused with its place', () => {
  const cases: readonly (readonly [string | Uint8Array, RegExp, number | undefined])[] = [
    ['{\n  "a": "1",\n}', /not JSON/, 3],
    ['{"a": }', /not JSON/, 1],
    ['', /not JSON/, 1],
    ['["a"]', /object of messages/, 1],
    ['{\n"a": 7}', /"a" is not a string/, 2],
    ['{"a": "1",\n"a": "2"}', /there twice/, 2],
    ['{"a": {"b": "1"},\n"a.b": "2"}', /there twice/, 2],
    ['{"__proto__": "x"}', /cannot be the key/, 1],
    ['{"": "x"}', /cannot be the key/, 1],
    ['{"a":\n"{count, plural, one {x}}"}', /"a" is not in ICU MessageFormat/, 2],
    ['{"a": "{n"}', /"a" is not in ICU MessageFormat/, 1],
    [Buffer.from([0xff, 0xfe]), /not text in UTF-8/, undefined],
    ['\ufeff{}', /byte order mark/, undefined],
  ]
  for (const [content, message, line] of cases) {
    const { problems } = check({ 'locales/en.json': content })
    const [problem] = problems
    assert.match(problem?.message ?? '', message, String(content))
    assert.deepEqual(
      [problem?.code, problem?.file, problem?.line],
      ['LOCALE_INVALID', 'locales/en.json', line],
    )
  }
})

test('hostile catalogs are refused in a moment', () => {
  const deep = (depth: number) => `${'{"a":'.repeat(depth)}"x"${'}'.repeat(depth)}`
  const cases: Readonly<Record<string, string>> = {
    depth: deep(100_000),
    depthOfBrackets: '['.repeat(400_000),
    nestedPlurals: JSON.stringify({ a: '{n,plural,other{'.repeat(200) }),
    longMessage: JSON.stringify({ a: 'x'.repeat(5000) }),
    longKey: JSON.stringify({ ['k'.repeat(300)]: 'x' }),
    manyMessages: JSON.stringify(Object.fromEntries(Array.from({ length: 10_001 }, (_, n) => [n, 'x']))),
    large: JSON.stringify({ a: 'x'.repeat(600_000) }),
  }
  for (const [name, content] of Object.entries(cases)) {
    const { problems } = check({ 'locales/en.json': content })
    assert.equal(problems[0]?.code, 'LOCALE_INVALID', name)
    assert.ok(JSON.stringify(problems).length < 10_000, name)
  }
  const huge = JSON.stringify({
    a: Array.from({ length: 120 }, () => '') && 'y',
    b: ' '.repeat(3900),
  }).padEnd(490_000)
  const many = Object.fromEntries(
    ['en', 'fr', 'ar', 'de', 'es', 'it', 'pt', 'nl', 'sv', 'da'].map((tag) => [`locales/${tag}.json`, huge]),
  )
  assert.match(check(many).problems[0]?.message ?? '', /too many or too large/)
})
