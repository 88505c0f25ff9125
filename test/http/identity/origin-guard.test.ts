import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlugbayError } from '../../../runtime/errors.ts'
import { requireOwnName, requireOwnOrigin } from '../../../runtime/http/identity/origin-guard.ts'

const local = { publicUrl: null, publicUrls: [], trustProxy: false }
const named = { publicUrl: 'https://media.example.org', publicUrls: [], trustProxy: false }

function request(headers: Record<string, string>): Request {
  return new Request('http://localhost:3000/', { headers: { host: 'localhost:3000', ...headers } })
}

function hasCode(code: string) {
  return (error: unknown) => error instanceof PlugbayError && error.code === code
}

test('requireOwnName() lets loopback names and the public name pass', () => {
  for (const host of ['localhost', 'localhost:9', '127.0.0.1:3000', '[::1]:3000', 'hello.localhost:3000']) {
    requireOwnName(request({ host }), local)
  }
  requireOwnName(request({ host: 'media.example.org' }), named)
  requireOwnName(request({ host: 'localhost' }), named)
})

test('requireOwnName() refuses every other Host and Origin', () => {
  for (const host of [
    'evil.test',
    'localhost.evil.test',
    '192.168.1.5:3000',
    'media.example.org',
    'x.media.example.org',
    '',
  ]) {
    assert.throws(() => requireOwnName(request({ host }), local), hasCode('MISDIRECTED'), host)
  }
  for (const origin of ['https://evil.test', 'https://media.example.org', 'file://', 'nonsense']) {
    assert.throws(() => requireOwnName(request({ origin }), local), hasCode('MISDIRECTED'), origin)
  }
  requireOwnName(request({ origin: 'null' }), local)
})

test('A6: requireOwnOrigin() wants the very origin, not a neighbour on the same machine', () => {
  requireOwnOrigin(request({ origin: 'http://localhost:3000' }), local, 'always')
  requireOwnOrigin(request({ origin: 'https://media.example.org' }), named, 'always')
  const others = [
    'http://localhost:3001',
    'https://localhost:3000',
    'http://127.0.0.1:3000',
    'http://evil.localhost:3000',
    'https://media.example.org',
    'null',
    '',
  ]
  for (const origin of others) {
    for (const wanted of ['always', 'if-present'] as const) {
      assert.throws(
        () => requireOwnOrigin(request({ origin }), local, wanted),
        hasCode('FOREIGN_ORIGIN'),
        origin,
      )
    }
  }
})

test('every public address is ours, whichever name the request came by', () => {
  const several = { ...named, publicUrls: ['http://nas.local:3000', { url: 'https://b.example' }] }
  for (const host of ['media.example.org', 'nas.local', 'b.example'])
    requireOwnName(request({ host }), several)
  assert.throws(() => requireOwnName(request({ host: 'c.example' }), several), hasCode('MISDIRECTED'))
  for (const origin of ['https://media.example.org', 'http://nas.local:3000', 'https://b.example'])
    requireOwnOrigin(request({ host: 'nas.local:3000', origin }), several, 'always')
  for (const origin of ['https://nas.local:3000', 'http://b.example', 'https://c.example'])
    assert.throws(
      () => requireOwnOrigin(request({ host: 'nas.local:3000', origin }), several, 'always'),
      hasCode('FOREIGN_ORIGIN'),
      origin,
    )
})

test('requireOwnOrigin() does not take the origin of a plugin for ours', () => {
  const own = { host: 'evil.localhost:3000', origin: 'http://evil.localhost:3000' }
  assert.throws(() => requireOwnOrigin(request(own), local, 'always'), hasCode('FOREIGN_ORIGIN'))
})

test('requireOwnOrigin() accepts a missing Origin only as long as there is no credential', () => {
  requireOwnOrigin(request({}), local, 'if-present')
  assert.throws(() => requireOwnOrigin(request({}), local, 'always'), hasCode('FOREIGN_ORIGIN'))
})

test('requireOwnOrigin() believes the browser when it says that another site asks', () => {
  for (const site of ['cross-site', 'same-site', 'none']) {
    const headers = { origin: 'http://localhost:3000', 'sec-fetch-site': site }
    assert.throws(() => requireOwnOrigin(request(headers), local, 'always'), hasCode('FOREIGN_ORIGIN'), site)
  }
  requireOwnOrigin(
    request({ origin: 'http://localhost:3000', 'sec-fetch-site': 'same-origin' }),
    local,
    'always',
  )
})
