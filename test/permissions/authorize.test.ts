import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PlugbayError } from '../../runtime/errors.ts'
import { authorize, authorizeGuest, type GuestNeed } from '../../runtime/permissions/authorize.ts'
import { PERMISSION_STRING } from '../../sdk/api/access.ts'
import { covers, holds } from '../../sdk/permissions/permission-strings.ts'
import type { Permissions } from '../../sdk/permissions/permissions.ts'

function principal(...permissions: string[]) {
  return { name: 'ann', permissions, kind: 'token' } as const
}

function hasCode(code: string) {
  return (error: unknown) => error instanceof PlugbayError && error.code === code
}

test('authorize() refuses strangers and principals without the permission', () => {
  assert.throws(() => authorize(null, 'plugins.view'), hasCode('UNAUTHENTICATED'))
  for (const held of [
    [],
    ['plugins'],
    ['tasks.view'],
    ['plugins.view'],
    ['pluginsX.*'],
    ['plugins.manage.*'],
    [''],
  ]) {
    assert.throws(
      () => authorize(principal(...held), 'plugins.manage'),
      hasCode('FORBIDDEN'),
      JSON.stringify(held),
    )
  }
})

test('authorize() lets the permission itself, its area and "*" pass', () => {
  for (const held of ['plugins.manage', 'plugins.*', '*']) authorize(principal('a.b', held), 'plugins.manage')
})

test('covers() lets managers of an area view it, but not the other way round', () => {
  assert.equal(covers('plugins.manage', 'plugins.view'), true)
  assert.equal(covers('plugins.view', 'plugins.manage'), false)
  assert.equal(covers('users.manage', 'plugins.view'), false)
  assert.equal(covers('plugins.manage', 'plugins.*'), false)
})

test('holds() compares patterns with patterns, so that no principal can delegate more than it holds', () => {
  assert.equal(holds(['plugins.*'], 'plugins.*'), true)
  assert.equal(holds(['plugins.*'], 'plugins.a.b'), true)
  assert.equal(holds(['plugins.*'], '*'), false)
  assert.equal(holds(['plugins.*'], 'plugins'), false)
  assert.equal(holds(['plugins.view', 'plugins.manage'], 'plugins.*'), false)
})

test('the form of a permission string refuses what has no meaning', () => {
  const form = new RegExp(PERMISSION_STRING)
  for (const good of ['*', 'plugins.*', 'plugins.manage', 'data.snapshot-2.read', 'a'])
    assert.match(good, form)
  for (const bad of ['', '**', '*.view', 'a..b', '.a', 'a.', 'a.*.b', 'a b', 'a\n', 'plugins.manage\n'])
    assert.doesNotMatch(bad, form)
})

const granted: Permissions = {
  kv: true,
  network: ['https://api.example.org'],
  usb: [{ vendorId: 1 }],
  volumes: 'read',
  events: ['content.*'],
  host: ['data.snapshot'],
}

test('authorizeGuest() lets pass what was granted', () => {
  const needs: GuestNeed[] = [
    { permission: 'kv' },
    { permission: 'network' },
    { permission: 'network', value: ['https://api.example.org'] },
    { permission: 'usb' },
    { permission: 'volumes' },
    { permission: 'volumes', value: 'read' },
    { permission: 'events', value: ['content.changed'] },
    { permission: 'host', value: ['data.snapshot'] },
  ]
  for (const need of needs) authorizeGuest(granted, need)
})

test('authorizeGuest() refuses what was not granted, names it and where to declare it', () => {
  const needs: [GuestNeed, RegExp][] = [
    [{ permission: 'database' }, /"database".*"permissions\.database" in manifest\.json/],
    [{ permission: 'network', value: ['https://evil.example.org'] }, /"https:\/\/evil\.example\.org"/],
    [{ permission: 'network', value: ['https://api.example.org:444'] }, /permissions\.network/],
    [{ permission: 'volumes', value: 'readwrite' }, /"readwrite"/],
    [{ permission: 'events', value: ['contentious'] }, /"contentious"/],
    [{ permission: 'host', value: ['data'] }, /"data"/],
  ]
  for (const [need, message] of needs) {
    assert.throws(
      () => authorizeGuest(granted, need),
      (error: unknown) => {
        assert.ok(error instanceof PlugbayError)
        assert.equal(error.code, 'PERMISSION_DENIED')
        assert.match(error.message, message)
        return true
      },
    )
  }
})

test('authorizeGuest() finds nothing granted in empty lists, prototypes and values that are not true', () => {
  const inherited: Permissions = Object.create({ kv: true })
  const odd: Permissions = JSON.parse(
    '{"kv": 1, "usb": [], "network": [], "volumes": "all", "constructor": true}',
  )
  assert.throws(() => authorizeGuest(inherited, { permission: 'kv' }), hasCode('PERMISSION_DENIED'))
  for (const permission of ['kv', 'usb', 'network', 'volumes'] as const) {
    assert.throws(() => authorizeGuest(odd, { permission }), hasCode('PERMISSION_DENIED'), permission)
  }
  const unknown: GuestNeed = JSON.parse('{"permission": "constructor"}')
  assert.throws(() => authorizeGuest(odd, unknown), hasCode('PERMISSION_DENIED'))
})
