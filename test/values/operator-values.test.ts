// The file of the application and variables of the server: YAML, read with its places, and refused as a whole.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { PlugbayError } from '../../runtime/errors.ts'
import { readOperatorValues } from '../../runtime/values/operator-values.ts'
import { parseYaml } from '../../runtime/values/yaml.ts'
import { temporaryFolder } from '../support/runtime.ts'

async function fileOf(t: TestContext, text: string): Promise<string> {
  const path = join(await temporaryFolder(t), 'values.yml')
  await writeFile(path, text)
  return path
}

async function refusal(reading: Promise<unknown>): Promise<PlugbayError> {
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof PlugbayError)
  return error
}

test('values of the application are YAML 1.2: words are texts, templates are texts in quotes', async (t) => {
  const path = await fileOf(
    t,
    '# all\nPORT: 8080\nON: yes\nTIME: 22:30\nURL: "http://{{ HOST }}"\nHOSTS: [a, b]\nMAP: { a: null }\n',
  )
  const { defaults } = await readOperatorValues({ templates: { values: path } }, {})
  assert.deepEqual(defaults, {
    ...{
      PORT: 8080,
      ON: 'yes',
      TIME: '22:30',
      URL: 'http://{{ HOST }}',
      HOSTS: ['a', 'b'],
      MAP: { a: null },
    },
  })
  assert.deepEqual(
    (await readOperatorValues({ templates: { values: await fileOf(t, '') } }, {})).defaults,
    {},
  )
})

test('a file that cannot be used is refused with its place', async (t) => {
  const read = async (text: string) =>
    await refusal(readOperatorValues({ templates: { values: await fileOf(t, text) } }, {}))
  const syntax = await read('A: 1\nB: [1\nC: 2\n')
  assert.deepEqual([syntax.code, syntax.problems[0]?.line], ['HOST_INVALID', 3])
  assert.match((await read('- a\n')).message, /holds no values by name/)
  assert.match((await read('A-B: 1\n')).message, /"A-B" in ".+" cannot be the name of a value/)
  assert.match((await read('A: 1\nA: 2\n')).message, /is not valid YAML in line 2/)
  const absent = await refusal(readOperatorValues({ templates: { values: '/nowhere/values.yml' } }, {}))
  assert.match(absent.message, /cannot be read: ENOENT/)
})

test('variables are YAML, by the name of the value; a wrong one is named, and its text is not repeated', async () => {
  const environment = {
    PLUGBAY_VALUE_PORT: '8080',
    PLUGBAY_VALUE_HOSTS: '[a, b]',
    PLUGBAY_VALUE_EMPTY: '',
    OTHER: 'x',
  }
  assert.deepEqual(
    [...(await readOperatorValues({}, environment)).environment],
    [
      ['PORT', 8080],
      ['HOSTS', ['a', 'b']],
      ['EMPTY', null],
    ],
  )
  const error = await refusal(readOperatorValues({}, { PLUGBAY_VALUE_KEY: '[s3cret' }))
  assert.match(error.message, /^The variable PLUGBAY_VALUE_KEY is not valid YAML/)
  assert.doesNotMatch(JSON.stringify([error.message, error.problems]), /s3cret/)
})

test('what is not JSON is refused: aliases that explode, numbers without an end, keys that are no texts', () => {
  const laughs = `a: &a [${'x,'.repeat(9)}]\nb: &b [${'*a,'.repeat(9)}]\nc: &c [${'*b,'.repeat(9)}]\nd: [${'*c,'.repeat(9)}]`
  for (const text of [
    laughs,
    '.inf',
    '.nan',
    '? [a]\n: 1',
    '__proto__: 1',
    '{{ HOST }}',
    'a: !!binary aGk=',
    '!tag x',
  ])
    assert.equal(parseYaml(text).ok, false, text)
})
