import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audit, release, tempStore } from './temp-store.ts'

test('a first release makes an installation that is off and grants nothing', async (t) => {
  const store = await tempStore(t, { now: () => Date.parse('2026-11-02T00:00:00Z') })
  const made = await store.catalog.addRelease(release('guestbook', '1.0.0'), {}, audit('plugin.install'))
  assert.deepEqual(made, {
    id: 'guestbook',
    enabled: false,
    activeVersion: null,
    candidateVersion: null,
    grants: {},
    reviewed: {},
    access: null,
    lifecycle: 'new',
    dataVersion: null,
    createdAt: '2026-11-02T00:00:00.000Z',
    updatedAt: '2026-11-02T00:00:00.000Z',
  })
  assert.deepEqual(await store.catalog.get('guestbook'), made)
  assert.deepEqual(await store.catalog.list(), [made])
  assert.equal(await store.catalog.get('other'), undefined)
})

test('how far a plugin has come is remembered without an audit row', async (t) => {
  const { catalog, audit: log } = await tempStore(t)
  await catalog.addRelease(release('a', '1.0.0', 'a'), { activeVersion: '1.0.0' }, audit('plugin.install'))
  assert.equal((await catalog.reach('a', { lifecycle: 'installed' })).lifecycle, 'installed')
  assert.equal((await catalog.get('a'))?.lifecycle, 'installed')
  assert.equal((await log.list({})).items.length, 1)
  await assert.rejects(catalog.reach('b', { lifecycle: 'enabled' }), { code: 'PLUGIN_UNKNOWN' })
})

test('releases come newest first, and the same release again is left as it is', async (t) => {
  const { catalog } = await tempStore(t)
  await catalog.addRelease(release('a', '1.0.0', 'a'), { activeVersion: '1.0.0' }, audit('plugin.install'))
  await catalog.addRelease(release('a', '2.0.0', 'b'), { candidateVersion: '2.0.0' }, audit('plugin.install'))
  const again = { ...release('a', '1.0.0', 'a'), installedAt: '2030-01-01T00:00:00.000Z' }
  await catalog.addRelease(again, {}, audit('plugin.install'))
  assert.deepEqual(
    (await catalog.releases('a')).map((each) => [each.version, each.installedAt]),
    [
      ['2.0.0', '2026-11-01T10:00:00.000Z'],
      ['1.0.0', '2026-11-01T10:00:00.000Z'],
    ],
  )
  assert.deepEqual(await catalog.artifactsInUse(), new Set(['a'.repeat(64), 'b'.repeat(64)]))
})

test('forgetReleases() keeps the newest, the active and the candidate, and names the unreferenced artifacts', async (t) => {
  const { catalog } = await tempStore(t)
  const contents = ['a', 'b', 'c', 'c', 'd', 'e']
  for (const [index, content] of contents.entries()) {
    await catalog.addRelease(release('a', `${index}.0.0`, content), {}, audit('plugin.install'))
  }
  await catalog.change('a', { activeVersion: '0.0.0', candidateVersion: '2.0.0' }, audit('plugin.update'))
  // "c" goes with 3.0.0, and stays with the candidate.
  assert.deepEqual(await catalog.forgetReleases('a', 2), ['b'.repeat(64)])
  assert.deepEqual(
    (await catalog.releases('a')).map(({ version }) => version),
    ['5.0.0', '4.0.0', '2.0.0', '0.0.0'],
  )
  assert.deepEqual(await catalog.forgetReleases('a', 2), [])
  await assert.rejects(catalog.forgetReleases('none', 1), { code: 'PLUGIN_UNKNOWN' })
})

test('a version with other content is refused, and nothing of the call stays', async (t) => {
  const store = await tempStore(t)
  await store.catalog.addRelease(release('a', '1.0.0', 'a'), {}, audit('plugin.install'))
  await assert.rejects(
    store.catalog.addRelease(release('a', '1.0.0', 'b'), { enabled: true }, audit('plugin.install')),
    {
      name: 'StoreError',
      code: 'VERSION_EXISTS',
    },
  )
  assert.equal((await store.catalog.get('a'))?.enabled, false)
  assert.equal((await store.audit.list({})).items.length, 1)
})

