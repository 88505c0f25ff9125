import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audit, release, tempStore } from './temp-store.ts'

test('settings are stored, replaced and removed by undefined', async (t) => {
  const { catalog, settings } = await tempStore(t)
  await catalog.addRelease(release('a', '1.0.0'), {}, audit('plugin.install'))
  await settings.set(
    'a',
    { one: 1, two: 'b', three: null, ['__proto__']: 'kept as a key' },
    audit('settings.set'),
  )
  await settings.set('a', { one: [1, 2], two: undefined }, audit('settings.set'))
  assert.deepEqual(
    (await settings.get('a')).map((row) => [row.key, row.value]),
    [
      ['__proto__', 'kept as a key'],
      ['one', [1, 2]],
      ['three', null],
    ],
  )
})

test('a value that is not JSON is refused, and the whole call with it', async (t) => {
  const { catalog, settings } = await tempStore(t)
  await catalog.addRelease(release('a', '1.0.0'), {}, audit('plugin.install'))
  await assert.rejects(settings.set('a', { fine: 1, bad: () => 1 }, audit('settings.set')), {
    code: 'SETTINGS_INVALID',
  })
  await assert.rejects(settings.set('a', { fine: 1, bad: 1n }, audit('settings.set')), {
    code: 'SETTINGS_INVALID',
  })
  assert.deepEqual(await settings.get('a'), [])
})

test('a plugin that is not installed has no settings', async (t) => {
  const { settings } = await tempStore(t)
  assert.deepEqual(await settings.get('nobody'), [])
  await assert.rejects(settings.set('nobody', { a: 1 }, audit('settings.set')), { code: 'PLUGIN_UNKNOWN' })
})
