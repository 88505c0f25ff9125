// Figures of a process from /proc, by its id: memory, CPU time, parent. Linux only.
// Invariant: a process that has just exited is not an error.

import { readdirSync, readFileSync } from 'node:fs'

/** Resident memory in bytes; 0 where the system does not report it. */
export function residentBytesOf(pid: number): number {
  const pages = Number(readProc(pid, 'statm')?.split(' ')[1])
  return Number.isFinite(pages) ? pages * 4096 : 0
}

/** Resident memory in bytes of the process and of all that it started. */
export function residentBytesOfTree(pid: number): number {
  return residentBytesOf(pid) + childrenOf(pid).reduce((sum, child) => sum + residentBytesOfTree(child), 0)
}

/** The processes that any of its threads started. */
function childrenOf(pid: number): readonly number[] {
  return threadsOf(pid).flatMap((thread) =>
    (readProc(pid, `task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  )
}

function threadsOf(pid: number): readonly string[] {
  if (process.platform !== 'linux') return []
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return [] // It exited meanwhile.
  }
}

/** CPU time that the process has used, in milliseconds; undefined where the system does not report it. */
export function cpuMsOf(pid: number): number | undefined {
  return cpuMsIn(statOf(pid))
}

/** The same of its main thread alone. */
export function mainThreadCpuMsOf(pid: number): number | undefined {
  return cpuMsIn(statOf(pid, `task/${pid}/stat`))
}

/** User and system time, in ticks of 10 ms. */
function cpuMsIn(fields: readonly string[] | undefined): number | undefined {
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) * 10
}

/** Whether the main thread of the process is running or waiting for a CPU. */
export function isRunnable(pid: number): boolean {
  return statOf(pid)?.[0] === 'R'
}

export function parentOf(pid: number): number | undefined {
  const fields = statOf(pid)
  return fields === undefined ? undefined : Number(fields[1])
}

/** The name of the program, truncated to 15 characters. */
export function nameOf(pid: number): string | undefined {
  return readProc(pid, 'comm')?.trimEnd()
}

/** The arguments that the process was started with; none when it has exited. */
export function commandOf(pid: number): readonly string[] {
  return readProc(pid, 'cmdline')?.split('\0').slice(0, -1) ?? []
}

/** Whether it is the first process of a pid namespace below ours. */
export function isFirstOfNamespace(pid: number): boolean {
  return /^NSpid:\t\d+(?:\t\d+)*\t1$/m.test(readProc(pid, 'status') ?? '')
}

/** The fields after the name, which is in parentheses and may hold spaces: state, parent, … (proc(5)). */
function statOf(pid: number, name = 'stat'): readonly string[] | undefined {
  const stat = readProc(pid, name)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function readProc(pid: number, name: string): string | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return undefined // It exited meanwhile.
  }
}
