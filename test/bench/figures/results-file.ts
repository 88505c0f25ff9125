// Runs as files: one line for each figure, so that a difference between two of them can be read.

import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { significant } from '../statistics.ts'
import type { Figure, Unit } from './figure.ts'
import type { Machine } from './machine.ts'

export interface Run {
  readonly format: 1
  /** ISO 8601. */
  readonly date: string
  readonly commit: string | null
  /** Of the other checkout that was measured beside this one. */
  readonly base: string | null
  readonly machine: Machine
  readonly generator: string
  readonly rounds: number
  readonly seconds: number
  readonly figures: readonly Figure[]
}

const FOLDER = fileURLToPath(new URL('../results', import.meta.url))
const UNITS: readonly string[] = ['ratio', 'share', 'ms', 'MB', 'MB/s', 'bytes', 'per s'] satisfies Unit[]

/** @param name of a run in test/bench/results, or the path of a file */
export function runPath(name: string): string {
  const kept = join(FOLDER, `${name}.json`)
  return !name.includes('/') && (existsSync(kept) || !name.endsWith('.json')) ? kept : name
}

export async function saveRun(path: string, run: Run): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, formatRun(run))
}

export function formatRun({ figures, ...facts }: Run): string {
  const head = Object.entries(facts).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`,
  )
  const lines = figures.map(({ rounds, ...figure }) => {
    const line = { ...figure, rounds: rounds.map((value) => significant(value)) }
    return `    ${JSON.stringify(line)}`
  })
  return `{\n${head.join('\n')}\n  "figures": [\n${lines.join(',\n')}\n  ]\n}\n`
}

export async function readRun(path: string): Promise<Run> {
  return parseRun(await readFile(path, 'utf8'), path)
}

/** @throws an Error that names the position for a file that is not a run */
export function parseRun(text: string, place: string): Run {
  const run = JSON.parse(text) as Run
  if (run.format !== 1) throw new Error(`"${place}" is not a run of this benchmark: its format is not 1`)
  for (const figure of run.figures) {
    if (!isFigure(figure)) throw new Error(`"${place}" holds no figure in ${JSON.stringify(figure)}`)
  }
  return run
}

function isFigure({ name, unit, better, aim, rounds }: Figure): boolean {
  return (
    typeof name === 'string' &&
    UNITS.includes(unit) &&
    (better === 'higher' || better === 'lower') &&
    (aim === undefined || typeof aim === 'number') &&
    Array.isArray(rounds) &&
    rounds.every((value) => typeof value === 'number')
  )
}
