// Sticks that are plugged in, written, pulled out without a word, and come back: in a real kernel, on real FAT file systems.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { childEntry } from '../../runtime/bundles/children.ts'
import type { VolumeInfo } from '../../runtime/devices/volumes/volumes.ts'
import { HOST_FILES_ARGS, writeGuestImage } from './guest-image.ts'
import { findKernelFiles } from './kernel-files.ts'
import { type Machine, startMachine } from './machine.ts'

const STICK_BYTES = 64 * 1024 * 1024
const FILE_BYTES = 4 * 65_536

test('drives come and go under the work on them, and nothing goes to the wrong one', {
  timeout: 300_000,
}, async (t) => {
  const files = findKernelFiles()
  const missing = typeof files === 'string' ? files : withoutMkfs()
  if (typeof files === 'string' || missing !== undefined) {
    if (process.env.CI === 'true') assert.fail(missing)
    t.skip(missing)
    return
  }
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-qemu-'))
  let machine: Machine | undefined
  t.after(async () => {
    await machine?.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const images = ['first', 'second'].map((name) => join(folder, name))
  for (const image of images) await makeStick(image)
  // The machine sees this checkout, but cannot write there.
  childEntry('files')()
  const initramfs = join(folder, 'initramfs')
  await writeGuestImage(initramfs, files, {
    main: fileURLToPath(new URL('guest/drives-probe.ts', import.meta.url)),
    modules: ['xhci-pci', 'usb-storage', 'sd_mod', 'vfat', 'nls_cp437', 'nls_ascii'],
  })
  machine = await startMachine(files, {
    initramfs,
    monitor: join(folder, 'monitor'),
    // biome-ignore format: pairs of option and value
    args: [...HOST_FILES_ARGS, '-device', 'qemu-xhci,id=xhci'],
  })
  const plug = async (index: number, id: string) => {
    const node = { driver: 'file', filename: images[index] }
    await machine?.monitor('blockdev-add', { driver: 'raw', 'node-name': id, file: node })
    const serial = `STICK-${index}`
    await machine?.monitor('device_add', {
      driver: 'usb-storage',
      bus: 'xhci.0',
      drive: id,
      id,
      serial,
      removable: true,
    })
  }
  const said = async <T>(event: string): Promise<T> => {
    const line = await machine?.line((each) => {
      if (/PROBE \{"event":"(error|mount)"/.test(each)) throw new Error(each)
      return each.includes(`PROBE {"event":"${event}"`)
    })
    return JSON.parse(line?.slice(line.indexOf('{')) ?? '').detail
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
  await machine.monitor('device_del', { id: 'one' })
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
  await machine.monitor('device_del', { id: 'two' })
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
