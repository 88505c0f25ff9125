// Tutor's filters give what Tutor documents.

import assert from 'node:assert/strict'
import { createHmac, createPrivateKey } from 'node:crypto'
import { test } from 'node:test'
import { compareSync } from 'bcryptjs'
import { openEngine, renderOne } from './engine.ts'

test('filters of Tutor', async (t) => {
  const engine = openEngine(t)
  const values = {
    A: true,
    B: false,
    KEY: 'master',
    MAP: { x: 1 },
    EMPTY: '',
    RUN_A: 'a',
    RUN_B: '',
    OTHER_A: 'o',
  }
  const templates = {
    'apps/b': '',
    'apps/a': '',
    'apps/.hidden': '',
    'apps/partials/c': '',
    'apps/x.pyc': '',
    other: '',
  }
  const cases: readonly [string, string][] = [
    ['{{ "sub1.domain.com"|common_domain("sub2.domain.com") }}', 'domain.com'],
    ['{{ "a.com"|common_domain("b.org") }}|', '|'],
    ['{{ "domain.com"|common_domain("domain.com") }}', 'domain.com'],
    ['{{ "www.google.com"|reverse_host }}', 'com.google.www'],
    ['{{ [("mysql", A), ("redis", B), ("é", 1)]|list_if }}', '["mysql", "\\u00e9"]'],
    ['{{ 65537|long_to_base64 }} {{ 0|long_to_base64 }}', 'AQAB AA'],
    ['{{ KEY|uid_master_hash("uid") }}', createHmac('sha256', 'master').update('uid').digest('hex')],
    ['{% for file in "apps"|walk_templates %}{{ file }};{% endfor %}', 'apps/a;apps/b;'],
    ['{{ iter_values_named(prefix="RUN_")|join(",") }}', 'a'],
    ['{{ iter_values_named("RUN_", allow_empty=True)|length }}', '2'],
    ['{{ iter_values_named(suffix="_A")|list }}', "['a', 'o']"],
  ]
  for (const [template, expected] of cases) {
    const { text, messages } = await renderOne(engine, template, { values, templates })
    assert.deepEqual(messages, [], template)

    assert.equal(text, expected, template)
  }
})

test('random texts and identifiers differ, and have their form', async (t) => {
  const engine = openEngine(t)
  const { text = '' } = await renderOne(engine, '{{ 8|random_string }} {{ 8|random_string }} {{ 4|uuid }}')
  const [first, second, uuid] = text.split(' ')
  assert.match(first ?? '', /^[A-Za-z0-9]{8}$/)
  assert.notEqual(first, second)
  assert.match(uuid ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const other = await renderOne(engine, '{{ 1|uuid }}')
  assert.match(other.messages[0] ?? '', /uuid: only version 4 is known/)
})

test('a password is encrypted as bcrypt of 12 rounds', async (t) => {
  const engine = openEngine(t)
  const { text = '' } = await renderOne(engine, '{{ "secret"|encrypt }}')
  assert.match(text, /^\$2a\$12\$/)
  assert.ok(compareSync('secret', text))
  const long = await renderOne(engine, '{{ ("x" * 73)|encrypt }}')
  assert.match(long.messages[0] ?? '', /longer than 72 bytes/)
})

test('the numbers of an RSA key are those of its JSON web key', async (t) => {
  const engine = openEngine(t)
  const key = (await renderOne(engine, '{{ 2048|rsa_private_key }}')).text ?? ''
  assert.match(key, /^-----BEGIN RSA PRIVATE KEY-----\n[\s\S]+\n-----END RSA PRIVATE KEY-----$/)
  const names = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'invq']
  const numbers = names.map((name) => `{{ key.${name}|long_to_base64 }}`).join(' ')
  const { text = '' } = await renderOne(
    engine,
    `{% set key | rsa_import_key %}{{ KEY }}{% endset %}${numbers}`,
    { values: { KEY: key } },
  )
  const { n, e, d, p, q, dp, dq, qi } = createPrivateKey(key).export({ format: 'jwk' })
  assert.deepEqual(text.split(' '), [n, e, d, p, q, dp, dq, qi])
  const bad = await renderOne(engine, '{{ "x"|rsa_import_key }}')
  assert.match(bad.messages[0] ?? '', /not a private RSA key in PEM/)
})
