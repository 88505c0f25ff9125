import assert from 'node:assert/strict'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createDiskProbe } from '../../plugin-store/disk-probe.ts'
import { temporaryFolder } from '../support/runtime.ts'
import { mountSmallDisk, ONLY_ROOT } from '../support/small-disk.ts'

test('a disk that takes writes is fine, and the probe leaves nothing there', async (t) => {
  const folder = await temporaryFolder(t)
  const probe = createDiskProbe(folder, { keptMs: 0 })
  assert.deepEqual(await Promise.all([probe(), probe(), probe()]), [null, null, null])
  assert.deepEqual(await readdir(folder), [])
  assert.equal(await createDiskProbe(join(folder, 'none'))(), 'INTERNAL')
})

test('a full and a read-only disk are told, and their recovery', ONLY_ROOT, async (t) => {
  const disk = await mountSmallDisk(t, 2)
  const folder = join(disk.folder, 'staging')
  await mkdir(folder)
  const probe = createDiskProbe(folder, { keptMs: 0 })
  const kept = createDiskProbe(folder)
  assert.equal(await kept(), null)
  await disk.fill()
  assert.equal(await probe(), 'STORE_FULL')
  assert.deepEqual(await readdir(folder), [])
  assert.equal(await kept(), null, 'the outcome of a moment ago')
  await disk.empty()
  assert.equal(await probe(), null)
  disk.remount('ro')
  assert.equal(await probe(), 'STORE_READ_ONLY')
  disk.remount('rw')
  assert.equal(await probe(), null)
})
