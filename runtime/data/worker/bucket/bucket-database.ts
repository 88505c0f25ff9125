// The files of one plugin: what is known of each, and which contents it consists of.
// Invariant: an object, its segments and the counts of their contents change in one transaction, or not at all.

import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { judge } from '../../../../sdk/protocol/bucket-condition.ts'
import type {
  ArrivedContent,
  WireCondition,
  WireList,
  WireObject,
  WireSegment,
  WireUpload,
} from '../../../../sdk/protocol/bucket-wire.ts'
import { DataError } from '../data-error.ts'
import { type Row, Rows } from '../rows.ts'
import { endOf, invalid, makeCursor } from '../texts.ts'
import { inTransaction } from '../transaction.ts'
import type { ListQuery, Metadata, NamedPart } from './bucket-request.ts'
import { bytesOf, FACTS, hexOf, objectOf } from './bucket-rows.ts'
import { ENTRY_BYTES, openBucketFile } from './bucket-schema.ts'
import type { InUse, Room, Waste, WriteOptions } from './bucket-types.ts'

/** How long the content of a file can be read that was replaced or deleted. */
export const GRACE_MS = 60_000
/** As in R2. */
const UPLOAD_MS = 7 * 24 * 60 * 60 * 1000
const WASTE_STEP = 200
/** A page of a list ends early when it would become longer. */
const MAX_PAGE_CHARACTERS = 500_000

export class BucketDatabase {
  readonly #database: DatabaseSync
  readonly #rows: Rows

  constructor(file: string) {
    this.#database = openBucketFile(file)
    this.#rows = new Rows(this.#database)
  }

  close(): void {
    this.#database.close()
  }

  head(key: Uint8Array): WireObject | null {
    const row = this.#rows.get(`SELECT ${FACTS} FROM object WHERE key = ?`, key)
    return row === undefined ? null : objectOf(row, key)
  }

  /** What a content for the key may take, where the condition holds. The call that stores it decides. */
  room(key: Uint8Array, condition: WireCondition | undefined, quotaBytes: number): Room {
    const found = this.head(key) ?? undefined
    const used = this.used()
    const free = Math.max(0, quotaBytes - used + (found?.size ?? 0) - ENTRY_BYTES)
    return { free, used, holds: judge(condition, found).holds }
  }

  /** Bytes that count for the quota, without what was replaced or deleted. */
  used(): number {
    const ended = this.#rows.number(
      'SELECT ifnull(sum(size + cost), 0) FROM object WHERE ended_ms IS NOT NULL',
    )
    return Math.max(0, this.#usage() - ended)
  }

