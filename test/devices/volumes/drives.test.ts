import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createDriveReader } from '../../../runtime/devices/volumes/drives.ts'
import { readMountTable } from '../../../runtime/devices/volumes/mount-table.ts'
import { readUnmountedDrives } from '../../../runtime/devices/volumes/unmounted-drives.ts'
import { temporaryFolder } from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'
import { FakeSystem } from './system-folders.ts'

const STICK = {
  name: 'sdb',
  number: '8:16',
  serial: 'STICK-01',
  files: { removable: '1\n', 'device/vendor': 'SanDisk \n', 'device/model': 'Ultra           \n' },
  partitions: [{ name: 'sdb1', number: '8:17', label: 'BACK\\x20UP', uuid: '4A1B-2C3D' }],
}

async function systemWithRoot(t: Scope): Promise<FakeSystem> {
  const system = new FakeSystem(await temporaryFolder(t))
  await system.addDisk({
    ...{ name: 'nvme0n1', number: '259:0', place: 'pci0000:00/nvme/nvme0/nvme0n1' },
    files: { removable: '0\n' },
    partitions: [
      { name: 'nvme0n1p1', number: '259:1' },
      { name: 'nvme0n1p2', number: '259:2' },
    ],
  })
  await system.mount('259:1', '/', 'ext4', '/dev/nvme0n1p1')
  await system.mount('0:22', '/proc', 'proc', 'proc')
  await system.mount('0:40', '/run/user/1000', 'tmpfs', 'tmpfs')
  await system.mount('0:50', '/mnt/nas', 'nfs4', 'nas:/export')
  await system.mount('259:2', '/data', 'ext4', '/dev/nvme0n1p2')
  return system
}

test('a drive is there when udev has read it: before, it would have another id', async (t) => {
  const system = await systemWithRoot(t)
  await system.startUdev()
  const [name, number, label, uuid] = ['sdb1', '8:17', 'BACK\\x20UP', '4A1B-2C3D']
  await system.addStick('1-1', { ...STICK, partitions: [{ name, number }] })
  const read = createDriveReader(system.folders)
  assert.deepEqual(readUnmountedDrives(system.folders), [])
  await system.mount(number, '/media/stick', 'vfat', '/dev/sdb1')
  assert.deepEqual([read(), read()], [[], []])
  await system.settle({ name, number, label, uuid })
  const [mounted] = read()
  assert.deepEqual([mounted?.name, mounted?.metadata.uuid], ['BACK UP', uuid])
  await system.unmount('/media/stick')
  assert.deepEqual(
    readUnmountedDrives(system.folders).map(({ id }) => id),
    [mounted?.id],
  )
})

test('a stick is described as the system knows it; disks of the machine, the network and virtual ones are none', async (t) => {
  const system = await systemWithRoot(t)
  await system.addStick('1-1', STICK)
  await system.mount('8:17', '/media/ann/BACK\\040UP', 'vfat', '/dev/sdb1')
  const [drive, ...others] = createDriveReader(system.folders)()
  assert.deepEqual(others, [])
  const { id, mount: _, ...seen } = drive ?? {}
  assert.match(String(id), /^[0-9a-f]{12}$/)
  assert.deepEqual(seen, {
    name: 'BACK UP',
    path: '/media/ann/BACK UP',
    device: '8:17',
    filesystem: 'vfat',
    metadata: {
      ...{ label: 'BACK UP', uuid: '4A1B-2C3D', vendor: 'SanDisk', model: 'Ultra', serial: 'STICK-01' },
      bus: 'usb',
    },
  })
})

test('a drive keeps its id at another place and port; another drive at its place has another', async (t) => {
  const idAt = async (port: string, target: string, serial: string) => {
    const system = await systemWithRoot(t)
    await system.addStick(port, { ...STICK, serial })
    await system.mount('8:17', target, 'vfat', '/dev/sdb1')
    return createDriveReader(system.folders)()[0]?.id
  }
  const id = await idAt('1-1', '/media/a', 'STICK-01')
  assert.equal(await idAt('1-4', '/media/b', 'STICK-01'), id)
  assert.notEqual(await idAt('1-1', '/media/a', 'STICK-02'), id)
})

test('copies of one stick are two drives', async (t) => {
  const system = await systemWithRoot(t)
  await system.addStick('1-1', STICK)
  const copy = { ...STICK, name: 'sdc', number: '8:32', partitions: [{ name: 'sdc1', number: '8:33' }] }
  await system.addStick('1-2', copy)
  await system.mount('8:17', '/media/a', 'vfat', '/dev/sdb1')
  await system.mount('8:33', '/media/b', 'vfat', '/dev/sdc1')
  const drives = createDriveReader(system.folders)()
  assert.deepEqual(
    drives.map(({ path }) => path),
    ['/media/a', '/media/b'],
  )
  assert.equal(new Set(drives.map(({ id }) => id)).size, 2)
})

