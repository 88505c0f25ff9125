import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audit, release, tempStore } from './temp-store.ts'

const RECORD = { pluginId: 'a', version: '1.0.0', evidence: { failures: [{ code: 'GUEST_DEADLINE' }] } }

test('the newest evidence of a plugin is kept, with an audit row for each, until it is removed', async (t) => {
  const { catalog, quarantines, audit: log } = await tempStore(t)
  await catalog.addRelease(release('a', '1.0.0'), {}, audit('plugin.install'))
  assert.equal(await quarantines.get('a'), undefined)
  await quarantines.put(RECORD, audit('plugin.quarantine'))
  await quarantines.put({ ...RECORD, version: '1.0.1' }, audit('plugin.quarantine'))
  assert.deepEqual(await quarantines.get('a'), { ...RECORD, version: '1.0.1' })
  const { items } = await log.list({ subject: 'a' })
  assert.equal(items.filter(({ action }) => action === 'plugin.quarantine').length, 2)
  await quarantines.remove('a')
  assert.equal(await quarantines.get('a'), undefined)
})

test('evidence goes with its installation, and needs one', async (t) => {
  const { catalog, quarantines } = await tempStore(t)
  await assert.rejects(quarantines.put(RECORD, audit('plugin.quarantine')), { code: 'PLUGIN_UNKNOWN' })
  await catalog.addRelease(release('a', '1.0.0'), {}, audit('plugin.install'))
  await quarantines.put(RECORD, audit('plugin.quarantine'))
  await catalog.remove('a', 'forget', audit('plugin.uninstall'))
  assert.equal(await quarantines.get('a'), undefined)
})
