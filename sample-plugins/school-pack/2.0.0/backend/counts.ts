// How often each book was opened, by day, in the plugin's own database.

import type { Env } from 'plugbay/sdk'

/** What version 1 stored: one value with all books. */
export type OldCounts = Readonly<Record<string, { readonly title: string; readonly opened: number }>>

export interface Count {
  readonly title: string
  readonly count: number
}

export const DAY_MS = 86_400_000

const ADD = `INSERT INTO opened (book_id, title, day, count) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET count = count + excluded.count, title = excluded.title`

export async function countOpened(
  env: Env,
  book: { readonly id: number; readonly title: string },
): Promise<void> {
  await env.db.prepare(ADD).bind(book.id, book.title, today(), 1).run()
}

/** Version 1 knew no days: what it counted is of the day of the upgrade. */
export async function importCounts(env: Env, counts: OldCounts): Promise<void> {
  const rows = Object.entries(counts)
  if (rows.length === 0) return
  await env.db.batch(
    rows.map(([id, { title, opened }]) => env.db.prepare(ADD).bind(Number(id), title, today(), opened)),
  )
}

/** The most opened first. */
export async function countsSince(env: Env, ms: number): Promise<readonly Count[]> {
  const { results } = await env.db
    .prepare(
      `SELECT max(title) AS title, sum(count) AS count FROM opened WHERE day >= ?
       GROUP BY book_id ORDER BY count DESC, title`,
    )
    .bind(dayOf(Date.now() - ms))
    .all<{ title: string; count: number }>()
  return results
}

/** How often a book was opened on each of the last days, today at the end. */
export async function daysOf(env: Env, id: number, days: number): Promise<readonly number[]> {
  const dates = Array.from({ length: days }, (_, at) => dayOf(Date.now() - (days - 1 - at) * DAY_MS))
  const { results } = await env.db
    .prepare('SELECT day, count FROM opened WHERE book_id = ? AND day >= ?')
    .bind(id, dates[0] ?? today())
    .all<{ day: string; count: number }>()
  const byDay = new Map(results.map(({ day, count }) => [day, count]))
  return dates.map((day) => byDay.get(day) ?? 0)
}

function today(): string {
  return dayOf(Date.now())
}

function dayOf(time: number): string {
  return new Date(Math.max(time, 0)).toISOString().slice(0, 10)
}
