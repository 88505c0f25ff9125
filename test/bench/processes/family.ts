// A server and the processes below it, as /proc shows them: CPU time and memory of each.
// Invariant: where there is no /proc nothing is known, and that is said by null, never by zero.

import { basename } from 'node:path'
import { commandOf, cpuMsOf, residentBytesOf } from '../../../runtime/processes/process-figures.ts'
import { descendantsOf } from '../../support/jail.ts'

/** CPU time in milliseconds, by process id; null where the system does not tell. */
type CpuTimes = ReadonlyMap<number, number> | null

function cpuTimes(pid: number): CpuTimes {
  const times = new Map<number, number>()
  for (const each of [pid, ...descendantsOf(pid)]) {
    const used = cpuMsOf(each)
    if (used !== undefined) times.set(each, used)
  }
  return times.has(pid) ? times : null
}

export interface CpuUse {
  /** Milliseconds that the server itself has used. */
  readonly server: number
  /** That its busiest child has, which is the sandbox process of a plugin under load; null without children. */
  readonly busiestChild: number | null
  readonly otherChildren: number | null
}

/** Does the work, and tells what the server and its children have used meanwhile; null where the system does not tell. */
export async function watchCpu<T>(
  pid: number,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly use: CpuUse | null }> {
  const before = cpuTimes(pid)
  const result = await work()
  const after = cpuTimes(pid)
  if (before === null || after === null) return { result, use: null }
  // A child that has ended meanwhile does not count.
  const used = (each: number) => (after.get(each) ?? 0) - (before.get(each) ?? 0)
  const children = [...after.keys()].filter((each) => each !== pid).map(used)
  if (children.length === 0)
    return { result, use: { server: used(pid), busiestChild: null, otherChildren: null } }
  const busiestChild = Math.max(...children)
  const all = children.reduce((sum, ms) => sum + ms, 0)
  return { result, use: { server: used(pid), busiestChild, otherChildren: all - busiestChild } }
}

export interface Memory {
  /** Bytes. */
  readonly server: number
  /** By process id. */
  readonly children: ReadonlyMap<number, number>
}

/** Resident memory; null where the system does not tell. */
export function residentMemory(pid: number): Memory | null {
  const server = residentBytesOf(pid)
  if (server === 0) return null
  return { server, children: new Map(descendantsOf(pid).map((each) => [each, residentBytesOf(each)])) }
}

export type ChildKind = 'sandbox' | 'data' | 'package'

/** The kinds by the module that a child runs; bwrap around it runs the same words, and is none. */
const KINDS: readonly (readonly [ChildKind, RegExp])[] = [
  ['sandbox', /\b(?:isolate|sandbox)\b/],
  ['data', /\bdata\b/],
  ['package', /\bpackage\b/],
]

export interface KnownChild {
  readonly pid: number
  readonly kind: ChildKind
  /** The words that it was started with. */
  readonly command: readonly string[]
}

/** Child processes of a Plugbay server that have a recognisable kind. */
export function knownChildren(pid: number): readonly KnownChild[] {
  return descendantsOf(pid).flatMap((each) => {
    const command = commandOf(each)
    const kind = command[0]?.endsWith('bwrap') ? undefined : kindOf(entryOf(command))
    return kind === undefined ? [] : [{ pid: each, kind, command }]
  })
}

/** Options may follow the module. */
function entryOf(command: readonly string[]): string {
  return command.findLast((word) => !word.startsWith('--')) ?? ''
}

/** The module that a child runs, without the hash of its bundle; the program, where that is another; undefined for bwrap around it. */
export function moduleOf(command: readonly string[]): string | undefined {
  const program = basename(command[0] ?? '')
  if (program === '' || program === 'bwrap') return undefined
  return program === 'node'
    ? basename(entryOf(command)).replace(/(?:-[0-9a-f]{16})?\.[cm]?[jt]s$/, '')
    : program
}

function kindOf(entry: string): ChildKind | undefined {
  // The folders that lead to the code say nothing.
  const place = entry.split('/').slice(-3).join('/')
  return KINDS.find(([, pattern]) => pattern.test(place))?.[0]
}
