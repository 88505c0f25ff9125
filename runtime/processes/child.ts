// One child process: started with few rights, talked to by frames over an inherited socket, ended by SIGKILL from outside.
// In a jail there are two: bwrap, which we started, and the child inside, which is the one to measure and to kill.
// Invariant: nothing that the child sends is trusted; a malformed frame ends the child.

import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type FrameHandler, FrameReader, FrameWriter } from '../../sdk/protocol/frame-codec.ts'
import type { Body } from '../../sdk/protocol/wire.ts'
import { readableStack } from '../bundles/bundle-stack.ts'
import type { ChildEntry } from '../bundles/children.ts'
import type { Log } from '../log.ts'
import { type ChildRights, childFlags } from './child-flags.ts'
import { bwrapArguments } from './jail/bwrap.ts'
import { type Jail, readInfo } from './jail/jail.ts'
import { cpuMsOf, isRunnable, parentOf, residentBytesOf } from './process-figures.ts'

export interface ChildOptions {
  /** Names the kind of child in the log. */
  readonly name: string
  /** The module that the child runs, and the code that it may read. */
  readonly entry: ChildEntry
  readonly rights: Omit<ChildRights, 'code'>
  readonly jail: Jail
  readonly log: Log
  readonly onFrame: FrameHandler
  /** A longer frame ends the child; MAX_FRAME_BYTES by default. */
  readonly maxFrameBytes?: number
  /** Called once, when the process is gone, however it ended. */
  readonly onExit: (exit: ChildExit) => void
}

export interface ChildExit {
  readonly code: number | null
  readonly signal: string | null
  /** Why we killed it; undefined when it ended by itself. */
  readonly killed: string | undefined
}

/** What a child says on its standard error is kept up to this many bytes, for the log. */
const STDERR_BYTES = 16_384
/** Frames of one child are handled for so long at a time; then it is the turn of everybody else. */
const TURN_MS = 4
/** What a child does not read is kept for so long, and up to this much. */
const UNREAD_MS = 30_000
const UNREAD_BYTES = 128 * 1024 * 1024
/** A child that has ended has nothing more to say; whoever has its socket from it shall not keep it open for long. */
const LAST_WORDS_MS = 5000
/** How long bwrap may take to tell of the child that it has made. */
const UNKNOWN_MS = 10_000
/** A reason may hold words of the child. */
const REASON_LENGTH = 500

export class Child {
  readonly exited: Promise<ChildExit>
  readonly #process: ChildProcess
  readonly #socket: Duplex
  readonly #writer: FrameWriter
  readonly #log: Log
  readonly #isJailed: boolean
  /** The child inside of bwrap, as soon as that has told of it. */
  #inner: number | undefined
  #unreadTimer: NodeJS.Timeout | undefined
  #killed: string | undefined
  #gone = false

