// Which value holds, who owns it, who else wanted it, what is a secret, and which conflicts there are: a pure function.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layerValues, type ValueSources } from '../../runtime/values/layers.ts'

const NOTHING: ValueSources = {
  host: { id: 'library', defaults: {}, secrets: [] },
  environment: new Map(),
  stored: new Map(),
  kept: [],
  plugins: [],
}
const HOST = {
  id: 'library',
  defaults: { HOST: 'localhost', MASTER_PASSWORD: 'x' },
  secrets: ['MASTER_PASSWORD'],
}

const layer = (sources: Partial<ValueSources>) => layerValues({ ...NOTHING, ...sources })
const shown = (sources: Partial<ValueSources>, name: string) => {
  const value = layer(sources).values.get(name)
  return value && [value.value, value.source, value.by, value.owner]
}
const messages = (sources: Partial<ValueSources>) =>
  layer(sources).warnings.map(({ by, problem }) => [by.join(), problem.message])

test('Precedence: environment, user, plugin set, plugin default, host default', () => {
  const plugins = [
    { id: 'redis', values: { defaults: { HOST: 'plugin' }, set: { HOST: 'set' } } },
    { id: 'other', values: { set: { REDIS_HOST: 'set' } } },
  ]
  const sources = { ...NOTHING, host: { ...HOST, defaults: { HOST: 'host', REDIS_HOST: 'host' } } }
  assert.deepEqual(shown(sources, 'REDIS_HOST'), ['host', 'default', 'library', 'library'])
  const [redis] = plugins
  assert.deepEqual(shown({ ...sources, plugins: redis ? [redis] : [] }, 'REDIS_HOST')?.slice(0, 3), [
    'plugin',
    'plugin-default',
    'redis',
  ])
  assert.deepEqual(shown({ ...sources, plugins }, 'REDIS_HOST')?.slice(0, 3), ['set', 'plugin', 'other'])
  const stored = new Map([['REDIS_HOST', 'user']])
  assert.deepEqual(shown({ ...sources, plugins, stored }, 'REDIS_HOST')?.slice(0, 3), [
    'user',
    'stored',
    null,
  ])
  const all = { ...sources, plugins, stored, environment: new Map([['REDIS_HOST', 'env']]) }
  assert.deepEqual(shown(all, 'REDIS_HOST')?.slice(0, 3), ['env', 'environment', 'PLUGBAY_VALUE_REDIS_HOST'])
  assert.deepEqual(
    layer(all)
      .values.get('REDIS_HOST')
      ?.others.map(({ source, by, value }) => [source, by, value]),
    [
      ['default', 'library', 'host'],
      ['plugin-default', 'redis', 'plugin'],
      ['plugin', 'other', 'set'],
      ['stored', null, 'user'],
    ],
  )
})

test('config.add and config.defaults have the prefix of the plugin in capitals, config.set has none', () => {
  const { values, missing } = layer({
    host: HOST,
    plugins: [
      {
        id: 'my-plugin',
        values: {
          add: { SECRET_KEY: '{{ 8|random_string }}' },
          defaults: { DOCKER_IMAGE: 'a/b:latest' },
          set: { HOST: 'h4cked' },
        },
      },
    ],
  })
  assert.deepEqual(
    [...values].map(([name, { value, owner }]) => [name, value, owner]),
    [
      ['HOST', 'h4cked', 'library'],
      ['MASTER_PASSWORD', 'x', 'library'],
      ['MY_PLUGIN_DOCKER_IMAGE', 'a/b:latest', 'my-plugin'],
    ],
  )
  assert.deepEqual(missing, [
    {
      ...{ pluginId: 'my-plugin', key: 'SECRET_KEY', name: 'MY_PLUGIN_SECRET_KEY' },
      ...{ template: '{{ 8|random_string }}', isSecret: true },
    },
  ])
})

test('config.add: nothing is made where there is a kept value, or one of the operator', () => {
  const plugins = [{ id: 'redis', values: { add: { KEY: '{{ 8|random_string }}' } } }]
  const kept = [{ pluginId: 'redis', key: 'KEY', value: 'made', isSecret: true }]
  assert.deepEqual([layer({ plugins }).missing.length, layer({ plugins, kept }).missing.length], [1, 0])
  assert.deepEqual(shown({ plugins, kept }, 'REDIS_KEY'), ['made', 'kept', 'redis', 'redis'])
  const stored = new Map([['REDIS_KEY', 'mine']])
  assert.deepEqual(
    [layer({ plugins, stored }).missing, shown({ plugins, kept, stored }, 'REDIS_KEY')?.[0]],
    [[], 'mine'],
  )
  assert.deepEqual(layer({ plugins, environment: new Map([['REDIS_KEY', 'env']]) }).missing, [])
})

test('config.add: what a plugin has added stays while it is disabled, but in the way of nobody', () => {
  const kept = [
    { pluginId: 'redis', key: 'KEY', value: 'made', isSecret: true },
    { pluginId: 'redis', key: 'HOST', value: 'made', isSecret: false },
  ]
  assert.deepEqual(shown({ kept }, 'REDIS_KEY'), ['made', 'kept', 'redis', 'redis'])
  const host = { ...HOST, defaults: { REDIS_HOST: 'localhost' } }
  assert.deepEqual(shown({ kept, host }, 'REDIS_HOST'), ['localhost', 'default', 'library', 'library'])
  const plugins = [{ id: 'other', values: { set: { REDIS_HOST: 'set' } } }]
  assert.deepEqual(shown({ kept, plugins }, 'REDIS_HOST')?.slice(0, 3), ['set', 'plugin', 'other'])
})

