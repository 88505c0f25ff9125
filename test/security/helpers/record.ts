// One row of the table that `npm run test:security` prints: a test of test/security says what a case did to whom.
// Usage, at the end of a test (after its assertions): record({ id: 'R03', area: 'plugins', title: 'loop after an await',
//   culprit: '504, process replaced', neighbour: { requests: 60, failed: 0, ratio: 1.2 }, runtime: { pidUnchanged: true } })
// Rows go as JSON lines to the folder that PLUGBAY_SECURITY_RECORDS names; without it, nothing is written.
// Invariant: a row is what a test has measured; a test that fails writes none, and the report names it.

import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder that rows are written to. */
export const RECORDS_VARIABLE = 'PLUGBAY_SECURITY_RECORDS'
/** How often each plugin attack is carried out; once without it. */
export const TIMES_VARIABLE = 'PLUGBAY_SECURITY_TIMES'

export interface SecurityRecord {
  /** The case, as attacks are numbered: `R03`, `41`, `Z-overlap`, `SSRF-12`. */
  readonly id: string
  /** The part of the table: one word that the tests of a subject share. */
  readonly area: string
  readonly title: string
  /** What happened to the culprit, in a few words: `504, process replaced`; for an archive its problem code. */
  readonly culprit: string
  /** What the others noticed; leave it out where a case has no neighbour. */
  readonly neighbour?: NeighbourRecord
  /** What happened to the runtime; leave it out where no runtime takes part. */
  readonly runtime?: RuntimeRecord
  readonly note?: string
}

export interface NeighbourRecord {
  /** Answers that it was asked for during the case. */
  readonly requests: number
  readonly failed: number
  /** Median latency during the case, divided by the median before. */
  readonly ratio?: number
  /** The longest wait during the case, in milliseconds. */
  readonly slowestMs?: number
}

export interface RuntimeRecord {
  readonly pidUnchanged: boolean
  /** How far its resident memory rose, in MiB. */
  readonly grewMb?: number
}

/** Writes a row when a report is being made. */
export function record(row: SecurityRecord): void {
  const folder = process.env[RECORDS_VARIABLE]
  if (folder === undefined || folder === '') return
  mkdirSync(folder, { recursive: true })
  // One file per process: test files run side by side.
  appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify(row)}\n`)
}

/** Every row that the tests have written to a folder, in the order of area and id. */
export function readRecords(folder: string): SecurityRecord[] {
  const rows = readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as SecurityRecord)
  return rows.sort(
    (a, b) => a.area.localeCompare(b.area) || a.id.localeCompare(b.id, 'en', { numeric: true }),
  )
}