  constructor(options: ChildOptions) {
    const { name, log } = options
    const { command, args } = commandOf(options)
    const isJailed = options.jail.kind === 'bwrap'
    this.#isJailed = isJailed
    this.#process = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', ...(isJailed ? (['pipe'] as const) : [])],
      // No environment and no folder of ours: nothing to read there.
      env: {},
      cwd: '/',
      // A session of its own: Ctrl-C in a terminal is for the runtime, which drains before it ends its children.
      detached: true,
      windowsHide: true,
    })
    this.#log = log.child({ child: name, pid: this.pid })
    this.#socket = this.#process.stdio[3] as Duplex
    this.#writer = new FrameWriter({ write: (bytes) => this.#write(bytes) })
    this.#socket.on('drain', () => {
      clearTimeout(this.#unreadTimer)
      this.#unreadTimer = undefined
    })
    this.#readFrames(options)
    const stderr = this.#keepStderr()
    const { promise, resolve } = Promise.withResolvers<ChildExit>()
    this.exited = promise
    const finish = (code: number | null, signal: string | null) => {
      if (this.#gone) return
      this.#gone = true
      this.#socket.destroy()
      clearTimeout(this.#unreadTimer)
      const exit: ChildExit = {
        ...(isJailed ? exitInside(code, signal) : { code, signal }),
        killed: this.#killed,
      }
      if (this.#killed === undefined)
        this.#log.warn(
          { code: exit.code, signal: exit.signal, stderr: readableStack(stderr(), options.entry.url) },
          'child process ended by itself',
        )
      else this.#log.debug({ reason: this.#killed }, 'child process killed')
      options.onExit(exit)
      resolve(exit)
    }
    this.#process.once('exit', (code, signal) => {
      if (this.#killed !== undefined || this.#socket.closed) return finish(code, signal)
      // What it has said before it ended by itself still counts.
      const timer = setTimeout(finish, LAST_WORDS_MS, code, signal)
      this.#socket.once('close', () => {
        clearTimeout(timer)
        finish(code, signal)
      })
    })
    this.#process.once('error', (error) => {
      this.#log.error({ error: error.message }, 'child process could not be started')
      finish(null, null)
    })
    void this.#offerToOomKiller(this.pid)
    if (isJailed) void readInfo(this.#process).then((inner) => this.#enter(inner))
  }

  /** Of the process that runs our code; of bwrap in the first moments in a jail, when killing that ends both. */
  get pid(): number {
    return this.#inner ?? this.#process.pid ?? 0
  }

  get alive(): boolean {
    return !this.#gone
  }

  send(kind: number, slot: number, id: number, head: string, body: Body): void {
    if (this.#gone || this.#killed !== undefined) return
    this.#writer.send(kind, slot, id, head, body)
  }

  /** Ends a process that said what no honest one says: whoever reads the log shall know. */
  refuse(reason: string): void {
    if (this.#gone || this.#killed !== undefined) return
    this.kill(reason)
    this.#log.warn({ reason: this.#killed }, 'child process broke the protocol')
  }

  /** Ends the process at once. The reason goes to the log and to `onExit`. */
  kill(reason: string): void {
    if (this.#gone || this.#killed !== undefined) return
    this.#killed = reason.slice(0, REASON_LENGTH)
    clearTimeout(this.#unreadTimer)
    this.#sendKill()
  }

  /** Resident memory in bytes; 0 where the system does not tell (only Linux has /proc). */
  residentBytes(): number {
    return this.#gone ? 0 : residentBytesOf(this.pid)
  }

  /** Processor time that the process has used, in milliseconds; undefined where the system does not tell. */
  cpuMs(): number | undefined {
    return this.#gone ? undefined : cpuMsOf(this.pid)
  }

  /** Whether it runs at this moment, or waits for a processor; false where the system does not tell. */
  isRunnable(): boolean {
    return !this.#gone && isRunnable(this.pid)
  }

  #readFrames({ onFrame, maxFrameBytes: maxBytes }: ChildOptions): void {
    let until = 0
    const reader = new FrameReader(onFrame, { maxBytes, mayGoOn: () => performance.now() < until })
    const read = (work: () => boolean): void => {
      // What a killed child has still sent is nobody's business.
      if (this.#gone || this.#killed !== undefined) return
      until = performance.now() + TURN_MS
      try {
        if (work()) return void this.#socket.resume()
      } catch (error) {
        return this.refuse(`malformed frame: ${error instanceof Error ? error.message : 'unknown'}`)
      }
      this.#socket.pause()
      setImmediate(read, () => reader.resume())
    }
    this.#socket.on('data', (chunk: Buffer) => read(() => reader.push(chunk)))
    // Writing to a child that has just died is no error of ours: its exit is reported once.
    this.#socket.on('error', (error) =>
      this.#log.debug({ error: error.message }, 'socket of the child closed'),
    )
  }

  /** Everything that is sent comes from somebody who may send more, as long as it is read. */
  #write(bytes: Buffer): boolean {
    if (this.#socket.write(bytes)) return true
    if (this.#socket.writableLength > UNREAD_BYTES) this.refuse('it reads nothing of what it is told')
    else if (this.#unreadTimer === undefined) {
      this.#unreadTimer = setTimeout(() => this.refuse('it reads nothing of what it is told'), UNREAD_MS)
      this.#unreadTimer.unref()
    }
    return false
  }

  #enter(inner: number): void {
    if (this.#gone) return
    this.#inner = inner
    if (this.#killed !== undefined) this.#sendKill()
    else void this.#offerToOomKiller(inner)
  }

  /** bwrap ends with the child inside it, and only then the child is known to be gone. */
  #sendKill(): void {
    const inner = this.#inner
    if (this.#isJailed && inner === undefined) {
      // A bwrap that ends before it has let its child begin leaves that behind: see jail-leftovers.ts.
      setTimeout(() => this.#process.kill('SIGKILL'), UNKNOWN_MS).unref()
      return
    }
    if (inner === undefined || parentOf(inner) !== this.#process.pid) {
      this.#process.kill('SIGKILL')
      return
    }
    try {
      process.kill(inner, 'SIGKILL')
    } catch (error) {
      this.#log.debug({ error: String(error) }, 'the child had ended')
    }
  }

  #keepStderr(): () => string {
    let text = ''
    const { stderr } = this.#process
    stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk.slice(0, STDERR_BYTES - text.length)
      // What comes after that is not even read.
      if (text.length >= STDERR_BYTES) stderr.destroy()
    })
    return () => text
  }

  /** When memory runs out, the kernel shall take a child, not the runtime. */
  async #offerToOomKiller(pid: number): Promise<void> {
    if (process.platform !== 'linux' || pid === 0) return
    try {
      await writeFile(`/proc/${pid}/oom_score_adj`, '1000')
    } catch (error) {
      this.#log.debug({ error: String(error) }, 'oom_score_adj could not be set')
    }
  }
}

function commandOf({ jail, entry, ...options }: ChildOptions): { command: string; args: string[] } {
  const rights: ChildRights = { ...options.rights, code: entry.code }
  // bwrap ends a child with the runtime, whatever the child is at.
  const node = [...childFlags(rights, { watchdog: jail.kind === 'none' }), fileURLToPath(entry.url)]
  if (jail.kind === 'none') return { command: process.execPath, args: node }
  return { command: jail.binary, args: [...bwrapArguments(rights, jail.features), process.execPath, ...node] }
}

/** bwrap tells the signal that ended the child by a code over 128, as a shell does. */
function exitInside(
  code: number | null,
  signal: string | null,
): { code: number | null; signal: string | null } {
  if (code === null || code <= 128) return { code, signal }
  const [name] = Object.entries(constants.signals).find(([, number]) => number === code - 128) ?? []
  return name === undefined ? { code, signal } : { code: null, signal: name }
}
