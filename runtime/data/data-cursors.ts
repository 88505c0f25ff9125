// Cursors over the rows of plugins' statements: tracks which process holds each, and for how long it may stay open.
// Invariant: a cursor belongs to the process that opened it, also when the plugin moves to another one. It is ended when it is
// idle, when it prevents the write-ahead log from being emptied, or when it holds too much memory; its next call reports why.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { CallTable } from '../../sdk/protocol/call-table.ts'
import type { DataCallName } from '../../sdk/protocol/data-calls.ts'
import { PlugbayError } from '../errors.ts'
import type { DataProcess } from './data-process.ts'

export interface CursorBatch {
  /** Columns and rows (sdk/protocol/sql-wire.ts). */
  readonly rows: Uint8Array
  /** No more rows: the cursor is closed. */
  readonly isDone: boolean
}

export interface OpenedCursor extends CursorBatch {
  readonly cursor: DataCursor
}

export interface CursorOptions {
  /** `<data>/plugin-data`. */
  readonly folder: string
  /** Settles when the plugin's move, or the hold on its data, has ended; undefined when there is none. */
  readonly moving: (pluginId: string) => Promise<void> | undefined
  readonly homeOf: (pluginId: string) => DataProcess
  /** Called with the milliseconds that a step took. */
  readonly onTime: (pluginId: string, home: DataProcess, ms: number) => void
  /** IDLE_MS by default. */
  readonly idleMs?: number | undefined
}

/**
 * Checked between two steps.
 * @limit `env.db`: time between two steps of a loop over `statement.iterate()`, of some hundred rows each, in ms
 * @passed an error with the code `HANDLE_CLOSED` is thrown in the loop
 */
const IDLE_MS = 30_000
const SWEEP_MS = 1000
/**
 * SQLite cannot empty the write-ahead log of a database while a cursor needs its content.
 * @limit `env.db`: changes that are made during a loop over `statement.iterate()`, in bytes
 * @passed an error with the code `HANDLE_CLOSED` is thrown in the loop
 */
const MAX_LOG_GROWTH = 64_000_000
/** A sort stays in memory as long as its cursor. Less than the limit at which a data process is killed. */
const MAX_RESIDENT_BYTES = 512_000_000
/** Cursors that hold less are never ended to free memory. */
const LARGE_BYTES = 16_000_000
/** Memory of a data process that has just started: growth beyond it is charged to the cursor. */
const STARTED_BYTES = 64_000_000

export class DataCursors {
  readonly #options: CursorOptions
  readonly #open = new CallTable<DataCursor>()
  #lastNumber = 0
  #sweeper: NodeJS.Timeout | undefined

  constructor(options: CursorOptions) {
    this.#options = options
  }

  /** Rejects with DATABASE_ERROR, QUOTA_EXCEEDED, HOST_CALL_INVALID, HOST_CALL_FAILED; then no cursor is open. */
  async open(pluginId: string, statement: Uint8Array | undefined): Promise<OpenedCursor> {
    for (let still = this.#options.moving(pluginId); still !== undefined; ) {
      await still
      still = this.#options.moving(pluginId)
    }
    const cursor = new DataCursor({
      pluginId,
      number: ++this.#lastNumber,
      home: this.#options.homeOf(pluginId),
      logBytes: this.#logBytes(pluginId),
      onTime: (home, ms) => this.#options.onTime(pluginId, home, ms),
      onStep: (home) => this.#relieve(home),
      onClosed: (closed) => this.#forget(closed),
    })
    this.#open.set(cursor.number, cursor)
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref()
    return { ...(await cursor.open(statement)), cursor }
  }

  /** Resolves when no process has a cursor of the plugin open. */
  async endAll(pluginId: string, reason: string): Promise<void> {
    const own = this.#open.values().filter((cursor) => cursor.pluginId === pluginId)
    await Promise.all(own.map((cursor) => cursor.end(reason)))
  }

  /** The processes exit by themselves. */
  close(): void {
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
    this.#open.clear()
  }

  #forget(cursor: DataCursor): void {
    this.#open.delete(cursor.number)
    if (this.#open.size > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
  }

  #sweep(): void {
    const now = performance.now()
    const { idleMs = IDLE_MS } = this.#options
    for (const cursor of this.#open.values()) {
      if (cursor.idleSince !== undefined && now - cursor.idleSince > idleMs)
        void cursor.end(`it was not read from for ${idleMs / 1000} s`)
      else if (this.#logBytes(cursor.pluginId) - cursor.logBytes > MAX_LOG_GROWTH)
        void cursor.end(`more than ${MAX_LOG_GROWTH / 1e6} MB were changed since it was opened`)
    }
  }

