// What a manifest should ask for, by what was used and what was refused.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { permissionAdvice } from '../../runtime/recording/permission-advice.ts'
import type { Piece } from '../../runtime/recording/permission-notes.ts'
import type { Permissions } from '../../sdk/permissions/permissions.ts'

function advise(asked: Permissions, used: readonly Piece[], lacked: readonly Piece[] = []) {
  const { lacking, unused, unseen, suggested, diff } = permissionAdvice(asked, { used, lacked })
  const names = (pieces: typeof unused) =>
    pieces.map(({ permission, label }) => `${permission} ${label}`.trim())
  return { lacking: names(lacking), unused: names(unused), unseen, suggested, diff }
}

test('a manifest that asks for what is used stays as it is', () => {
  const asked: Permissions = { kv: true, network: ['https://a.example'], volumes: 'read' }
  const used: Piece[] = [
    { permission: 'kv' },
    { permission: 'network', value: ['https://a.example'] },
    { permission: 'volumes', value: 'read' },
  ]
  assert.deepEqual(advise(asked, used), { lacking: [], unused: [], unseen: [], suggested: asked, diff: '' })
})

test('of lists, each entry counts by itself; a pattern is used by each name that it covers', () => {
  const asked: Permissions = {
    network: ['https://a.example', 'https://b.example'],
    events: ['content.*', 'plugin.enabled'],
  }
  const used: Piece[] = [
    // The check before the one of the origin.
    { permission: 'network' },
    { permission: 'network', value: ['https://b.example'] },
    { permission: 'events', value: ['content.changed'] },
  ]
  const { unused, suggested, diff } = advise(asked, used)
  assert.deepEqual(unused, ['network https://a.example', 'events plugin.enabled'])
  assert.deepEqual(suggested, { network: ['https://b.example'], events: ['content.*'] })
  assert.match(diff, /^-.*https:\/\/a\.example/m)
})

test('what is used as a whole is not divided', () => {
  const usb: Permissions['usb'] = [{ vendorId: 1 }, { vendorId: 2 }]
  assert.deepEqual(advise({ usb }, [{ permission: 'usb' }]).suggested, { usb })
  const { unused, suggested } = advise({ usb, tasks: true }, [])
  assert.equal(unused.length, 3)
  assert.deepEqual(suggested, {})
})

test('what the server does not see the use of is neither unused nor left out', () => {
  const asked: Permissions = { credentials: ['authorization'], serviceWorker: true, kv: true }
  const { unused, unseen, suggested } = advise(asked, [{ permission: 'kv' }])
  assert.deepEqual([unused, unseen, suggested], [[], ['credentials', 'serviceWorker'], asked])
})

test('what was refused is added, once, and forgotten when the manifest asks for it', () => {
  const lacked: Piece[] = [
    { permission: 'files' },
    { permission: 'network' },
    { permission: 'network', value: ['https://a.example'] },
    { permission: 'network', value: ['https://a.example'] },
    // Which hooks is not known.
    { permission: 'applyHooks' },
    { permission: 'events', value: ['content.changed'] },
  ]
  const { lacking, suggested } = advise(
    { events: ['plugin.*'] },
    [{ permission: 'events', value: ['plugin.enabled'] }],
    lacked,
  )
  assert.deepEqual(lacking, ['files', 'network https://a.example', 'applyHooks', 'events content.changed'])
  assert.deepEqual(suggested, {
    events: ['plugin.*', 'content.changed'],
    files: true,
    network: ['https://a.example'],
  })
  const asked: Permissions = {
    events: ['*'],
    files: true,
    network: ['https://a.example'],
    applyHooks: ['content.*'],
  }
  assert.deepEqual(advise(asked, [], lacked).lacking, [])
})
