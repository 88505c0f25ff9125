// Checkpoints: the data of a plugin as it was before an upgrade, kept on disk until the upgrade has been recorded or undone.
// Invariant: a checkpoint has its name only when it is whole and flushed, and one rename puts it back: a crash at any instant
// leaves it to be put back or thrown away by the next start.

import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { flushFolder } from '../../../plugin-store/flush.ts'
import { BUCKET_FILE } from '../../../sdk/protocol/bucket-wire.ts'
import { flushTree } from './flush-tree.ts'
import type { SnapshotProcess } from './snapshot-process.ts'
import type { SnapshotOptions } from './snapshots.ts'

/** What a checkpoint is of. */
export interface CheckpointName {
  readonly pluginId: string
  /** The version whose data it holds; empty for a plugin that has not run yet. */
  readonly version: string
}

export interface Checkpoints {
  /**
   * Keeps the data of a plugin that does not run. Rejects with STORE_FULL or HOST_CALL_FAILED; then there is no checkpoint, and the data is as it was.
   */
  make(name: CheckpointName): Promise<void>
  /** Puts the data back as it was. Rejects with HOST_CALL_FAILED; then the checkpoint is still there. */
  restore(name: CheckpointName): Promise<void>
  /**
   * Replaces the data of a plugin by a copy of another one's, which must not run meanwhile. Rejects as make(); the data of `to`
   * is then the old or the new.
   */
  adopt(plugins: { readonly from: string; readonly to: string }): Promise<void>
  /** Idempotent. */
  discard(name: CheckpointName): Promise<void>
  /** Those that a runtime has left behind which ended in the middle of an upgrade. */
  list(): Promise<readonly CheckpointName[]>
}

export interface CheckpointParts
  extends Pick<SnapshotOptions, 'folder' | 'whileHeld' | 'elsewhere' | 'buckets'> {
  /** A process with a room of its own. */
  readonly enter: (pluginId: string) => Promise<Entered>
  /** Copies the data into the room. */
  readonly copy: (pluginId: string, entered: Entered, version: string | null) => Promise<unknown>
}

export interface Entered {
  readonly process: SnapshotProcess
  readonly room: string
  /** Ends the process and removes the room. */
  readonly leave: () => Promise<void>
}

/** No plugin id starts like this. */
const CHECKPOINTS = '.checkpoints'
/** The files of a plugin (worker/plugin-folder.ts). */
const FILES = ['kv.db', 'db.sqlite', BUCKET_FILE]

export function createCheckpoints(parts: CheckpointParts): Checkpoints {
  const { folder, enter, copy, whileHeld, elsewhere, buckets } = parts
  const all = join(folder, CHECKPOINTS)
  const placeOf = ({ pluginId, version }: CheckpointName): string => join(all, `${pluginId}@${version}`)

  /** Replaces the data of a plugin by the files of a folder, which is then gone. */
  const put = async (files: string, pluginId: string): Promise<void> => {
    const { process, leave } = await enter(pluginId)
    try {
      const replace = async () => {
        await elsewhere.closed(pluginId)
        await process.call({ method: 'restore', from: files })
        buckets.forget(pluginId)
      }
      await whileHeld(pluginId, replace, { endCursors: 'the data of the plugin is replaced' })
      await flushFolder(join(folder, pluginId))
    } finally {
      await leave()
    }
  }

  return {
    async make(name) {
      const { pluginId, version } = name
      const entered = await enter(pluginId)
      try {
        await copy(pluginId, entered, version)
        await completeFiles(entered.room)
        await flushTree(entered.room)
        await mkdir(all, { recursive: true, mode: 0o700 })
        await rm(placeOf(name), { recursive: true, force: true })
        await rename(entered.room, placeOf(name))
        await flushFolder(all)
      } finally {
        await entered.leave()
      }
    },

    async restore(name) {
      await put(placeOf(name), name.pluginId)
      await flushFolder(all)
    },

    async adopt({ from, to }) {
      const entered = await enter(from)
      try {
        await copy(from, entered, null)
        await completeFiles(entered.room)
        await flushTree(entered.room)
        await put(entered.room, to)
      } finally {
        await entered.leave()
      }
    },

    async discard(name) {
      await rm(placeOf(name), { recursive: true, force: true })
    },

    async list() {
      const names = await readdir(all).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return []
        throw error
      })
      return names.flatMap((name) => {
        const end = name.indexOf('@')
        return end === -1 ? [] : [{ pluginId: name.slice(0, end), version: name.slice(end + 1) }]
      })
    },
  }
}

/** A file that the plugin did not have is an empty one, which takes the place of the one that an upgrade has made. */
async function completeFiles(room: string): Promise<void> {
  for (const name of FILES) {
    const file = join(room, name)
    await writeFile(file, '', { flag: 'a', mode: 0o600 })
    await chmod(file, 0o600)
  }
}
