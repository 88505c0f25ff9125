// Which snapshots are kept: the newest ones, and the last of each of the newest days and weeks that have one.

export interface Retention {
  readonly last: number
  readonly daily: number
  readonly weekly: number
}

/** @returns ids of those that go. The newest snapshot always stays */
export function outdated(
  snapshots: readonly { readonly id: string; readonly at: string }[],
  { last, daily, weekly }: Retention,
): readonly string[] {
  const newestFirst = snapshots.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
  const kept = new Set(newestFirst.slice(0, Math.max(1, last)).map(({ id }) => id))
  for (const [periodOf, count] of [
    [dayOf, daily],
    [weekOf, weekly],
  ] as const) {
    const periods = new Set<string>()
    for (const { id, at } of newestFirst) {
      const period = periodOf(new Date(at))
      if (periods.size >= count && !periods.has(period)) break
      if (!periods.has(period)) kept.add(id)
      periods.add(period)
    }
  }
  return newestFirst.filter(({ id }) => !kept.has(id)).map(({ id }) => id)
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10)
}

/** By its Monday, in UTC as days are: where the server is does not change what is kept. */
function weekOf(time: Date): string {
  const monday = new Date(time)
  monday.setUTCDate(time.getUTCDate() - ((time.getUTCDay() + 6) % 7))
  return dayOf(monday)
}
