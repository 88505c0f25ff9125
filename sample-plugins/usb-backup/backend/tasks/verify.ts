// The task that reads every pack of a drive, and says what is damaged.

import type { Env, Task } from 'plugbay/sdk'
import { BackupFolder } from '../drive/backup-folder.ts'
import { checkDrive, type DriveCheck } from '../drive/check-drive.ts'
import { Failure } from '../drive/sentences.ts'
import type { VerifyArgs } from '../jobs.ts'
import { identityOf } from '../keys.ts'
import { Pace } from '../pace.ts'
import { Progress } from '../progress.ts'
import { onDrive } from './on-drive.ts'

const MOST_NAMES = 20
/** Of a byte, against one that a backup writes. */
const COST_OF_UNPACKING = 2

export async function verify(task: Task<VerifyArgs>, env: Env) {
  return await onDrive(task, env, {
    what: 'The check',
    comfort: 'Nothing was changed.',
    async work(_volume, root) {
      const folder = await BackupFolder.find(root)
      if (folder === undefined) throw new Failure('There are no backups on the drive.')
      const progress = new Progress(task, 'Reading back')
      const pace = new Pace(Number(env.settings.speed))
      const check = await checkDrive(folder, {
        signal: task.signal,
        identityOf: (recipient) => identityOf(env, recipient),
        spend: (bytes) => pace.spend(bytes * COST_OF_UNPACKING),
        begun: (bytes) => progress.begin(bytes),
        count: (bytes) => progress.count(bytes),
      })
      task.worked()
      const { packs, snapshots, damaged, locked } = check
      const unread =
        locked === 0 ? '' : `; of ${locked} packs with another key only the files, not what is in them`
      if (damaged.length > 0) task.failure(damageText(check))
      else task.progress(1, `${snapshots} snapshots in ${packs} packs are whole${unread}`)
      return check
    },
  })
}

function damageText({ damaged, incomplete, snapshots }: DriveCheck): string {
  const names = damaged.slice(0, MOST_NAMES).join(', ')
  const more = damaged.length > MOST_NAMES ? ` and ${damaged.length - MOST_NAMES} more` : ''
  const rest = snapshots - incomplete.length
  return `Damaged: ${names}${more}. ${incomplete.length} of ${snapshots} snapshots need them; ${rest} ${rest === 1 ? 'is' : 'are'} whole. Use another drive.`
}