  /** Null when the condition failed. @throws DataError QUOTA_EXCEEDED; nothing has changed then */
  put(
    key: Uint8Array,
    entry: {
      readonly condition: WireCondition | undefined
      readonly meta: Metadata
      readonly content: ArrivedContent
    },
    options: WriteOptions,
  ): WireObject | null {
    const { condition, meta, content } = entry
    return this.#writing(options, () => {
      if (!judge(condition, this.head(key) ?? undefined).holds) return null
      return this.#insert(key, { meta, etag: content.sha256, contents: [content], now: options.now })
    })
  }

  delete(keys: readonly Uint8Array[], now: number): void {
    inTransaction(this.#database, () => {
      for (const key of keys) this.#endKey(key, now)
    })
  }

  list({ prefix, limit, after, delimiter }: ListQuery): WireList {
    const objects: WireObject[] = []
    const prefixes: string[] = []
    const to = endOf(prefix)
    let from = after === undefined || Buffer.compare(after, prefix) < 0 ? prefix : after
    let isIncluded = from === prefix && (after === undefined || Buffer.compare(after, prefix) !== 0)
    let characters = 0
    for (;;) {
      const first = isIncluded ? '>=' : '>'
      const sql = `SELECT key, ${FACTS} FROM object WHERE key ${first} ? AND key < ? ORDER BY key LIMIT 1`
      const row = this.#rows.get(sql, from, to)
      if (row === undefined) return { objects, prefixes }
      if (objects.length + prefixes.length === limit || characters > MAX_PAGE_CHARACTERS)
        return { objects, prefixes, cursor: makeCursor(from) }
      const key = bytesOf(row.key)
      const cut = delimiter.length === 0 ? -1 : Buffer.from(key).indexOf(delimiter, prefix.length)
      isIncluded = false
      if (cut === -1) {
        const object = objectOf(row, key)
        objects.push(object)
        characters += String(row.meta).length + key.length + 200
        from = key
      } else {
        const group = key.subarray(0, cut + delimiter.length)
        prefixes.push(Buffer.from(group).toString())
        characters += group.length
        from = endOf(group)
      }
    }
  }

  /** The pieces of an object from a byte on; null when it is not there any more. */
  segments(id: number, start: number, length: number): readonly WireSegment[] | null {
    const object = this.#rows.get('SELECT size FROM object WHERE id = ?', id)
    if (object === undefined) return null
    const end = Math.min(start + length, Number(object.size))
    const sql =
      'SELECT start, sha256, size FROM segment WHERE object = ? AND start < ? AND start + size > ? ORDER BY start, number'
    return this.#rows.all(sql, id, end, start).map((row): WireSegment => {
      const first = Math.max(0, start - Number(row.start))
      const last = Math.min(Number(row.size), end - Number(row.start))
      return [hexOf(row.sha256), first, last - first]
    })
  }

  createUpload(id: string, key: Uint8Array, meta: Metadata, options: WriteOptions): void {
    const text = JSON.stringify(meta)
    const cost = ENTRY_BYTES + key.length + text.length
    this.#writing(options, () => {
      this.#rows.run(
        'INSERT INTO upload (id, key, created_ms, meta, cost) VALUES (?, ?, ?, ?, ?)',
        id,
        key,
        options.now,
        text,
        cost,
      )
      this.#use(cost)
    })
  }

  /**
   * An upload with the parts that have arrived, or the file that it has become; null when there is neither, and it is not to begin.
   * @param begin what the file is stored with
   */
  openUpload(
    id: string,
    key: Uint8Array,
    begin: Metadata | undefined,
    options: WriteOptions,
  ): WireUpload | null {
    const object = this.head(key)
    if (object?.upload === id) return { id, parts: [], object }
    if (this.#rows.get('SELECT 1 AS one FROM upload WHERE id = ?', id) === undefined) {
      if (begin === undefined) return null
      this.createUpload(id, key, begin, options)
    }
    const parts = this.#rows.all('SELECT number, sha256, size FROM part WHERE upload = ? ORDER BY number', id)
    return { id, parts: parts.map((row) => [Number(row.number), hexOf(row.sha256), Number(row.size)]) }
  }

  /** @throws DataError NOT_FOUND, QUOTA_EXCEEDED */
  putPart(
    upload: { readonly id: string; readonly key: Uint8Array },
    part: { readonly number: number; readonly content: ArrivedContent },
    options: WriteOptions,
  ): void {
    const { number, content } = part
    this.#writing(options, () => {
      this.#requireUpload(upload.id, upload.key)
      this.#dropParts('upload = ? AND number = ?', upload.id, number)
      this.#rows.run(
        'INSERT INTO part (upload, number, sha256, size) VALUES (?, ?, ?, ?)',
        upload.id,
        number,
        Buffer.from(content.sha256, 'hex'),
        content.size,
      )
      this.#refer(content)
      this.#use(ENTRY_BYTES)
    })
  }

  /** @throws DataError NOT_FOUND, HOST_CALL_INVALID for a part that was not uploaded, or has another etag */
  complete(id: string, key: Uint8Array, parts: readonly NamedPart[], options: WriteOptions): WireObject {
    return this.#writing(options, () => {
      const upload = this.#requireUpload(id, key)
      const contents = parts.map(({ number, etag }) => {
        const row = this.#rows.get(
          'SELECT sha256, size FROM part WHERE upload = ? AND number = ?',
          id,
          number,
        )
        if (row === undefined) throw invalid(`Part ${number} was not uploaded`)
        const sha256 = hexOf(row.sha256)
        if (sha256 !== etag) throw invalid(`Part ${number} has another etag: "${sha256}"`)
        return { sha256, size: Number(row.size) }
      })
      const hash = createHash('sha256')
      for (const { sha256 } of contents) hash.update(sha256, 'hex')
      const etag = `${hash.digest('hex')}-${contents.length}`
      const meta = { ...(JSON.parse(String(upload.meta)) as Metadata), upload: id }
      const object = this.#insert(key, { meta, etag, contents, now: options.now })
      this.#dropUpload(id)
      return object
    })
  }

  /** Nothing happens when there is none. */
  abort(id: string, key: Uint8Array): void {
    inTransaction(this.#database, () => {
      if (this.#rows.get('SELECT 1 AS one FROM upload WHERE id = ? AND key = ?', id, key) !== undefined)
        this.#dropUpload(id)
    })
  }

  /** Forgets what nothing refers to any more. */
  collect({ reading, placing, suspects }: InUse, now: number): Waste {
    const kept = new Set(placing)
    return inTransaction(this.#database, () => {
      this.#purge(now - GRACE_MS, reading)
      for (const { id } of this.#rows.all(
        'SELECT id FROM upload WHERE created_ms < ? LIMIT ?',
        now - UPLOAD_MS,
        WASTE_STEP,
      ))
        this.#dropUpload(String(id))
      const rows = this.#rows.all(
        'SELECT sha256 FROM content WHERE refs = 0 LIMIT ?',
        WASTE_STEP + placing.length,
      )
      const gone = rows.map(({ sha256 }) => hexOf(sha256)).filter((sha256) => !kept.has(sha256))
      for (const sha256 of gone)
        this.#rows.run('DELETE FROM content WHERE sha256 = ?', Buffer.from(sha256, 'hex'))
      const stray = suspects.filter(
        (sha256) =>
          !kept.has(sha256) &&
          this.#rows.get('SELECT 1 AS one FROM content WHERE sha256 = ?', Buffer.from(sha256, 'hex')) ===
            undefined,
      )
      const ended = this.#rows.number('SELECT count(*) FROM object WHERE ended_ms <= ?', now - GRACE_MS)
      return { gone: [...gone, ...stray], more: gone.length >= WASTE_STEP || ended > reading.length }
    })
  }

  #writing<T>(options: WriteOptions, work: () => T): T {
    return inTransaction(this.#database, () => {
      const before = this.#usage()
      const result = work()
      // A plugin that is over a lowered quota may still reduce its usage.
      const isTooMuch = () => this.#usage() > options.quotaBytes && this.#usage() > before
      // What was replaced or deleted is invisible to the plugin, so it must not count for its quota.
      while (isTooMuch()) if (this.#purge(options.now + 1, []) === 0) throw this.#tooMuch(options.quotaBytes)
      return result
    })
  }

  #tooMuch(quotaBytes: number): DataError {
    return new DataError(
      'QUOTA_EXCEEDED',
      `The files of the plugin would take ${this.#usage()} bytes: at most ${quotaBytes} are allowed (limits.filesBytes)`,
    )
  }

  #insert(
    key: Uint8Array,
    entry: {
      readonly meta: Metadata
      readonly etag: string
      readonly contents: readonly Pick<ArrivedContent, 'sha256' | 'size'>[]
      readonly now: number
    },
  ): WireObject {
    const { meta, etag, contents, now } = entry
    this.#endKey(key, now)
    const text = JSON.stringify(meta)
    const size = contents.reduce((sum, content) => sum + content.size, 0)
    const cost = key.length + text.length + ENTRY_BYTES * contents.length
    const { lastInsertRowid } = this.#rows.run(
      'INSERT INTO object (key, size, etag, uploaded_ms, meta, cost) VALUES (?, ?, ?, ?, ?, ?)',
      key,
      size,
      etag,
      now,
      text,
      cost,
    )
    const id = Number(lastInsertRowid)
    let start = 0
    for (const [number, content] of contents.entries()) {
      this.#rows.run(
        'INSERT INTO segment (object, start, number, sha256, size) VALUES (?, ?, ?, ?, ?)',
        id,
        start,
        number,
        Buffer.from(content.sha256, 'hex'),
        content.size,
      )
      this.#refer(content)
      start += content.size
    }
    this.#use(cost)
    return { id, key: Buffer.from(key).toString(), size, etag, uploaded: now, ...meta }
  }

  #endKey(key: Uint8Array, now: number): void {
    this.#rows.run('UPDATE object SET key = NULL, ended_ms = ? WHERE key = ?', now, key)
  }

  /** Removes objects that ended before a time; how many. */
  #purge(before: number, except: readonly number[]): number {
    const kept = new Set(except)
    const sql = 'SELECT id, cost FROM object WHERE ended_ms < ? ORDER BY ended_ms LIMIT ?'
    const ended = this.#rows
      .all(sql, before, WASTE_STEP + except.length)
      .filter(({ id }) => !kept.has(Number(id)))
    for (const { id, cost } of ended) {
      for (const row of this.#rows.all(
        'DELETE FROM segment WHERE object = ? RETURNING sha256, size',
        Number(id),
      ))
        this.#release(row)
      this.#rows.run('DELETE FROM object WHERE id = ?', Number(id))
      this.#use(-Number(cost))
    }
    return ended.length
  }

  #requireUpload(id: string, key: Uint8Array): Row {
    const upload = this.#rows.get('SELECT meta FROM upload WHERE id = ? AND key = ?', id, key)
    if (upload === undefined)
      throw new DataError(
        'NOT_FOUND',
        'There is no such upload: it was completed, aborted, or is older than seven days',
      )
    return upload
  }

  #dropUpload(id: string): void {
    this.#dropParts('upload = ?', id)
    const row = this.#rows.get('DELETE FROM upload WHERE id = ? RETURNING cost', id)
    this.#use(-Number(row?.cost ?? 0))
  }

  #dropParts(where: string, ...values: (string | number)[]): void {
    for (const row of this.#rows.all(`DELETE FROM part WHERE ${where} RETURNING sha256, size`, ...values)) {
      this.#release(row)
      this.#use(-ENTRY_BYTES)
    }
  }

  #refer({ sha256, size }: Pick<ArrivedContent, 'sha256' | 'size'>): void {
    const row = this.#rows.get(
      'INSERT INTO content (sha256, size, refs) VALUES (?, ?, 1) ON CONFLICT (sha256) DO UPDATE SET refs = refs + 1 RETURNING refs',
      Buffer.from(sha256, 'hex'),
      size,
    )
    if (row?.refs === 1) this.#use(size)
  }

  #release({ sha256, size }: Row): void {
    const row = this.#rows.get(
      'UPDATE content SET refs = refs - 1 WHERE sha256 = ? RETURNING refs',
      bytesOf(sha256),
    )
    if (row?.refs === 0) this.#use(-Number(size))
  }

  #usage(): number {
    return this.#rows.number('SELECT bytes FROM usage WHERE id = 1')
  }

  #use(bytes: number): void {
    this.#rows.run('UPDATE usage SET bytes = bytes + ? WHERE id = 1', bytes)
  }
}
