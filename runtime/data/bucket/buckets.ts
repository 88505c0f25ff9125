// The files of plugins: contents arrive in the content process, what is known of them is kept by the data process of the plugin, and
// this is where both meet.
// Invariant: a content becomes a file of the plugin in one transaction, when it is complete and flushed; before that it is in a folder
// of its own, which is emptied at the start. Nothing here holds more of a content than a window.

import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { access, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ArrivedContent,
  BUCKET_FILE,
  type WireFileBody,
  type WireObject,
  type WirePutOptions,
  type WireSegment,
} from '../../../sdk/protocol/bucket-wire.ts'
import type { DataCall, DataCallName } from '../../../sdk/protocol/data-calls.ts'
import type { RelayedResult } from '../../../sdk/protocol/host-calls.ts'
import { PlugbayError } from '../../errors.ts'
import type { InUse, Room, Waste } from '../worker/bucket/bucket-types.ts'
import { BucketFiles, type FileReading } from './bucket-files.ts'
import { ContentProcess, type ContentProcessOptions } from './content-process.ts'

export interface BucketsParts extends ContentProcessOptions {
  readonly call: (call: DataCall, body: Uint8Array | undefined) => Promise<RelayedResult>
}

/** A content on its way. */
export interface Arriving {
  readonly source: AsyncIterable<Uint8Array>
  readonly quotaBytes: number
  readonly signal: AbortSignal
}

/** No plugin id starts like this. */
const INCOMING = '.incoming'

export class Buckets {
  readonly #parts: BucketsParts
  readonly #incoming: string
  readonly #process: ContentProcess
  readonly #files = new Map<string, BucketFiles>()
  /** Bytes that have arrived, and count for no quota yet. */
  readonly #arriving = new Map<string, number>()
  /** What is known to be used; absent after a change. */
  readonly #used = new Map<string, number>()

  constructor(parts: BucketsParts) {
    this.#parts = parts
    this.#incoming = join(parts.folder, INCOMING)
    // Leftovers of a killed runtime.
    rmSync(this.#incoming, { recursive: true, force: true })
    this.#process = new ContentProcess({ ...parts, folder: this.#incoming })
  }

  get pids(): readonly number[] {
    return this.#process.pids
  }

  /** A call that brings no content: its arguments are the guest's. */
  async relay(
    method: Extract<DataCallName, `bucket.${string}`>,
    call: { readonly pluginId: string; readonly args: string; readonly quotaBytes: number },
    body: Uint8Array | undefined,
  ): Promise<RelayedResult> {
    try {
      return await this.#parts.call({ method, ...call }, body)
    } finally {
      if (method !== 'bucket.head' && method !== 'bucket.list') this.#changed(call.pluginId)
    }
  }

  /**
   * Stores a content under a key; null when a condition failed. Rejects with HOST_CALL_INVALID, QUOTA_EXCEEDED, CONTENT_DIFFERS,
   * STORE_FULL, STORE_READ_ONLY, HOST_CALL_FAILED, and as the source does; then nothing has changed.
   */
  async put(
    pluginId: string,
    { key, options }: { readonly key: unknown; readonly options: WirePutOptions },
    content: Arriving,
  ): Promise<WireObject | null> {
    const { quotaBytes } = content
    const room = await this.#ask<Room>('bucket.room', { pluginId, args: [key, options], quotaBytes })
    if (!room.holds) return null
    return await this.#store(pluginId, { ...content, room, digest: options.digest }, (arrived) =>
      this.#ask('bucket.put', { pluginId, args: [key, options, arrived], quotaBytes }),
    )
  }