test('a change and its audit row are written together or not at all', async (t) => {
  const store = await tempStore(t)
  await store.catalog.addRelease(release('a', '1.0.0'), {}, audit('plugin.install'))
  const before = await store.catalog.get('a')
  // The audit row cannot be written, because its detail is not JSON. The release and the change must be rolled back with it.
  const unwritable = { actor: 'tester', action: 'plugin.install', detail: { big: 1n } }
  await assert.rejects(store.catalog.change('a', { enabled: true }, unwritable), { code: 'INTERNAL' })
  await assert.rejects(store.catalog.addRelease(release('b', '1.0.0'), {}, unwritable), { code: 'INTERNAL' })
  await assert.rejects(store.catalog.remove('a', 'forget', unwritable), { code: 'INTERNAL' })
  await assert.rejects(store.settings.set('a', { x: 1 }, unwritable), { code: 'INTERNAL' })
  assert.deepEqual(await store.catalog.list(), [before])
  assert.deepEqual(await store.catalog.releases('b'), [])
  assert.equal(await store.catalog.wasUninstalled('a'), false)
  assert.deepEqual(await store.settings.get('a'), [])
  assert.equal((await store.audit.list({})).items.length, 1)
})

test('releases that have served are in the order in which they did; going back leaves what came after', async (t) => {
  const { catalog, quarantines } = await tempStore(t)
  for (const version of ['1.0.0', '2.0.0', '3.0.0'])
    await catalog.addRelease(release('a', version), {}, audit('plugin.update'))
  const served = async () =>
    (await catalog.releases('a')).map(({ version, served }) => [version, served]).toReversed()
  for (const version of ['2.0.0', '1.0.0', '3.0.0', '3.0.0']) await catalog.served('a', version)
  assert.deepEqual(await served(), [
    ['1.0.0', 2],
    ['2.0.0', 1],
    ['3.0.0', 3],
  ])
  await catalog.served('a', '1.0.0')
  assert.deepEqual((await catalog.release('a', '3.0.0'))?.served, undefined)
  await catalog.served('a', '3.0.0')
  const evidence = { pluginId: 'a', version: '1.0.0', evidence: {} }
  await quarantines.put(evidence, audit('plugin.quarantine'))
  assert.deepEqual(await served(), [
    ['1.0.0', undefined],
    ['2.0.0', 1],
    ['3.0.0', 3],
  ])
})

test('a version without a release cannot become active or candidate', async (t) => {
  const { catalog } = await tempStore(t)
  await catalog.addRelease(release('a', '1.0.0'), {}, audit('plugin.install'))
  await assert.rejects(catalog.change('a', { activeVersion: '9.0.0' }, audit('plugin.rollback')), {
    code: 'STATE_CONFLICT',
  })
  await assert.rejects(catalog.change('a', { candidateVersion: '9.0.0' }, audit('plugin.rollback')), {
    code: 'STATE_CONFLICT',
  })
  await assert.rejects(catalog.change('nobody', { enabled: true }, audit('plugin.enable')), {
    code: 'PLUGIN_UNKNOWN',
  })
})

test('a change touches what it names, and null clears', async (t) => {
  const { catalog } = await tempStore(t)
  const all = {
    enabled: true,
    activeVersion: '1.0.0',
    candidateVersion: '1.0.0',
    grants: { kv: true },
    access: 'user',
  } as const
  await catalog.addRelease(release('a', '1.0.0'), all, audit('plugin.install'))
  const changed = await catalog.change(
    'a',
    { enabled: false, candidateVersion: null, access: null },
    audit('plugin.disable'),
  )
  assert.equal(changed.enabled, false)
  assert.equal(changed.activeVersion, '1.0.0')
  assert.equal(changed.candidateVersion, null)
  assert.deepEqual(changed.grants, { kv: true })
  assert.equal(changed.access, null)
})

test('removing forgets releases and settings, and remembers the removal until the next install', async (t) => {
  const { catalog, settings, audit: log } = await tempStore(t)
  const install = () =>
    catalog.addRelease(release('a', '1.0.0'), { activeVersion: '1.0.0' }, audit('plugin.install'))
  assert.equal(await catalog.wasUninstalled('a'), false)
  await install()
  await settings.set('a', { key: 'value' }, audit('settings.set'))
  await catalog.remove('a', 'forget', audit('plugin.uninstall'))
  assert.equal(await catalog.get('a'), undefined)
  assert.deepEqual(await catalog.releases('a'), [])
  assert.deepEqual(await catalog.artifactsInUse(), new Set())
  assert.equal(await catalog.wasUninstalled('a'), true)
  await assert.rejects(catalog.remove('a', 'forget', audit('plugin.uninstall')), { code: 'PLUGIN_UNKNOWN' })
  await install()
  assert.equal(await catalog.wasUninstalled('a'), false)
  assert.deepEqual(await settings.get('a'), [])
  assert.equal((await log.list({ subject: 'a' })).items.length, 4)
})

