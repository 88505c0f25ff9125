// The task that restores: gives a snapshot back to the server, which puts all of a source in place, or nothing of it.

import type { Env, Task } from 'plugbay/sdk'
import { BackupFolder } from '../drive/backup-folder.ts'
import { restoreStream } from '../drive/restore-stream.ts'
import { Failure } from '../drive/sentences.ts'
import { isReadable, type Manifest } from '../format/manifest.ts'
import { isNewerMajor, listData, restoreData } from '../host-data.ts'
import type { RestoreArgs } from '../jobs.ts'
import { identityOf } from '../keys.ts'
import { Progress, sizeText } from '../progress.ts'
import { onDrive } from './on-drive.ts'

/** Names of data (`data.list`). */
const STORE = 'store'
const OWN_DATA = 'plugin.usb-backup'

export async function restore(task: Task<RestoreArgs>, env: Env) {
  return await onDrive(task, env, {
    what: 'The restore',
    comfort: 'Nothing was changed on the server.',
    async work(_volume, root) {
      const folder = await BackupFolder.find(root)
      const manifest = folder === undefined ? undefined : await findSnapshot(folder, task.args.snapshot)
      if (folder === undefined || manifest === undefined)
        throw new Failure('There is no such snapshot on the drive.')
      const sources = await chosenSources(env, manifest, task.args.sources)
      const { recipient } = manifest
      const identity = recipient === null ? undefined : await identityOf(env, recipient)
      if (recipient !== null && identity === undefined)
        throw new Failure('The snapshot is encrypted: give its passphrase or key on the page of the plugin.')
      const progress = new Progress(task, 'Restoring')
      const chosen = manifest.sources.filter(({ name }) => sources.includes(name))
      const bytes = chosen.reduce((sum, source) => sum + source.bytes, 0)
      progress.begin(bytes)
      const tar = restoreStream(folder, manifest, {
        identity,
        sources: new Set(sources),
        count: (count) => progress.count(count),
        signal: task.signal,
      })
      const { restored, atNextStart } = await restoreData(env, sources, tar)
      task.worked()
      const later =
        atNextStart.length === 0 ? '' : `; at the next start of the server: ${atNextStart.join(', ')}`
      task.progress(
        1,
        `${sizeText(bytes)} of ${manifest.at}: ${restored.join(', ') || 'nothing yet'}${later}`,
      )
      return { snapshot: manifest.id, restored, atNextStart }
    },
  })
}

async function findSnapshot(folder: BackupFolder, id: string): Promise<Manifest | undefined> {
  if (id !== 'latest') return await folder.readSnapshot(id)
  return (await folder.readSnapshots()).manifests.at(-1)
}

/** Refuses what this server would not understand, before anything is read. The server checks it again. */
async function chosenSources(
  env: Env,
  manifest: Manifest,
  chosen: readonly string[] | undefined,
): Promise<readonly string[]> {
  if (!isReadable(manifest))
    throw new Failure(
      'The snapshot was made by a newer version of this plugin: update the plugin to restore it.',
    )
  const here = new Map((await listData(env)).map((source) => [source.name, source]))
  const there = new Map(manifest.snapshot.sources.map((source) => [source.name, source]))
  const asked = chosen ?? manifest.sources.map(({ name }) => name)
  // With the store, the plugins come back too, in the versions that they had, at the next start of the server.
  const isWhole = asked.includes(STORE)
  // The data of this plugin cannot be replaced while it works.
  const names = isWhole ? asked : asked.filter((name) => name !== OWN_DATA)
  if (names.length === 0) throw new Failure('There is nothing to restore.')
  for (const name of names) {
    const [source, current] = [there.get(name), here.get(name)]
    const title = source?.title ?? name
    if (source === undefined) throw new Failure(`The snapshot has no "${name}".`)
    if (isWhole && source.kind === 'plugin') continue
    if (current === undefined)
      throw new Failure(`This server has no "${title}": install what it belongs to, or leave it out.`)
    if (isNewerMajor(source.version, current.version))
      throw new Failure(
        `"${title}" was backed up from version ${source.version}, and this server has ${current.version}: update the server first.`,
      )
  }
  return names
}
