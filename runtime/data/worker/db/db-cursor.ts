// The rows of one statement in batches, over a read-only connection of its own.
// Invariant: all rows are consistent as of the first step; between two steps the cursor blocks no one.

import type { StatementSync } from 'node:sqlite'
import { DataError } from '../data-error.ts'
import { type Connection, compileGuest, connect } from './db-connection.ts'
import { refused, statementError } from './db-errors.ts'
import { AnswerWriter, type DbStatement } from './db-request.ts'

/** A batch ends after the row that makes it larger than this, … */
const BATCH_BYTES = 128_000
/** … and after the row that exceeds this time. A single row may take as long as any call. */
const BATCH_MS = 20

export interface Batch {
  readonly body: Uint8Array
  readonly isDone: boolean
}

type Rows = ReturnType<StatementSync['iterate']>

export class DbCursor {
  readonly #connection: Connection
  readonly #statement: StatementSync
  readonly #rows: Rows
  #hasBegun = false

  /** Opens the file, which must exist. @throws DataError DATABASE_ERROR, or SQLite's error */
  constructor(file: string, { sql, values }: DbStatement) {
    this.#connection = connect(file, {
      readOnly: true,
      prepare: (database) => database.exec('PRAGMA query_only = ON; PRAGMA cache_size = -500'),
    })
    try {
      const { statement, writes } = this.#guard(() => compileGuest(this.#connection, sql))
      if (writes) throw refused('iterate() reads: use run() for a statement that writes')
      this.#statement = statement
      this.#rows = this.#guard(() => statement.iterate(...values))
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** @throws DataError DATABASE_ERROR, QUOTA_EXCEEDED, or SQLite's error; the cursor is unusable then */
  step(): Batch {
    const answer = new AnswerWriter()
    const until = performance.now() + BATCH_MS
    let isDone = false
    this.#guard(() => {
      do {
        const { done, value } = this.#rows.next()
        if (done === true) {
          isDone = true
          return
        }
        answer.addRow(value as unknown as readonly unknown[])
      } while (answer.size < BATCH_BYTES && performance.now() < until)
    })
    // The reader knows the column names from the first batch.
    const columns = this.#hasBegun ? [] : this.#statement.columns().map(({ name }) => name)
    this.#hasBegun = true
    answer.endRows(columns)
    return { body: answer.bytes(), isDone }
  }

  close(): void {
    this.#connection.database.close()
  }

  #guard<T>(work: () => T): T {
    const { authorizer } = this.#connection
    authorizer.takeRefusal()
    try {
      return work()
    } catch (error) {
      if (error instanceof DataError) throw error
      throw statementError(error, authorizer.takeRefusal()) ?? error
    }
  }
}

/** The cursors that are open in this process, by the number that the runtime assigned. */
export class DbCursors {
  readonly #open = new Map<number, DbCursor>()

  open(number: number, file: string, statement: DbStatement): Batch {
    this.#open.set(number, new DbCursor(file, statement))
    return this.next(number)
  }

  /** @throws DataError HOST_CALL_FAILED for an unknown cursor: it was opened in a process that has ended */
  next(number: number): Batch {
    const cursor = this.#open.get(number)
    if (cursor === undefined) throw new DataError('HOST_CALL_FAILED', 'the process that held it has ended')
    try {
      const batch = cursor.step()
      if (batch.isDone) this.close(number)
      return batch
    } catch (error) {
      this.close(number)
      throw error
    }
  }

  close(number: number): void {
    const cursor = this.#open.get(number)
    this.#open.delete(number)
    cursor?.close()
  }
}
