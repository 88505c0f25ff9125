// Statements and rows of env.db on the wire: parsed as hostile input, written within a cap.
// Invariant: nothing unchecked reaches the engine, and no result is larger than the cap.

import type { SQLInputValue } from 'node:sqlite'
import { blobReader, joinParts, splitParts, type WireResult } from '../../../../sdk/protocol/sql-wire.ts'
import { DataError } from '../data-error.ts'

export interface DbStatement {
  readonly sql: string
  readonly values: readonly SQLInputValue[]
}

/**
 * They run in one transaction, and other plugins wait.
 * @limit `env.db`: statements of a batch
 * @passed an error with the code `HOST_CALL_INVALID` is thrown
 */
const MAX_STATEMENTS = 1000
/**
 * D1 likewise limits the rows that a Worker can hold.
 * @limit `env.db`: result of a call
 * @passed an error with the code `QUOTA_EXCEEDED` is thrown, and nothing has changed
 */
export const MAX_ANSWER_BYTES = 10_000_000

/** @throws DataError HOST_CALL_INVALID */
export function parseStatements(body: Uint8Array | undefined): DbStatement[] {
  try {
    const { text, blobs } = splitParts(body ?? new Uint8Array())
    const list: unknown = JSON.parse(Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString())
    if (!Array.isArray(list) || list.length === 0) throw new TypeError('There is no statement')
    if (list.length > MAX_STATEMENTS)
      throw new TypeError(`A batch holds ${MAX_STATEMENTS} statements at most`)
    const blob = blobReader(blobs)
    return list.map((entry) => parseStatement(entry, blob))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new DataError('HOST_CALL_INVALID', reason, error)
  }
}

function parseStatement(entry: unknown, blob: (length: unknown) => Uint8Array): DbStatement {
  const { sql, values } = record(entry)
  if (typeof sql !== 'string' || !Array.isArray(values)) throw new TypeError('A statement is text and values')
  return { sql, values: values.map((value) => parseValue(value, blob)) }
}

function parseValue(value: unknown, blob: (length: unknown) => Uint8Array): SQLInputValue {
  if (value === null) return null
  if (typeof value === 'string') return value
  if (typeof value === 'number') {
    // A double would be stored as REAL. For integers, 5 / 2 is 2, as in D1.
    return Number.isSafeInteger(value) ? BigInt(value) : value
  }
  const { b, f } = record(value)
  if (f === '+' || f === '-') return f === '+' ? Infinity : -Infinity
  return blob(b)
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) throw new TypeError('The message is not one of env.db')
  return value as Readonly<Record<string, unknown>>
}

/** Collects the results of one call. */
export class AnswerWriter {
  readonly #results: string[] = []
  readonly #blobs: Uint8Array[] = []
  #rows: string[] = []
  #bytes = 0

  /** @throws DataError QUOTA_EXCEEDED */
  addRow(cells: readonly unknown[]): void {
    const text = JSON.stringify(cells.map((cell) => this.#cell(cell)))
    this.#rows.push(text)
    this.#count(text.length)
  }

  /** Size of the results so far, in bytes or slightly less. */
  get size(): number {
    return this.#bytes
  }

  /** For batches that return rows only. */
  endRows(columns: readonly string[]): void {
    this.#results.push(`{"columns":${JSON.stringify(columns)},"rows":[${this.#rows.join(',')}]}`)
    this.#rows = []
  }

  endResult(result: Omit<WireResult, 'rows'>): void {
    const head = JSON.stringify(result).slice(0, -1)
    this.#results.push(`${head},"rows":[${this.#rows.join(',')}]}`)
    this.#rows = []
  }

  /** @throws DataError QUOTA_EXCEEDED */
  bytes(): Uint8Array {
    const text = Buffer.from(`[${this.#results.join(',')}]`)
    // Counted in bytes only now: a UTF-16 code unit takes up to three of them.
    if (text.length > 1.5 * MAX_ANSWER_BYTES) throw tooLarge()
    return joinParts(text, this.#blobs)
  }

  #cell(cell: unknown): unknown {
    // As in D1: a value that a number cannot hold exactly is rounded.
    if (typeof cell === 'bigint') return Number(cell)
    if (cell instanceof Uint8Array) {
      this.#blobs.push(cell)
      this.#count(cell.byteLength)
      return { b: cell.byteLength }
    }
    if (typeof cell === 'number' && !Number.isFinite(cell)) return { f: cell > 0 ? '+' : '-' }
    return cell
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes > MAX_ANSWER_BYTES) throw tooLarge()
  }
}

function tooLarge(): DataError {
  const message = `The result is larger than ${MAX_ANSWER_BYTES} bytes: use LIMIT, or fewer columns`
  return new DataError('QUOTA_EXCEEDED', message)
}