test('config.set: of two plugins the last in order counts, and the conflict names both', () => {
  const ant = { id: 'ant', values: { set: { HOST: 'a', MODE: 'same' } } }
  const bee = { id: 'bee', values: { set: { HOST: 'b', MODE: 'same' } } }
  const host = { ...HOST, defaults: { HOST: 'localhost', MODE: 'x' } }
  for (const [plugins, last] of [
    [[ant, bee], 'bee'],
    [[bee, ant], 'ant'],
  ] as const) {
    assert.equal(shown({ host, plugins }, 'HOST')?.[2], last)
    const ids = plugins.map(({ id }) => id)
    assert.deepEqual(messages({ host, plugins }), [
      [
        ids.join(),
        `"${ids[0]}" and "${ids[1]}" set the value "HOST"; "${last}" is the last in order and counts`,
      ],
    ])
  }
})

test('config.set: a name that nobody has is a warning with the name that was meant', () => {
  const plugins = [{ id: 'ant', values: { set: { HOTS: 'a' } } }]
  const [warning] = layer({ host: HOST, plugins }).warnings
  assert.deepEqual(
    [warning?.by, warning?.problem.code, warning?.problem.hint],
    [['ant'], 'VALUE_UNKNOWN', 'Did you mean "HOST"?'],
  )
  assert.deepEqual(layer({ host: HOST, plugins, stored: new Map([['HOTS', 1]]) }).warnings, [])
})

test('names that clash are conflicts with everyone who has them', () => {
  const plugins = [
    { id: 'a', values: { defaults: { B_C: 1 } } },
    { id: 'a-b', values: { add: { C: 2 } } },
  ]
  assert.deepEqual(messages({ plugins }), [
    ['a,a-b', '"a" and "a-b" have values of the name "A_B_C", and only one of them counts'],
  ])
  const taken = [{ id: 'redis', values: { add: { KEY: 'x' }, defaults: { HOST: 'y' } } }]
  const host = { ...HOST, defaults: { REDIS_KEY: 1, REDIS_HOST: 2 } }
  assert.deepEqual(messages({ host, plugins: taken }), [
    [
      'redis',
      '"REDIS_HOST" of "redis" has the name of a value of "library": the default of "redis" counts while it serves',
    ],
    [
      'redis',
      '"REDIS_KEY" of "redis" has the name of a value of "library": what "redis" adds does not count',
    ],
  ])
  assert.deepEqual(layer({ host, plugins: taken }).missing, [])
  const over = [
    { id: 'ant', values: { set: { REDIS_KEY: 'x' } } },
    { id: 'redis', values: { add: { KEY: '{{ 8|random_string }}' } } },
  ]
  assert.deepEqual(messages({ plugins: over }), [
    ['ant,redis', '"ant" sets "REDIS_KEY", which "redis" has added: that counts'],
  ])
})

test('a variable of a value that nobody has changes nothing, and is named', () => {
  const environment = new Map([['HOTS', 'x']])
  const { values, warnings } = layer({ host: HOST, environment })
  assert.equal(values.has('HOTS'), false)
  assert.deepEqual(
    warnings.map(({ problem }) => [problem.message, problem.hint]),
    [['The variable PLUGBAY_VALUE_HOTS is of no value', 'Did you mean "HOST"?']],
  )
})

test('secrets: marked ones, random ones, sealed ones, and all that name them', () => {
  const { values, missing } = layer({
    host: {
      ...HOST,
      defaults: { ...HOST.defaults, URL: 'x://{{ MASTER_PASSWORD }}@{{ HOST }}', PAGE: '{{ URL }}/x' },
    },
    kept: [{ pluginId: 'away', key: 'KEY', value: 'made', isSecret: true }],
    plugins: [
      {
        id: 'redis',
        values: {
          add: { KEY: 'a{{ 8 | random_string }}', NAME: 'redis', DSN: '{{ PAGE }}' },
          defaults: {
            PIN: '1234',
            WORDS: 'MASTER_PASSWORD is a name',
            ALL: '{{ iter_values_named(suffix="PASSWORD") }}',
          },
          secrets: ['PIN'],
        },
      },
    ],
  })
  assert.deepEqual(Object.fromEntries([...values].map(([name, { secrecy }]) => [name, secrecy])), {
    ...{ AWAY_KEY: 'secret', HOST: 'open', MASTER_PASSWORD: 'secret', PAGE: 'derived', URL: 'derived' },
    ...{ REDIS_ALL: 'derived', REDIS_PIN: 'secret', REDIS_WORDS: 'open' },
  })
  assert.deepEqual(
    missing.map(({ key, isSecret }) => [key, isSecret]),
    [
      ['KEY', true],
      ['NAME', false],
      ['DSN', true],
    ],
  )
})

test('names of the language are names like others', () => {
  const plugins = [{ id: 'ant', values: { set: { constructor: 'x', toString: 'y' } } }]
  assert.deepEqual([...layer({ plugins }).values.keys()], ['constructor', 'toString'])
})
