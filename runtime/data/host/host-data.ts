// The data of a host as one tar, for the functions data.list, data.snapshot and data.restore.
// Invariant: files and databases are touched in a process of their own, which ends with the call.

import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Actor, AuditLog, StorePaths } from '../../../plugin-store/store.ts'
import { MANIFEST_NAME, type SnapshotSection } from '../../../sdk/protocol/host-data.ts'
import { childEntry } from '../../bundles/children.ts'
import { PlugbayError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Jail } from '../../processes/jail/jail.ts'
import { TransferProcess } from '../snapshots/transfer-process.ts'
import { byteStream } from './byte-stream.ts'
import { Fillings } from './filling.ts'
import type { HostDataCall, LeftOut, SnapshotManifest, SourceFacts, SourceSize } from './host-data-call.ts'
import { placesOf, type Restored, restore } from './restore.ts'
import {
  exportPath,
  packedSources,
  pathsOf,
  placesToWrite,
  type Rights,
  rightsToMeasure,
  rightsToRead,
} from './source-places.ts'
import { chosen, listSources, type Source, type SourceParts } from './sources.ts'
import { sourcesToPack } from './sources-to-pack.ts'

export interface HostDataParts extends SourceParts {
  readonly jail: Jail
  readonly log: Log
  readonly paths: Pick<StorePaths, 'staging' | 'restore'>
  readonly audit: Pick<AuditLog, 'append'>
}

/** A tar; or sections (SnapshotSection), with the bytes of each compressed by zstd or not, or in packs, which are read apart from them. */
export type SnapshotForm = 'tar' | 'parts' | 'parts.zst' | 'packs'

export interface SnapshotWanted {
  readonly form: SnapshotForm
  /** Of the frames of one pack, about; PACK_BYTES by default. */
  readonly packBytes?: number | undefined
}

/** The plugin that calls; or an administrator, in whose name no plugin waits. */
export interface DataCaller {
  readonly plugin: string | null
  /** In the audit log; the plugin by default. */
  readonly actor?: Actor
  readonly signal: AbortSignal
  /** Called with milliseconds of CPU time. */
  readonly charge: (ms: number) => void
}

interface Packing {
  readonly sources: readonly Source[]
  /** A folder for copies. */
  readonly room: string
}

interface PackingParts extends Packing {
  /** Digests of parts that are left out. */
  readonly known: ReadableStream<Uint8Array>
  readonly isCompressed: boolean
}

interface FillingParts extends Omit<PackingParts, 'isCompressed'> {
  readonly caller: DataCaller
  readonly packBytes: number
}

interface Reading {
  readonly caller: DataCaller
  readonly leave: () => void
  readonly pack: (process: TransferProcess<HostDataCall>, room: string) => AsyncGenerator<Uint8Array>
}

export interface RestoreCaller extends DataCaller {
  readonly body: AsyncIterable<Uint8Array>
  /** Check the snapshot as a restore would, and change nothing. */
  readonly isCheck?: boolean
}

const entry = childEntry('host-data')
/** A large database is copied in one step; the call that asks for it has a deadline of its own. */
const TIMES = { stepMs: 1_800_000, checkMs: 1_800_000, idleMs: 1_800_000 }
const CHARGE_EVERY_MS = 1000
/** Each is a process, and takes as much disk space as the largest database. */
const AT_ONCE = 2
/** Of the tar: two blocks of zeros. */
const END = new Uint8Array(1024)
const BLOCK = 512
/** Large enough that a file costs little, small enough that one that is lost does, too. */
const PACK_BYTES = 64_000_000

export class HostData {
  readonly #parts: HostDataParts
  /** Of snapshots in packs. */
  readonly packs = new Fillings()
  #underWay = 0
  #isRestoring = false

  constructor(parts: HostDataParts) {
    this.#parts = parts
  }

