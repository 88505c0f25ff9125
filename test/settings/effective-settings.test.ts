// The value of a setting: which source wins, what is refused, and what the operator reads of it.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { effectiveSettings, type SettingSources } from '../../runtime/settings/effective-settings.ts'
import { variableClashes, variableOf } from '../../runtime/settings/variables.ts'

const SCHEMA = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string' },
    maxItems: { type: 'integer', default: 3 },
    isOpen: { type: 'boolean', default: false },
    maxSize: { type: 'integer', format: 'bytes', default: '10MB' },
    apiKey: { type: 'string', format: 'secret' },
  },
} as const

const VARIABLE = 'PLUGBAY_SETTING_USB_BACKUP_MAX_ITEMS'

function work(more: Partial<SettingSources>) {
  return effectiveSettings({
    pluginId: 'usb-backup',
    schema: SCHEMA,
    environment: {},
    stored: { name: 'a' },
    ...more,
  })
}

const by = (...pairs: (readonly [by: string, value: unknown])[]) =>
  pairs.map(([by, value]) => ({ by, value }))

describe('Precedence', () => {
  test('the command line over a variable over settings.toml over the administrator over another plugin over the default', () => {
    const sources = {
      flags: { maxItems: '8' },
      environment: { [VARIABLE]: '7' },
      file: { maxItems: 6 },
      stored: { name: 'a', maxItems: 5 },
      defaults: new Map([['maxItems', by(['lib', 4])]]),
    }
    const seen = (more: Partial<SettingSources>) => {
      const { values, views } = work(more)
      const { source, from, value } = views.maxItems ?? {}
      assert.equal(value, values.maxItems)
      return [value, source, from]
    }
    assert.deepEqual(seen(sources), [8, 'command-line', '--plugin.usb-backup.maxItems'])
    assert.deepEqual(seen({ ...sources, flags: {} }), [7, 'environment', VARIABLE])
    assert.deepEqual(seen({ ...sources, flags: {}, environment: {} }), [6, 'file', 'settings.toml'])
    const { defaults } = sources
    assert.deepEqual(seen({ stored: sources.stored, defaults }), [5, 'stored', undefined])
    assert.deepEqual(seen({ defaults }), [4, 'plugin', 'lib'])
    assert.deepEqual(seen({}), [3, 'default', undefined])
  })

  test('every source gives the normal form', () => {
    const variable = variableOf('usb-backup', 'maxSize')
    assert.equal(work({}).values.maxSize, 10_000_000)
    assert.equal(work({ environment: { [variable]: '2MB' } }).values.maxSize, 2_000_000)
    assert.equal(work({ file: { maxSize: '2MB' } }).values.maxSize, 2_000_000)
    assert.equal(work({ file: { maxSize: 5 } }).values.maxSize, 5)
    assert.equal(work({ stored: { name: 'a', maxSize: '2MB' } }).values.maxSize, 2_000_000)
    assert.equal(work({ defaults: new Map([['maxSize', by(['lib', '2MB'])]]) }).values.maxSize, 2_000_000)
  })

  test('a secret is in no value and no view, whatever its source', () => {
    for (const sources of [
      { stored: { name: 'a', apiKey: 's3cret' } },
      { file: { apiKey: 's3cret' } },
      { environment: { PLUGBAY_SETTING_USB_BACKUP_API_KEY: 's3cret' } },
    ]) {
      const { secrets, values, views } = work(sources)
      assert.deepEqual(secrets, { apiKey: 's3cret' })
      assert.doesNotMatch(JSON.stringify([values, views]), /s3cret/)
    }
  })
})

describe('Invalid value: any invalid value names its source, and never itself', () => {
  const problemsOf = (more: Partial<SettingSources>) => work(more).problems.map(({ message }) => message)

  test('a variable', () => {
    assert.deepEqual(problemsOf({ environment: { [VARIABLE]: 's3cret' } }), [
      `Setting "maxItems" must be a whole number (from ${VARIABLE})`,
    ])
    assert.equal(work({ environment: { [VARIABLE]: '' } }).problems.length, 1, 'blank is no number')
  })

  test('the file, with section and key', () => {
    assert.deepEqual(problemsOf({ file: { maxItems: 's3cret' } }), [
      'Setting "maxItems" must be a whole number (from settings.toml, section [usb-backup], key "maxItems")',
    ])
    assert.equal(problemsOf({ file: { maxSize: 'large' } }).length, 1)
    assert.equal(problemsOf({ file: { name: ['a'] } }).length, 1)
    assert.equal(problemsOf({ file: { name: { a: 1 } } }).length, 1)
  })

  test('what is stored, and what is missing', () => {
    assert.match(problemsOf({ stored: { name: 5 } })[0] ?? '', /\(as stored\)$/)
    const { problems, values, views, warnings } = work({ stored: { name: 'a', maxItems: 's3cret' } })
    assert.deepEqual([problems, values.maxItems, views.maxItems?.source], [[], 3, 'default'])
    assert.match(warnings[0]?.message ?? '', /the default is used: setting "maxItems" must be a whole number/)
    assert.doesNotMatch(JSON.stringify([warnings, views]), /s3cret/)
    assert.deepEqual(problemsOf({ stored: {} }), [
      'Setting "name" is required and has no value (as declared)',
    ])
    assert.deepEqual(problemsOf({ stored: {}, defaults: new Map([['name', by(['lib', 'b'])]]) }), [])
  })

  test('a file that has never been readable stops a plugin with settings, and no other', () => {
    const fileUnknown = { code: 'SETTINGS_FILE_INVALID', message: 'a syntax error' } as const
    assert.deepEqual(problemsOf({ fileUnknown }), ['a syntax error'])
    assert.deepEqual(problemsOf({ fileUnknown, schema: undefined }), [])
  })
})

