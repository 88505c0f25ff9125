// The data process: holds the open databases of plugins and answers one call after the other.

import { confineProcess } from '../../processes/inside/confine.ts'
import { serveWorker } from '../../processes/inside/serve-worker.ts'
import type { DataCall, DataClose } from '../data-call.ts'
import { type KvEngine, openKvEngine } from './kv.ts'

type Call = DataCall | DataClose | { readonly method: 'open'; readonly folder: string }

let engine: KvEngine | undefined

confineProcess()

serveWorker((head, body) => {
  const call = head as Call
  if (call.method === 'open') {
    engine = openKvEngine({ folder: call.folder })
    return { head: null }
  }
  if (engine === undefined) throw new Error('call before open')
  if (!('args' in call)) {
    engine[call.method](call.pluginId)
    return { head: null }
  }
  return engine.handle({ ...call, body })
})
