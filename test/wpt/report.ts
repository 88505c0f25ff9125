// Results as a table, and against the list of expected failures.

import type { Outcome } from './child.ts'
import { GROUPS, type TestFile } from './files.ts'

export interface FileResult {
  readonly file: TestFile
  readonly guest: Outcome
  readonly node: Outcome | undefined
}

/** Failures that are known, each with its reason; and files that are not run. */
export interface Expectations {
  readonly skip: Readonly<Record<string, string>>
  /** By file, then by reason: names of subtests; "(file)" stands for the file as a whole. */
  readonly fail: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
}

const WHOLE_FILE = '(file)'
const NODE_TOO = 'Node fails it too'
const UNKNOWN = 'not looked into'

interface Row {
  passed: number
  total: number
  nodePassed: number
  nodeTotal: number
  /** Subtests that Node passes, and those of them that the guest passes. */
  both: number
  files: number
  skipped: number
}

/** Prints one row per group: what the guest passes, what Node passes, and the share of what Node passes. */
export function printTable(results: readonly FileResult[], files: readonly TestFile[]): void {
  const rows = new Map<string, Row>()
  for (const [group] of GROUPS) {
    const skipped = files.filter((file) => file.group === group && file.skip !== undefined).length
    rows.set(group, { passed: 0, total: 0, nodePassed: 0, nodeTotal: 0, both: 0, files: 0, skipped })
  }
  for (const result of results) {
    const row = rows.get(result.file.group)
    if (row === undefined) continue
    const passes = passing(result.guest)
    const nodePasses = result.node === undefined ? new Set<string>() : passing(result.node)
    row.files++
    row.passed += passes.size
    row.total += count(result.guest)
    row.nodePassed += nodePasses.size
    row.nodeTotal += result.node === undefined ? 0 : count(result.node)
    row.both += [...nodePasses].filter((name) => passes.has(name)).length
  }
  const lines = [...rows].filter(([, row]) => row.files + row.skipped > 0)
  const sum = lines.reduce<Row>(
    (all, [, row]) => {
      for (const key of Object.keys(all) as (keyof Row)[]) all[key] += row[key]
      return all
    },
    { passed: 0, total: 0, nodePassed: 0, nodeTotal: 0, both: 0, files: 0, skipped: 0 },
  )
  process.stdout.write(
    `${['group'.padEnd(20), 'files', 'skipped', '    guest      ', '    Node       ', "of Node's"].join(' ')}\n`,
  )
  for (const [group, row] of [...lines, ['total', sum] as const]) {
    const share = row.nodePassed === 0 ? '' : `${((100 * row.both) / row.nodePassed).toFixed(2)} %`
    const cells = [
      group.padEnd(20),
      String(row.files).padStart(5),
      String(row.skipped).padStart(7),
      `${row.passed}/${row.total}`.padStart(15),
      `${row.nodePassed}/${row.nodeTotal}`.padStart(15),
      share.padStart(9),
    ]
    process.stdout.write(`${cells.join(' ')}\n`)
  }
}

/** Every failure of the guest as a line. */
export function compare(result: FileResult): string[] {
  const nodePasses = result.node === undefined ? new Set<string>() : passing(result.node)
  return failures(result.guest).map(({ key, message }) => {
    const mark = nodePasses.has(key) ? '!' : ' '
    return `${mark} ${result.file.path} | ${key} | ${message}`
  })
}

/** What differs from the list, and the list as it would be without differences. */
export function unexpected(
  results: readonly FileResult[],
  expectations: Expectations,
): { lines: string[]; updated: Expectations } {
  const lines: string[] = []
  const fail: Record<string, Record<string, readonly string[]>> = { ...expectations.fail }
  for (const result of results) {
    const { path } = result.file
    const known = new Map<string, string>()
    for (const [reason, names] of Object.entries(expectations.fail[path] ?? {})) {
      for (const name of names) known.set(name, reason)
    }
    const nodePasses = result.node === undefined ? undefined : passing(result.node)
    const now: Record<string, string[]> = {}
    const failing = new Set<string>()
    for (const { key, message } of failures(result.guest)) {
      failing.add(key)
      const reason = known.get(key)
      if (reason === undefined) lines.push(`Unexpected failure: ${path} | ${key} | ${message}`)
      const guess = nodePasses === undefined || nodePasses.has(key) ? UNKNOWN : NODE_TOO
      const list = reason ?? guess
      now[list] = [...(now[list] ?? []), key]
    }
    for (const [name] of known) {
      if (!failing.has(name)) lines.push(`Listed as failing, but passes or is gone: ${path} | ${name}`)
    }
    if (failing.size > 0) fail[path] = now
    else delete fail[path]
  }
  const sorted = Object.fromEntries(Object.entries(fail).sort(([a], [b]) => (a < b ? -1 : 1)))
  return { lines, updated: { skip: expectations.skip, fail: sorted } }
}

/** Subtests may share a name: the second and later get a number. */
function keyed(outcome: Outcome): { key: string; status: string; message: string }[] {
  const seen = new Map<string, number>()
  return outcome.results.map(({ name, status, message }) => {
    const times = (seen.get(name) ?? 0) + 1
    seen.set(name, times)
    const key = times === 1 ? name : `${name} (${times})`
    return { key: key.replaceAll('\n', '\\n'), status, message: message.replaceAll(/\s+/g, ' ') }
  })
}

function passing(outcome: Outcome): Set<string> {
  return new Set(keyed(outcome).flatMap(({ key, status }) => (status === 'pass' ? [key] : [])))
}

function failures(outcome: Outcome): { key: string; message: string }[] {
  const list = keyed(outcome).filter(({ status }) => status !== 'pass' && status !== 'precondition')
  const whole = outcome.harness === '' ? [] : [{ key: WHOLE_FILE, message: outcome.harness }]
  return [...whole, ...list.map(({ key, status, message }) => ({ key, message: `${status}: ${message}` }))]
}

function count(outcome: Outcome): number {
  return (
    outcome.results.filter(({ status }) => status !== 'precondition').length +
    (outcome.harness === '' ? 0 : 1)
  )
}