describe('Unknown ini section/option: an unknown key is warned of and left out', () => {
  test('with the key that was meant', () => {
    const { warnings, problems, values } = work({ file: { maxItem: 1, ['__proto__']: 2, constructor: 3 } })
    assert.deepEqual(problems, [])
    assert.equal(values.maxItems, 3)
    assert.deepEqual(
      warnings.map(({ message, hint }) => [message.split(',')[0], hint]),
      [
        ['Section [usb-backup] of settings.toml has "maxItem"', 'Did you mean "maxItems"?'],
        [
          'Section [usb-backup] of settings.toml has "__proto__"',
          'It has: name, maxItems, isOpen, maxSize, apiKey',
        ],
        [
          'Section [usb-backup] of settings.toml has "constructor"',
          'It has: name, maxItems, isOpen, maxSize, apiKey',
        ],
      ],
    )
  })
})

describe('Changing defaults: another plugin may, within what the setting allows', () => {
  const warned = (key: string, ...pairs: (readonly [string, unknown])[]) => {
    const { values, warnings } = work({ defaults: new Map([[key, by(...pairs)]]) })
    return [values[key], ...warnings.map(({ message }) => message)]
  }

  test('two plugins: the later in order wins, and both names are shown', () => {
    assert.deepEqual(warned('maxItems', ['lib', 4], ['school', 5]), [
      5,
      '"lib" and "school" change the default of "maxItems"; "school" is the last in order and wins',
    ])
  })

  test('a value that does not fit is left out, and the other plugin wins without a conflict', () => {
    const [value, ...messages] = warned('maxItems', ['lib', 4], ['school', 'many'])
    assert.deepEqual(
      [value, messages],
      [
        4,
        [
          'The default that "school" would give to "maxItems" is left out: the setting must be a whole number',
        ],
      ],
    )
  })

  test('a secret has no default, and a setting that is not there is a warning', () => {
    assert.match(String(warned('apiKey', ['lib', 's3cret'])[1]), /"lib".*"apiKey".*is a secret/)
    assert.equal(work({ defaults: new Map([['apiKey', by(['lib', 's3cret'])]]) }).secrets.apiKey, undefined)
    const { warnings } = work({ defaults: new Map([['maxItem', by(['lib', 1])]]) })
    assert.deepEqual(
      warnings.map(({ message, hint }) => [message, hint]),
      [
        [
          '"lib" would change the default of "maxItem", which is not one of the settings',
          'Did its author mean "maxItems"?',
        ],
      ],
    )
  })

  test('thousands of wishes cost the operator fifty warnings at most', () => {
    const defaults = new Map(Array.from({ length: 2000 }, (_, n) => [`key${n}`, by(['lib', n])]))
    assert.equal(work({ defaults }).warnings.length, 50)
  })
})

describe('Env names: a variable that means two settings', () => {
  const owners = [
    { pluginId: 'a', createdAt: '2026-02-01', keys: ['b_c', 'x'] },
    { pluginId: 'a-b', createdAt: '2026-01-01', keys: ['c'] },
  ] as const
  const variable = 'PLUGBAY_SETTING_A_B_C'

  test('is reported with both names, and counts for the plugin that was installed first', () => {
    assert.equal(variableOf('a', 'b_c'), variable)
    assert.equal(variableOf('a-b', 'c'), variable)
    const [late, early] = owners
    const clashes = variableClashes(late, [early])
    assert.deepEqual(clashes, [
      {
        variable,
        settings: [
          { pluginId: 'a-b', key: 'c' },
          { pluginId: 'a', key: 'b_c' },
        ],
      },
    ])
    assert.deepEqual(variableClashes(early, [late]), clashes)
    const of = (pluginId: string, key: string) =>
      effectiveSettings({
        pluginId,
        schema: { type: 'object', properties: { [key]: { type: 'string', default: 'own' } } },
        environment: { [variable]: 'given' },
        stored: {},
        clashes,
      })
    assert.equal(of('a-b', 'c').values.c, 'given')
    assert.equal(of('a', 'b_c').values.b_c, 'own')
    for (const { warnings } of [of('a-b', 'c'), of('a', 'b_c')])
      assert.deepEqual(
        warnings.map(({ code, message }) => [code, message]),
        [
          [
            'SETTINGS_CONFLICT',
            `The variable ${variable} means "c" of "a-b" and "b_c" of "a"; it counts for "c" of "a-b", which was installed first`,
          ],
        ],
      )
  })

  test('also within one plugin, where the first key has it', () => {
    const [clash] = variableClashes({ pluginId: 'a', createdAt: '', keys: ['apiKey', 'api_key'] }, [])
    assert.deepEqual(
      clash?.settings.map(({ key }) => key),
      ['apiKey', 'api_key'],
    )
  })
})
