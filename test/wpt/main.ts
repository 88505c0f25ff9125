// `npm run wpt -- --wpt <checkout of web-platform-tests>`: runs its files in an isolate with the product's guest, and in Node, and
// prints pass/total of both per group. Exit code 1: a failure that expectations.json does not list, or a listed one that passes.
// Options: --only <part of a path>, --failures (each one, with its message), --write (writes what fails now as expected), --guest-only.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Job, Outcome } from './child.ts'
import { findFiles, scriptOf, type TestFile } from './files.ts'
import { POSTLUDE, PRELUDE } from './page.ts'
import { compare, type Expectations, type FileResult, printTable, unexpected } from './report.ts'

const FILES_AT_ONCE = 2
/** Most files need milliseconds; one that says `META: timeout=long` may derive thousands of keys. */
const TIMEOUT_MS = 10_000
const LONG_TIMEOUT_MS = 180_000
/** What a child gets beyond the script's own time before it is killed. */
const GRACE_MS = 5000
const EXPECTATIONS = fileURLToPath(new URL('./expectations.json', import.meta.url))

const { values: options } = parseArgs({
  options: {
    wpt: { type: 'string' },
    only: { type: 'string', default: '' },
    failures: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    'guest-only': { type: 'boolean', default: false },
  },
})
const root = options.wpt ?? process.env.WPT_DIR
if (root === undefined) {
  process.stderr.write(
    'Name a checkout of web-platform-tests: npm run wpt -- --wpt <dir>, or WPT_DIR=<dir>\n',
  )
  process.exit(2)
}

const expectations = JSON.parse(readFileSync(EXPECTATIONS, 'utf8')) as Expectations
const files = findFiles(root, expectations.skip).filter((file) => file.path.includes(options.only))
const results = await runAll(root, files)
printTable(results, files)
const news = unexpected(results, expectations)
if (options.failures) {
  for (const result of results) for (const line of compare(result)) process.stdout.write(`${line}\n`)
}
if (options.write) {
  writeFileSync(EXPECTATIONS, `${JSON.stringify(news.updated, undefined, 2)}\n`)
} else if (!options.failures) {
  for (const line of news.lines) process.stdout.write(`${line}\n`)
  if (news.lines.length > 0) process.exitCode = 1
}

async function runAll(checkout: string, all: readonly TestFile[]): Promise<FileResult[]> {
  const queue = all.filter((file) => file.skip === undefined)
  const done: FileResult[] = []
  async function lane(): Promise<void> {
    const runner = createRunner()
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const script = scriptOf(checkout, file.path, { prelude: PRELUDE, postlude: POSTLUDE })
      const job = { path: file.path, script, timeoutMs: file.isLong ? LONG_TIMEOUT_MS : TIMEOUT_MS }
      const guest = await runner.run({ ...job, engine: 'guest' })
      const node = options['guest-only'] ? undefined : await runner.run({ ...job, engine: 'node' })
      done.push({ file, guest, node })
    }
    await runner.close()
  }
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, lane))
  return done.sort((a, b) => (a.file.path < b.file.path ? -1 : 1))
}

interface Runner {
  run(job: Job): Promise<Outcome>
  close(): Promise<void>
}

/** A child that is started again after a script that had to be killed. */
function createRunner(): Runner {
  let child: ChildProcess | undefined
  async function stop(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  return {
    async run(job) {
      child ??= fork(fileURLToPath(new URL('./child.ts', import.meta.url)), {
        execArgv: ['--no-node-snapshot', '--disable-warning=ExperimentalWarning'],
      })
      const current = child
      const { promise, resolve } = Promise.withResolvers<Outcome>()
      const onMessage = (outcome: unknown) => resolve(outcome as Outcome)
      const onExit = () => resolve(failed('the process ended'))
      const limit = setTimeout(() => {
        stop().then(() => resolve(failed('did not end and was killed')), onExit)
      }, job.timeoutMs + GRACE_MS)
      current.once('message', onMessage)
      current.once('exit', onExit)
      current.send(job)
      try {
        return await promise
      } finally {
        clearTimeout(limit)
        current.off('message', onMessage)
        current.off('exit', onExit)
        if (current.exitCode !== null || current.signalCode !== null) child = undefined
      }
    },
    close: stop,
  }
}

function failed(harness: string): Outcome {
  return { harness, results: [] }
}
