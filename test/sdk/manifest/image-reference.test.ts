import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isTagTemplate, parseReference } from '../../../sdk/manifest/image-reference.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

describe('parseReference()', () => {
  for (const [text, registry, path, tag, digest] of [
    ['redis', 'docker.io', 'redis', null, null],
    ['redis:7', 'docker.io', 'redis', '7', null],
    ['username/imagename:latest', 'docker.io', 'username/imagename', 'latest', null],
    ['docker.io/overhangio/openedx:v1.0', 'docker.io', 'overhangio/openedx', 'v1.0', null],
    ['localhost/x', 'localhost', 'x', null, null],
    ['localhost:5000/x', 'localhost:5000', 'x', null, null],
    ['127.0.0.1:5000/group/x_y__z-w.v:1', '127.0.0.1:5000', 'group/x_y__z-w.v', '1', null],
    ['[::1]:5000/x:1', '[::1]:5000', 'x', '1', null],
    ['Registry/x', 'Registry', 'x', null, null],
    [`ghcr.io/a/b@${DIGEST}`, 'ghcr.io', 'a/b', null, DIGEST],
    [`a:1@${DIGEST}`, 'docker.io', 'a', '1', DIGEST],
    [`x:${'t'.repeat(128)}`, 'docker.io', 'x', 't'.repeat(128), null],
  ] as const) {
    it(`reads ${text.slice(0, 60)}`, () => {
      assert.deepEqual(parseReference(text), { registry, path, tag, digest })
    })
  }

  for (const text of [
    ...[
      '',
      ' ',
      'a b',
      '-x',
      '--tls-verify=false',
      '-v/x',
      'x/-y',
      'Redis',
      'a//b',
      '/a',
      'a/',
      'a:',
      'a:1:2',
      'a:-1',
      'a:.1',
    ],
    ...[
      'a@',
      '@',
      `@${DIGEST}`,
      'a@sha256:12',
      `a@${DIGEST}@${DIGEST}`,
      'a___b',
      'a.',
      'a..b',
      'http://a/b',
      'a\nb',
      'a\0',
      'é',
    ],
    ...[
      '-h.example/x',
      'h.example-/x',
      'h.example:port/x',
      '../x',
      './x',
      'a/../b',
      '$(id)',
      'a;b',
      'oci-archive:/tmp/x',
      `${'a/'.repeat(200)}a`,
    ],
    ...['x'.repeat(256), `x:${'t'.repeat(129)}`],
  ]) {
    it(`refuses ${JSON.stringify(text.slice(0, 60))}`, () => assert.equal(parseReference(text), undefined))
  }

  it('takes linear time for what is hostile', () => {
    for (const part of ['a-', 'a.', 'a_', 'A-', '1:', '[:'])
      for (const end of ['', '/x', '!'])
        assert.equal(typeof parseReference(part.repeat(300) + end), 'undefined')
  })
})

describe('isTagTemplate()', () => {
  it('knows a tag that has yet to be rendered', () => {
    assert.deepEqual(
      ['redis:7', '{{ REGISTRY }}redis', '{% if A %}a{% endif %}', '{# no #}a', 'a{b}'].map(isTagTemplate),
      [false, true, true, true, false],
    )
  })
})