test('mounted twice, or in part, a drive is one, at its first place', async (t) => {
  const system = await systemWithRoot(t)
  await system.addStick('1-1', STICK)
  await system.mount('8:17', '/srv/part', 'vfat', '/dev/sdb1', '/photos')
  await system.mount('8:17', '/media/a', 'vfat', '/dev/sdb1')
  await system.mount('8:17', '/mnt/again', 'vfat', '/dev/sdb1')
  assert.deepEqual(
    createDriveReader(system.folders)().map(({ path }) => path),
    ['/media/a'],
  )
})

test('a drive that another one was mounted upon is not there: its path leads to the other one', async (t) => {
  const system = await systemWithRoot(t)
  await system.addStick('1-1', STICK)
  const other = { ...STICK, name: 'sdc', number: '8:32', serial: 'STICK-02' }
  await system.addStick('1-2', { ...other, partitions: [{ name: 'sdc1', number: '8:33' }] })
  const read = createDriveReader(system.folders)
  const devices = () => read().map(({ device }) => device)
  await system.mount('8:17', '/media/a', 'vfat', '/dev/sdb1')
  assert.deepEqual(devices(), ['8:17'])
  await system.mount('8:33', '/media/a', 'vfat', '/dev/sdc1')
  assert.deepEqual(devices(), ['8:33'])
})

test('no disk that the system runs from is a drive, however it is connected', async (t) => {
  const targets = ['/', '/boot/firmware', '/usr', '/var', '/home', '/run/live/medium', '/cdrom']
  for (const target of targets) {
    const system = new FakeSystem(join(await temporaryFolder(t)))
    const partitions = [
      { name: 'sdb1', number: '8:17' },
      { name: 'sdb2', number: '8:18' },
    ]
    await system.addStick('1-1', { ...STICK, partitions })
    await system.mount('8:17', target, 'ext4', '/dev/sdb1')
    await system.mount('8:18', '/mnt/rest', 'ext4', '/dev/sdb2')
    assert.deepEqual(createDriveReader(system.folders)(), [], target)
  }
})

test('an SD card is a drive, memory that is soldered in is none', async (t) => {
  for (const [type, expected] of [
    ['SD', ['/media/card']],
    ['MMC', []],
  ] as const) {
    const system = await systemWithRoot(t)
    await system.addDisk({
      ...{ name: 'mmcblk0', number: '179:0', place: 'platform/mmc/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0' },
      files: { removable: '0\n', 'device/type': `${type}\n`, 'device/name': 'SC32G\n' },
      partitions: [{ name: 'mmcblk0p1', number: '179:1' }],
    })
    await system.mount('179:1', '/media/card', 'exfat', '/dev/mmcblk0p1')
    const found = createDriveReader(system.folders)()
    assert.deepEqual(
      found.map(({ path }) => path),
      expected,
    )
    if (type === 'SD') assert.deepEqual(found[0]?.metadata, { model: 'SC32G', bus: 'mmc' })
  }
})

test('an encrypted partition is a drive when the disk below it is', async (t) => {
  const system = await systemWithRoot(t)
  await system.addStick('1-1', STICK)
  const below = 'pci0000:00/usb1/1-1/1-1:1.0/host2/target2:0:0/2:0:0:0/block/sdb/sdb1'
  await system.addMapped({ name: 'dm-3', number: '253:3', label: 'vault' }, 'sdb1', below)
  await system.mount('253:3', '/media/vault', 'ext4', '/dev/mapper/luks-1')
  const [drive] = createDriveReader(system.folders)()
  assert.deepEqual([drive?.name, drive?.path, drive?.metadata.serial], ['vault', '/media/vault', 'STICK-01'])
})

test('a stick that was pulled out without being unmounted is none from then on', async (t) => {
  const system = await systemWithRoot(t)
  await system.addStick('1-1', STICK)
  await system.mount('8:17', '/media/a', 'vfat', '/dev/sdb1')
  const read = createDriveReader(system.folders)
  assert.equal(read().length, 1)
  assert.equal(read(), read(), 'nothing is read closely while nothing has changed')
  await rm(join(system.folders.sys, 'dev/block/8:17'))
  assert.deepEqual(read(), [])
})

test('where there is no list of mounts, there are no drives', async (t) => {
  assert.deepEqual(createDriveReader(new FakeSystem(await temporaryFolder(t)).folders)(), [])
})

test('lines of the table are read with optional fields and escapes, and broken ones are left out', () => {
  const table = readMountTable(
    [
      '36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 propagate_from:2 - ext3 /dev/root rw,errors=continue',
      '37 35 98:1 / /a\\134b\\011c rw - vfat /dev/sd\\040x ro',
      'nonsense',
      '',
    ].join('\n'),
  )
  assert.deepEqual(table, [
    {
      ...{ id: 36, parent: 35, device: '98:0', root: '/mnt1', target: '/mnt2', options: ['rw', 'noatime'] },
      ...{ type: 'ext3', source: '/dev/root' },
    },
    {
      id: 37,
      parent: 35,
      device: '98:1',
      root: '/',
      target: '/a\\b\tc',
      options: ['rw'],
      type: 'vfat',
      source: '/dev/sd x',
    },
  ])
})
