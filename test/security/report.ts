// Runs the tests of test/security and prints a table of what each attack did: to the culprit, to its neighbour, to the
// runtime. `npm run test:security`, or with files or folders behind it for a part; `--json` prints the rows, `--times 3` carries
// out each plugin attack three times.
// Exit code 1 when a test failed.

import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { run } from 'node:test'
import { parseArgs } from 'node:util'
import { ensureAdminPage } from '../../runtime/admin-ui/build.ts'
import { RECORDS_VARIABLE, readRecords, type SecurityRecord, TIMES_VARIABLE } from './helpers/record.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, times: { type: 'string', default: '1' } },
})
const folder = mkdtempSync(join(tmpdir(), 'plugbay-security-'))
try {
  // As test/run.ts does: some attacks are on its address.
  await ensureAdminPage()
  const failures = await runTests(folder)
  const rows = readRecords(folder)
  process.stdout.write(values.json ? `${JSON.stringify(rows)}\n` : tableOf(rows))
  for (const failure of failures) process.stderr.write(`FAILED ${failure}\n`)
  if (failures.length > 0) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function testFiles(): string[] {
  const wanted = positionals.length === 0 ? ['test/security'] : positionals
  return wanted
    .flatMap((path) => (statSync(path).isDirectory() ? globSync(`${path}/**/*.test.ts`) : [path]))
    .sort()
}

/** @returns the tests that failed, each with the first line of its error */
async function runTests(records: string): Promise<string[]> {
  const failures: string[] = []
  // One file at a time: a case is measured, and another file's attacks would be in the figures.
  const tests = run({
    files: testFiles(),
    concurrency: 1,
    execArgv: ['--no-node-snapshot'],
    env: { ...process.env, [RECORDS_VARIABLE]: records, [TIMES_VARIABLE]: values.times },
  })
  tests.on('test:fail', ({ name, file, details, todo }) => {
    if (todo !== undefined && todo !== false) return
    // A file fails with its tests, which are named already.
    if (details.error.cause === undefined && failures.length > 0) return
    const cause: unknown = details.error.cause ?? details.error
    const text = cause instanceof Error ? cause.message : String(cause)
    failures.push(`${relative('.', file ?? '')}: ${name}: ${text.split('\n')[0]}`)
  })
  tests.on('test:dequeue', ({ name, nesting }) => {
    if (nesting === 0 && process.stderr.isTTY) process.stderr.write(`  ${relative('.', name)}\n`)
  })
  for await (const _event of tests);
  return failures
}

function tableOf(rows: readonly SecurityRecord[]): string {
  const lines: string[] = []
  for (const [area, ofArea] of Map.groupBy(rows, (row) => row.area)) {
    lines.push('', `${area}: ${ofArea.length} cases`, '')
    const cells = ofArea.map((row) => [
      row.id,
      row.title,
      row.note === undefined ? row.culprit : `${row.culprit} (${row.note})`,
      neighbourOf(row),
      runtimeOf(row),
    ])
    lines.push(...aligned([['case', 'attack', 'the culprit', 'its neighbours', 'the runtime'], ...cells]))
  }
  return `${lines.join('\n')}\n`
}

function neighbourOf({ neighbour }: SecurityRecord): string {
  if (neighbour === undefined) return ''
  const { requests, failed, ratio, slowestMs } = neighbour
  const latency = ratio === undefined ? '' : `, median × ${ratio.toFixed(1)}`
  const slowest = slowestMs === undefined ? '' : `, at most ${Math.round(slowestMs)} ms`
  return `${failed} of ${requests} failed${latency}${slowest}`
}

function runtimeOf({ runtime }: SecurityRecord): string {
  if (runtime === undefined) return ''
  const grew = runtime.grewMb === undefined ? '' : `, ${runtime.grewMb >= 0 ? '+' : ''}${runtime.grewMb} MB`
  return `${runtime.pidUnchanged ? 'same process' : 'REPLACED'}${grew}`
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.min(64, Math.max(...rows.map((row) => (row[column] ?? '').length))),
  )
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