  /** After a step: if the process has become large, ends the cursor that caused it. */
  #relieve(home: DataProcess): void {
    if (home.residentBytes() <= MAX_RESIDENT_BYTES) return
    const [largest] = this.#open
      .values()
      .filter((cursor) => cursor.home === home && cursor.heldBytes > LARGE_BYTES)
      .sort((a, b) => b.heldBytes - a.heldBytes)
    void largest?.end('it holds too much memory: use an index for ORDER BY, or fewer columns')
  }

  /** Size of the write-ahead log beside the database; it shrinks only when no cursor needs it. */
  #logBytes(pluginId: string): number {
    return (
      statSync(join(this.#options.folder, pluginId, 'db.sqlite-wal'), { throwIfNoEntry: false })?.size ?? 0
    )
  }
}

interface CursorParts {
  readonly pluginId: string
  readonly number: number
  readonly home: DataProcess
  readonly logBytes: number
  readonly onTime: (home: DataProcess, ms: number) => void
  readonly onStep: (home: DataProcess) => void
  readonly onClosed: (cursor: DataCursor) => void
}

export class DataCursor {
  /** Growth of the process during the steps of this cursor. */
  heldBytes = 0
  /** A performance.now() value; undefined during a step. */
  idleSince: number | undefined
  readonly #parts: CursorParts
  #home: DataProcess
  #closed: Promise<void> | undefined
  #reason: string | undefined

  constructor(parts: CursorParts) {
    this.#parts = parts
    this.#home = parts.home
  }

  get pluginId(): string {
    return this.#parts.pluginId
  }

  get number(): number {
    return this.#parts.number
  }

  /** Size of the write-ahead log when the cursor was opened. */
  get logBytes(): number {
    return this.#parts.logBytes
  }

  get home(): DataProcess {
    return this.#home
  }

  /** Call it once, before anything else. */
  open(statement: Uint8Array | undefined): Promise<CursorBatch> {
    return this.#step('cursor.open', statement)
  }

  /** Rejects with HANDLE_CLOSED, which says why, or with the error of the statement; the cursor is closed then. */
  async next(): Promise<CursorBatch> {
    if (this.#closed !== undefined) throw this.#gone()
    try {
      return await this.#step('cursor.next', undefined)
    } catch (error) {
      if (this.#reason !== undefined) throw this.#gone()
      if (error instanceof PlugbayError && error.code === 'HOST_CALL_FAILED') {
        this.#reason = error.message
        throw this.#gone()
      }
      throw error
    }
  }

  /** Idempotent. Never rejects. */
  close(): Promise<void> {
    this.#closed ??= this.#call('cursor.close', undefined, true).then(
      () => this.#parts.onClosed(this),
      // Its process has ended, or the successor does not know it.
      () => this.#parts.onClosed(this),
    )
    return this.#closed
  }

  /** Closes it without being asked by its reader, who gets the reason. */
  end(reason: string): Promise<void> {
    this.#reason ??= reason
    return this.close()
  }

  async #step(method: 'cursor.open' | 'cursor.next', body: Uint8Array | undefined): Promise<CursorBatch> {
    const before = this.#home.residentBytes() || STARTED_BYTES
    this.idleSince = undefined
    try {
      const { text, body: rows } = await this.#call(method, body, method !== 'cursor.open')
      const isDone = text === 'true'
      if (isDone) this.#settle()
      return { rows: rows ?? new Uint8Array(4), isDone }
    } catch (error) {
      this.#settle()
      throw error
    } finally {
      this.idleSince = performance.now()
      this.heldBytes += Math.max(0, this.#home.residentBytes() - before)
      this.#parts.onStep(this.#home)
    }
  }

  #call(method: DataCallName, body: Uint8Array | undefined, isPinned: boolean) {
    const { pluginId, number } = this.#parts
    return this.#home.call({ method, pluginId, quotaBytes: 0, args: `[${number}]` }, body, {
      isPinned,
      onTime: (ms) => this.#parts.onTime(this.#home, ms),
      onMoved: (to) => {
        this.#home = to
      },
    })
  }

  /** The data process has closed it. */
  #settle(): void {
    this.#closed ??= Promise.resolve()
    this.#parts.onClosed(this)
  }

  #gone(): PlugbayError {
    return new PlugbayError(
      'HANDLE_CLOSED',
      `The cursor is closed: ${this.#reason ?? 'all of its rows were read'}`,
    )
  }
}
