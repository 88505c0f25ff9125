// Runs a program of the machine (a container engine, a shell) for the operator, with its output line by line.
// Invariants: no shell reads the arguments; the program and all that it starts are one process group, which is killed whole; however
// much it writes, what is kept of its output is bounded, and it waits when it writes too fast.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

export interface ProgramCall {
  /** A path, or a name that is looked for in PATH. */
  readonly program: string
  readonly args: readonly string[]
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Ends the program: SIGTERM, and soon SIGKILL, to its group. */
  readonly signal: AbortSignal
  /** Without the line feed, cut at MAX_LINE characters. */
  readonly onLine: (line: string, stream: 'stdout' | 'stderr') => void
}

export interface ProgramEnd {
  /** null when a signal has ended it. */
  readonly code: number | null
}

export const MAX_LINE = 4096
/** Of one stream; the rest waits in the pipe, and the program with it. */
const BYTES_PER_SECOND = 262_144
const KILL_AFTER_MS = 500
/** What it started may hold the pipes open for ever. */
const DRAIN_MS = 1000

/** Rejects with the reason of the signal when that has ended it, and with an error of Node (ENOENT, EACCES) when it cannot be started. */
export async function runProgram({
  program,
  args,
  env,
  cwd,
  signal,
  onLine,
}: ProgramCall): Promise<ProgramEnd> {
  signal.throwIfAborted()
  const child = spawn(program, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const read = [
    readLines(child.stdout, (line) => onLine(line, 'stdout')),
    readLines(child.stderr, (line) => onLine(line, 'stderr')),
  ]
  let killing: NodeJS.Timeout | undefined
  const end = () => {
    killGroup(child, 'SIGTERM')
    killing ??= setTimeout(() => killGroup(child, 'SIGKILL'), KILL_AFTER_MS)
  }
  signal.addEventListener('abort', end, { once: true })
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', resolve)
    })
    await drained(child)
    for (const finish of read) finish()
    signal.throwIfAborted()
    return { code }
  } finally {
    signal.removeEventListener('abort', end)
    clearTimeout(killing)
    // What it has left running must not go on unseen.
    killGroup(child, 'SIGKILL')
    child.stdout.destroy()
    child.stderr.destroy()
  }
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (error) {
    // The group is gone.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function drained({ stdout, stderr }: ChildProcess): Promise<void> {
  const open = [stdout, stderr].filter((stream) => stream !== null && !stream.closed)
  const closed = Promise.all(open.map((stream) => new Promise((resolve) => stream?.once('close', resolve))))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, DRAIN_MS)
  })
  await Promise.race([closed, late])
  clearTimeout(timer)
}

/** Returns the function that gives the last line, which may lack its end. */
function readLines(stream: Readable, onLine: (line: string) => void): () => void {
  const decoder = new StringDecoder('utf8')
  let line = ''
  let second = 0
  let bytes = 0
  const push = (text: string): void => {
    if (line.length < MAX_LINE) line = (line + text).slice(0, MAX_LINE)
  }
  const finish = (): void => {
    if (line !== '') onLine(line)
    line = ''
  }
  stream.on('data', (chunk: Buffer) => {
    // Progress bars end with a carriage return only.
    const [first = '', ...rest] = decoder.write(chunk).split(/\r\n|\n|\r/)
    push(first)
    for (const next of rest) {
      finish()
      push(next)
    }
    const now = Math.floor(performance.now() / 1000)
    if (now !== second) bytes = 0
    second = now
    bytes += chunk.length
    if (bytes < BYTES_PER_SECOND) return
    stream.pause()
    setTimeout(() => stream.resume(), 1000 - (performance.now() % 1000))
  })
  return finish
}
