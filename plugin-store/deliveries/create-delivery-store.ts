// The deliveries in the database: a leased queue for each plugin, in order for each key.
// Invariant: of two deliveries with one key to one plugin, the later is taken with the earlier, behind it, or when that is gone or dead.

import type { Problem } from '../../sdk/api/problems.ts'
import { recordAudit } from '../audit-log.ts'
import { cutPage, pageStart } from '../cursor.ts'
import type { Db, Engine } from '../database/engine.ts'
import { sql } from '../database/kysely.ts'
import type { DeliveriesTable } from '../database/tables.ts'
import { fromJson, toJson } from '../json-column.ts'
import { holds, type Lease, takeBackLeases, takeLeases } from '../leased-queue.ts'
import { WriteBatch } from '../write-batch.ts'
import type { DeliveryRecord, DurableEvent } from './delivery-records.ts'
import type { DeadDeliveries, DeliveryStore, Subscriber, TakeDeliveries } from './delivery-store.ts'

type Row = Omit<DeliveriesTable, 'seq' | 'attempts' | 'epoch'> & {
  readonly seq: number
  readonly attempts: number
  readonly epoch: number
}

export function createDeliveryStore(engine: Engine): DeliveryStore {
  const writes = new WriteBatch(engine)
  /** Changes the row of a lease, in the transaction of the moment. */
  const change = (lease: Lease, set: Partial<Row>, failures = 0) =>
    writes.run(async (db) => {
      const result = await db
        .updateTable('deliveries')
        .set({ lease_owner: null, lease_until_ms: null, ...set })
        .set(({ eb }) => ({ attempts: eb('attempts', '+', failures) }))
        .where(holds(lease))
        .executeTakeFirst()
      return result.numUpdatedRows > 0n
    })
  const fail = (lease: Lease, set: Partial<Row>) => change(lease, set, 1)
  return {
    add: (event, isReceiver, nowMs) =>
      writes.run(async (db) => {
        const receivers = (await subscribers(db)).filter(isReceiver)
        if (receivers.length > 0)
          await db
            .insertInto('deliveries')
            .values(receivers.map(({ pluginId }) => newRow(event, pluginId, nowMs)))
            .onConflict((conflict) => conflict.columns(['event_id', 'plugin_id']).doNothing())
            .execute()
        return receivers.map(({ pluginId }) => pluginId)
      }),
    take: (given) => writes.run((db) => take(db, given)),
    settle: (lease) =>
      writes.run(async (db) => {
        const { numDeletedRows } = await db.deleteFrom('deliveries').where(holds(lease)).executeTakeFirst()
        return numDeletedRows > 0n
      }),
    retry: (lease, { runAtMs, problem }) =>
      fail(lease, { state: 'waiting', run_at_ms: runAtMs, problem: toJson(problem) }),
    release: (lease) => change(lease, { state: 'waiting' }),
    bury: (lease, problem) => fail(lease, { state: 'dead', problem: toJson(problem) }),
    async takeBack(orphans) {
      await engine.transaction((db) => takeBackLeases(db, 'deliveries', orphans))
    },
    counts: () =>
      engine.read(async (db) => {
        const rows = await db
          .selectFrom('deliveries')
          .select(({ fn }) => ['plugin_id', fn.countAll<number>().as('count')])
          .where('state', '<>', 'dead')
          .groupBy('plugin_id')
          .execute()
        return new Map(rows.map(({ plugin_id, count }) => [plugin_id, count]))
      }),
    nextAt: (pluginId, nowMs) =>
      engine.read(async (db) => {
        const rows = waiting(db, pluginId)
          .select('run_at_ms')
          .where(isNext(nowMs))
          .orderBy('run_at_ms')
          .limit(1)
        const row = await rows.executeTakeFirst()
        return row?.run_at_ms
      }),
    list: (query) =>
      engine.read(async (db) => {
        const { limit, after } = pageStart('deliveries', query)
        let rows = db
          .selectFrom('deliveries')
          .selectAll()
          .orderBy('seq')
          .limit(limit + 1)
        if (query.plugin !== undefined) rows = rows.where('plugin_id', '=', query.plugin)
        if (query.state !== undefined) rows = rows.where('state', '=', query.state)
        if (after !== undefined) rows = rows.where('seq', '>', after)
        return cutPage(await rows.execute(), { list: 'deliveries', limit, toItem: recordOf })
      }),
    revive: (which, { nowMs, audit }) =>
      engine.transaction(async (db) => {
        const rows = await dead(db, which)
        if (rows.length > 0)
          await db
            .updateTable('deliveries')
            .set({ state: 'waiting', attempts: 0, run_at_ms: nowMs })
            .where(
              'seq',
              'in',
              rows.map(({ seq }) => seq),
            )
            .execute()
        for (const [subject] of byPlugin(rows)) await recordAudit(db, { subject, audit, now: nowMs })
        return byPlugin(rows)
      }),
    remove: (which, { nowMs, audit }) =>
      engine.transaction(async (db) => {
        const rows = await dead(db, which)
        if (rows.length > 0)
          await db
            .deleteFrom('deliveries')
            .where(
              'seq',
              'in',
              rows.map(({ seq }) => seq),
            )
            .execute()
        for (const [subject] of byPlugin(rows)) await recordAudit(db, { subject, audit, now: nowMs })
        return rows.length
      }),
    async removeAll(pluginId) {
      await engine.transaction((db) =>
        db.deleteFrom('deliveries').where('plugin_id', '=', pluginId).execute(),
      )
    },
    async removeOrphans() {
      await engine.transaction((db) =>
        db
          .deleteFrom('deliveries')
          .where(
            'plugin_id',
            'in',
            db.selectFrom('installations').select('id').where('removed_at', 'is not', null),
          )
          .execute(),
      )
    },
    async prune({ beforeMs, keep }) {
      await engine.transaction((db) =>
        sql`DELETE FROM deliveries WHERE state = 'dead' AND (created_at_ms < ${beforeMs} OR seq IN (
          SELECT seq FROM (SELECT seq, row_number() OVER (PARTITION BY plugin_id ORDER BY seq DESC) AS place
            FROM deliveries WHERE state = 'dead') AS placed WHERE place > ${keep}))`.execute(db),
      )
    },
  }
}

