// Drives are mounted, unmounted and ejected: what udisksctl is called with, and when it is not. The real one works in
// test/hardware/drives-qemu.test.ts.

import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { DriveCommands } from '../../../runtime/devices/volumes/drive-commands.ts'
import { createUdisks } from '../../../runtime/devices/volumes/udisks.ts'
import { createVolumes } from '../../../runtime/devices/volumes/volumes.ts'
import { openFiles } from '../../../runtime/files/files.ts'
import { createLog } from '../../../runtime/log.ts'
import { NO_JAIL } from '../../../runtime/processes/jail/jail.ts'
import { put, refusal } from '../../files/helpers.ts'
import { temporaryFolder } from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'
import { FakeSystem } from './system-folders.ts'

/** A stick with two partitions, of which the first can be mounted at a real folder. */
async function openStick(t: Scope, { isAllowed = true } = {}) {
  const system = new FakeSystem(await temporaryFolder(t))
  await system.mount('0:22', '/proc', 'proc', 'proc')
  await system.addStick('1-1', {
    ...{ name: 'sdb', number: '8:16', serial: 'STICK-01' },
    partitions: [
      { name: 'sdb1', number: '8:17', label: 'ONE', uuid: '4A1B-2C3D' },
      { name: 'sdb2', number: '8:18', uuid: '4A1B-2C3E' },
    ],
  })
  const bin = await temporaryFolder(t)
  const [said, place] = [join(bin, 'said'), join(bin, 'place')]
  await mkdir(place)
  const script = `#!/bin/sh\necho "$@" >> '${said}'\n[ ! -e '${bin}/broken' ] || { echo 'Error: target is busy' >&2; exit 1; }\n`
  await writeFile(join(bin, 'udisksctl'), script)
  await chmod(join(bin, 'udisksctl'), 0o755)
  const path = process.env.PATH
  process.env.PATH = `${bin}:${path}`
  const files = openFiles({ jail: NO_JAIL, log: createLog('silent'), charge: () => undefined })
  const volumes = createVolumes({
    ...{ roots: [], dataFolder: 'plugbay', drives: true, udisks: isAllowed },
    ...{ files, folders: system.folders, watch: () => () => undefined },
  })
  t.after(async () => {
    process.env.PATH = path
    await files.close()
  })
  const audited: string[] = []
  const commands = new DriveCommands({
    ...{ isAllowed, volumes, files, udisks: createUdisks() },
    audit: {
      append: async (subject, { actor, action }) =>
        void audited.push(`${action} ${subject} ${String(actor)}`),
    },
  })
  return {
    ...{ system, volumes, commands, files, place, audited },
    said: async () => (await readFile(said, 'utf8').catch(() => '')).trimEnd().split('\n'),
    break: () => writeFile(join(bin, 'broken'), ''),
    granted: () => files.grant({ pluginId: 'tester', root: place, mode: 'readwrite' }),
  }
}

test('drives that could be mounted are listed with a problem, and keep their id when they are', async (t) => {
  const { system, volumes, place } = await openStick(t)
  const before = await volumes.list()
  assert.deepEqual(
    before.map(({ name, path, totalBytes, problem }) => [name, path, totalBytes, problem?.code]),
    [
      ['ONE', '/dev/sdb1', 1_048_576, 'DRIVE_NOT_MOUNTED'],
      ['sdb2', '/dev/sdb2', 1_048_576, 'DRIVE_NOT_MOUNTED'],
    ],
  )
  await system.mount('8:17', place, 'vfat', '/dev/sdb1')
  const after = await volumes.list()
  assert.deepEqual(
    after.map(({ id, path, problem }) => [id, path, problem?.code]),
    [
      [before[0]?.id, place, undefined],
      [before[1]?.id, '/dev/sdb2', 'DRIVE_NOT_MOUNTED'],
    ],
  )
})

