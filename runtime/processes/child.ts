// One child process: started with few rights, talked to by frames over an inherited socket, ended by SIGKILL from outside.
// Invariant: nothing that the child sends is trusted; a malformed frame ends the child.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type FrameHandler, FrameReader, FrameWriter } from '../../sdk/protocol/frame-codec.ts'
import type { Body } from '../../sdk/protocol/wire.ts'
import type { Log } from '../log.ts'
import { type ChildRights, childFlags } from './child-flags.ts'

export interface ChildOptions {
  /** Names the kind of child in the log. */
  readonly name: string
  /** The module that the child runs. */
  readonly entry: URL
  readonly rights: ChildRights
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

export class Child {
  readonly pid: number
  readonly exited: Promise<ChildExit>
  readonly #process: ChildProcess
  readonly #writer: FrameWriter
  readonly #log: Log
  #killed: string | undefined
  #gone = false

  constructor(options: ChildOptions) {
    const { name, log } = options
    this.#process = spawn(
      process.execPath,
      [...childFlags(options.rights), fileURLToPath(options.entry)],
      // No environment and no folder of ours: nothing to read there.
      // A session of its own: Ctrl-C in a terminal is for the runtime, which drains before it ends its children.
      { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], env: {}, cwd: '/', detached: true, windowsHide: true },
    )
    this.pid = this.#process.pid ?? 0
    this.#log = log.child({ child: name, pid: this.pid })
    const socket = this.#process.stdio[3] as Duplex
    this.#writer = new FrameWriter(socket)
    const reader = new FrameReader(options.onFrame, options.maxFrameBytes)
    socket.on('data', (chunk: Buffer) => {
      if (this.#gone) return
      try {
        reader.push(chunk)
      } catch (error) {
        this.kill(`malformed frame: ${error instanceof Error ? error.message : 'unknown'}`)
      }
    })
    // Writing to a child that has just died is no error of ours: its exit is reported once, below.
    socket.on('error', (error) => this.#log.debug({ error: error.message }, 'socket of the child closed'))
    const stderr = this.#keepStderr()
    const { promise, resolve } = Promise.withResolvers<ChildExit>()
    this.exited = promise
    const finish = (code: number | null, signal: string | null) => {
      if (this.#gone) return
      this.#gone = true
      const exit: ChildExit = { code, signal, killed: this.#killed }
      if (this.#killed === undefined)
        this.#log.warn({ code, signal, stderr: stderr() }, 'child process ended by itself')
      else this.#log.debug({ reason: this.#killed }, 'child process killed')
      options.onExit(exit)
      resolve(exit)
    }
    this.#process.once('exit', finish)
    this.#process.once('error', (error) => {
      this.#log.error({ error: error.message }, 'child process could not be started')
      finish(null, null)
    })
    void this.#offerToOomKiller()
  }

  get alive(): boolean {
    return !this.#gone
  }

  send(kind: number, slot: number, id: number, head: string, body: Body): void {
    if (!this.#gone) this.#writer.send(kind, slot, id, head, body)
  }

  /** Ends the process at once. The reason goes to the log and to `onExit`. */
  kill(reason: string): void {
    if (this.#gone || this.#killed !== undefined) return
    this.#killed = reason
    this.#process.kill('SIGKILL')
  }

  /** Resident memory in bytes; 0 where the system does not tell (only Linux has /proc). */
  residentBytes(): number {
    if (this.#gone || process.platform !== 'linux') return 0
    try {
      const pages = Number(readFileSync(`/proc/${this.pid}/statm`, 'utf8').split(' ')[1])
      return Number.isFinite(pages) ? pages * 4096 : 0
    } catch {
      return 0 // The process ended between the check and the read.
    }
  }

  /** Processor time that the process has used, in milliseconds; undefined where the system does not tell. */
  processorMs(): number | undefined {
    if (this.#gone || process.platform !== 'linux') return undefined
    try {
      const stat = readFileSync(`/proc/${this.pid}/stat`, 'utf8')
      // The name in parentheses may hold spaces; user and system time are the 14th and 15th field, in ticks of 10 ms.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return (Number(fields[11]) + Number(fields[12])) * 10
    } catch {
      return undefined // The process ended between the check and the read.
    }
  }

  #keepStderr(): () => string {
    let text = ''
    this.#process.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      if (text.length < STDERR_BYTES) text += chunk.slice(0, STDERR_BYTES - text.length)
    })
    return () => text
  }

  /** When memory runs out, the kernel shall take a child, not the runtime. */
  async #offerToOomKiller(): Promise<void> {
    if (process.platform !== 'linux' || this.pid === 0) return
    try {
      await writeFile(`/proc/${this.pid}/oom_score_adj`, '1000')
    } catch (error) {
      this.#log.debug({ error: String(error) }, 'oom_score_adj could not be set')
    }
  }
}
