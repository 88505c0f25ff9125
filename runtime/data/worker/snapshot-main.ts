// The snapshot process: exports the data of one plugin, or imports a snapshot in its place.
// Invariant: it executes one step at a time; a failed step leaves the data of the plugin unchanged.

import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { BUCKET_FILE, CONTENTS_FOLDER } from '../../../sdk/protocol/bucket-wire.ts'
import { bytesOf } from '../../../sdk/protocol/stream-bytes.ts'
import type { ReceiveStream } from '../../../sdk/protocol/streams.ts'
import { confineProcess } from '../../processes/child/confine.ts'
import { serveWorker, type WorkerResult } from '../../processes/child/serve-worker.ts'
import type { ImportFacts, ImportRules, SnapshotCall, SnapshotFacts } from '../snapshots/snapshot-call.ts'
import { DataError, isOutOfSpace } from './data-error.ts'
import { DbDatabase } from './db/db-database.ts'
import {
  type MigrationOutcome,
  type MigrationState,
  migrate,
  migrationState,
  parseMigrations,
} from './db/db-migrations.ts'
import { DB_FILE, KV_FILE, pluginFolder, replaceData } from './plugin-folder.ts'
import { restoreBucket } from './snapshot/restore-bucket.ts'
import { restoreDb, restoreError } from './snapshot/restore-db.ts'
import { restoreKv } from './snapshot/restore-kv.ts'
import { readSnapshot } from './snapshot/snapshot-reader.ts'
import { type Copied, copyPinned, type Pinned, pin, snapshotBytes } from './snapshot/snapshot-source.ts'

interface Paths {
  readonly pluginId: string
  /** The folder of the plugin. */
  readonly home: string
  readonly room: string
  /** Below the room: the files that will replace those of the plugin. */
  readonly ready: string
}

let place: Paths | undefined
let pinned: Pinned | undefined
let copied: Copied | undefined

serveWorker<SnapshotCall>(async (call, body, upload) => {
  if (call.method === 'begin') {
    const { folder, pluginId, room } = call
    place = { pluginId, home: pluginFolder(folder, pluginId), room, ready: join(room, 'ready') }
    return { head: null }
  }
  if (place === undefined) throw new Error('call before begin')
  return await carryOut(call, { place, body, upload })
})

confineProcess()

interface Input {
  readonly place: Paths
  readonly body: Uint8Array | undefined
  readonly upload: ReceiveStream | undefined
}

async function carryOut(
  call: Exclude<SnapshotCall, { readonly method: 'begin' }>,
  { place, body, upload }: Input,
): Promise<WorkerResult> {
  switch (call.method) {
    case 'pin':
      pinned = pin(place.home)
      return { head: null }
    case 'copy':
      copied = await copy(pinned, { place, version: call.version })
      return { head: { bytes: copied.bytes, createdAt: copied.header.createdAt } satisfies SnapshotFacts }
    case 'send':
      if (copied === undefined) throw new Error('call before copy')
      return { head: null, stream: snapshotBytes(copied) }
    case 'receive':
      if (upload === undefined) throw new Error('call without a snapshot')
      return { head: await stageImport(upload, { rules: call, place }) }
    case 'migrate':
      return {
        head: ofReceived(place, (database) => migrate(database, parseMigrations(body), call.quotaBytes)),
      }
    case 'compare':
      return { head: ofReceived(place, (database) => migrationState(database, parseMigrations(body))) }
    case 'commit':
      replaceData(place.ready, place.home)
      return { head: null }
    case 'restore':
      replaceData(call.from, place.home)
      return { head: null }
  }
}

async function copy(
  source: Pinned | undefined,
  { place, version }: { readonly place: Paths; readonly version: string | null },
): Promise<Copied> {
  if (source === undefined) throw new Error('call before pin')
  try {
    return await copyPinned(source, { plugin: place.pluginId, version, room: place.room })
  } catch (error) {
    if (isOutOfSpace(error)) throw new DataError('STORE_FULL', 'The server has no space left', error)
    const reason = error instanceof Error ? error.message : String(error)
    throw new DataError('HOST_CALL_FAILED', `The data could not be copied: ${reason}`, error)
  }
}

async function stageImport(
  upload: ReceiveStream,
  { rules, place }: { readonly rules: ImportRules; readonly place: Paths },
): Promise<ImportFacts> {
  const { room, ready } = place
  const received = (name: string) => (existsSync(join(room, name)) ? join(room, name) : undefined)
  try {
    const { plugin, version, createdAt } = await readSnapshot(bytesOf(upload), { ...rules, room })
    mkdirSync(ready, { mode: 0o700 })
    const kvBytes = restoreKv({
      from: received(KV_FILE),
      to: join(ready, KV_FILE),
      quotaBytes: rules.kvBytes,
      now: Date.now(),
    })
    const database = restoreDb({
      from: received(DB_FILE),
      to: join(ready, DB_FILE),
      scratch: join(room, 'scratch.sqlite'),
      quotaBytes: rules.databaseBytes,
    })
    const filesBytes = restoreBucket({
      from: received(BUCKET_FILE),
      to: join(ready, BUCKET_FILE),
      quotaBytes: rules.filesBytes,
    })
    if (received(CONTENTS_FOLDER) !== undefined)
      renameSync(join(room, CONTENTS_FOLDER), join(ready, CONTENTS_FOLDER))
    return { plugin, version, createdAt, kvBytes, ...database, filesBytes }
  } catch (error) {
    throw restoreError(error)
  }
}

function ofReceived(
  { ready }: Paths,
  work: (database: DbDatabase) => MigrationOutcome | MigrationState,
): MigrationOutcome | MigrationState {
  const database = new DbDatabase(join(ready, DB_FILE))
  try {
    return work(database)
  } finally {
    database.close()
  }
}
