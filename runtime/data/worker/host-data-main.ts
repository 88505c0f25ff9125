// The process that packs the data of a host into a tar, and unpacks it. It reads and writes what the application has declared, and
// nothing else.

import { createReadStream, rmSync } from 'node:fs'
import { bytesOf } from '../../../sdk/protocol/stream-bytes.ts'
import type { ReceiveStream } from '../../../sdk/protocol/streams.ts'
import { confineProcess } from '../../processes/child/confine.ts'
import { serveWorker, type WorkerResult } from '../../processes/child/serve-worker.ts'
import type { AppliedPart, HostDataCall, LeftOut, PackedSource, UnpackPlan } from '../host/host-data-call.ts'
import { DataError, diskErrorOf } from './data-error.ts'
import { apply } from './host-data/apply.ts'
import { copyDatabase } from './host-data/copy-database.ts'
import { KnownParts } from './host-data/known-parts.ts'
import { measureFolder } from './host-data/measure-folder.ts'
import { packParts } from './host-data/pack-parts.ts'
import { packTar } from './host-data/pack-tar.ts'
import { Packs } from './host-data/packs.ts'
import { endPack, fillPacks, sendSections } from './host-data/send-sections.ts'
import { tarHeader } from './host-data/tar-header.ts'
import { unpack } from './host-data/unpack.ts'
import { type Found, walkCopy, walkFolder } from './host-data/walk-folder.ts'

let leftOut: LeftOut = { files: 0, first: undefined }
const known = new KnownParts()
let packs = new Packs(0)

serveWorker<HostDataCall>((call, body, upload): WorkerResult | Promise<WorkerResult> => {
  switch (call.method) {
    case 'header': {
      const { path, size, mtimeMs } = call
      const mtimeNs = BigInt(Math.trunc(mtimeMs)) * 1_000_000n
      const entry = { path, size, mtimeNs, mode: 0o644, uid: 0, gid: 0, type: 'file' } as const
      return { head: null, stream: once(tarHeader(entry)) }
    }
    case 'measure': {
      const sizes = call.paths.map(measureFolder)
      return {
        head: {
          files: sizes.reduce((sum, { files }) => sum + files, 0),
          bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
        },
      }
    }
    case 'pack':
      return { head: null, stream: pack(call.source, packTar) }
    case 'known':
      if (upload === undefined) throw new Error('call without the known parts')
      return learned(upload)
    case 'packParts':
      return {
        head: null,
        stream: pack(call.source, (entries) => sendSections(packParts(entries, known), call.isCompressed)),
      }
    case 'beginPacks':
      packs = new Packs(call.packBytes)
      return { head: null }
    case 'fillPacks':
      return {
        head: null,
        stream: pack(call.source, (entries) => fillPacks(packParts(entries, known), packs)),
      }
    case 'endPacks':
      return { head: null, stream: endPack(packs) }
    case 'readPack': {
      const key = call.key === null ? undefined : Buffer.from(call.key, 'base64')
      return { head: null, stream: packs.read({ head: body ?? new Uint8Array(0), key }) }
    }
    case 'unpack':
      if (upload === undefined) throw new Error('call without a snapshot')
      return unpacked(upload, call.plan)
    case 'apply':
      return applied(call.part)
    case 'read':
      return { head: null, stream: createReadStream(call.path) }
    case 'leftOut':
      return { head: leftOut }
  }
})

confineProcess()

async function unpacked(upload: ReceiveStream, plan: UnpackPlan): Promise<WorkerResult> {
  try {
    return { head: await unpack(bytesOf(upload), plan) }
  } catch (error) {
    throw told(error, 'The snapshot cannot be unpacked')
  }
}

async function applied(part: AppliedPart): Promise<WorkerResult> {
  try {
    await apply(part)
    return { head: null }
  } catch (error) {
    throw told(error, `The data "${part.name}" cannot be replaced`)
  }
}

/** An error with a code, which the plugin may read. */
function told(error: unknown, what: string): DataError {
  if (error instanceof DataError) return error
  const disk = diskErrorOf(error)
  if (disk !== undefined) return disk
  const reason = error instanceof Error ? error.message : String(error)
  return new DataError('HOST_CALL_FAILED', `${what}: ${reason}`, error)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function learned(upload: ReceiveStream): Promise<WorkerResult> {
  await known.read(upload)
  return { head: null }
}

async function* pack(
  source: PackedSource,
  packed: (entries: Iterable<Found>) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    if (source.kind === 'folder') {
      yield* packed(
        walkFolder(source.path, source.as, (path) => {
          leftOut = { files: leftOut.files + 1, first: leftOut.first ?? path }
        }),
      )
      return
    }
    if (source.kind === 'database') await copyDatabase(source.path, source.copy)
    yield* packed(walkCopy(source.copy, source.as))
    rmSync(source.copy, { force: true })
  } catch (error) {
    throw told(error, `The data "${source.as}" cannot be read`)
  }
}
