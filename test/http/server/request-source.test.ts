import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  clientAddress,
  isLoopbackName,
  isPlainLoopback,
  peerOf,
  sourceOf,
} from '../../../runtime/http/server/request-source.ts'

const alone = { publicUrl: null, publicUrls: [], trustProxy: false }
const proxied = { publicUrl: null, publicUrls: [], trustProxy: true }

function request(headers: Record<string, string> = {}, url = 'http://localhost:3000/x'): Request {
  return new Request(url, { headers })
}

test('sourceOf() takes the Host header in canonical form', () => {
  assert.equal(sourceOf(request({ host: 'LOCALHOST:80' }), alone)?.origin, 'http://localhost')
  assert.equal(sourceOf(request({ host: '[0:0::1]:3000' }), alone)?.hostname, '[::1]')
  assert.equal(sourceOf(request(), alone)?.origin, 'http://localhost:3000')
})

test('sourceOf() finds no name in a Host that is more than a name', () => {
  for (const host of [
    'localhost/evil',
    'evil@localhost',
    'localhost?x',
    'localhost#x',
    'local host',
    'localhost\\x',
    'a:b:c',
    ':80',
  ]) {
    assert.equal(sourceOf(request({ host }), alone), null, host)
  }
})

test('sourceOf() believes forwarded headers only behind a trusted proxy, and only its last entry', () => {
  const headers = {
    host: 'localhost',
    'x-forwarded-host': 'evil.test, media.example.org',
    'x-forwarded-proto': 'http, https',
  }
  assert.equal(sourceOf(request(headers), alone)?.origin, 'http://localhost')
  assert.equal(sourceOf(request(headers), proxied)?.origin, 'https://media.example.org')
})

test('sourceOf() takes the scheme of the public address where a proxy ends TLS untrusted', () => {
  const config = { publicUrl: 'https://media.example.org', publicUrls: [], trustProxy: false }
  assert.equal(sourceOf(request({ host: 'media.example.org' }), config)?.scheme, 'https')
  assert.equal(sourceOf(request({ host: 'localhost:3000' }), config)?.scheme, 'http')
  const several = { ...config, publicUrls: ['http://nas.local:3000', 'https://b.example'] }
  assert.equal(sourceOf(request({ host: 'nas.local:3000' }), several)?.origin, 'http://nas.local:3000')
  assert.equal(sourceOf(request({ host: 'b.example' }), several)?.origin, 'https://b.example')
})

test('clientAddress() is the peer, or what the trusted proxy wrote last', () => {
  const forged = request({ 'x-forwarded-for': '1.1.1.1, 2.2.2.2' })
  assert.equal(clientAddress(forged, '9.9.9.9', alone), '9.9.9.9')
  assert.equal(clientAddress(forged, '9.9.9.9', proxied), '2.2.2.2')
  assert.equal(clientAddress(request(), undefined, proxied), 'in-process')
})

test('loopback names are those that cannot be made to resolve elsewhere', () => {
  for (const name of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]', 'hello.localhost'])
    assert.equal(isLoopbackName(name), true, name)
  for (const name of [
    'localhost.evil.test',
    'evillocalhost',
    '128.0.0.1',
    '127.0.0.1.evil.test',
    '0.0.0.0',
    '',
  ]) {
    assert.equal(isLoopbackName(name), false, name)
  }
  assert.equal(isPlainLoopback('hello.localhost'), false)
})

test('peerOf() finds the address of a Node connection, and nothing in other environments', () => {
  assert.equal(peerOf({ incoming: { socket: { remoteAddress: '::1' } } }), '::1')
  for (const env of [undefined, null, 1, {}, { incoming: null }, { incoming: { socket: {} } }])
    assert.equal(peerOf(env), undefined)
})
