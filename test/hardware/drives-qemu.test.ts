// Sticks that are plugged in, written, pulled out without a word, and come back: in a real kernel, on real FAT file systems.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { VolumeInfo } from '../../runtime/devices/volumes/volumes.ts'
import { temporaryFolder } from '../support/runtime.ts'
import { boot } from './boot.ts'

const STICK_BYTES = 64 * 1024 * 1024
const FILE_BYTES = 4 * 65_536

test('drives come and go under the work on them, and nothing goes to the wrong one', {
  timeout: 300_000,
}, async (t) => {
  const missing = withoutMkfs()
  if (missing !== undefined) {
    if (process.env.CI === 'true') assert.fail(missing)
    t.skip(missing)
    return
  }
  const folder = await temporaryFolder(t)
  const images = ['first', 'second'].map((name) => join(folder, name))
  for (const image of images) await makeStick(image)
  const guest = await boot(t, {
    main: 'drives-probe.ts',
    modules: ['xhci-pci', 'usb-storage', 'sd_mod', 'vfat', 'nls_cp437', 'nls_ascii'],
    args: ['-device', 'qemu-xhci,id=xhci'],
  })
  if (guest === undefined) return
  const { monitor, said } = guest
  const plug = async (index: number, id: string) => {
    const node = { driver: 'file', filename: images[index] }
    await monitor('blockdev-add', { driver: 'raw', 'node-name': id, file: node })
    const serial = `STICK-${index}`
    const stick = { driver: 'usb-storage', bus: 'xhci.0', drive: id, id, serial, removable: true }
    await monitor('device_add', stick)
  }

  await said('ready')
  await plug(0, 'one')
  const [first, ...others] = await said<VolumeInfo[]>('list')
  assert.ok(first !== undefined && others.length === 0)
  const { id, freeBytes, totalBytes, metadata, ...described } = first
  assert.deepEqual(described, {
    ...{ name: 'stick', path: '/run/stick', dataFolder: 'plugbay', kind: 'removable' },
    ...{ filesystem: 'vfat', writable: true, problem: null },
  })
  assert.deepEqual(metadata, { vendor: 'QEMU', model: 'QEMU HARDDISK', serial: 'STICK-0', bus: 'usb' })
  assert.ok(freeBytes > 0 && freeBytes <= totalBytes && totalBytes < STICK_BYTES)
  assert.match((await said<{ error: string }>('file before')).error, /no such file/)
  assert.equal((await said<{ size: number }>('written')).size, FILE_BYTES)

  // Pulled out, and still mounted as far as the kernel is concerned.
  await monitor('device_del', { id: 'one' })
  const [left, old] = await said<[VolumeInfo[], { error: string }]>('gone')
  assert.deepEqual(left, [])
  assert.match(old.error, /The volume was removed/)

  // Another stick, at the same place.
  await plug(1, 'two')
  const [second] = await said<VolumeInfo[]>('list')
  assert.deepEqual([second?.path, second?.metadata.serial], ['/run/stick', 'STICK-1'])
  assert.notEqual(second?.id, id)
  assert.match((await said<{ error: string }>('old folder on the new drive')).error, /The volume was removed/)
  assert.match((await said<{ error: string }>('file before')).error, /no such file/)
  await said('written')

  // The first one again: it is known, and has what was written.
  await monitor('device_del', { id: 'two' })
  await said('gone')
  await plug(0, 'three')
  assert.equal((await said<VolumeInfo[]>('list'))[0]?.id, id)
  const kept = await said<{ size: number }>('file before')
  assert.equal(kept.size, FILE_BYTES, JSON.stringify(kept))
})

/** A stick as they are sold: FAT, without a table of partitions here. */
async function makeStick(image: string): Promise<void> {
  await writeFile(image, '')
  await truncate(image, STICK_BYTES)
  const { status, stderr } = spawnSync('mkfs.vfat', ['-n', 'STICK', image], { env: withSystemPath() })
  assert.equal(status, 0, String(stderr))
}

function withoutMkfs(): string | undefined {
  const { error } = spawnSync('mkfs.vfat', ['--help'], { env: withSystemPath() })
  return error === undefined ? undefined : 'There is no mkfs.vfat (Debian package dosfstools)'
}

/** Programs for file systems are in /usr/sbin, which PATH may lack. */
function withSystemPath(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }
}
