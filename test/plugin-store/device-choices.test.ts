import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceChoice } from '../../plugin-store/store.ts'
import { audit, release, tempStore } from './temp-store.ts'

const STICK: DeviceChoice = { vendorId: 0x0781, productId: 0x5591, serialNumber: 'A1' }
const BOARD: DeviceChoice = { vendorId: 0x2341, productId: 0x0043, serialNumber: null }

test('the devices of a plugin are kept in their order, and replaced as a whole, each time with a row', async (t) => {
  const { catalog, deviceChoices, audit: log } = await tempStore(t)
  await catalog.addRelease(release('a', '1.0.0'), {}, audit('plugin.install'))
  assert.deepEqual(await deviceChoices.of('a'), [])
  await deviceChoices.set('a', [STICK, BOARD], audit('device.choose'))
  assert.deepEqual(await deviceChoices.of('a'), [STICK, BOARD])
  await deviceChoices.set('a', [BOARD], audit('device.choose'))
  assert.deepEqual(await deviceChoices.of('a'), [BOARD])
  await deviceChoices.set('a', [], audit('device.choose'))
  assert.deepEqual(await deviceChoices.of('a'), [])
  const { items } = await log.list({ limit: 3 })
  assert.deepEqual(
    new Set(items.map(({ action, subject }) => `${action} ${subject}`)),
    new Set(['device.choose a']),
  )
  await assert.rejects(deviceChoices.set('b', [STICK], audit('device.choose')), { code: 'PLUGIN_UNKNOWN' })
})

test('a choice outlives the removal of the plugin, unless it is forgotten', async (t) => {
  const { catalog, deviceChoices } = await tempStore(t)
  const install = () => catalog.addRelease(release('a', '1.0.0'), {}, audit('plugin.install'))
  await install()
  await deviceChoices.set('a', [STICK], audit('device.choose'))
  await catalog.remove('a', { remember: 'user' }, audit('plugin.uninstall'))
  await assert.rejects(deviceChoices.set('a', [], audit('device.choose')), { code: 'PLUGIN_UNKNOWN' })
  await install()
  assert.deepEqual(await deviceChoices.of('a'), [STICK])
  await catalog.remove('a', 'forget', audit('plugin.uninstall'))
  await install()
  assert.deepEqual(await deviceChoices.of('a'), [])
})

test('a plugin that takes the place of another one gets its devices, unless it has some', async (t) => {
  const { catalog, deviceChoices, replacements } = await tempStore(t)
  for (const id of ['old', 'new', 'older'])
    await catalog.addRelease(release(id, '1.0.0'), {}, audit('plugin.install'))
  await deviceChoices.set('old', [STICK], audit('device.choose'))
  await deviceChoices.set('older', [BOARD], audit('device.choose'))
  await replacements.replace({ from: 'old', to: 'new' }, {}, audit('plugin.replace'))
  assert.deepEqual(await deviceChoices.of('new'), [STICK])
  await replacements.replace({ from: 'older', to: 'new' }, {}, audit('plugin.replace'))
  assert.deepEqual(await deviceChoices.of('new'), [STICK])
  assert.deepEqual(await deviceChoices.of('older'), [])
})
