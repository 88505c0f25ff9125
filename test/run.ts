// Runs the tests: `npm test` those that are quick, `npm run test:all` the others too, `npm test -- test/package` a part of either;
// `npm run coverage` adds the coverage of the sources, `--slowest 20` says which files took longest.
// Invariant: what is skipped is named with its reason, and in CI a skipped test is a failure.

import { existsSync, globSync, statSync } from 'node:fs'
import { relative } from 'node:path'
import { run } from 'node:test'
import { spec, type TestEvent } from 'node:test/reporters'
import { parseArgs } from 'node:util'
import { ensureAdminPage } from '../runtime/admin-ui/build.ts'
import { COMPILED } from './support/compiled.ts'
import { isSlow } from './tiers.ts'

/** Three files at a time keep two processors busy: a file waits for its processes, and for deadlines, a third of its time. */
const FILES_AT_ONCE = 3
/** Longer than any file needs, short enough that one which never ends is named before CI gives up. */
const FILE_LIMIT_MS = 15 * 60_000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    coverage: { type: 'boolean', default: false },
    slow: { type: 'boolean', default: false },
    slowest: { type: 'string', default: '0' },
  },
})
// Once, before the suites that open the page ask for it side by side.
await ensureAdminPage()

const skipped: string[] = []
/** Milliseconds by file. */
const durations = new Map<string, number>()
const files = testFiles(positionals)
const hanging = new AbortController()
const tests = run({
  files,
  concurrency: FILES_AT_ONCE,
  signal: hanging.signal,
  execArgv: [
    // Suites that hold isolates themselves need what sandbox processes are given (see runtime/processes/child-flags.ts).
    '--no-node-snapshot',
    // Most files load all of the runtime: compiling it each time takes longer than many tests. Coverage needs code as it is.
    ...(values.coverage ? [] : COMPILED),
  ],
  ...(values.coverage && {
    coverage: true,
    coverageIncludeGlobs: ['sdk/**/*.ts', 'plugin-store/**/*.ts', 'runtime/**/*.ts'],
  }),
})
tests.on('test:fail', ({ todo }) => {
  if (todo === undefined || todo === false) process.exitCode = 1
})
tests.on('test:pass', ({ skip, name, file }) => {
  if (skip === undefined || skip === false) return
  const reason = typeof skip === 'string' && skip !== '' ? skip : 'no reason given'
  skipped.push(`${file === undefined ? '' : `${relative('.', file)}: `}${name} (${reason})`)
})
watchFiles()
tests.compose(withSkippedTests).compose(spec).pipe(process.stdout)

/** The files that the arguments name: files, folders or patterns; by default those of one tier. */
function testFiles(wanted: readonly string[]): string[] {
  const isTier = wanted.length === 0
  const patterns = isTier ? ['test/**/*.test.ts'] : wanted
  const files = patterns.flatMap((pattern) => {
    if (existsSync(pattern) && statSync(pattern).isDirectory()) return globSync(`${pattern}/**/*.test.ts`)
    const found = globSync(pattern)
    if (found.length === 0) throw new Error(`There are no tests at "${pattern}"`)
    return found
  })
  const ours = [...new Set(files)].filter((file) => !file.includes('node_modules')).sort()
  return isTier ? ours.filter((file) => isSlow(file) === values.slow) : ours
}

/** Ends the run when a file does not end: Node's own timeout is for tests, and a file may hang after its last one. */
function watchFiles(): void {
  const timers = new Map<string, NodeJS.Timeout>()
  const started = new Map<string, number>()
  tests.on('test:dequeue', ({ name }) => {
    if (!files.includes(name)) return
    started.set(name, performance.now())
    const reason = `"${name}" did not end within ${FILE_LIMIT_MS / 60_000} minutes`
    timers.set(
      name,
      setTimeout(() => hanging.abort(new Error(reason)), FILE_LIMIT_MS),
    )
  })
  tests.on('test:complete', ({ name }) => {
    clearTimeout(timers.get(name))
    if (timers.delete(name)) durations.set(name, performance.now() - (started.get(name) ?? 0))
  })
}

/** Puts the list of skipped tests before the closing lines of Node's own runner. */
async function* withSkippedTests(events: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent> {
  let isTold = false
  for await (const event of events) {
    if (!isTold && event.type === 'test:diagnostic' && /^tests \d+$/.test(event.data.message)) {
      isTold = true
      const message = `${sayWhatWasSlow(Number(values.slowest))}${sayWhatWasSkipped()}`
      if (message !== '') yield { type: 'test:stdout', data: { file: '', message } } as TestEvent
    }
    yield event
  }
}

function sayWhatWasSlow(count: number): string {
  const slowest = [...durations].sort(([, a], [, b]) => b - a).slice(0, count)
  const lines = slowest.map(([file, ms]) => `${(ms / 1000).toFixed(1).padStart(6)} s  ${file}\n`)
  return lines.length === 0 ? '' : `\nSlowest files:\n${lines.join('')}`
}

function sayWhatWasSkipped(): string {
  if (skipped.length === 0) return ''
  const isFailure = process.env.CI === 'true'
  if (isFailure) process.exitCode = 1
  const title = isFailure ? 'Skipped, which is a failure in CI:' : 'Skipped:'
  return `\n${title}\n${skipped.map((line) => `  ${line}\n`).join('')}\n`
}
