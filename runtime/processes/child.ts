// One child process: started with few rights, connected by frames over an inherited socket, killed by SIGKILL from outside.
// In a jail there are two processes: bwrap, which the runtime started, and the child inside, which is measured and killed.
// Invariant: nothing from the child is trusted; a malformed frame ends the child.

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
import { parentArgument } from './child/parent-argument.ts'
import { countPassing } from './child/young-buffers.ts'
import { type ChildRights, childEnvironment, childFlags } from './child-flags.ts'
import { type Jail, readInfo } from './jail/jail.ts'
import { spawnInJail } from './jail/spawn-in-jail.ts'
import { cpuMsOf, isRunnable, mainThreadCpuMsOf, parentOf, residentBytesOf } from './process-figures.ts'

export interface ChildOptions {
  /** The kind of child, for the log. */
  readonly name: string
  /** The module that the child runs, and the code that it may read. */
  readonly entry: ChildEntry
  readonly rights: Omit<ChildRights, 'code'>
  readonly jail: Jail
  readonly log: Log
  readonly onFrame: FrameHandler
  /** A longer frame ends the child; MAX_FRAME_BYTES by default. */
  readonly maxFrameBytes?: number
  /** Called once when the process has exited, for any reason. */
  readonly onExit: (exit: ChildExit) => void
}

export interface ChildExit {
  readonly code: number | null
  readonly signal: string | null
  /** Why the runtime killed it; undefined when it exited by itself. */
  readonly killed: string | undefined
}

/** Bytes of the child's standard error to keep for the log. */
const STDERR_BYTES = 16_384
/** Time slice for the frames of one child; then others get their turn. */
const TURN_MS = 4
/** Limits, in time and bytes, for data that the child does not read. */
const UNREAD_MS = 30_000
const UNREAD_BYTES = 128 * 1024 * 1024
/** How long to wait for the socket to close after exit: a grandchild may have inherited it. */
const LAST_WORDS_MS = 5000
/** How long bwrap may take to report the child that it created. */
const UNKNOWN_MS = 10_000
/** A reason may contain text of the child. */
const REASON_LENGTH = 500

export class Child {
  readonly exited: Promise<ChildExit>
  readonly #process: ChildProcess
  readonly #socket: Duplex
  readonly #writer: FrameWriter
  readonly #log: Log
  readonly #isJailed: boolean
  /** The child inside bwrap, once bwrap has reported it. */
  #inner: number | undefined
  #unreadTimer: NodeJS.Timeout | undefined
  #killed: string | undefined
  #gone = false

