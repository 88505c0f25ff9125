import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownOriginOf } from '../../../runtime/http/exchange/mount.ts'
import { locate } from '../../../runtime/http/routing/locate.ts'
import { type OriginMode, originMode } from '../../../runtime/http/routing/origin.ts'

const LOCAL = { publicUrl: null, publicUrls: [], pluginDomain: null }
const PUBLIC = { publicUrl: 'https://media.example.org', publicUrls: [], pluginDomain: 'plugins.example.net' }

const ask = (
  hostHeader: string | null,
  config: typeof LOCAL | typeof PUBLIC = LOCAL,
  scheme: 'http' | 'https' = 'http',
) => originMode({ hostHeader, config, port: 3000, scheme })

/** Of the plugin "hello", as one of its pages is asked for. */
function ownOriginAt(mode: OriginMode, basePath = ''): string | null {
  assert.ok(mode.kind !== 'foreign')
  const target = locate('/plugins/hello/', mode, {
    basePath,
    hasOwnOrigins: basePath === '',
    ownOriginsOnly: false,
    languages: { has: () => false, match: () => undefined, isTranslated: () => undefined },
  })
  assert.ok(target.kind === 'page')
  return ownOriginOf(target.mount)
}

test('originMode() knows loopback names, and offers own origins below "localhost" only', () => {
  assert.deepEqual(ask('localhost:3000'), {
    kind: 'shared',
    origin: 'http://localhost:3000',
    pluginSuffix: 'localhost:3000',
  })
  assert.deepEqual(ask('127.0.0.1:3000'), {
    kind: 'shared',
    origin: 'http://127.0.0.1:3000',
    pluginSuffix: null,
  })
  assert.deepEqual(ask('[::1]:3000'), { kind: 'shared', origin: 'http://[::1]:3000', pluginSuffix: null })
  assert.equal(ownOriginAt(ask('LOCALHOST:8080')), 'http://hello.localhost:8080')
  assert.equal(ownOriginAt(ask('127.0.0.1:3000')), null)
  assert.equal(ownOriginAt(ask('localhost:3000'), '/tools'), null)
  assert.equal(ownOriginAt(ask('hello.localhost:3000')), null)
  assert.equal(ownOriginAt(ask('localhost:3000', PUBLIC)), 'http://hello.localhost:3000')
})

test('originMode() knows the origins of plugins', () => {
  assert.deepEqual(ask('usb-backup.localhost:3000'), {
    kind: 'plugin',
    id: 'usb-backup',
    origin: 'http://usb-backup.localhost:3000',
    shellOrigin: 'http://localhost:3000',
  })
  assert.deepEqual(ask('hello.plugins.example.net', PUBLIC, 'https'), {
    kind: 'plugin',
    id: 'hello',
    origin: 'https://hello.plugins.example.net',
    shellOrigin: 'https://media.example.org',
  })
})

test('originMode() takes localhost for our own pages as long as there is no public URL', () => {
  const config = { publicUrl: null, publicUrls: [], pluginDomain: 'plugins.test' }
  const mode = originMode({ hostHeader: 'hello.plugins.test:3000', config, port: 3000 })
  assert.deepEqual(mode, {
    kind: 'plugin',
    id: 'hello',
    origin: 'http://hello.plugins.test:3000',
    shellOrigin: 'http://localhost:3000',
  })
})

test('originMode() knows the public name, whatever port a proxy adds', () => {
  assert.deepEqual(ask('media.example.org', PUBLIC, 'https'), {
    kind: 'shared',
    origin: 'https://media.example.org',
    pluginSuffix: 'plugins.example.net',
  })
  assert.equal(ownOriginAt(ask('media.example.org', PUBLIC)), 'https://hello.plugins.example.net')
  assert.equal(
    ownOriginAt(
      originMode({
        hostHeader: 'm.example',
        config: { publicUrl: 'http://m.example:81', publicUrls: [], pluginDomain: 'p.example' },
        port: 1,
      }),
    ),
    'http://hello.p.example:81',
  )
})

test('originMode() knows every public name, and the plugin domain of each', () => {
  const config = {
    publicUrl: 'https://media.example.org',
    pluginDomain: 'plugins.example.net',
    publicUrls: [
      'http://nas.local:3000',
      { url: 'https://intern.example.com', pluginDomain: 'apps.example.com' },
      'http://media.example.org:8080',
    ],
  }
  const at = (hostHeader: string, scheme: 'http' | 'https' = 'http') =>
    originMode({ hostHeader, config, port: 3000, scheme })
  assert.equal(ownOriginAt(at('media.example.org', 'https')), 'https://hello.plugins.example.net')
  assert.deepEqual(at('nas.local:3000'), {
    kind: 'shared',
    origin: 'http://nas.local:3000',
    pluginSuffix: null,
  })
  assert.equal(ownOriginAt(at('intern.example.com')), 'https://hello.apps.example.com')
  const origins = { origin: 'https://hello.apps.example.com', shellOrigin: 'https://intern.example.com' }
  assert.deepEqual(at('hello.apps.example.com'), { kind: 'plugin', id: 'hello', ...origins })
  const other = at('hello.plugins.example.net')
  assert.equal(other.kind === 'plugin' && other.shellOrigin, 'https://media.example.org')
  const byHost = at('media.example.org:8080')
  assert.equal(byHost.kind === 'shared' && byHost.origin, 'http://media.example.org:8080')
  for (const name of ['example.org', 'hello.nas.local', 'nas.local.example.com', 'apps.example.com'])
    assert.equal(at(name).kind, 'foreign', name)
})

test('originMode() refuses every other name', () => {
  const foreign = [
    null,
    '',
    'evil.example',
    'localhost.evil.example',
    'evil.example:3000',
    'a.b.localhost',
    'A_B.localhost',
    '-a.localhost',
    'localhost.',
    'user@localhost',
    'localhost/x',
    'localhost:3000#',
    'localhost:99999',
    '192.168.1.5',
    '0.0.0.0',
    '[::2]',
    'hello.plugins.example.net',
  ]
  for (const host of foreign) assert.equal(ask(host).kind, 'foreign', String(host))
  for (const host of [
    'plugins.example.net',
    'a.b.plugins.example.net',
    'evilplugins.example.net',
    'xmedia.example.org',
    'hello.media.example.org',
  ]) {
    assert.equal(ask(host, PUBLIC).kind, 'foreign', host)
  }
})
