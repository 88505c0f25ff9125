import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Store } from '../../plugin-store/store.ts'
import { audit, release, tempStore } from './temp-store.ts'

async function stagePackage(store: Store, text: string): Promise<string> {
  const folder = await mkdtemp(join(store.paths.staging, 'package-'))
  await mkdir(join(folder, 'frontend', 'assets'), { recursive: true })
  await mkdir(join(folder, 'empty'))
  await writeFile(join(folder, 'manifest.json'), text)
  for (let index = 0; index < 50; index += 1)
    await writeFile(join(folder, 'frontend', 'assets', `${index}.js`), text)
  return folder
}

test('publishing moves the whole folder to its name', async (t) => {
  const store = await tempStore(t)
  const path = await store.artifacts.publishArtifact(await stagePackage(store, 'one'), 'a'.repeat(64))
  assert.equal(path, store.paths.artifact('a'.repeat(64)))
  assert.equal(await readFile(join(path, 'manifest.json'), 'utf8'), 'one')
  assert.equal((await readdir(join(path, 'frontend', 'assets'))).length, 50)
  assert.deepEqual(await readdir(store.paths.staging), [])
})

test('an artifact that exists is kept, and the staging folder goes', async (t) => {
  const store = await tempStore(t)
  await store.artifacts.publishArtifact(await stagePackage(store, 'one'), 'a'.repeat(64))
  const path = await store.artifacts.publishArtifact(await stagePackage(store, 'two'), 'a'.repeat(64))
  assert.equal(await readFile(join(path, 'manifest.json'), 'utf8'), 'one')
  assert.deepEqual(await readdir(store.paths.staging), [])
})

test('a store that does not flush puts the new artifact in the place of one that may be damaged', async (t) => {
  const store = await tempStore(t, { flush: false })
  await store.artifacts.publishArtifact(await stagePackage(store, 'one'), 'a'.repeat(64))
  const path = await store.artifacts.publishArtifact(await stagePackage(store, 'two'), 'a'.repeat(64))
  assert.equal(await readFile(join(path, 'manifest.json'), 'utf8'), 'two')
  assert.deepEqual(await readdir(store.paths.staging), [])
})

test('the same content published by many at once ends as one artifact', async (t) => {
  const store = await tempStore(t)
  const staged = await Promise.all([1, 2, 3, 4].map(() => stagePackage(store, 'same')))
  await Promise.all(staged.map((folder) => store.artifacts.publishArtifact(folder, 'c'.repeat(64))))
  assert.deepEqual(await readdir(store.paths.artifacts), ['c'.repeat(64)])
  assert.deepEqual(await readdir(store.paths.staging), [])
})

test('only hashes become names, and only folders of staging are moved', async (t) => {
  const store = await tempStore(t)
  const folder = await stagePackage(store, 'one')
  for (const name of [
    '..',
    '',
    'A'.repeat(64),
    `${'a'.repeat(63)}/`,
    `../${'a'.repeat(61)}`,
    `${'a'.repeat(64)}\n`,
  ]) {
    await assert.rejects(
      store.artifacts.publishArtifact(folder, name),
      { name: 'StoreError', code: 'INTERNAL' },
      name,
    )
  }
  for (const outside of [
    store.folder,
    store.paths.staging,
    join(store.paths.staging, '..', 'cache'),
    '/tmp',
  ]) {
    await assert.rejects(
      store.artifacts.publishArtifact(outside, 'a'.repeat(64)),
      { code: 'INTERNAL' },
      outside,
    )
  }
  await assert.rejects(store.artifacts.publishArtifact(join(store.paths.staging, 'gone'), 'a'.repeat(64)), {
    code: 'INTERNAL',
  })
  assert.deepEqual(await readdir(store.paths.artifacts), [])
})

test('a sweep removes what no release names, and follows no link out of the folder', async (t) => {
  const store = await tempStore(t)
  await store.artifacts.publishArtifact(await stagePackage(store, 'used'), 'a'.repeat(64))
  await store.artifacts.publishArtifact(await stagePackage(store, 'unused'), 'b'.repeat(64))
  await store.catalog.addRelease(release('x', '1.0.0', 'a'), {}, audit('plugin.install'))
  await writeFile(join(store.paths.cache, 'kept'), '')
  await symlink(store.paths.cache, join(store.paths.staging, 'link'))
  assert.deepEqual(await store.artifacts.sweep(), ['b'.repeat(64)])
  assert.deepEqual(await readdir(store.paths.artifacts), ['a'.repeat(64)])
  assert.deepEqual(await readdir(store.paths.staging), [])
  assert.deepEqual(await readdir(store.paths.cache), ['kept'])
})

test('remove() removes one artifact at once; a missing one is reported, and can be recreated', async (t) => {
  const warnings: string[] = []
  const store = await tempStore(t, { warn: (message) => warnings.push(message) })
  for (const name of ['a', 'b']) {
    await store.artifacts.publishArtifact(await stagePackage(store, name), name.repeat(64))
  }
  await store.artifacts.remove('a'.repeat(64))
  assert.deepEqual(await readdir(store.paths.artifacts), ['b'.repeat(64)])
  assert.deepEqual(await readdir(store.paths.staging), [])
  await store.artifacts.remove('a'.repeat(64))
  assert.deepEqual(warnings, [`Cannot remove the artifact "${'a'.repeat(64)}"`])
  await store.artifacts.publishArtifact(await stagePackage(store, 'a'), 'a'.repeat(64))
  assert.equal((await readdir(store.paths.artifacts)).length, 2)
})