  /** Rejects as put(), and with NOT_FOUND. Returns the etag of the part. */
  async putPart(
    pluginId: string,
    { key, upload, number }: { readonly key: unknown; readonly upload: unknown; readonly number: unknown },
    content: Arriving,
  ): Promise<string> {
    const { quotaBytes } = content
    const room = await this.#ask<Room>('bucket.room', { pluginId, args: [key, {}], quotaBytes })
    let etag = ''
    await this.#store(pluginId, { ...content, room, digest: undefined }, async (arrived) => {
      await this.#ask('bucket.putPart', { pluginId, args: [key, upload, number, arrived], quotaBytes })
      etag = arrived.sha256
      return etag
    })
    return etag
  }

  /** Opens a part of a file for reading. Rejects with NOT_FOUND when it is not there any more. */
  async read(pluginId: string, { id, start, length }: WireFileBody): Promise<FileReading> {
    const find = () =>
      this.#ask<readonly WireSegment[] | null>('bucket.segments', {
        pluginId,
        args: [id, start, length],
        quotaBytes: 0,
      })
    return await this.#filesOf(pluginId).read(id, find)
  }

  /** Bytes that count for the quota. */
  async usedBytes(pluginId: string): Promise<number> {
    const known = this.#used.get(pluginId)
    if (known !== undefined) return known
    const file = join(this.#parts.folder, pluginId, BUCKET_FILE)
    const isThere = await access(file).then(
      () => true,
      () => false,
    )
    const used = isThere ? await this.#ask<number>('bucket.used', { pluginId, args: [], quotaBytes: 0 }) : 0
    this.#used.set(pluginId, used)
    return used
  }

  /** Contents stay where they are until the function that it returns is called. */
  async hold(pluginId: string): Promise<() => void> {
    return await this.#filesOf(pluginId).hold()
  }

  /** Removes contents that nothing refers to. */
  async collect(pluginId: string): Promise<void> {
    await this.#filesOf(pluginId).collect()
  }

  /** The data was replaced, or is about to be removed. */
  forget(pluginId: string): void {
    this.#used.delete(pluginId)
    this.#files.get(pluginId)?.close()
    this.#files.delete(pluginId)
  }

  /** Removes all contents, those that are being read when they have been; the plugin is held, and its database is removed next. */
  async remove(pluginId: string): Promise<void> {
    const files = this.#filesOf(pluginId)
    this.forget(pluginId)
    mkdirSync(this.#incoming, { recursive: true, mode: 0o700 })
    const away = join(this.#incoming, randomUUID())
    const unread = files.moveTo(away)
    const removed = unread.then(() => rm(away, { recursive: true, force: true }))
    if (!files.isRead) return await removed
    removed.catch((error: unknown) =>
      this.#parts.log.warn({ error: String(error), pluginId }, 'contents of removed files are left'),
    )
  }

  async close(): Promise<void> {
    for (const files of this.#files.values()) files.close()
    await this.#process.close()
  }

  async #store<T>(
    pluginId: string,
    content: Arriving & { readonly room: Room; readonly digest: WirePutOptions['digest'] },
    refer: (arrived: ArrivedContent) => Promise<T | null>,
  ): Promise<T | null> {
    const { source, signal, room, quotaBytes, digest } = content
    mkdirSync(this.#incoming, { recursive: true, mode: 0o700 })
    const path = join(this.#incoming, randomUUID())
    let bytes = 0
    const take = (more: number): void => {
      bytes += more
      const all = (this.#arriving.get(pluginId) ?? 0) + more
      this.#arriving.set(pluginId, all)
      if (all > room.free) throw tooMuch(quotaBytes, room.used)
    }
    try {
      const arrived = await this.#process.receive(
        { path, digest: digest?.name ?? null },
        counted(source, take),
        { pluginId, signal },
      )
      if (digest !== undefined && arrived.digests[digest.name] !== digest.value)
        throw new PlugbayError('CONTENT_DIFFERS', `The content has another ${digest.name} than the call says`)
      return await this.#filesOf(pluginId).place(path, arrived, () => refer(arrived))
    } catch (error) {
      throw diskError(error) ?? error
    } finally {
      const rest = (this.#arriving.get(pluginId) ?? 0) - bytes
      if (rest > 0) this.#arriving.set(pluginId, rest)
      else this.#arriving.delete(pluginId)
      await rm(path, { force: true })
      this.#changed(pluginId)
    }
  }

  #changed(pluginId: string): void {
    this.#used.delete(pluginId)
    this.#filesOf(pluginId).collectLater()
  }

  #filesOf(pluginId: string): BucketFiles {
    const known = this.#files.get(pluginId)
    if (known !== undefined) return known
    const files = new BucketFiles({
      home: join(this.#parts.folder, pluginId),
      collect: (inUse: InUse) => {
        const body = Buffer.from(JSON.stringify(inUse))
        return this.#ask<Waste>('bucket.collect', { pluginId, args: [], quotaBytes: 0 }, body)
      },
      onError: (error) =>
        this.#parts.log.warn({ error: String(error), pluginId }, 'unused contents of files were not removed'),
    })
    this.#files.set(pluginId, files)
    return files
  }

  async #ask<T>(
    method: Extract<DataCallName, `bucket.${string}`>,
    call: { readonly pluginId: string; readonly args: readonly unknown[]; readonly quotaBytes: number },
    body?: Uint8Array,
  ): Promise<T> {
    const { text } = await this.#parts.call({ ...call, method, args: JSON.stringify(call.args) }, body)
    return JSON.parse(text) as T
  }
}

async function* counted(
  source: AsyncIterable<Uint8Array>,
  take: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    take(chunk.byteLength)
    yield chunk
  }
}

function tooMuch(quotaBytes: number, used: number): PlugbayError {
  return new PlugbayError(
    'QUOTA_EXCEEDED',
    `The files of the plugin would take more than the ${quotaBytes} bytes that are allowed (limits.filesBytes): ${used} are used`,
  )
}

/** What placing a content failed at. */
function diskError(error: unknown): PlugbayError | undefined {
  if (error instanceof PlugbayError || !(error instanceof Error) || !('code' in error)) return undefined
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    return new PlugbayError('STORE_FULL', 'The server has no space left', { cause: error })
  if (error.code === 'EROFS' || error.code === 'EACCES' || error.code === 'EPERM')
    return new PlugbayError('STORE_READ_ONLY', 'The server cannot write', { cause: error })
  return undefined
}
