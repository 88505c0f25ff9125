// env.db: the shape of Cloudflare D1 over the host call db.query. The host compiles, judges and runs the SQL.

import type { Db, DbResult, DbStatement } from '../../../../sdk/plugin-api/db.ts'
import {
  blobReader,
  joinParts,
  splitParts,
  type WireResult,
  type WireStatement,
  type WireValue,
} from '../../../../sdk/protocol/sql-wire.ts'
import { CallSite } from '../web/base/call-site.ts'
import { TextDecoder, TextEncoder } from '../web/text/encoding.ts'
import type { HostCall } from './host-calls.ts'

/** Bytes, or a value that goes into the text. */
type Bound = Uint8Array | Exclude<WireValue, { readonly b: number }>

interface Parts {
  readonly sql: string
  readonly values: readonly Bound[]
}

/** The rows of one result, decoded. */
interface Table extends Omit<WireResult, 'rows'> {
  readonly rows: unknown[][]
}

interface Engine {
  query(statements: readonly Parts[]): Promise<Table[]>
  /** The rows of one statement, read on demand. */
  rows(statement: Parts): AsyncGenerator<Record<string, unknown>, undefined>
}

/** Accessible to our own code only: a plugin cannot forge a statement. */
const partsOf = new WeakMap<object, Parts>()

export function createDb(call: HostCall, version: string): Db {
  const query = async (statements: readonly Parts[]) => {
    const { body } = await call('db.query', [], encode(statements))
    return decode(body ?? new Uint8Array(4))
  }
  const engine: Engine = { query, rows: (statement) => readRows(call, statement) }
  const db = {
    prepare: (sql: unknown) => createStatement({ sql: asText(sql), values: [] }, engine),
    async batch(statements: Iterable<object>) {
      const parts = [...statements].map((statement) => {
        const found = partsOf.get(statement)
        if (found === undefined) throw new TypeError('env.db.batch takes statements of env.db.prepare')
        return found
      })
      return parts.length === 0 ? [] : (await query(parts)).map(resultOf)
    },
    async exec() {
      throw new Error(
        'D1_EXEC_ERROR: env.db.exec does not exist at run time: use prepare() and batch(), or a file in backend/migrations',
      )
    },
    engine: Object.freeze({ name: 'sqlite', version }),
  }
  return Object.freeze(db) as unknown as Db
}

function createStatement(parts: Parts, engine: Engine): DbStatement {
  const table = async (): Promise<Table> => {
    const [first] = await engine.query([parts])
    if (first === undefined) throw new Error('D1_ERROR: there is no result')
    return first
  }
  const all = async () => resultOf(await table())
  const statement = {
    bind: (...values: unknown[]) => createStatement({ sql: parts.sql, values: values.map(bound) }, engine),
    all,
    run: all,
    async first(column?: string) {
      const { columns, rows } = await table()
      const [row] = rows
      if (row === undefined) return null
      if (column === undefined) return rowObject(columns, row)
      const index = columns.lastIndexOf(column)
      if (index === -1) throw new Error(`D1_COLUMN_NOTFOUND: Column not found (${column})`)
      return row[index]
    },
    async raw(options?: { columnNames?: boolean }) {
      const { columns, rows } = await table()
      return options?.columnNames === true ? [[...columns], ...rows] : rows
    },
    iterate: () => engine.rows(parts),
  }
  partsOf.set(statement, parts)
  return Object.freeze(statement) as unknown as DbStatement
}

/** Leaving the loop early, an error in it, and the last row close the cursor. */
async function* readRows(
  call: HostCall,
  statement: Parts,
): AsyncGenerator<Record<string, unknown>, undefined> {
  const site = new CallSite()
  const opened = await call('db.open', [], encode([statement]))
  let { handle } = opened.head as { readonly handle: number | null }
  let { body } = opened
  let names: readonly string[] | undefined
  try {
    for (;;) {
      const [table] = decode(body ?? new Uint8Array(4))
      if (table === undefined) throw new Error('D1_ERROR: there are no rows')
      names ??= table.columns
      for (const row of table.rows) yield rowObject(names, row)
      if (handle === null) return
      const asked = handle
      // Whatever the outcome of this call, a failure has closed the cursor.
      handle = null
      const more = await call('db.next', [asked])
      body = more.body
      if (more.head !== true) handle = asked
    }
  } finally {
    // Ending a loop early leaves no place of the plugin on the stack.
    if (handle !== null) await site.marking(call('db.close', [handle]))
  }
}

function resultOf(table: Table): DbResult {
  const { columns, rows, changes, lastRowId, changed, size, duration } = table
  return {
    success: true,
    results: rows.map((row) => rowObject(columns, row)),
    meta: { duration, changes, last_row_id: lastRowId, changed_db: changed, size_after: size },
  }
}

function rowObject(columns: readonly string[], row: readonly unknown[]): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (let index = 0; index < columns.length; index++) {
    const name = columns[index] ?? ''
    // A column may have any name; this one would set the prototype.
    if (name === '__proto__')
      Object.defineProperty(object, name, {
        value: row[index],
        enumerable: true,
        writable: true,
        configurable: true,
      })
    else object[name] = row[index]
  }
  return object
}

function asText(sql: unknown): string {
  if (typeof sql !== 'string') throw new TypeError('env.db.prepare takes SQL as a string')
  return sql
}

/** The value types of D1. Bytes are copied now, so that later changes have no effect. */
function bound(value: unknown): Bound {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      if (Number.isFinite(value)) return value
      return Number.isNaN(value) ? null : { f: value > 0 ? '+' : '-' }
    case 'boolean':
      return value ? 1 : 0
    case 'object':
      if (value === null) return null
      if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0))
      if (ArrayBuffer.isView(value))
        return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice()
      if (Array.isArray(value) && value.every(isByte)) return Uint8Array.from(value)
  }
  throw new TypeError(`D1_TYPE_ERROR: Type '${typeof value}' not supported for value '${String(value)}'`)
}

function isByte(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 256
}

function encode(statements: readonly Parts[]): Uint8Array {
  const blobs: Uint8Array[] = []
  const wire = statements.map(
    ({ sql, values }): WireStatement => ({
      sql,
      values: values.map((value) => {
        if (!(value instanceof Uint8Array)) return value
        blobs.push(value)
        return { b: value.byteLength }
      }),
    }),
  )
  return joinParts(new TextEncoder().encode(JSON.stringify(wire)), blobs)
}

function decode(body: Uint8Array): Table[] {
  const { text, blobs } = splitParts(body)
  const blob = blobReader(blobs)
  const results = JSON.parse(new TextDecoder().decode(text)) as readonly WireResult[]
  return results.map((result) => ({ ...result, rows: result.rows.map((row) => row.map(cell)) }))

  function cell(value: WireValue): unknown {
    if (typeof value !== 'object' || value === null) return value
    if ('b' in value) return blob(value.b).buffer
    return value.f === '+' ? Infinity : -Infinity
  }
}