test('concurrent changes all arrive, and a reader never sees half of one', async (t) => {
  const { catalog, audit: log } = await tempStore(t)
  const versions = Array.from({ length: 20 }, (_, index) => `1.0.${index}`)
  let writing = true
  const readers = [1, 2].map(async () => {
    while (writing) {
      const installation = await catalog.get('a')
      const rows = await log.list({ limit: 200 })
      // Each transaction adds one audit row and moves the active version; the later read sees no fewer rows.
      const seen = Number(installation?.activeVersion?.split('.')[2] ?? -1) + 1
      assert.ok(rows.items.length >= seen, `${rows.items.length} audit rows for ${seen} installs`)
      await new Promise((resolve) => setImmediate(resolve))
    }
  })
  await Promise.all(
    versions.map((version) =>
      catalog.addRelease(release('a', version), { activeVersion: version }, audit('plugin.install')),
    ),
  )
  writing = false
  await Promise.all(readers)
  assert.deepEqual(
    (await catalog.releases('a')).map((each) => each.version),
    versions.toReversed(),
  )
  assert.equal((await catalog.get('a'))?.activeVersion, '1.0.19')
  assert.equal((await log.list({ limit: 200 })).items.length, 20)
})

test('a release comes back with the manifest that was stored, and never with that of another plugin', async (t) => {
  const { catalog } = await tempStore(t)
  const stored = release('a', '1.0.0')
  await catalog.addRelease(stored, {}, audit('plugin.install'))
  assert.deepEqual((await catalog.release('a', '1.0.0'))?.manifest, stored.manifest)
  const damaged = { ...release('a', '2.0.0', 'b'), manifest: release('b', '2.0.0').manifest }
  await catalog.addRelease(damaged, {}, audit('plugin.install'))
  await assert.rejects(catalog.release('a', '2.0.0'), { code: 'INTERNAL', message: /"2.0.0" of "a"/ })
})

test('what was chosen for an uninstalled plugin is remembered for its return, or forgotten', async (t) => {
  let now = Date.parse('2026-11-02T00:00:00Z')
  const { catalog, settings } = await tempStore(t, { now: () => now })
  const change = {
    enabled: true,
    activeVersion: '1.0.0',
    grants: { kv: true },
    reviewed: { kv: true },
  } as const
  await catalog.addRelease(release('a', '1.0.0', 'a'), change, audit('plugin.install'))
  await catalog.reach('a', { lifecycle: 'enabled', dataVersion: '1.0.0' })
  await settings.set('a', { greeting: 'Salut' }, audit('settings.set'))
  now += 1000
  await catalog.remove('a', { remember: 'public' }, audit('plugin.uninstall'))
  assert.deepEqual(await catalog.list(), [])
  assert.equal(await catalog.get('a'), undefined)
  assert.deepEqual(await catalog.releases('a'), [])
  assert.equal(await catalog.wasUninstalled('a'), true)
  await assert.rejects(catalog.change('a', { enabled: false }, audit('plugin.disable')), {
    code: 'PLUGIN_UNKNOWN',
  })
  await assert.rejects(settings.set('a', { greeting: 'x' }, audit('settings.set')), {
    code: 'PLUGIN_UNKNOWN',
  })
  const left = await catalog.removed('a')
  assert.deepEqual(
    [left?.enabled, left?.grants, left?.dataVersion, left?.accessAsked, left?.activeVersion, left?.lifecycle],
    [true, { kv: true }, '1.0.0', 'public', null, 'new'],
  )
  now += 1000
  const back = await catalog.addRelease(
    release('a', '2.0.0', 'b'),
    { activeVersion: '2.0.0' },
    audit('plugin.install'),
  )
  assert.deepEqual([back.enabled, back.grants, back.dataVersion], [true, { kv: true }, '1.0.0'])
  assert.equal(back.createdAt, new Date(now).toISOString(), 'it is another installation')
  assert.equal(await catalog.removed('a'), undefined)
  assert.deepEqual(
    (await settings.get('a')).map(({ value }) => value),
    ['Salut'],
  )
  await catalog.remove('a', { remember: 'user' }, audit('plugin.uninstall'))
  await catalog.forget('a', audit('plugin.uninstall'))
  assert.equal(await catalog.removed('a'), undefined)
  assert.deepEqual(await settings.get('a'), [])
  await assert.rejects(catalog.forget('a', audit('plugin.uninstall')), { code: 'PLUGIN_UNKNOWN' })
})
