// Samples as tables of medians, and as the ratios of one server to another.

import type { Samples } from '../load/interleave.ts'
import { median, round } from '../statistics.ts'
import { type Figure, quotients } from './figure.ts'

/** Rows by name, each with its columns; null where the system does not tell. */
export type Table = Readonly<Record<string, Readonly<Record<string, number | null>>>>

/** What of a sample; null where the system does not tell. */
export type Pick<Sample> = (sample: Sample) => number | null

export interface Column<Sample> {
  readonly title: string
  readonly of: Pick<Sample>
  readonly digits: number
}

export function tableOf<Sample>(samples: Samples<Sample>, columns: readonly Column<Sample>[]): Table {
  const row = (list: readonly Sample[]) =>
    columns.map(({ title, of, digits }) => {
      const values = list.map(of).filter((value) => value !== null)
      return [title, values.length === 0 ? null : round(median(values), digits)] as const
    })
  return Object.fromEntries(
    Object.entries(samples).map(([name, list]) => [name, Object.fromEntries(row(list))]),
  )
}

export interface RatioOptions<Sample> {
  readonly of: Pick<Sample>
  /** The server to compare with. */
  readonly to: string
  /** What is taken of it, when it is not the same. */
  readonly toOf?: Pick<Sample>
  readonly better: Figure['better']
  readonly aim?: number
}

/** Of this checkout to another server, round by round; no figure when that does not take part. */
export function ratioOf<Sample>(
  samples: Samples<Sample>,
  name: string,
  { of, to, toOf = of, better, aim }: RatioOptions<Sample>,
): readonly Figure[] {
  const other = samples[to]
  if (other === undefined) return []
  const values = (list: readonly Sample[], pick: Pick<Sample>) => list.map((each) => pick(each) ?? Number.NaN)
  const rounds = quotients(values(samples.plugbay ?? [], of), values(other, toOf))
  return [{ name, unit: 'ratio', better, rounds, ...(aim !== undefined && { aim }) }]
}
