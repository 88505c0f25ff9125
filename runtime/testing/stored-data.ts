// What a plugin has stored, for tests that fill it or look at it: through the data process, as the plugin itself does.
// Invariant: values have the limits and the form that they have for the plugin; only the grants are not asked.

import type { KvListResult, KvPutOptions } from '../../sdk/plugin-api/kv.ts'
import type { DataCallName } from '../../sdk/protocol/data-calls.ts'
import {
  blobReader,
  joinParts,
  splitParts,
  type WireResult,
  type WireStatement,
  type WireValue,
} from '../../sdk/protocol/sql-wire.ts'
import type { DataProcesses } from '../data/data-processes.ts'
import { bytesOf } from './stored-files.ts'

export interface TestKv {
  /** Null for a key that is not there. */
  get(key: string): Promise<string | null>
  /** The value as JSON. */
  json<T = unknown>(key: string): Promise<T | null>
  /** Text and bytes as they are, anything else as JSON. Rejects with QUOTA_EXCEEDED. */
  put(key: string, value: unknown, options?: KvPutOptions): Promise<void>
  delete(key: string): Promise<void>
  /** All keys with that prefix, at most 1,000. */
  keys(prefix?: string): Promise<readonly string[]>
}

export type TestDbValue = null | number | string | Uint8Array
export type TestDbRow = Readonly<Record<string, TestDbValue>>

export interface TestDb {
  /** The rows of one statement, whose tables the plugin's migrations have made. Rejects with DATABASE_ERROR. */
  query<Row = TestDbRow>(sql: string, ...values: readonly TestDbValue[]): Promise<readonly Row[]>
}

export interface StoredData {
  readonly kv: TestKv
  readonly db: TestDb
}

export interface StoredDataParts {
  readonly pluginId: string
  readonly data: Pick<DataProcesses, 'call'>
  readonly limits: { readonly kvBytes: number; readonly databaseBytes: number }
}

export function storedData({ pluginId, data, limits }: StoredDataParts): StoredData {
  const kvCall = async (method: DataCallName, args: readonly unknown[], body?: Uint8Array) => {
    const call = { pluginId, method, args: JSON.stringify(args), quotaBytes: limits.kvBytes }
    const result = await data.call(call, body)
    return { head: JSON.parse(result.text) as unknown, body: result.body }
  }
  const get = async (key: string): Promise<string | null> => {
    const { head, body } = await kvCall('kv.get', [key])
    return (head as { readonly found: boolean }).found ? new TextDecoder().decode(body) : null
  }
  const kv: TestKv = {
    get,
    async json<T>(key: string) {
      const text = await get(key)
      return text === null ? null : (JSON.parse(text) as T)
    },
    async put(key, value, options = {}) {
      await kvCall('kv.put', [key, options], bytesOf(value))
    },
    async delete(key) {
      await kvCall('kv.delete', [key, {}])
    },
    async keys(prefix = '') {
      const { head } = await kvCall('kv.list', [{ prefix }])
      return (head as KvListResult).keys.map(({ name }) => name)
    },
  }
  const db: TestDb = {
    async query<Row>(sql: string, ...values: readonly TestDbValue[]) {
      const call = { pluginId, method: 'db.query', args: '[]', quotaBytes: limits.databaseBytes } as const
      const { body } = await data.call(call, encode(sql, values))
      return rowsOf(body ?? new Uint8Array(4)) as unknown as readonly Row[]
    },
  }
  return { kv, db }
}

function encode(sql: string, values: readonly TestDbValue[]): Uint8Array {
  const blobs = values.filter((value) => value instanceof Uint8Array)
  const wire = values.map(
    (value): WireValue => (value instanceof Uint8Array ? { b: value.byteLength } : value),
  )
  const statement: WireStatement = { sql, values: wire }
  return joinParts(new TextEncoder().encode(JSON.stringify([statement])), blobs)
}

function rowsOf(body: Uint8Array): readonly TestDbRow[] {
  const { text, blobs } = splitParts(body)
  const blob = blobReader(blobs)
  const [result] = JSON.parse(new TextDecoder().decode(text)) as readonly WireResult[]
  const cell = (value: WireValue): TestDbValue => {
    if (typeof value !== 'object' || value === null) return value
    if ('b' in value) return blob(value.b)
    return value.f === '+' ? Infinity : -Infinity
  }
  const { columns = [], rows = [] } = result ?? {}
  return rows.map((row) => Object.fromEntries(row.map((value, index) => [columns[index] ?? '', cell(value)])))
}
