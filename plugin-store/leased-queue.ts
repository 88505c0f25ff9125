// A queue in a table: the process that works on a row holds a lease on it, with an owner, an end, and a number that grows with each.
// Invariant: a write that names an old lease changes nothing; a row whose owner is gone waits again. At least once, never exactly once.
// The table has the columns id, state, run_at_ms, lease_owner, lease_until_ms and epoch; the queries run on SQLite and PostgreSQL.

import type { Db } from './database/engine.ts'
import { sql } from './database/kysely.ts'
import type { Tables } from './database/tables.ts'

/** Proves who works on a row: the fencing number is compared with every write. */
export interface Lease {
  readonly id: string
  readonly owner: string
  readonly epoch: number
}

/** Another process may have asked to cancel. */
export interface HeldLease extends Lease {
  readonly isCancelling: boolean
}

export interface LeaseTime {
  readonly owner: string
  /** Milliseconds since the epoch. */
  readonly untilMs: number
}

type LeasedTable = { [Name in keyof Tables]: Tables[Name] extends LeasedRow ? Name : never }[keyof Tables]

interface LeasedRow {
  readonly id: string
  readonly state: string
  readonly run_at_ms: number
  readonly lease_owner: string | null
  readonly lease_until_ms: number | null
  readonly epoch: unknown
}

const HELD = sql`state IN ('running', 'cancelling')`

/** Takes the rows that still wait. Returns the leases of those that were taken. */
export async function takeLeases(
  db: Db,
  table: LeasedTable,
  { ids, owner, untilMs }: LeaseTime & { readonly ids: readonly string[] },
): Promise<readonly Lease[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<{ id: string; epoch: number }>`UPDATE ${sql.table(table)}
    SET state = 'running', lease_owner = ${owner}, lease_until_ms = ${untilMs}, epoch = epoch + 1
    WHERE id IN (${sql.join(ids)}) AND state = 'waiting'
    RETURNING id, epoch`.execute(db)
  return rows.map(({ id, epoch }) => ({ id, owner, epoch }))
}

/** The heartbeat: returns what the owner still holds. What is missing there has been lost. */
export async function extendLeases(
  db: Db,
  table: LeasedTable,
  { owner, untilMs }: LeaseTime,
): Promise<readonly HeldLease[]> {
  const { rows } = await sql<{ id: string; epoch: number; state: string }>`UPDATE ${sql.table(table)}
    SET lease_until_ms = ${untilMs} WHERE lease_owner = ${owner} AND ${HELD}
    RETURNING id, epoch, state`.execute(db)
  return rows.map(({ id, epoch, state }) => ({ id, owner, epoch, isCancelling: state === 'cancelling' }))
}

/** Whose leases are over: those that have run out, and with `alone` all of other owners. */
export interface Orphans {
  readonly nowMs: number
  readonly owner: string
  /** The owner holds the lock of the data folder: no other is alive. */
  readonly alone: boolean
}

/** Lets rows wait again whose owner is gone. Returns their ids. */
export async function takeBackLeases(
  db: Db,
  table: LeasedTable,
  orphans: Orphans,
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`UPDATE ${sql.table(table)}
    SET state = 'waiting', lease_owner = NULL, lease_until_ms = NULL, epoch = epoch + 1
    WHERE state = 'running' AND ${isOrphan(orphans)}
    RETURNING id`.execute(db)
  return rows.map(({ id }) => id)
}

/** The condition that the lease of a row is over. */
export function isOrphan({ nowMs, owner, alone }: Orphans) {
  return alone
    ? sql<boolean>`(lease_until_ms < ${nowMs} OR lease_owner <> ${owner})`
    : sql<boolean>`lease_until_ms < ${nowMs}`
}

/** The condition of a write by the holder of a lease. */
export function holds({ id, owner, epoch }: Lease) {
  return sql<boolean>`(id = ${id} AND lease_owner = ${owner} AND epoch = ${epoch} AND ${HELD})`
}
