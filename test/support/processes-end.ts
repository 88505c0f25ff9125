// Waits for processes to end. Invariant: identity is the pid and the time of its start: the system gives a pid again.

import { readFileSync } from 'node:fs'
import { isRunning } from './killable.ts'
import { until } from './runtime.ts'

interface Seen {
  readonly pid: number
  /** In clock ticks since the system started. */
  readonly startedAt: string
}

/** Call it while the processes run; those that have ended are left out. */
export function watchProcesses(pids: readonly number[]): readonly Seen[] {
  return pids.flatMap((pid) => {
    const startedAt = fieldsOf(pid)?.[START]
    return startedAt === undefined ? [] : [{ pid, startedAt }]
  })
}

/** Fails with a line about each process that is left. */
export async function processesEnd(what: string, processes: readonly Seen[]): Promise<void> {
  const left = () => processes.filter(isLeft)
  try {
    await until(what, () => left().length === 0)
  } catch (error) {
    throw new Error(`${what}: still there are ${left().map(describe).join('; ')}`, { cause: error })
  }
}

const STATE = 0
const PARENT = 1
const START = 19

function isLeft({ pid, startedAt }: Seen): boolean {
  return isRunning(pid) && fieldsOf(pid)?.[START] === startedAt
}

/** Of /proc/<pid>/stat (proc_pid_stat(5)), from the state on; undefined for one that has ended. */
function fieldsOf(pid: number): readonly string[] | undefined {
  const stat = read(pid, 'stat')
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function describe({ pid }: Seen): string {
  const fields = fieldsOf(pid) ?? []
  const command = (read(pid, 'cmdline') ?? '').replaceAll('\0', ' ').slice(0, 2000)
  return `${pid} (state ${fields[STATE]}, parent ${fields[PARENT]}, in ${read(pid, 'wchan')}): ${command}`
}

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined // It has ended.
  }
}
