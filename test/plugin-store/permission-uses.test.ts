// The stored uses of permissions: counted, and gone with their plugin.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audit, release, tempStore } from './temp-store.ts'

const EARLY = '2026-11-29T10:00:00.000Z'
const LATE = '2026-11-29T11:00:00.000Z'

test('the last use of a permission never goes back', async (t) => {
  const { catalog, permissionUses } = await tempStore(t)
  await catalog.addRelease(release('a', '1.0.0'), {}, audit('plugin.install'))
  await permissionUses.note([{ plugin: 'a', permission: 'kv', lastAt: LATE }])
  await permissionUses.note([
    { plugin: 'a', permission: 'kv', lastAt: EARLY },
    { plugin: 'a', permission: 'usb', lastAt: EARLY },
  ])
  assert.deepEqual(Object.fromEntries(await permissionUses.of('a')), { kv: LATE, usb: EARLY })
})

test('a plugin that is forgotten leaves no uses, and one that is not installed gets none', async (t) => {
  const { catalog, permissionUses } = await tempStore(t)
  const install = () => catalog.addRelease(release('a', '1.0.0'), {}, audit('plugin.install'))
  await install()
  await permissionUses.note([
    { plugin: 'a', permission: 'kv', lastAt: EARLY },
    { plugin: 'b', permission: 'kv', lastAt: EARLY },
  ])
  await catalog.remove('a', 'forget', audit('plugin.uninstall'))
  await install()
  for (const id of ['a', 'b']) assert.equal((await permissionUses.of(id)).size, 0)
})
