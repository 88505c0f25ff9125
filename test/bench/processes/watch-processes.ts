// What each process of a server uses while something is done: CPU time, and resident memory at its highest. Looks again and again, as
// some processes live for one task.

import { commandOf, cpuMsOf, residentBytesOf } from '../../../runtime/processes/process-figures.ts'
import { descendantsOf } from '../../support/jail.ts'
import { timed } from '../http.ts'
import { moduleOf } from './family.ts'

const EVERY_MS = 50

export interface Use {
  readonly cpuMs: number
  /** Megabytes, of the largest process of that name. */
  readonly memory: number
}

/** By the module that a process runs, "runtime" for the server itself; empty where the system does not tell. */
export type Uses = ReadonlyMap<string, Use>

interface Seen {
  readonly name: string
  readonly cpuMsBefore: number
  cpuMs: number
  memory: number
}

export async function watchProcesses(
  pid: number,
  work: () => Promise<unknown>,
): Promise<{ readonly ms: number; readonly uses: Uses }> {
  const seen = new Map<number, Seen>()
  const look = (isStart: boolean) => {
    for (const each of [pid, ...descendantsOf(pid)]) {
      const cpuMs = cpuMsOf(each)
      const name = each === pid ? 'runtime' : moduleOf(commandOf(each))
      if (cpuMs === undefined || name === undefined) continue
      const known = seen.get(each) ?? { name, cpuMsBefore: isStart ? cpuMs : 0, cpuMs: 0, memory: 0 }
      known.cpuMs = cpuMs - known.cpuMsBefore
      known.memory = Math.max(known.memory, residentBytesOf(each) / 1e6)
      seen.set(each, known)
    }
  }
  look(true)
  const timer = setInterval(look, EVERY_MS, false)
  try {
    const ms = await timed(work)
    look(false)
    return { ms, uses: byName([...seen.values()]) }
  } finally {
    clearInterval(timer)
  }
}

function byName(list: readonly Seen[]): Uses {
  const groups = Map.groupBy(list, ({ name }) => name)
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
  return new Map(
    [...groups].map(([name, some]) => [
      name,
      { cpuMs: total(some.map(({ cpuMs }) => cpuMs)), memory: Math.max(...some.map(({ memory }) => memory)) },
    ]),
  )
}
