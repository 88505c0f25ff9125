// The files process: works in one granted root, and can be killed at any moment. It runs no code of plugins; the names and bytes
// that it handles are hostile.

import { confineProcess } from '../../processes/child/confine.ts'
import { serveWorker, type WorkerResult } from '../../processes/child/serve-worker.ts'
import type { FilesCall, FilesMethod, FilesResults } from './calls.ts'
import { create, createAll, remove, rename } from './changes.ts'
import { Digests } from './digests.ts'
import { Listings } from './listings.ts'
import { factsOf, find, readPiece } from './read.ts'
import { driveFacts, measure } from './space.ts'
import { standIn } from './stand.ts'
import { Writers } from './writers.ts'

type Operations = {
  readonly [Method in FilesMethod]: (
    call: Extract<FilesCall, { readonly m: Method }>,
    body: Uint8Array,
  ) => FilesResults[Method] | Promise<FilesResults[Method] | Uint8Array>
}

const digests = new Digests()
const listings = new Listings()
const writers = new Writers()

const OPERATIONS: Operations = {
  open: ({ root }) => nothing(standIn({ root, path: [] }, () => undefined)),
  drive: ({ root }) => driveFacts(root),
  find: (call) => nothing(find(call, call.kind)),
  create: (call) => create(call, call.kind),
  createAll: (call) => nothing(createAll(call)),
  facts: factsOf,
  read: (call) => readPiece(call, call),
  digest: (call) => nothing(digests.open(call.number, call, call.algorithm)),
  digestNext: async ({ number }) => (await digests.next(number)) ?? null,
  digestClose: async ({ number }) => nothing(await digests.close(number)),
  list: async (call) => {
    listings.open(call.number, call, call.mayWrite)
    return await listings.next(call.number)
  },
  listNext: ({ number }) => listings.next(number),
  listClose: ({ number }) => nothing(listings.close(number)),
  remove: (call) => remove(call, call),
  rename: (call) => rename(call, call.to),
  measure: (call) => measure(call, call),
  writer: ({ root, path, number, token, from, mustExist }) => {
    const source = from === null ? undefined : { root, path: from }
    return nothing(writers.open(number, { root, path }, { token, from: source, mustExist }))
  },
  copy: ({ number }) => writers.copy(number),
  write: async ({ number, position }, bytes) => nothing(await writers.write(number, position, bytes)),
  truncate: async ({ number, size }) => nothing(await writers.truncate(number, size)),
  commit: ({ number }) => writers.commit(number),
  discard: async ({ number }) => nothing(await writers.discard(number)),
}

serveWorker<FilesCall>(async (call, body = new Uint8Array(0)): Promise<WorkerResult> => {
  // The type of a call decides that of its row.
  const operation = OPERATIONS[call.m] as (call: FilesCall, body: Uint8Array) => unknown
  const result = await operation(call, body)
  return result instanceof Uint8Array ? { head: null, body: result } : { head: result }
})
confineProcess()

function nothing(_done: unknown): null {
  return null
}