  constructor(options: ChildOptions) {
    const { name, log } = options
    const isJailed = options.jail.kind === 'bwrap'
    this.#isJailed = isJailed
    this.#process = start(options)
    this.#log = log.child({ child: name, pid: this.pid })
    this.#socket = this.#process.stdio[3] as Duplex
    this.#writer = new FrameWriter({
      write: (bytes) => this.#write(bytes),
      cork: () => this.#socket.cork(),
      uncork: () => this.#socket.uncork(),
    })
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
      // Messages sent before the exit still count.
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

  /** Kills a child that violated the protocol, and logs why. */
  refuse(reason: string): void {
    if (this.#gone || this.#killed !== undefined) return
    this.kill(reason)
    this.#log.warn({ reason: this.#killed }, 'child process broke the protocol')
  }

  /** Kills the process. The reason goes to the log and to `onExit`. */
  kill(reason: string): void {
    if (this.#gone || this.#killed !== undefined) return
    this.#killed = reason.slice(0, REASON_LENGTH)
    clearTimeout(this.#unreadTimer)
    this.#sendKill()
  }

  /** Resident memory in bytes; 0 where the system does not report it (only Linux has /proc). */
  residentBytes(): number {
    return this.#gone ? 0 : residentBytesOf(this.pid)
  }

  /** CPU time that the process has used, in milliseconds; undefined where the system does not report it. */
  cpuMs(): number | undefined {
    return this.#gone ? undefined : cpuMsOf(this.pid)
  }

  /** The same of its main thread alone. */
  mainThreadCpuMs(): number | undefined {
    return this.#gone ? undefined : mainThreadCpuMsOf(this.pid)
  }

  /** Whether it is running or waiting for a CPU; false where the system does not report it. */
  isRunnable(): boolean {
    return !this.#gone && isRunnable(this.pid)
  }

  #readFrames({ onFrame, maxFrameBytes: maxBytes }: ChildOptions): void {
    let until = 0
    const reader = new FrameReader(onFrame, { maxBytes, mayGoOn: () => performance.now() < until })
    const read = (work: () => boolean): void => {
      // Messages of a killed child are dropped.
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
    this.#socket.on('data', (chunk: Buffer) => {
      countPassing(chunk.byteLength)
      read(() => reader.push(chunk))
    })
    // Writing to a child that has just died is not an error here: its exit is reported once.
    this.#socket.on('error', (error) =>
      this.#log.debug({ error: error.message }, 'socket of the child closed'),
    )
  }

  /** Senders keep sending as long as the child reads; a child that stops reading is killed. */
  #write(bytes: Uint8Array): boolean {
    if (this.#socket.write(bytes)) return true
    if (this.#socket.writableLength > UNREAD_BYTES) this.refuse('it does not read what is sent to it')
    else if (this.#unreadTimer === undefined) {
      this.#unreadTimer = setTimeout(() => this.refuse('it does not read what is sent to it'), UNREAD_MS)
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

  /** bwrap exits with the child inside it, and only then the child has certainly exited. */
  #sendKill(): void {
    const inner = this.#inner
    if (this.#isJailed && inner === undefined) {
      // A bwrap that exits before its child may begin leaves the child behind: see jail-leftovers.ts.
      setTimeout(() => this.#process.kill('SIGKILL'), UNKNOWN_MS).unref()
      return
    }
    if (!this.#isJailed) return this.#killGroup()
    if (inner === undefined || parentOf(inner) !== this.#process.pid) {
      this.#process.kill('SIGKILL')
      return
    }
    try {
      process.kill(inner, 'SIGKILL')
    } catch (error) {
      this.#log.debug({ error: String(error) }, 'the child had ended')
    }
    // A bwrap that is stopped would never exit.
    this.#process.kill('SIGCONT')
  }

  /** The child leads a group: what it started itself ends too. In a jail the kernel sees to that. */
  #killGroup(): void {
    try {
      if (process.platform !== 'win32' && this.#process.pid !== undefined)
        process.kill(-this.#process.pid, 'SIGKILL')
    } catch (error) {
      this.#log.debug({ error: String(error) }, 'the child had ended')
    }
    this.#process.kill('SIGKILL')
  }

  #keepStderr(): () => string {
    let text = ''
    const { stderr } = this.#process
    stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk.slice(0, STDERR_BYTES - text.length)
      // Later output is not even read.
      if (text.length >= STDERR_BYTES) stderr.destroy()
    })
    return () => text
  }

  /** When memory runs out, the kernel must kill a child, not the runtime. */
  async #offerToOomKiller(pid: number): Promise<void> {
    if (process.platform !== 'linux' || pid === 0) return
    try {
      await writeFile(`/proc/${pid}/oom_score_adj`, '1000')
    } catch (error) {
      this.#log.debug({ error: String(error) }, 'oom_score_adj could not be set')
    }
  }
}

function start({ jail, entry, ...options }: ChildOptions): ChildProcess {
  const rights: ChildRights = { ...options.rights, code: entry.code }
  // bwrap kills its child with the runtime, whatever the child is doing.
  const flags = childFlags(rights, { watchdog: jail.kind === 'none' })
  const args = [
    ...flags,
    fileURLToPath(entry.url),
    ...(jail.kind === 'none' ? [parentArgument(process.pid)] : []),
  ]
  const place = {
    // No environment and no folder of the runtime: nothing to read there.
    env: childEnvironment(rights),
    cwd: '/',
    // A session of its own: Ctrl-C in a terminal is for the runtime, which drains before it ends its children.
    detached: true,
    windowsHide: true,
  }
  const stdio = ['ignore', 'ignore', 'pipe', 'pipe'] as const
  return jail.kind === 'none'
    ? spawn(process.execPath, args, { ...place, stdio: [...stdio] })
    : spawnInJail(jail, [process.execPath, ...args], { ...place, rights, stdio })
}

/** Like a shell, bwrap encodes the signal that ended the child as an exit code above 128. */
function exitInside(
  code: number | null,
  signal: string | null,
): { code: number | null; signal: string | null } {
  if (code === null || code <= 128) return { code, signal }
  const [name] = Object.entries(constants.signals).find(([, number]) => number === code - 128) ?? []
  return name === undefined ? { code, signal } : { code: null, signal: name }
}
