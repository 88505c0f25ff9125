// Imported data whose check would take hours: it is given up after 10 s, and plugins notice nothing of it. Class: totals that are missing.

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { exported, get, openTestData, put, received, snapshotOf, sql, sqliteFile } from '../data/helpers.ts'
import { record } from './helpers/record.ts'

const COSTLY = Array.from({ length: 10 }, () => "length(replace(hex(zeroblob(90000)), '0', 'abc')) > 0").join(
  ' AND ',
)
const view = (n: number) =>
  `CREATE VIEW v${n} AS SELECT a.x FROM v${n - 1} AS a JOIN v${n - 1} AS b JOIN v${n - 1} AS c`

/** SQLite files: their own check, the check of their schema. */
const HOSTILE: Readonly<Record<string, () => Promise<Buffer>>> = {
  'a costly CHECK on 20,000 rows': () =>
    sqliteFile(
      `CREATE TABLE t (x INTEGER CHECK (${COSTLY})); PRAGMA ignore_check_constraints = ON;
       WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 20000) INSERT INTO t SELECT n FROM c`,
    ),
  'views of views': () =>
    sqliteFile(
      ['CREATE VIEW v0 AS SELECT 1 AS x', ...Array.from({ length: 40 }, (_, n) => view(n + 1))].join(';'),
    ),
}

for (const [name, make] of Object.entries(HOSTILE)) {
  test(`an import with ${name} is given up in time, beside plugins that store and read`, async (t) => {
    const { data, folder } = await openTestData(t)
    await put(data, 'a1', 'mark', { value: 'as before' })
    await sql(data, 'a1', 'CREATE TABLE t (x)')
    const before = await exported(data, 'a1')
    let isOver = false
    let rounds = 0
    const neighbour = (async () => {
      while (!isOver) {
        await put(data, 'b2', 'n', { value: String(rounds) })
        assert.equal(await get(data, 'b2', 'n'), String(rounds++))
        assert.equal(await get(data, 'a1', 'mark'), 'as before')
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
    })()
    const started = performance.now()
    const failure: unknown = await received(data, 'a1', { bytes: snapshotOf({ db: await make() }) }).catch(
      (error: unknown) => error,
    )
    const took = performance.now() - started
    isOver = true
    await neighbour
    assert.ok(failure instanceof Error && 'code' in failure)
    assert.equal(failure.code, 'DEADLINE', String(failure))
    assert.equal(failure.message, 'Checking the snapshot takes longer than 10 s; nothing was changed')
    assert.ok(rounds > 0)
    assert.deepEqual((await exported(data, 'a1')).length, before.length)
    assert.deepEqual(await readdir(join(folder, '.transfers')), [])
    record({
      id: `D-${name.replaceAll(' ', '-')}`,
      area: 'snapshots',
      title: name,
      culprit: `${String(failure.code)} after ${Math.round(took / 1000)} s`,
      neighbour: { requests: rounds, failed: 0 },
    })
  })
}
