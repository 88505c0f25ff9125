// The task that backs up: to one drive, then removes what is outdated there.

import type { Env, Task } from 'plugbay/sdk'
import { BackupFolder } from '../drive/backup-folder.ts'
import { takeBackup } from '../drive/take-backup.ts'
import { tidy } from '../drive/tidy.ts'
import type { Manifest } from '../format/manifest.ts'
import type { Bytes } from '../format/parts.ts'
import type { Retention } from '../format/retention.ts'
import type { SealHead } from '../format/seal.ts'
import { packOf, sizeOf, snapshotOf } from '../host-data.ts'
import { type BackUpArgs, note } from '../jobs.ts'
import { encryption, identityOf, putKeyOnDrive } from '../keys.ts'
import { Pace } from '../pace.ts'
import { Progress, sizeText } from '../progress.ts'
import { onDrive } from './on-drive.ts'

export async function backUp(task: Task<BackUpArgs>, env: Env) {
  const { drive } = task.args
  return await onDrive(task, env, {
    what: 'The backup',
    comfort: 'The backups before it are untouched; the next one goes on from here.',
    async work(volume, root) {
      await note(env, drive, { name: volume.name, unfinished: true })
      const folder = await BackupFolder.create(root)
      const { recipient, manifest } = await newBackup(task, env, folder).catch(async (error) => {
        // Who cancels it does not want it to go on by itself.
        if (task.signal.aborted) await note(env, drive, { name: volume.name, unfinished: false })
        throw error
      })
      await note(env, drive, { name: volume.name, unfinished: false })
      task.worked()
      const tidied = await tidy(folder, {
        retention: retentionOf(env),
        identityOf: await knownIdentity(env, recipient),
        signal: task.signal,
      })
      const { id, files, bytes, added } = manifest
      task.progress(1, `${files} files, ${sizeText(bytes)}; ${sizeText(added)} were new`)
      return { snapshot: id, files, bytes, added, ...tidied }
    },
  })
}

async function newBackup(
  task: Task<BackUpArgs>,
  env: Env,
  folder: BackupFolder,
): Promise<{ readonly recipient: string | null; readonly manifest: Manifest }> {
  const chosen = await encryption(env)
  const recipient = chosen.kind === 'none' ? null : chosen.recipient
  await folder.writeRestoreScript()
  if (recipient !== null) await putKeyOnDrive(env, folder, recipient)
  const progress = new Progress(task, 'Backing up')
  const pace = new Pace(Number(env.settings.speed))
  progress.begin(await sizeOf(env, sourcesOf(env)))
  const source = {
    open: (known: Bytes) => snapshotOf(env, sourcesOf(env), known),
    pack: (name: string, seal: SealHead | undefined) => packOf(env, name, seal),
  }
  const manifest = await takeBackup(folder, source, {
    recipient,
    at: new Date(),
    signal: task.signal,
    count: (bytes) => progress.count(bytes),
    spend: (bytes) => pace.spend(bytes),
  })
  progress.finish('Removing what is outdated')
  return { recipient, manifest }
}

function sourcesOf({ settings }: Pick<Env, 'settings'>): readonly string[] {
  const { sources } = settings
  return Array.isArray(sources) ? sources.map(String) : []
}

function retentionOf({ settings }: Pick<Env, 'settings'>): Retention {
  const { keepLast, keepDaily, keepWeekly } = settings
  return { last: Number(keepLast), daily: Number(keepDaily), weekly: Number(keepWeekly) }
}

async function knownIdentity(
  env: Env,
  recipient: string | null,
): Promise<(asked: string) => string | undefined> {
  const identity = recipient === null ? undefined : await identityOf(env, recipient)
  return (asked) => (asked === recipient ? identity : undefined)
}