/** No earlier delivery with its key is under way, or waits for its next attempt. */
const isNext = (nowMs: number) =>
  sql<boolean>`(key IS NULL OR NOT EXISTS (SELECT 1 FROM deliveries AS earlier
    WHERE earlier.plugin_id = deliveries.plugin_id AND earlier.key = deliveries.key AND earlier.seq < deliveries.seq
      AND earlier.state <> 'dead' AND (earlier.state = 'running' OR earlier.run_at_ms > ${nowMs})))`
/** Rows that one command changes. */
const MAX_DEAD = 10_000

/** Those that are enabled: what an administrator has disabled takes part in nothing. */
async function subscribers(db: Db): Promise<readonly Subscriber[]> {
  const rows = await db
    .selectFrom('installations')
    .select(['id', 'grants'])
    .where('enabled', '=', 1)
    .where('removed_at', 'is', null)
    .execute()
  return rows.flatMap(({ id, grants }) => {
    const { events } = fromJson<{ readonly events?: readonly string[] }>(grants)
    return events === undefined ? [] : [{ pluginId: id, events }]
  })
}

function newRow(event: DurableEvent, pluginId: string, nowMs: number) {
  const { id, name, key, data, time, user, depth } = event
  return {
    id: `${id}.${pluginId}`,
    event_id: id,
    plugin_id: pluginId,
    name,
    key,
    event: toJson({ data, time, user }),
    depth,
    state: 'waiting' as const,
    run_at_ms: nowMs,
    lease_owner: null,
    lease_until_ms: null,
    problem: null,
    created_at_ms: nowMs,
  }
}

async function take(db: Db, { pluginId, nowMs, limit, owner, untilMs }: TakeDeliveries) {
  const rows = await waiting(db, pluginId)
    .select('id')
    .where('run_at_ms', '<=', nowMs)
    .where(isNext(nowMs))
    .orderBy('seq')
    .limit(limit)
    .execute()
  const leases = await takeLeases(db, 'deliveries', { ids: rows.map(({ id }) => id), owner, untilMs })
  if (leases.length === 0) return []
  const taken = await db
    .selectFrom('deliveries')
    .selectAll()
    .where(
      'id',
      'in',
      leases.map(({ id }) => id),
    )
    .orderBy('seq')
    .execute()
  return taken.flatMap((row) => {
    const lease = leases.find(({ id }) => id === row.id)
    return lease === undefined ? [] : [{ delivery: recordOf(row), lease }]
  })
}

function waiting(db: Db, pluginId: string) {
  return db.selectFrom('deliveries').where('plugin_id', '=', pluginId).where('state', '=', sql.lit('waiting'))
}

async function dead(db: Db, which: DeadDeliveries) {
  const rows = db.selectFrom('deliveries').select(['seq', 'plugin_id']).where('state', '=', sql.lit('dead'))
  const found = 'id' in which ? rows.where('id', '=', which.id) : rows.where('plugin_id', '=', which.plugin)
  return await found.orderBy('seq').limit(MAX_DEAD).execute()
}

function byPlugin(rows: readonly { readonly plugin_id: string }[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { plugin_id } of rows) counts.set(plugin_id, (counts.get(plugin_id) ?? 0) + 1)
  return counts
}

function recordOf(row: Row): DeliveryRecord {
  const { id, name, key, depth, state, attempts } = row
  return {
    ...{ id, name, key, depth, state, attempts },
    pluginId: row.plugin_id,
    ...fromJson<Pick<DurableEvent, 'data' | 'time' | 'user'>>(row.event),
    runAtMs: row.run_at_ms,
    problem: row.problem === null ? null : fromJson<Problem>(row.problem),
  }
}
