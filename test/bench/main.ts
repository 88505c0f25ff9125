// npm run bench: compares in one run, interleaved, on one load generator. USAGE in options.ts lists what it takes.

import { compareFigures } from './figures/compare.ts'
import type { Figure } from './figures/figure.ts'
import { commitOf, describeMachine } from './figures/machine.ts'
import { printComparison, printFigures, printTable } from './figures/print.ts'
import { type Run, readRun, runPath, saveRun } from './figures/results-file.ts'
import { loadGenerator } from './load/load.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import type { Part } from './parts/part.ts'
import { PARTS } from './parts/parts.ts'
import { checkouts } from './plugbay/checkout.ts'

/** Of the last run, whatever it was called; not in the repository. */
const LATEST = 'latest'

function optionsOrExit(): Options {
  try {
    return readOptions(process.argv.slice(2), Object.keys(PARTS))
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    console.error(`${error.message}\n\n${USAGE}`)
    process.exit(2)
  }
}

// What was started ends with this process (see processes/server-process.ts), when it ends by itself.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const { rounds, seconds, megabytes, only, base, against, save } = optionsOrExit()
// Checked before anything is measured: otherwise a wrong name would fail after a quarter of an hour.
const earlier = against === undefined ? undefined : await readRun(runPath(against))
const measured = checkouts(base)
const { name: generator, load } = await loadGenerator()
const facts: Omit<Run, 'figures'> = {
  format: 1,
  date: new Date().toISOString(),
  commit: commitOf('.'),
  base: measured[1] === undefined ? null : commitOf(measured[1].folder),
  machine: describeMachine(),
  generator,
  rounds,
  seconds,
}
const { cpu, cores, kernel, node, loadBefore } = facts.machine
console.log(`${cores} × ${cpu}, ${kernel}, Node ${node}, load ${loadBefore.join(' ')}, ${generator}`)

const figures: Figure[] = []
for (const name of only) {
  console.log(`\n# ${name}`)
  const part = await measure(name)
  if (part === undefined) continue
  for (const [title, table] of Object.entries(part.tables)) printTable(title, table)
  printFigures(part.figures)
  figures.push(...part.figures)
}

/** A part that fails is told, and costs the run nothing but itself and its exit status. */
async function measure(name: string): Promise<Part | undefined> {
  try {
    return await PARTS[name]?.({ checkouts: measured, load, rounds, seconds, megabytes })
  } catch (error) {
    console.error(error)
    process.exitCode = 1
    return undefined
  }
}

const run: Run = { ...facts, figures }
for (const name of new Set([LATEST, save ?? LATEST])) {
  await saveRun(runPath(name), run)
  console.log(`\nWritten to ${runPath(name)}`)
}
if (earlier !== undefined && against !== undefined) {
  const comparison = compareFigures(earlier.figures, figures)
  printComparison(runPath(against), comparison)
  if (comparison.changes.some(({ verdict }) => verdict === 'worse')) process.exitCode = 1
}
