// The formats of settings: what each takes, its normal form, and its text in both directions.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSettingCheck, wordsAlone } from '../../runtime/settings/setting-check.ts'
import type { FormProperty } from '../../sdk/manifest/form-schema.ts'
import { FORMAT_NAMES, formatOf, SETTING_FORMATS } from '../../sdk/settings/formats.ts'
import { fromText, normalValue, toText } from '../../sdk/settings/setting-text.ts'

const check = createSettingCheck()
const property = (type: FormProperty['type'], format?: keyof typeof SETTING_FORMATS): FormProperty => ({
  type,
  ...(format !== undefined && { format }),
})
const list = (format?: string): FormProperty =>
  ({ type: 'array', items: { type: 'string', ...(format !== undefined && { format }) } }) as FormProperty

/** Text as it is typed, and its value; undefined where it must be refused. */
function take(text: string, of: FormProperty): unknown {
  const value = fromText(text, of)
  return check('key', value, of) === undefined ? value : undefined
}

const CASES: readonly (readonly [of: FormProperty, text: string, value: unknown])[] = [
  [property('string'), ' as it is ', ' as it is '],
  [property('integer'), ' 12 ', 12],
  [property('integer'), '1.5', undefined],
  [property('integer'), '', undefined],
  [property('number'), '-1.5e3', -1500],
  [property('number'), '0x10', undefined],
  [property('number'), 'NaN', undefined],
  [property('boolean'), 'Yes', true],
  [property('boolean'), 'off', false],
  [property('boolean'), 'maybe', undefined],
  [property('boolean'), 'constructor', undefined],
  [property('string', 'ip'), '192.168.0.10', '192.168.0.10'],
  [property('string', 'ip'), '192.168.0.010', undefined],
  [property('string', 'ip'), '1.2.3', undefined],
  [property('string', 'ip'), '1.2.3.4.5', undefined],
  [property('string', 'ip'), 'FD00:0::1', 'fd00::1'],
  [property('string', 'ip'), 'fe80::1%eth0', undefined],
  [property('string', 'path'), 'a//b/./c/../d/', 'a/b/d'],
  [property('string', 'path'), '', ''],
  [property('string', 'path'), '/../x', '/x'],
  [property('string', 'path'), '../x', '../x'],
  [property('string', 'path'), 'a\u0000b', undefined],
  [list('path'), 'a/b; c,d ;;', ['a/b', 'c,d']],
  [property('integer', 'port'), '8080', 8080],
  [property('integer', 'port'), '0', 0],
  [property('integer', 'port'), '65536', undefined],
  [property('integer', 'port'), '-1', undefined],
  [property('string', 'origin-or-port'), '08000', '8000'],
  [property('string', 'origin-or-port'), '70000', undefined],
  [property('string', 'origin-or-port'), 'http://localhost:8000/learn?x', 'http://localhost:8000'],
  [property('string', 'origin-or-port'), '', ''],
  [property('string', 'origin-or-port'), 'javascript:alert(1)', undefined],
  [property('string', 'origin'), 'HTTPS://Example.org:443/', 'https://example.org'],
  [property('string', 'origin'), 'https://example.org/path', undefined],
  [property('string', 'origin'), 'https://user@example.org', undefined],
  [list('origin'), 'https://a.example, http://b.example:81/', ['https://a.example', 'http://b.example:81']],
  [list('origin'), 'https://a.example,example.org', undefined],
  [property('string', 'url-prefix'), '/library', 'library/'],
  [property('string', 'url-prefix'), '/', ''],
  [property('string', 'url-prefix'), 'a/../b', undefined],
  [property('string', 'url-prefix'), 'a/%2E%2e/', undefined],
  [property('string', 'url-prefix'), 'a b', undefined],
  [property('integer', 'bytes'), '500MB', 500_000_000],
  [property('integer', 'bytes'), '1.5 kB', 1500],
  [property('integer', 'bytes'), '64MiB', 67_108_864],
  [property('integer', 'bytes'), '10g', 10_000_000_000],
  [property('integer', 'bytes'), '12', 12],
  [property('integer', 'bytes'), '5iB', undefined],
  [property('integer', 'bytes'), '99999999TB', undefined],
  [property('integer', 'bytes'), '-5MB', undefined],
  [property('integer', 'duration'), '1h30m', 5_400_000],
  [property('integer', 'duration'), '1.5d', 129_600_000],
  [property('integer', 'duration'), '250ms', 250],
  [property('integer', 'duration'), '250', 250],
  [property('integer', 'duration'), '5 minutes', undefined],
  [list(), ' a, b ,', ['a', 'b']],
  [list(), '["a,b", "c"]', ['a,b', 'c']],
  [list(), '[1]', undefined],
  [list(), '["a"', undefined],
  [property('string', 'secret'), ' s3cret ', ' s3cret '],
]

describe('Option types: a text', () => {
  for (const [of, text, value] of CASES) {
    const name = of.type === 'array' ? `list of ${of.items?.format ?? 'texts'}` : (of.format ?? of.type)
    test(`${JSON.stringify(text)} as ${name} is ${JSON.stringify(value) ?? 'refused'}`, () => {
      assert.deepEqual(take(text, of), value)
      if (value === undefined || typeof value === 'string') return
      assert.deepEqual(fromText(toText(value, of), of), value, 'its own text reads back')
    })
  }
})

test('the normal form of a normal form is itself, and other values stay as they came', () => {
  for (const [of, , value] of CASES)
    if (value !== undefined) assert.deepEqual(normalValue(value, of), value, JSON.stringify(of))
  for (const name of FORMAT_NAMES)
    for (const strange of [null, undefined, {}, [], Number.NaN, true, () => 1])
      assert.deepEqual(formatOf(name)?.normal?.(strange) ?? strange, strange, name)
})

test('the example of each format is of its format, and a refusal says what the value must be', () => {
  for (const name of FORMAT_NAMES) {
    const of = property(formatOf(name)?.type ?? 'string', name)
    assert.notEqual(take(formatOf(name)?.example ?? '', of), undefined, name)
    const problem = check('key', ['no value of any format'], of)
    assert.equal(problem?.message, `Setting "key" must be ${formatOf(name)?.words}`)
  }
  const item = check('hosts', ['https://a.example', 'b'], list('origin'))
  assert.equal(item?.message, `Setting "hosts" item 2 must be ${SETTING_FORMATS.origin.words}`)
  const choice = check('level', 'x', { type: 'string', enum: ['low', 'high'] })
  assert.equal(choice?.message, 'Setting "level" must be one of "low", "high"')
  // A4: by the label that the form shows, in sentences.
  const titled = {
    type: 'number',
    maximum: 100,
    title: { en: 'Pictures per page', fr: 'Images par page' },
  } as const
  const large = check('perPage', 1000, titled)
  assert.equal(large?.message, 'Setting "Pictures per page" (perPage) must be 100 or less')
  assert.equal(large && wordsAlone(large, 'perPage', titled), 'must be 100 or less')
})

test('sizes and durations are shown by the shortest exact text', () => {
  const size = property('integer', 'bytes')
  for (const [value, text] of [
    [0, '0B'],
    [1001, '1001B'],
    [2000, '2kB'],
    [2048, '2KiB'],
    [500_000_000, '500MB'],
    [1_500_000_000, '1500MB'],
  ] as const)
    assert.equal(toText(value, size), text)
  const duration = property('integer', 'duration')
  for (const [value, text] of [
    [0, '0s'],
    [90_061_001, '1d1h1m1s1ms'],
    [604_800_000, '1w'],
  ] as const)
    assert.equal(toText(value, duration), text)
})
