// The data process: holds the open databases of plugins and answers calls in order, by a table.

import {
  DATA_CALLS,
  type DataCall,
  type DataCallName,
  splitDataCall,
} from '../../../sdk/protocol/data-calls.ts'
import { confineProcess } from '../../processes/child/confine.ts'
import { serveWorker, type WorkerResult } from '../../processes/child/serve-worker.ts'
import { type BucketEngine, openBucketEngine } from './bucket/bucket-engine.ts'
import { DataError } from './data-error.ts'
import { type DbEngine, openDbEngine } from './db/db-engine.ts'
import { type KvEngine, openKvEngine } from './kv/kv-engine.ts'

interface Engines {
  readonly kv: KvEngine
  readonly db: DbEngine
  readonly bucket: BucketEngine
}

type Operation = (engines: Engines, call: DataCall, body: Uint8Array | undefined) => WorkerResult

const kv: Operation = (engines, call, body) => engines.kv.handle({ ...call, args: argsOf(call), body })
/** The body holds statements or migrations. */
const db: Operation = (engines, call, body) => engines.db.handle({ ...call, args: argsOf(call), body })
const bucket: Operation = (engines, call, body) =>
  engines.bucket.handle({ ...call, args: argsOf(call), body })

const OPERATIONS: Readonly<Record<Exclude<DataCallName, 'open' | 'clock'>, Operation>> = {
  'kv.get': kv,
  'kv.put': kv,
  'kv.increment': kv,
  'kv.delete': kv,
  'kv.list': kv,
  'bucket.head': bucket,
  'bucket.list': bucket,
  'bucket.delete': bucket,
  'bucket.createUpload': bucket,
  'bucket.openUpload': bucket,
  'bucket.complete': bucket,
  'bucket.abort': bucket,
  'bucket.room': bucket,
  'bucket.used': bucket,
  'bucket.put': bucket,
  'bucket.putPart': bucket,
  'bucket.segments': bucket,
  'bucket.collect': bucket,
  'db.query': db,
  'db.read': db,
  'db.migrations': db,
  'db.migrate': db,
  'cursor.open': db,
  'cursor.next': db,
  'cursor.close': db,
  close: (engines, { pluginId }) => {
    engines.kv.close(pluginId)
    engines.db.close(pluginId)
    engines.bucket.close(pluginId)
    return { head: null }
  },
  remove: (engines, { pluginId }) => {
    engines.kv.remove(pluginId)
    engines.db.remove(pluginId)
    engines.bucket.remove(pluginId)
    return { head: null }
  },
}

let opened: Engines | undefined
/** In tests of plugins. */
let aheadMs = 0
const now = () => Date.now() + aheadMs

serveWorker<DataCall>(answer, {
  read(head) {
    const call = splitDataCall(head)
    if (call === undefined) throw new Error('a call that does not exist')
    return call
  },
  // Replies to reads leave together, because reads may be repeated.
  tellsAtOnce: ({ method }) => !DATA_CALLS[method].isRead,
})
confineProcess()

function answer(call: DataCall, body: Uint8Array | undefined): WorkerResult {
  if (call.method === 'open') {
    const folder = String(argsOf(call)[0])
    opened = {
      kv: openKvEngine({ folder, now }),
      db: openDbEngine({ folder }),
      bucket: openBucketEngine({ folder, now }),
    }
    return { head: null }
  }
  if (call.method === 'clock') {
    aheadMs = Number(argsOf(call)[0])
    return { head: null }
  }
  if (opened === undefined) throw new Error('call before open')
  return OPERATIONS[call.method](opened, call, body)
}

/** @throws DataError HOST_CALL_INVALID: a guest wrote them */
function argsOf({ args }: DataCall): readonly unknown[] {
  let list: unknown
  try {
    list = JSON.parse(args)
  } catch (error) {
    throw new DataError('HOST_CALL_INVALID', 'The arguments are not JSON', error)
  }
  if (!Array.isArray(list)) throw new DataError('HOST_CALL_INVALID', 'The arguments are not a list')
  return list
}
