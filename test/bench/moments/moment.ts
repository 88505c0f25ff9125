// Times that people wait for, measured on every checkout in turn. A time alone means little on another machine, so one with an
// aim is also given as a multiple of the time that this machine takes to start an empty Node process, in the same run.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Figure, quotients } from '../figures/figure.ts'
import { timed } from '../http.ts'
import type { Part, PartOptions } from '../parts/part.ts'
import type { Checkout } from '../plugbay/checkout.ts'
import { median } from '../statistics.ts'

export interface Moment {
  /** What `measure()` gives, in this order. */
  readonly figures: readonly Pick<Figure, 'name' | 'unit' | 'aim'>[]
  /** Measured so often in a round, which is worth the median. 1 by default. */
  readonly repeat?: number
  /** Prepares a checkout; the time for that does not count. */
  open(checkout: Checkout): Promise<MomentSession>
}

export interface MomentSession {
  measure(): Promise<readonly number[]>
  close(): Promise<void>
}

type Run = Pick<PartOptions, 'checkouts' | 'rounds'>

export async function measureMoments(moments: readonly Moment[], run: Run): Promise<Part> {
  const figures: Figure[] = []
  for (const moment of moments) figures.push(...(await measureMoment(moment, run)))
  return { tables: {}, figures }
}

async function measureMoment(moment: Moment, { checkouts, rounds }: Run): Promise<readonly Figure[]> {
  const sessions: Session[] = []
  const starts: number[] = []
  try {
    for (const checkout of checkouts) {
      const session = await moment.open(checkout)
      sessions.push({ name: checkout.name, session, rounds: [] })
      // The first one warms up what is shared: caches of files, pages of programs.
      await session.measure()
    }
    for (let turn = 0; turn < rounds; turn++) {
      starts.push(await startEmptyNode())
      for (const each of turn % 2 === 0 ? sessions : sessions.toReversed())
        each.rounds.push(await measureRound(each.session, moment.repeat ?? 1))
    }
  } finally {
    for (const { session } of sessions) await session.close()
  }
  return moment.figures.flatMap((figure, at) => {
    const valuesOf = (name: Checkout['name']) =>
      sessions.find((each) => each.name === name)?.rounds.map((values) => values[at] ?? Number.NaN) ?? []
    return figuresOf(figure, { ours: valuesOf('plugbay'), base: valuesOf('base'), starts })
  })
}

interface Session {
  readonly name: Checkout['name']
  readonly session: MomentSession
  readonly rounds: (readonly number[])[]
}

async function measureRound(session: MomentSession, repeat: number): Promise<readonly number[]> {
  const all: (readonly number[])[] = []
  for (let count = 0; count < repeat; count++) all.push(await session.measure())
  return (all[0] ?? []).map((_, at) => median(all.map((values) => values[at] ?? Number.NaN)))
}

interface Rounds {
  readonly ours: readonly number[]
  readonly base: readonly number[]
  readonly starts: readonly number[]
}

function figuresOf(figure: Moment['figures'][number], { ours, base, starts }: Rounds): readonly Figure[] {
  const { name, unit, aim } = figure
  const ratio = (of: string, below: readonly number[]): Figure => ({
    ...{ name: `${name}, ${of}`, unit: 'ratio', better: 'lower', rounds: quotients(ours, below) },
  })
  const inStarts = ours.map(() => median(starts))
  return [
    { ...figure, better: 'lower', rounds: ours },
    ...(unit === 'ms' && aim !== undefined ? [ratio('in starts of an empty Node process', inStarts)] : []),
    ...(base.length > 0 ? [ratio('against base', base)] : []),
  ]
}

/** @returns milliseconds from spawn to exit, the median of three */
async function startEmptyNode(): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < 3; count++)
    times.push(await timed(() => once(spawn(process.execPath, ['--eval', ''], { stdio: 'ignore' }), 'exit')))
  return median(times)
}
