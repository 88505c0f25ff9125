// Backups to a stick that is pulled out at random moments, and power cuts at random moments: what was backed up before is restored by
// restore.sh each time, and the next backup goes on. With the other tests it is short; `npm run test:drill` is the whole of it, and
// PLUGBAY_SEED=<number> chooses other moments.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { temporaryFolder } from '../support/runtime.ts'
import { BackupDrill } from './backup-drill.ts'
import { boot } from './boot.ts'
import { installServer } from './guest/backup-server.ts'
import { ScenarioTable } from './scenario-table.ts'
import { type FileSystem, STICK_MODULES, Stick, withoutStickPrograms } from './sticks.ts'

const YANKS = Number(process.env.PLUGBAY_YANKS ?? 2)
const CUTS = Number(process.env.PLUGBAY_CUTS ?? 1)
const SEED = Number(process.env.PLUGBAY_SEED ?? 7)
/** As long as a file may take among the others; the whole drill is not run among them. */
const LIMIT_MS = YANKS + CUTS > 3 ? 4 * 3_600_000 : 840_000
const REMOVED = /^The drive .*was removed.* The backups before it are/
const STICK_BYTES = 32 * 1024 * 1024

/** The same for the same seed, between 0 and 1. */
function random(name: string): number {
  return createHash('sha256').update(`${SEED} ${name}`).digest().readUInt32BE(0) / 2 ** 32
}

test('backups to a stick survive its being pulled out, and power cuts', { timeout: LIMIT_MS }, async (t) => {
  const missing = withoutStickPrograms()
  if (missing !== undefined) {
    if (process.env.CI === 'true') assert.fail(missing)
    t.skip(missing)
    return
  }
  const folder = await temporaryFolder(t)
  await installServer()
  const args = ['-device', 'qemu-xhci,id=xhci']
  const guest = await boot(t, { main: 'backup.ts', modules: STICK_MODULES, args, countsInstructions: true })
  if (guest === undefined) return
  const table = new ScenarioTable()
  t.after(() => table.print(`Seed ${SEED}: PLUGBAY_SEED=${SEED} repeats it`))
  const drill = new BackupDrill(guest, folder)
  await guest.said('ready')
  const makeStick = (serial: string, filesystem: FileSystem) =>
    Stick.make(folder, { serial, filesystem, bytes: STICK_BYTES })

  await table.run(t, `pulled out at ${YANKS} random moments of a backup (vfat)`, async () => {
    const stick = await makeStick('YANKED', 'vfat')
    let drive = await drill.insert(stick)
    await drill.backUp(drive)
    const takesMs = await drill.measure(drive)
    let [failed, whole, lost] = [0, drill.version, [] as string[]]
    for (let i = 0; i < YANKS; i++) {
      await drill.change()
      const id = await drill.begin(drive)
      await delay(random(`yank ${i}`) * takesMs)
      await stick.pull(guest)
      const job = await drill.ended(id)
      if (job.state === 'succeeded') whole = drill.version
      else {
        assert.match(String(job.problem ?? job.message), REMOVED)
        failed++
      }
      await drill.unmount(stick)
      assert.equal(stick.repair(), '')
      const found = await drill.restored(stick)
      if (found < whole) lost.push(`version ${whole} at moment ${i}: ${found} was restored`)
      drive = await drill.insertAgain(stick)
      whole = drill.version
    }
    await drill.takeOut(stick)
    assert.equal(stick.damage(), '')
    assert.equal(await drill.restored(stick), drill.version)
    return {
      outcome: `${failed} failed with a sentence, ${YANKS - failed} had ended; plugged in again, each was completed by itself`,
      lost,
    }
  })

  await table.run(t, `power cut at ${CUTS} random moments of backups (ext4)`, async () => {
    const stick = await makeStick('CUT', 'ext4')
    const drive = await drill.insert(stick)
    await drill.backUp(drive)
    const takesMs = await drill.measure(drive)
    const [lost, copies]: [string[], Stick[]] = [[], []]
    for (let i = 0; i < CUTS; i++) {
      const whole = drill.version
      await drill.change()
      const id = await drill.begin(drive)
      await delay(random(`cut ${i}`) * takesMs)
      // What the stick has at this moment is what it would have after a cut: the memory of the machine is not in it.
      const copy = stick.as(join(folder, `AFTER-${i}`))
      await guest.monitor('stop', {})
      await copyFile(stick.image, copy.image)
      await guest.monitor('cont', {})
      assert.equal((await drill.ended(id)).state, 'succeeded')
      assert.equal(copy.repair(), '')
      const found = await drill.restored(copy)
      if (found < whole) lost.push(`version ${whole} at moment ${i}: ${found} was restored`)
      copies.push(copy)
    }
    await drill.takeOut(stick)
    // After the cut, in a machine that starts again, as far as the stick is concerned.
    const after = copies.at(-1)
    if (after !== undefined) {
      await drill.backUp(await drill.insert(after))
      await drill.takeOut(after)
      assert.deepEqual([after.damage(), await drill.restored(after)], ['', drill.version])
    }
    return { outcome: 'file system repaired, restored; the next backup completed', lost }
  })

  await table.run(t, 'the machine itself loses its power during a backup (vfat)', async () => {
    const stick = await makeStick('LAST', 'vfat')
    const drive = await drill.insert(stick)
    await drill.backUp(drive)
    const takesMs = await drill.measure(drive)
    const whole = drill.version
    await drill.change()
    await drill.begin(drive)
    await delay(random('last') * takesMs)
    await guest.stop()
    assert.equal(stick.repair(), '')
    const found = await drill.restored(stick)
    return { outcome: 'restored', lost: found < whole ? [`version ${whole}: ${found} was restored`] : [] }
  })
})
