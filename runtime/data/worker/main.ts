// The data process: holds the open databases of plugins and answers one call after the other.

import { confineProcess } from '../../processes/child/confine.ts'
import { serveWorker, type WorkerAnswer } from '../../processes/child/serve-worker.ts'
import type { DataCall, DataClose } from '../data-call.ts'
import { type DbEngine, openDbEngine } from './db/db-engine.ts'
import { type KvEngine, openKvEngine } from './kv/kv-engine.ts'

type Call = DataCall | DataClose | { readonly method: 'open'; readonly folder: string }

/** They may be repeated: their answers leave together. */
const READS: ReadonlySet<Call['method']> = new Set<Call['method']>(['kv.get', 'kv.list', 'db.migrations'])

let engines: { readonly kv: KvEngine; readonly db: DbEngine } | undefined

serveWorker(answer, { tellsAtOnce: (head) => !READS.has((head as Call).method) })
confineProcess()

function answer(head: unknown, body: Uint8Array | undefined): WorkerAnswer {
  const call = head as Call
  if (call.method === 'open') {
    engines = { kv: openKvEngine({ folder: call.folder }), db: openDbEngine({ folder: call.folder }) }
    return { head: null }
  }
  if (engines === undefined) throw new Error('call before open')
  if (!('args' in call)) {
    engines.kv[call.method](call.pluginId)
    engines.db[call.method](call.pluginId)
    return { head: null }
  }
  return call.method.startsWith('db.')
    ? engines.db.handle({ ...call, body })
    : engines.kv.handle({ ...call, body })
}