  async list(): Promise<readonly SourceFacts[]> {
    return chosen(await listSources(this.#parts), undefined).map(factsOf)
  }

  /** The same, measured. Rejects with QUOTA_EXCEEDED, HOST_CALL_FAILED, and when the signal is aborted. */
  async measure({ signal, charge }: DataCaller): Promise<readonly (SourceFacts & SourceSize)[]> {
    const sources = chosen(await listSources(this.#parts), undefined)
    const leave = this.#enter()
    const process = this.#open(rightsToMeasure(sources))
    const end = () => void process.close()
    signal.addEventListener('abort', end)
    const settle = chargeFor(process, charge)
    try {
      signal.throwIfAborted()
      const sized: (SourceFacts & SourceSize)[] = []
      for (const source of sources) {
        const size = (await process.call({ method: 'measure', paths: pathsOf(source) })) as SourceSize
        sized.push({ ...factsOf(source), ...size })
      }
      return sized
    } finally {
      signal.removeEventListener('abort', end)
      settle()
      await process.close()
      leave()
    }
  }

  /**
   * A tar, or sections (SnapshotSection). Rejects with NOT_FOUND and QUOTA_EXCEEDED; it fails with STORE_FULL, HOST_CALL_FAILED and, for the
   * body, VALUE_INVALID, and when the signal is aborted.
   * @param caller.body the digests of parts that are left out
   */
  async snapshot(
    names: readonly string[] | undefined,
    caller: DataCaller & SnapshotWanted & { readonly body: ReadableStream<Uint8Array> },
  ): Promise<ReadableStream<Uint8Array>> {
    const sources = chosen(await listSources(this.#parts), names)
    const leave = this.#enter()
    const bytes = this.#read(sources, {
      ...{ caller, leave },
      pack: (process, room) => {
        const { form, packBytes = PACK_BYTES, body: known } = caller
        if (form === 'tar') return this.#packTar(process, { sources, room })
        if (form === 'packs') return this.#fillPacks(process, { sources, room, known, caller, packBytes })
        return this.#packParts(process, { sources, room, known, isCompressed: form === 'parts.zst' })
      },
    })
    return byteStream(bytes)
  }

  /**
   * Replaces parts of the data by those of a snapshot, each as a whole or not at all; before all of it was checked, nothing changes.
   * Rejects with SNAPSHOT_INVALID, STATE_CONFLICT, NOT_FOUND, STORE_FULL, HOST_CALL_FAILED, and as imports of plugins' data do.
   */
  async restore(
    wanted: readonly string[] | undefined,
    { body, isCheck = false, ...caller }: RestoreCaller,
  ): Promise<Restored> {
    const { plugin, signal, charge } = caller
    if (this.#isRestoring) throw new PlugbayError('STATE_CONFLICT', 'Another snapshot is being restored')
    this.#isRestoring = true
    const room = this.#room()
    let process: TransferProcess<HostDataCall> | undefined
    let settle = () => {}
    const end = () => void process?.close()
    signal.addEventListener('abort', end)
    try {
      const sources = await listSources(this.#parts)
      if (!isCheck) await this.#record(caller, 'data.restore', { sources: wanted ?? 'all' })
      await mkdir(room, { mode: 0o700 })
      process = this.#open({ read: [], write: placesToWrite(sources, room) })
      settle = chargeFor(process, charge)
      return await restore(process, body, {
        ...{ sources, host: this.#parts.host.id, wanted, caller: plugin, room, isCheck },
        later: this.#parts.paths.restore,
      })
    } finally {
      signal.removeEventListener('abort', end)
      settle()
      await process?.close()
      await this.recover()
      await rm(room, { recursive: true, force: true })
      this.#isRestoring = false
    }
  }

  /** Completes or undoes what was interrupted while a folder was exchanged. Call it before the data is used. */
  async recover(): Promise<void> {
    for (const { folder } of Object.values(this.#parts.host.data ?? {})) {
      if (folder === undefined) continue
      const { coming, old } = placesOf(folder)
      if (!(await exists(folder)) && (await exists(old))) await rename(old, folder)
      for (const left of [coming, old]) await rm(left, { recursive: true, force: true })
    }
  }

  /** Data of plugins that a restore has left for this start. What fails is logged, and kept. */
  async importPending(): Promise<void> {
    const { own, log, paths } = this.#parts
    const folder = join(paths.restore, 'plugins')
    if (own === undefined || !(await exists(folder))) return
    for (const name of await readdir(folder)) {
      const [, id] = /^([a-z0-9-]+)\.plugbay$/.exec(name) ?? []
      if (id === undefined) continue
      const path = join(folder, name)
      try {
        await own.importPlugin(id, createReadStream(path))
        await rm(path)
        log.info({ plugin: id }, 'the data of the plugin was restored')
      } catch (error) {
        log.error({ plugin: id, error: String(error) }, 'the data of the plugin could not be restored')
        await rename(path, `${path}.failed`)
      }
    }
  }

  async *#read(
    sources: readonly Source[],
    { caller, leave, pack }: Reading,
  ): AsyncGenerator<Uint8Array, void, void> {
    const { plugin, signal, charge } = caller
    const { log } = this.#parts
    const room = this.#room()
    let process: TransferProcess<HostDataCall> | undefined
    let settle = () => {}
    // It may be in the middle of a step, which a closed stream does not end.
    const end = () => void process?.close()
    signal.addEventListener('abort', end)
    try {
      signal.throwIfAborted()
      await this.#record(caller, 'data.snapshot', { sources: sources.map(({ name }) => name) })
      await mkdir(room, { mode: 0o700 })
      process = this.#open(rightsToRead(sources, room))
      settle = chargeFor(process, charge)
      yield* pack(process, room)
      const leftOut = (await process.call({ method: 'leftOut' })) as LeftOut
      if (leftOut.files > 0)
        log.warn({ plugin, ...leftOut }, 'a snapshot of the data lacks files that could not be read')
    } finally {
      signal.removeEventListener('abort', end)
      settle()
      await process?.close()
      await rm(room, { recursive: true, force: true })
      leave()
    }
  }

  async *#packTar(
    process: TransferProcess<HostDataCall>,
    { sources, room }: Packing,
  ): AsyncGenerator<Uint8Array, void, void> {
    const manifest = Buffer.from(`${JSON.stringify(this.#manifest(sources), null, 2)}\n`)
    yield* this.#head(process, MANIFEST_NAME, manifest.byteLength)
    yield manifest
    yield padding(manifest.byteLength)
    for (const source of sources) {
      const { name, place } = source
      if (place.kind !== 'plugin') {
        for (const packed of packedSources(source, room))
          yield* process.download({ method: 'pack', source: packed })
        continue
      }
      const exported = await place.own.exportPlugin(place.id)
      try {
        yield* this.#head(process, exportPath(name), exported.bytes)
        yield* exported.chunks
        yield padding(exported.bytes)
      } finally {
        await exported.close()
      }
    }
    yield END
  }

  async *#packParts(
    process: TransferProcess<HostDataCall>,
    { sources, room, known, isCompressed }: PackingParts,
  ): AsyncGenerator<Uint8Array, void, void> {
    await process.upload({ method: 'known' }, known)
    yield section({ snapshot: this.#manifest(sources), read: 0, bytes: 0 })
    for await (const source of sourcesToPack(sources, room))
      yield* process.download({ method: 'packParts', source, isCompressed })
    yield section({ read: 0, bytes: 0, isLast: true })
  }

  async *#fillPacks(
    process: TransferProcess<HostDataCall>,
    { sources, room, known, caller, packBytes }: FillingParts,
  ): AsyncGenerator<Uint8Array, void, void> {
    await process.upload({ method: 'known' }, known)
    await process.call({ method: 'beginPacks', packBytes })
    const packs = this.packs.begin({ plugin: caller.plugin, process })
    try {
      yield section({ snapshot: this.#manifest(sources), packs, read: 0, bytes: 0 })
      for await (const source of sourcesToPack(sources, room))
        yield* process.download({ method: 'fillPacks', source })
      yield* process.download({ method: 'endPacks' })
    } finally {
      this.packs.end(packs)
    }
    yield section({ read: 0, bytes: 0, isLast: true })
  }

  #head(process: TransferProcess<HostDataCall>, path: string, size: number): AsyncGenerator<Uint8Array> {
    return process.download({ method: 'header', path, size, mtimeMs: Date.now() })
  }

  #manifest(sources: readonly Source[]): SnapshotManifest {
    const { id, version } = this.#parts.host
    return {
      format: 1,
      host: { id, version },
      plugbay: this.#parts.version,
      sources: sources.map(factsOf),
      at: new Date().toISOString(),
    }
  }

  #room(): string {
    return join(this.#parts.paths.staging, `host-data-${randomUUID()}`)
  }

  async #record(
    { plugin, actor = `plugin ${plugin}` }: Pick<DataCaller, 'plugin' | 'actor'>,
    action: string,
    detail: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await this.#parts.audit.append(plugin ?? 'server', { actor, action, detail })
  }

  #open(rights: Rights) {
    const { jail, log } = this.#parts
    const child = { name: 'host data', entry: entry(), jail, log, times: TIMES }
    return new TransferProcess<HostDataCall>({ ...child, rights: { ...rights, permissionModel: false } })
  }

  #enter(): () => void {
    if (this.#underWay >= AT_ONCE)
      throw new PlugbayError('QUOTA_EXCEEDED', `More than ${AT_ONCE} snapshots of the data at once`)
    this.#underWay++
    return () => {
      this.#underWay--
    }
  }
}

function section(head: SnapshotSection): Uint8Array {
  return Buffer.from(`${JSON.stringify(head)}\n`)
}

/** Charges what the process uses as it uses it. Returns the function that charges the rest, and ends it. */
function chargeFor(process: TransferProcess<HostDataCall>, charge: DataCaller['charge']): () => void {
  let charged = 0
  const settle = () => {
    const used = process.cpuMs() ?? charged
    charge(used - charged)
    charged = used
  }
  const timer = setInterval(settle, CHARGE_EVERY_MS)
  return () => {
    clearInterval(timer)
    settle()
  }
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

function factsOf({ name, title, kind, version }: Source): SourceFacts {
  return { name, title, kind, version }
}

function padding(bytes: number): Uint8Array {
  return new Uint8Array((BLOCK - (bytes % BLOCK)) % BLOCK)
}
