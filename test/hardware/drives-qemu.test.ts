// Sticks that are plugged in, written, filled, pulled out without a word, and come back: in a real kernel, on real file systems, with
// a whole runtime and a plugin that keeps files on them. One machine for all of it: a boot takes long.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Volume } from '../../sdk/api/volumes.ts'
import { temporaryFolder } from '../support/runtime.ts'
import { boot } from './boot.ts'
import { Keeper } from './keeper.ts'
import { type Outcome, ScenarioTable } from './scenario-table.ts'
import { type FileSystem, STICK_MODULES, Stick, withoutStickPrograms } from './sticks.ts'

const FILE_SYSTEMS: readonly FileSystem[] = ['vfat', 'exfat', 'ext4']
const STICK_BYTES = 6 * 1024 * 1024
/** Of 64 KiB. */
const FILE_PIECES = 16
/** Not enough to fill a stick, and slow enough that it is pulled out first. */
const MANY_PIECES = 48
const TOO_MANY_PIECES = 100

test('drives come, go and fill up under the work on them, and lose nothing that was acknowledged', {
  timeout: 840_000,
}, async (t) => {
  const missing = withoutStickPrograms()
  if (missing !== undefined) {
    if (process.env.CI === 'true') assert.fail(missing)
    t.skip(missing)
    return
  }
  const folder = await temporaryFolder(t)
  const args = ['-device', 'qemu-xhci,id=xhci']
  const guest = await boot(t, { main: 'drives.ts', modules: STICK_MODULES, args })
  if (guest === undefined) return
  const table = new ScenarioTable()
  t.after(() => table.print())
  const keeper = new Keeper(guest)
  const scenario = (name: string, work: () => Promise<Outcome>) => table.run(t, name, work)
  const makeStick = (serial: string, filesystem: FileSystem) =>
    Stick.make(folder, { serial, filesystem, bytes: STICK_BYTES })
  assert.equal(await guest.said('jail'), 'bwrap')
  await guest.said('ready')

  for (const filesystem of FILE_SYSTEMS) {
    const stick = await makeStick(`STICK-${filesystem}`, filesystem)

    await scenario(`${filesystem}: written, unmounted, plugged in again`, async () => {
      const id = await keeper.insert(stick)
      const { items } = await guest.ask<{ readonly items: readonly Volume[] }>('volumes')
      const [volume, ...others] = items
      assert.ok(volume !== undefined && others.length === 0, JSON.stringify(items))
      const { freeBytes, totalBytes, metadata, ...described } = volume
      assert.deepEqual(described, {
        ...{ id, name: stick.serial, path: `/run/${stick.serial}`, dataFolder: 'plugbay', kind: 'removable' },
        ...{ filesystem, writable: true, problem: null },
      })
      const { vendor, model, serial, bus } = metadata
      assert.deepEqual([vendor, model, serial, bus], ['QEMU', 'QEMU HARDDISK', stick.serial, 'usb'])
      assert.ok(freeBytes > 0 && freeBytes <= totalBytes && totalBytes < STICK_BYTES)
      await keeper.write(stick, 'kept', FILE_PIECES)
      await keeper.takeOut(stick)
      assert.equal(stick.damage(), '')
      assert.equal(await keeper.insert(stick), id, 'it is the same drive')
      return { outcome: 'known again, file system clean', lost: await keeper.lost(stick) }
    })

    await scenario(`${filesystem}: full`, async () => {
      const failed = await keeper.tryToWrite(stick, 'kept', TOO_MANY_PIECES)
      assert.equal(failed.error, 'QuotaExceededError', JSON.stringify(failed))
      assert.deepEqual(await keeper.names(stick), ['kept'], 'nothing unfinished is left')
      const lost = await keeper.lost(stick)
      await keeper.write(stick, 'small', 4)
      await keeper.takeOut(stick)
      assert.equal(stick.damage(), '')
      await keeper.insert(stick)
      return {
        outcome: '`QuotaExceededError`, then written again',
        lost: [...lost, ...(await keeper.lost(stick))],
      }
    })

    await scenario(`${filesystem}: pulled out while a file is replaced`, async () => {
      const writing = await keeper.startToWrite(stick, 'kept', MANY_PIECES)
      await stick.pull(guest)
      const failed = await writing()
      assert.equal(failed.error, 'NotFoundError', JSON.stringify(failed))
      assert.deepEqual(await keeper.ids(), [])
      await keeper.takeAway(stick)
      assert.equal(stick.repair(), '')
      await keeper.insert(stick)
      const lost = await keeper.lost(stick)
      await keeper.write(stick, 'kept', FILE_PIECES)
      await keeper.takeOut(stick)
      assert.equal(stick.damage(), '')
      return { outcome: '`NotFoundError` at once, old content kept', lost }
    })
  }

  const [first, second] = [await makeStick('FIRST', 'vfat'), await makeStick('SECOND', 'ext4')]

  await scenario('two at once, one pulled out while both are written', async () => {
    const [one, other] = [await keeper.insert(first), await keeper.insert(second)]
    assert.deepEqual(new Set(await keeper.ids()), new Set([one, other]))
    await keeper.write(first, 'kept', 8)
    const writing = await keeper.startToWrite(first, 'kept', MANY_PIECES)
    const beside = await keeper.startToWrite(second, 'kept', FILE_PIECES)
    await first.pull(guest)
    const [failed, done] = [await writing(), await beside()]
    assert.deepEqual([failed.error, done.error], ['NotFoundError', undefined], JSON.stringify([failed, done]))
    return { outcome: 'the other one is finished', lost: await keeper.lost(second) }
  })

  await scenario('another one at the place of one that was pulled out', async () => {
    await keeper.takeOut(second)
    // The first one is still mounted as far as the kernel is concerned.
    await keeper.insert(second, { at: keeper.placeOf(first) })
    const old = await keeper.readAgain(first, 'kept')
    assert.equal(old.error, 'NotFoundError', JSON.stringify(old))
    assert.deepEqual(await keeper.names(second), ['kept'])
    const lost = await keeper.lost(second)
    await keeper.takeOut(second)
    await keeper.takeAway(first)
    assert.equal(first.repair(), '')
    await keeper.insert(first)
    return {
      outcome: 'what began on one does not go on on the other',
      lost: [...lost, ...(await keeper.lost(first))],
    }
  })

  await scenario('read-only', async () => {
    await keeper.takeOut(first)
    const id = await keeper.insert(first, { readOnly: true })
    const [volume] = await keeper.list()
    assert.deepEqual([volume?.id, volume?.writable], [id, false])
    const failed = await keeper.tryToWrite(first, 'kept', 4)
    assert.equal(failed.error, 'NotAllowedError', JSON.stringify(failed))
    const lost = await keeper.lost(first)
    await keeper.takeOut(first)
    return { outcome: '`NotAllowedError`, and read', lost }
  })

  await scenario('plugged in and pulled out four times', async () => {
    const ids = new Set<string>()
    const before = (await keeper.told()).length
    for (let i = 0; i < 4; i++) {
      ids.add(await keeper.insert(second))
      await second.pull(guest)
      await keeper.takeAway(second)
    }
    assert.equal(ids.size, 1)
    // What works on a drive ends when the drive has gone.
    while ((await guest.ask<number>('filesProcesses')) > 0) await delay(200)
    assert.equal(second.repair(), '')
    // Durable events come after the fact, those of one drive in order.
    const kinds = async () =>
      (await keeper.told()).slice(before).flatMap(([kind, id = '']) => (ids.has(id) ? [kind] : []))
    while ((await kinds()).length < 8) await delay(200)
    assert.deepEqual(await kinds(), Array.from({ length: 4 }, () => ['mounted', 'unmounted']).flat())
    await keeper.insert(second)
    const lost = await keeper.lost(second)
    await keeper.takeOut(second)
    return { outcome: 'each told once, no process left', lost }
  })

  await scenario('mounted and ejected by udisks2, for an administrator and for a plugin', async () => {
    await guest.ask('startUdisks')
    await second.plug(guest)
    const id = await keeper.waiting('DRIVE_NOT_MOUNTED')
    assert.equal(await guest.ask('manage', { id, verb: 'mount' }), 'done')
    assert.deepEqual(await keeper.ids(), [id])
    keeper.meet(second, id)
    await keeper.write(second, 'kept', FILE_PIECES)
    const lost = await keeper.lost(second)
    const writing = await keeper.startToWrite(second, 'other', FILE_PIECES)
    assert.equal((await keeper.eject(second)).error, 'NoModificationAllowedError')
    assert.equal((await writing()).error, undefined)
    assert.equal(await guest.ask('manage', { id, verb: 'unmount' }), 'done')
    assert.deepEqual([await keeper.ids(), second.damage()], [[], ''])
    assert.equal(await guest.ask('manage', { id, verb: 'mount' }), 'done')
    lost.push(...(await keeper.lost(second)))
    const ejected = await keeper.eject(second)
    assert.equal(ejected.error, undefined, JSON.stringify(ejected))
    assert.equal(second.damage(), '')
    await second.pull(guest)
    return { outcome: 'refused while it is written; file system clean', lost }
  })
})
