// What people read: tables of medians, figures with their aims, and what has changed since another run.

import { median, significant } from '../statistics.ts'
import type { Change, Comparison } from './compare.ts'
import { type Figure, meetsAim } from './figure.ts'
import type { Table } from './table.ts'

export function printTable(title: string, table: Table): void {
  console.log(`\n${title}`)
  console.table(table)
}

export function printFigures(figures: readonly Figure[]): void {
  for (const figure of figures) console.log(figureLine(figure))
}

export function figureLine(figure: Figure): string {
  const { name, unit, better, aim, rounds } = figure
  const isMet = meetsAim(figure)
  const mark = isMet === undefined ? ' ' : isMet ? '✓' : '✗'
  const suffix = unit === 'ratio' || unit === 'share' ? '' : ` ${unit}`
  const value = rounds.length === 0 ? 'not measured' : `${significant(median(rounds), 3)}${suffix}`
  const range =
    rounds.length > 1
      ? ` (${significant(Math.min(...rounds), 3)} to ${significant(Math.max(...rounds), 3)})`
      : ''
  const wanted = aim === undefined ? '' : `, aim ${better === 'higher' ? '>=' : '<='} ${significant(aim, 3)}`
  return `${mark} ${name}: ${value}${range}${wanted}`
}

export function printComparison(place: string, { changes, missing }: Comparison): void {
  const count = (verdict: Change['verdict']) => changes.filter((change) => change.verdict === verdict).length
  console.log(`\nAgainst ${place}: ${changes.length} ratios`)
  for (const change of changes) if (change.verdict !== 'same') console.log(changeLine(change))
  console.log(`${count('worse')} worse, ${count('better')} better, ${count('same')} the same`)
  if (missing.length > 0) console.log(`Not measured now: ${missing.join('; ')}`)
}

function changeLine({ name, then, now, tolerance, verdict }: Change): string {
  const figures = `${significant(then, 3)} → ${significant(now, 3)}, tolerance ${significant(tolerance, 2)}`
  return `${verdict === 'worse' ? '✗ worse' : '✓ better'}: ${name}: ${figures}`
}
