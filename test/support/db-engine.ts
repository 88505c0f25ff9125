// The engine of env.db in this process, spoken to in the messages that cross the wall.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openDbEngine } from '../../runtime/data/worker/db/db-engine.ts'
import { blobReader, joinParts, splitParts, type WireResult } from '../../sdk/protocol/sql-wire.ts'

export type Statement = readonly [sql: string, ...values: readonly unknown[]]

export interface TestDb {
  readonly folder: string
  /** Results of statements that are sent together. */
  batch(
    ...statements: readonly Statement[]
  ): readonly (Omit<WireResult, 'rows'> & { readonly rows: unknown[][] })[]
  /** Rows of one statement. */
  rows(sql: string, ...values: readonly unknown[]): unknown[][]
  call(method: string, body: Uint8Array | undefined): { readonly head: unknown; readonly body?: Uint8Array }
  /** Another plugin in the same process. */
  as(pluginId: string): TestDb
  close(): void
}

export async function openTestDb(
  t: TestContext,
  options: { readonly quotaBytes?: number } = {},
): Promise<TestDb> {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-db-'))
  const engine = openDbEngine({ folder })
  t.after(async () => {
    engine.closeAll()
    await rm(folder, { recursive: true, force: true })
  })
  const { quotaBytes = 64_000_000 } = options
  const as = (pluginId: string): TestDb => {
    const call = (method: string, body: Uint8Array | undefined) =>
      engine.handle({ pluginId, method, body, quotaBytes })
    const batch: TestDb['batch'] = (...statements) => {
      const blobs: Uint8Array[] = []
      const wire = statements.map(([sql, ...values]) => ({
        sql,
        values: values.map((value) => {
          if (!(value instanceof Uint8Array)) return value
          blobs.push(value)
          return { b: value.length }
        }),
      }))
      const { body } = call('db.query', joinParts(Buffer.from(JSON.stringify(wire)), blobs))
      const parts = splitParts(body ?? new Uint8Array())
      const blob = blobReader(parts.blobs)
      const results = JSON.parse(Buffer.from(parts.text).toString()) as readonly WireResult[]
      return results.map((result) => ({
        ...result,
        rows: result.rows.map((row) =>
          row.map((cell) => (typeof cell === 'object' && cell !== null && 'b' in cell ? blob(cell.b) : cell)),
        ),
      }))
    }
    return {
      folder,
      call,
      batch,
      rows: (sql, ...values) => batch([sql, ...values])[0]?.rows ?? [],
      as,
      close: () => engine.close(pluginId),
    }
  }
  return as('notes')
}
