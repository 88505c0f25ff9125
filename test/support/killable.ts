// Starts and kills runtime-process.ts. Invariant: it does not outlive the test.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { COMPILED } from './compiled.ts'
import type { Scope } from './scope.ts'

export interface Killable {
  readonly origin: string
  readonly pid: number
  /** Process ids of its children, as it said last. */
  children: readonly number[]
  /** Number of the last version whose upload has begun, and of the last that was done; -1 before. */
  readonly begun: number
  readonly done: number
  say(line: string): void
  /** The next message that has this member. */
  next(member: string): Promise<Record<string, unknown>>
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
}

type Message = Record<string, unknown>

/** Rejects when the process ends before it serves. */
export async function startKillable(t: Scope, data: string): Promise<Killable> {
  const entry = fileURLToPath(new URL('./runtime-process.ts', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, [...COMPILED, entry, data], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const waiting: { member: string; resolve: (message: Message) => void; reject: (error: Error) => void }[] =
    []
  const killable = {
    origin: '',
    pid: child.pid ?? 0,
    children: [] as readonly number[],
    begun: -1,
    done: -1,
    say: (line: string) => void child.stdin?.write(`${line}\n`),
    next: (member: string) =>
      new Promise<Message>((resolve, reject) => waiting.push({ member, resolve, reject })),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
  // What it still wants to hear when it has been killed is of no interest.
  child.stdin?.on('error', () => undefined)
  t.after(() => killable.kill())
  void exited.then(() => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`The process ended: ${errors}`))
  })
  if (child.stdout === null) throw new Error('The process has no output')
  const lines = createInterface({ input: child.stdout })
  lines.on('line', (line) => {
    // The last line may be cut by the kill.
    if (!line.endsWith('}')) return
    const message = JSON.parse(line) as Message
    if (Array.isArray(message.children)) killable.children = message.children as number[]
    if (typeof message.begun === 'number') killable.begun = message.begun
    if (typeof message.done === 'number') killable.done = message.done
    for (const wait of waiting.filter(({ member }) => member in message)) {
      waiting.splice(waiting.indexOf(wait), 1)
      wait.resolve(message)
    }
  })
  const { ready } = await killable.next('ready')
  killable.origin = `http://127.0.0.1:${String(ready)}`
  return killable
}

/** Whether a process runs: one that has ended and waits to be collected does not. */
export function isRunning(pid: number): boolean {
  const path = `/proc/${pid}/stat`
  if (!existsSync(path)) return false
  try {
    const stat = readFileSync(path, 'utf8')
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    return false // It ended between the two looks.
  }
}
