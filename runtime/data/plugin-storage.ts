// What a plugin has stored, piece by piece, for its author. The data process reads and writes it, as for the plugin itself.
// Invariant: what comes back is bounded: pages of lists, cells that are cut by SQL; a value is replaced only in the version that was seen.

import { isUtf8 } from 'node:buffer'
import type { Page } from '../../sdk/api/lists.ts'
import type {
  RowQuery,
  StorageQuery,
  StoredFile,
  StoredKey,
  StoredRows,
  StoredTable,
  StoredValue,
  ValueChange,
} from '../../sdk/api/storage.ts'
import type { WireList, WireObject } from '../../sdk/protocol/bucket-wire.ts'
import type { DataCallName } from '../../sdk/protocol/data-calls.ts'
import { joinParts, splitParts, type WireResult } from '../../sdk/protocol/sql-wire.ts'
import { PlugbayError } from '../errors.ts'
import type { FileReading } from './bucket/bucket-files.ts'
import type { DataProcesses } from './data-processes.ts'

const PAGE_SIZE = 50
/** Of a cell: characters of a text, and half as many bytes. */
const CELL = 300

export interface StorageParts {
  readonly data: Pick<DataProcesses, 'call' | 'buckets'>
  readonly kvBytes: number
}

export interface StoredContent {
  readonly bytes: number
  readonly content: FileReading
}

interface Asked {
  readonly method: DataCallName
  readonly args: readonly unknown[]
  readonly body?: Uint8Array
}

interface KvList {
  readonly keys: readonly {
    readonly name: string
    readonly expiration?: number
    readonly metadata?: unknown
  }[]
  readonly cursor?: string
}

type KvFound =
  | { readonly found: false }
  | { readonly found: true; readonly metadata?: unknown; readonly version: string }

/** Every method rejects as calls of the plugin would: HOST_CALL_INVALID, HOST_CALL_FAILED, QUOTA_EXCEEDED, DATABASE_ERROR. */
export class PluginStorage {
  readonly #parts: StorageParts

  constructor(parts: StorageParts) {
    this.#parts = parts
  }

  async keys(id: string, { prefix, limit = PAGE_SIZE, cursor }: StorageQuery): Promise<Page<StoredKey>> {
    const found = await this.#list(id, { prefix, limit, cursor })
    return {
      items: found.keys.map(({ name, expiration, metadata = null }) => ({
        key: name,
        expiresAt: expiration === undefined ? null : new Date(expiration * 1000).toISOString(),
        metadata,
      })),
      nextCursor: found.cursor ?? null,
    }
  }

  /** Rejects with NOT_FOUND. */
  async value(id: string, key: string): Promise<StoredValue> {
    const { text, body = new Uint8Array() } = await this.#call(id, { method: 'kv.get', args: [key] })
    const found = JSON.parse(text) as KvFound
    if (!found.found) throw noSuchKey(key)
    return {
      key,
      bytes: body.byteLength,
      text: isUtf8(body) ? Buffer.from(body).toString() : null,
      metadata: found.metadata ?? null,
      version: found.version,
    }
  }

  /** Rejects with STATE_CONFLICT when the value is of another version. */
  async change(id: string, { key, text, version }: ValueChange): Promise<StoredValue> {
    const { metadata } = version === null ? { metadata: null } : await this.value(id, key)
    const known = (await this.#list(id, { prefix: key, limit: 1 })).keys.find(({ name }) => name === key)
    const options = { ifVersion: version, metadata, expiration: known?.expiration }
    const stored = await this.#call(id, { method: 'kv.put', args: [key, options], body: Buffer.from(text) })
    if (stored.text === 'null')
      throw new PlugbayError(
        'STATE_CONFLICT',
        `The value of "${key}" has changed meanwhile: look at it again`,
      )
    return await this.value(id, key)
  }

  async remove(id: string, key: string): Promise<void> {
    await this.#call(id, { method: 'kv.delete', args: [key] })
  }

  /** Those of the host too, which plugins may read: last. */
  async tables(id: string): Promise<readonly StoredTable[]> {
    const { rows } = await this.#read(
      id,
      "SELECT name, type, substr(sql, 1, 4000) FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name LIKE '\\_plugbay%' ESCAPE '\\', name LIMIT 1000",
    )
    return rows.map(([name, kind, sql]) => ({
      name: String(name),
      kind: kind === 'view' ? 'view' : 'table',
      sql: typeof sql === 'string' ? sql : null,
    }))
  }

