// A server in the machine that backs up to a stick, as seen from the test: backups are begun, and what lies on the stick is looked at
// from outside, with the programs of Debian and nothing of ours.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Booted } from './boot.ts'
import type { BackupState } from './guest/backup.ts'
import { versionIn } from './guest/backup-data.ts'
import type { Stick } from './sticks.ts'

const RUNNING = ['waiting', 'running', 'cancelling']
/** Each takes the machine a good part of this. */
const LOOK_MS = 1000
const LOOKS = 600

export class BackupDrill {
  readonly #guest: Booted
  readonly #folder: string
  /** Of the data in the machine. */
  version = 0

  constructor(guest: Booted, folder: string) {
    this.#guest = guest
    this.#folder = folder
  }

  /** Plugs a stick in, and has it mounted. Returns the id of the drive. */
  async insert(stick: Stick): Promise<string> {
    const before = await this.#drives()
    await stick.plug(this.#guest)
    const { serial, filesystem } = stick
    await this.#guest.ask('mount', { serial, at: placeOf(stick), filesystem, readOnly: false })
    return await until(async () => (await this.#drives()).find((id) => !before.includes(id)))
  }

  /** Unmounts it; it may have been pulled out. */
  async unmount(stick: Stick): Promise<void> {
    await this.#guest.ask('unmount', { at: placeOf(stick) })
  }

  /** Unmounts it first, as it should be. */
  async takeOut(stick: Stick): Promise<void> {
    await this.unmount(stick)
    await stick.pull(this.#guest)
  }

  async change(): Promise<void> {
    await this.#guest.ask('change', { version: ++this.version })
  }

  async begin(drive: string): Promise<string> {
    return await this.#guest.ask<string>('backUp', { drive })
  }

  async ended(id: string): Promise<BackupState['jobs'][number]> {
    return await until(async () => {
      const job = (await this.#state()).jobs.find((each) => each.id === id)
      return job !== undefined && !RUNNING.includes(job.state) ? job : undefined
    })
  }

  /** A whole backup of what is there now. */
  async backUp(drive: string): Promise<void> {
    const job = await this.ended(await this.begin(drive))
    assert.equal(job.state, 'succeeded', JSON.stringify(job))
  }

  /** How long the backup of a changed file takes, in ms. */
  async measure(drive: string): Promise<number> {
    await this.change()
    const began = performance.now()
    await this.backUp(drive)
    return performance.now() - began
  }

  /**
   * Plugs a stick in again that was pulled out. Resolves with the id of the drive when the backup that was cut off has been completed by itself,
   * where one was.
   */
  async insertAgain(stick: Stick): Promise<string> {
    const drive = await this.insert(stick)
    await until(async () => {
      const { drives, jobs } = await this.#state()
      const isUnfinished = drives.some(({ id, unfinished }) => id === drive && unfinished)
      return isUnfinished || jobs.some(({ state }) => RUNNING.includes(state)) ? undefined : true
    })
    return drive
  }

  async #drives(): Promise<readonly string[]> {
    return (await this.#state()).drives.map(({ id }) => id)
  }

  async #state(): Promise<BackupState> {
    return await this.#guest.ask('state')
  }

  /** The version that restore.sh restores from the stick: its newest snapshot. */
  async restored(stick: Pick<Stick, 'image' | 'filesystem'>): Promise<number> {
    const folder = mkdtempSync(join(this.#folder, 'restore-'))
    try {
      const [copy, target] = [join(folder, 'copy'), join(folder, 'target')]
      mkdirSync(copy)
      run(copyOut(stick, copy))
      run(['sh', join(copy, 'plugbay/usb-backup/restore.sh'), target])
      return versionIn(target)
    } finally {
      await rm(folder, { recursive: true })
    }
  }
}

function placeOf({ serial }: Stick): string {
  return `/run/${serial}`
}

/** The program that copies the files of an image: nothing is mounted here, which not every container may. */
function copyOut(
  { image, filesystem }: Pick<Stick, 'image' | 'filesystem'>,
  target: string,
): readonly [string, ...string[]] {
  return filesystem === 'ext4'
    ? ['debugfs', '-R', `rdump /plugbay ${target}`, image]
    : ['mcopy', '-s', '-Q', '-i', image, '::/plugbay', target]
}

function run([program, ...args]: readonly [string, ...string[]]): void {
  const env = {
    ...process.env,
    PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
    LC_ALL: 'C',
    MTOOLS_SKIP_CHECK: '1',
  }
  const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8' })
  assert.equal(status, 0, `${program}: ${stdout}${stderr}`)
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < LOOKS; i++) {
    const found = await look()
    if (found !== undefined) return found
    await delay(LOOK_MS)
  }
  throw new Error('It did not come')
}