test('a drive is mounted, unmounted and ejected; what is so already stays so', async (t) => {
  const { system, volumes, commands, place, said, audited } = await openStick(t)
  const [id = ''] = (await volumes.list()).map((volume) => volume.id)
  await commands.unmount(id, 'ann')
  await commands.mount(id, 'ann')
  await system.mount('8:17', place, 'vfat', '/dev/sdb1')
  await commands.mount(id, 'ann')
  await commands.unmount(id, 'ann')
  await commands.eject(id, 'plugin tester')
  assert.deepEqual(
    await said(),
    ['mount /dev/sdb1', 'unmount /dev/sdb1', 'unmount /dev/sdb1', 'power-off /dev/sdb1'].map((line) =>
      line.replace(' ', ' --block-device ').concat(' --no-user-interaction'),
    ),
  )
  assert.deepEqual(audited, [
    `volume.mount ${id} ann`,
    `volume.unmount ${id} ann`,
    `volume.eject ${id} plugin tester`,
  ])
})

test('a drive that a plugin writes on stays, and what stands by on it has ended before it is unmounted', async (t) => {
  const { system, volumes, commands, files, place, said, audited, granted } = await openStick(t)
  await system.mount('8:17', place, 'vfat', '/dev/sdb1')
  const [id = ''] = (await volumes.list()).map((volume) => volume.id)
  const folder = granted()
  await put(folder, ['a'], 'content')
  const writer = await folder.openWriter(['a'], { keep: false, isExclusive: false })
  const found = volumes.find(id)
  assert.ok(found !== undefined)
  const ejecting = refusal(commands.eject(id, 'ann'))
  assert.equal(volumes.isThere(found), true, 'what is written now fails')
  assert.equal(await ejecting, 'DRIVE_BUSY')
  assert.deepEqual(await said(), [''])
  await writer.commit()
  assert.equal(files.pids.length, 1)
  await commands.unmount(id, 'ann')
  assert.equal(files.pids.length, 0)
  assert.equal(audited.length, 1)
})

test('a look at a drive is waited for, and does not keep it', async (t) => {
  const { system, volumes, commands, files, place } = await openStick(t)
  await system.mount('8:17', place, 'vfat', '/dev/sdb1')
  const [id = ''] = (await volumes.list()).map((volume) => volume.id)
  const looks = Array.from({ length: 5 }, () => files.drive(place))
  await commands.unmount(id, 'ann')
  assert.equal((await Promise.all(looks)).length, 5)
  assert.equal(files.pids.length, 0)
})

test('while it is unmounted it is hidden; when that fails it is there again, with what the system says', async (t) => {
  const bench = await openStick(t)
  const { system, volumes, commands, place, audited } = bench
  await system.mount('8:17', place, 'vfat', '/dev/sdb1')
  const [id = ''] = (await volumes.list()).map((volume) => volume.id)
  await bench.break()
  const unmounting = assert.rejects(commands.unmount(id, 'ann'), {
    code: 'DRIVE_FAILED',
    message: 'Error: target is busy',
  })
  assert.equal(volumes.find(id), undefined)
  await unmounting
  assert.equal(volumes.find(id)?.path, place)
  assert.deepEqual(audited, [])
})

test('nothing is done that the operator has not allowed, and to no drive that there is not', async (t) => {
  const allowed = await openStick(t)
  assert.equal(await refusal(allowed.commands.eject('0123456789ab', 'ann')), 'DRIVE_UNKNOWN')
  const { commands, volumes, said, system, place } = await openStick(t, { isAllowed: false })
  assert.deepEqual(await volumes.list(), [])
  await system.mount('8:17', place, 'vfat', '/dev/sdb1')
  const [id = ''] = (await volumes.list()).map((volume) => volume.id)
  for (const verb of ['mount', 'unmount', 'eject'] as const)
    assert.equal(await refusal(commands[verb](id, 'ann')), 'DRIVES_NOT_MANAGED')
  assert.deepEqual(await said(), [''])
})