  async rows(id: string, { table, offset = 0, limit = PAGE_SIZE }: RowQuery): Promise<StoredRows> {
    const { columns } = await this.#read(id, `SELECT * FROM ${quoted(table)} LIMIT 0`)
    const cells = columns.map((column) => cellOf(quoted(column)))
    const { rows } = await this.#read(
      id,
      `SELECT ${cells.join(', ')} FROM ${quoted(table)} LIMIT ${limit + 1} OFFSET ${offset}`,
    )
    return {
      columns,
      rows: rows.slice(0, limit).map((row) => row.map(shownCell)),
      nextOffset: rows.length > limit ? offset + limit : null,
    }
  }

  async files(id: string, { prefix, limit = PAGE_SIZE, cursor }: StorageQuery): Promise<Page<StoredFile>> {
    const asked = JSON.stringify([{ prefix, limit, cursor }])
    const { objects, cursor: next = null } = await this.#bucket<WireList>(id, 'bucket.list', asked)
    return {
      items: objects.map(({ key, size, uploaded, http }) => ({
        key,
        bytes: size,
        uploadedAt: new Date(uploaded).toISOString(),
        contentType: http?.contentType ?? null,
      })),
      nextCursor: next,
    }
  }

  /** Rejects with NOT_FOUND. */
  async file(id: string, key: string): Promise<StoredContent> {
    const found = await this.#bucket<WireObject | null>(id, 'bucket.head', JSON.stringify([key]))
    if (found === null) throw new PlugbayError('NOT_FOUND', `The plugin has no file "${key}"`)
    const whole = { id: found.id, start: 0, length: found.size }
    return { bytes: found.size, content: await this.#parts.data.buckets.read(id, whole) }
  }

  async removeFile(id: string, key: string): Promise<void> {
    await this.#bucket(id, 'bucket.delete', JSON.stringify([key]))
  }

  async #list(id: string, options: object): Promise<KvList> {
    return JSON.parse((await this.#call(id, { method: 'kv.list', args: [options] })).text) as KvList
  }

  #call(id: string, { method, args, body }: Asked) {
    const { data, kvBytes: quotaBytes } = this.#parts
    return data.call({ pluginId: id, method, args: JSON.stringify(args), quotaBytes }, body)
  }

  async #bucket<Result>(
    id: string,
    method: 'bucket.list' | 'bucket.head' | 'bucket.delete',
    args: string,
  ): Promise<Result> {
    const { text } = await this.#parts.data.buckets.relay(
      method,
      { pluginId: id, args, quotaBytes: 0 },
      undefined,
    )
    return JSON.parse(text) as Result
  }

  /** Statements that write are refused. */
  async #read(id: string, sql: string): Promise<Pick<WireResult, 'columns' | 'rows'>> {
    const statement = joinParts(Buffer.from(JSON.stringify([{ sql, values: [] }])), [])
    const { body } = await this.#call(id, { method: 'db.read', args: [], body: statement })
    if (body === undefined) throw new PlugbayError('HOST_CALL_FAILED', 'The data process gave no rows')
    const [first] = JSON.parse(Buffer.from(splitParts(body).text).toString()) as readonly WireResult[]
    if (first === undefined) throw new PlugbayError('HOST_CALL_FAILED', 'The data process gave no rows')
    return first
  }
}

function noSuchKey(key: string): PlugbayError {
  return new PlugbayError('NOT_FOUND', `The plugin has no key "${key}"`)
}

/** As a name in SQL. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function cellOf(column: string): string {
  const bytes = `'x''' || hex(substr(${column}, 1, ${CELL / 2})) || iif(length(${column}) > ${CELL / 2}, '…', '') || ''''`
  const text = `substr(${column}, 1, ${CELL}) || iif(length(${column}) > ${CELL}, '…', '')`
  return `CASE typeof(${column}) WHEN 'blob' THEN ${bytes} WHEN 'text' THEN ${text} ELSE ${column} END`
}

/** The wire has infinities as objects, since JSON has none. */
function shownCell(cell: WireResult['rows'][number][number]): StoredRows['rows'][number][number] {
  if (typeof cell !== 'object' || cell === null) return cell
  return 'f' in cell ? `${cell.f}Infinity` : ''
}
