// A host of plugins in a process of its own, looked at from outside: its answers, its output, /proc.
// Invariant: it and its children end with the test, however the test ends: the host ends with its standard input.

import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Scope } from '../../support/scope.ts'

export interface HostProcess {
  readonly origin: string
  readonly pid: number
  /** Whether the process that was started still runs. */
  readonly isAlive: () => boolean
  /** Lines that a healthy host does not print: errors, and lines that are not part of its log. */
  readonly complaints: readonly string[]
  /** Process ids of everything that it has started and that runs. */
  readonly children: () => number[]
  /** Command lines and environments of the children, as the system tells. */
  readonly childFacts: () => ChildFacts[]
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** Lets it end by itself; SIGKILL when it does not within a minute. */
  end(): Promise<void>
}

export interface ChildFacts {
  readonly command: string
  readonly environment: string
  /** A program of the checkout that the host runs on its own sources. */
  readonly isOwnTool: boolean
}

/** Level "error" of pino. */
const ERROR_LEVEL = 50

/** Starts a module that prints `{"ready": port}` as a line when it serves. */
export async function startHost(
  scope: Scope,
  entry: URL,
  options: { readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> },
): Promise<HostProcess> {
  const child = spawn(process.execPath, ['--no-node-snapshot', entry.pathname, ...options.args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  })
  const complaints: string[] = []
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.stdin.on('error', () => undefined)
  const kill = async () => {
    child.kill('SIGKILL')
    await exited
  }
  scope.after(kill)
  const ready = Promise.withResolvers<number>()
  const hear = (text: string) => {
    const line = parseLine(text)
    if (typeof line?.ready === 'number') ready.resolve(line.ready)
    if (line === undefined || Number(line.level) >= ERROR_LEVEL) complaints.push(text)
  }
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', hear)
  void exited.then(() => ready.reject(new Error(`The host ended before it served: ${complaints.join('\n')}`)))
  const port = await ready.promise
  const pid = child.pid ?? 0
  return {
    origin: `http://127.0.0.1:${port}`,
    pid,
    isAlive: () => isRunning(child),
    complaints,
    children: () => childrenOf(pid),
    childFacts: () => childrenOf(pid).map((child) => factsOf(child, pid)),
    kill,
    async end() {
      child.stdin.end()
      const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
      await exited
      clearTimeout(timer)
    },
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Children, grandchildren and so on; those that have ended and wait to be collected are not counted. */
export function childrenOf(root: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined
    if (stat !== undefined && stat.state !== 'Z') parents.set(Number(name), stat.parent)
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent !== undefined && (parent === root || (parent > 1 && isBelow(parent)))
  }
  return [...parents.keys()].filter(isBelow)
}

/** Resident memory in MiB; 0 when the process is gone. */
export function residentMb(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) / 256
  } catch {
    return 0 // It ended between the two looks.
  }
}

/** The threads of a process that run or wait for a processor at this moment. */
export function runnableThreads(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).filter((task) => {
      const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8')
      return stat.slice(stat.lastIndexOf(')') + 2).startsWith('R')
    })
  } catch {
    return [] // It ended between the looks.
  }
}

/** CPU time in milliseconds; undefined when the process is gone. */
export function cpuMs(pid: number): number | undefined {
  return statOf(pid)?.cpuMs
}

/** Threads and open files of a process. */
export function threadsAndFiles(pid: number): { readonly threads: number; readonly files: number } {
  return { threads: readdirSync(`/proc/${pid}/task`).length, files: readdirSync(`/proc/${pid}/fd`).length }
}

function factsOf(pid: number, host: number): ChildFacts {
  const command = textOf(`/proc/${pid}/cmdline`)
  return {
    command,
    environment: textOf(`/proc/${pid}/environ`),
    isOwnTool: statOf(pid)?.parent === host && command.includes('/esbuild '),
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').replaceAll('\0', ' ')
  } catch {
    return '' // The process ended between the two looks.
  }
}

interface Stat {
  readonly state: string
  readonly parent: number
  readonly cpuMs: number
}

function statOf(pid: number): Stat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return {
      state: fields[0] ?? '',
      parent: Number(fields[1]),
      cpuMs: (Number(fields[11]) + Number(fields[12])) * 10,
    }
  } catch {
    return undefined // It ended between the two looks.
  }
}
