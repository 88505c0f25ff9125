// Class: allow lists towards plugins (K). On an origin that a plugin shares, its answers give no orders to browsers, proxies and caches.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { bothWays, install, startTestRuntime } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { record } from './helpers/record.ts'
import { answer, BACKEND } from './helpers/shared-origin.ts'

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
  await install(runtime, { id: 'evil', backend: BACKEND })
})

bothWays('K4 no dialog of a browser asks for a password in the name of the whole origin', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const challenge of [
    'Basic realm="Plugbay administration"',
    'basic',
    'BASIC realm=x',
    'Digest realm="x", nonce="1"',
    'Negotiate',
    'NTLM',
    'Mutual realm="x"',
    'Bearer realm="x", Basic realm="y"',
    'Bearer, Basic',
    'Bearer realm=x,Basic realm=y',
    'Bearer realm="a\\", Basic realm="',
    'Bearer realm="a, Basic realm=b',
    'Basic\trealm="x"',
    'SomethingNew x',
  ]) {
    const headers = await answer(client, [['www-authenticate', challenge]], { status: 401 })
    assert.equal(headers.get('www-authenticate'), null, challenge)
  }
  for (const challenge of [
    'Bearer',
    'Bearer realm="api", error="invalid_token", error_description="Too old, get another"',
    'DPoP algs="ES256", Bearer resource_metadata="https://example.org/x"',
  ]) {
    const headers = await answer(client, [['www-authenticate', challenge]], { status: 401 })
    assert.equal(headers.get('www-authenticate'), challenge)
  }
})

const ORDERS = [
  'x-accel-redirect',
  'x-accel-expires',
  'x-sendfile',
  'x-lighttpd-send-file',
  'x-litespeed-location',
  'x-reproxy-url',
  'x-archive-files',
  'x-envoy-immediate-health-check-fail',
  'x-envoy-degraded',
  'x-envoy-overloaded',
  'x-envoy-upstream-alt-stat-name',
  'x-middleware-rewrite',
  'x-middleware-next',
  'x-middleware-set-cookie',
  'x-nextjs-redirect',
  'x-vercel-cache',
  'x-fastly-something',
  'x-varnish',
  'x-amz-website-redirect-location',
  'x-original-url',
  'x-rewrite-url',
  'x-cache-control',
  'x-edge-control',
  'x-sourcemap',
  'x-frame-options',
  'x-webkit-csp',
  'x-invented-tomorrow',
  'surrogate-control',
  'surrogate-key',
  'cdn-cache-control',
  'cdn-loop',
  'cloudflare-cdn-cache-control',
  'netlify-cdn-cache-control',
  'edge-control',
  'cache-tag',
  'alt-svc',
  'nel',
  'report-to',
  'reporting-endpoints',
  'set-cookie2',
  'proxy-authenticate',
  'proxy-authentication-info',
  'access-control-allow-private-network',
  'access-control-invented-tomorrow',
  'server',
  'via',
  'link',
  'refresh',
] as const

bothWays('K5 an answer gives no orders to browsers, proxies and caches, known or not', async (t, way) => {
  const client = await way.open(t, runtime)
  const harmless = {
    'x-request-id': '1',
    'x-total-count': '2',
    'x-ratelimit-limit': '3',
    'x-plugin-mine': '4',
  }
  const headers = await answer(client, [
    ...ORDERS.map((name) => [name, 'forged'] as const),
    ...Object.entries(harmless),
  ])
  for (const name of ORDERS) assert.notEqual(headers.get(name), 'forged', name)
  for (const [name, value] of Object.entries(harmless)) assert.equal(headers.get(name), value)
  record({
    id: `K5-${way.name}`,
    area: 'http',
    title: `${ORDERS.length} orders to browsers and proxies in an answer`,
    culprit: 'left out',
  })
})

bothWays('K5 the operator extends the list, but not to policies of the runtime', async (t, way) => {
  const allowedHeaders = ['x-acme-*', 'x-accel-expires', 'x-*', 'content-security-policy*']
  const own = await startTestRuntime(t, { config: { http: { allowedHeaders } } })
  await install(own, { id: 'evil', backend: BACKEND })
  const client = await way.open(t, own)
  const headers = await answer(client, [
    ['x-acme-region', 'eu'],
    ['x-accel-expires', '5'],
    ['x-invented', 'yes'],
    ['x-frame-options', 'ALLOWALL'],
    ['x-content-type-options', 'forged'],
    ['content-security-policy-report-only', 'default-src *'],
  ])
  assert.equal(headers.get('x-acme-region'), 'eu')
  assert.equal(headers.get('x-accel-expires'), '5')
  assert.equal(headers.get('x-invented'), 'yes')
  assert.equal(headers.get('x-frame-options'), null)
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.equal(headers.get('content-security-policy-report-only'), null)
})
