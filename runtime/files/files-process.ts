// One files process, as the runtime sees it: the calls of all plugins to one root, each with a deadline.
// Invariant: a call settles by its deadline. A process that misses one is killed; until it has really ended, which a drive that hangs
// can prevent, every call is refused at once: a root never has a second process beside one that hangs.

import { setTimeout as delay } from 'node:timers/promises'
import type { Channel, ReplySink } from '../../sdk/protocol/channel.ts'
import { FileError, isFileErrorName } from '../../sdk/protocol/file-error.ts'
import type { WireError } from '../../sdk/protocol/wire.ts'
import { childEntry } from '../bundles/children.ts'
import { PlugbayError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Child } from '../processes/child.ts'
import type { Jail } from '../processes/jail/jail.ts'
import { connect } from '../processes/link.ts'
import { WorkShares } from '../processes/work-shares.ts'
import { PluginTurns } from './plugin-turns.ts'
import type { FilesCall, FilesMethod, FilesResults } from './worker/calls.ts'

export interface FilesProcessOptions {
  /** Absolute. */
  readonly root: string
  readonly jail: Jail
  readonly log: Log
  /** Called with milliseconds of CPU time. */
  readonly charge: (pluginId: string, ms: number) => void
  /** DEADLINE_MS by default. */
  readonly deadlineMs: number | undefined
}

export type FilesReply<Method extends FilesMethod> = {
  readonly result: FilesResults[Method]
  readonly bytes: Uint8Array | undefined
}

/**
 * Of each piece of work on files, from when its turn has come.
 * @limit handles of files and folders: time of one operation, in ms
 * @passed a `NotReadableError` is thrown, whose cause has the code `FOLDER_UNRESPONSIVE`
 */
const DEADLINE_MS = 10_000
/** Flushing: a slow stick may have to write what the system's memory has taken at once. */
const SLOW_FACTOR = 12
const SLOW: ReadonlySet<FilesMethod> = new Set(['commit'])
const WRITING: ReadonlySet<FilesMethod> = new Set(['copy', 'write', 'truncate', 'commit'])
/** The system needs that long, at most, to say that a drive has gone. */
const GOING_MS = 1000
const GOING_LOOK_MS = 20
/** A killed process needs that long where its drive responds. */
const ENDING_MS = 2000
/** Shares of CPU time are worked out this often while there are calls. */
const SHARES_MS = 250
/** A deep path, a page of a list and a chunk with their heads. */
const MAX_FRAME_BYTES = 4 * 1024 * 1024
const HEAP_MB = 128

/** What calls that were under way are rejected with. */
type Lost = 'FOLDER_UNRESPONSIVE' | 'FOLDER_GONE' | 'HOST_CALL_FAILED'

const entry = childEntry('files')

export class FilesProcess {
  readonly root: string
  readonly #options: FilesProcessOptions
  readonly #turns = new PluginTurns()
  readonly #shares: WorkShares
  #child: Child | undefined
  #channel: Channel | undefined
  /** Settles when the process is known to reach the root. */
  #ready: Promise<void> | undefined
  /** A killed process that has not ended yet. */
  #ending: { readonly reason: string; readonly exited: Promise<unknown> } | undefined
  #dividedAt = 0
  #lastNumber = 0
  /** Writers and lists that the process holds. */
  readonly #held = new Set<number>()
  #pending = 0
  /** Called when the next call has ended. */
  readonly #waiting: (() => void)[] = []
  #closed: { readonly reason: string; readonly code: Lost } | undefined

  constructor(options: FilesProcessOptions) {
    this.root = options.root
    this.#options = options
    this.#shares = new WorkShares(options.charge)
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Whether ending it would break nothing. */
  get isIdle(): boolean {
    return this.#pending === 0 && !this.isHeld && this.#ending === undefined
  }

  get isHeld(): boolean {
    return this.#held.size > 0
  }

  /** Waits until no call is under way, each of which has its deadline, or a file is held. Returns whether it is idle then. */
  async isLeft(): Promise<boolean> {
    while (this.#pending > 0 && !this.isHeld)
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return this.isIdle
  }

  /** A number for a writer or a list; never given twice, so that one of a lost process means nothing to the next. */
  hold(): number {
    this.#held.add(++this.#lastNumber)
    return this.#lastNumber
  }

  release(number: number): void {
    this.#held.delete(number)
  }

  /** Rejects with a FileError; FOLDER_GONE, FOLDER_UNRESPONSIVE or HOST_CALL_FAILED. */
  async call<Method extends FilesMethod>(
    pluginId: string,
    call: Extract<FilesCall, { readonly m: Method }>,
    body?: Uint8Array,
  ): Promise<FilesReply<Method>> {
    this.#pending++
    const leave = await this.#turns.take(pluginId)
    const started = performance.now()
    try {
      this.#ready ??= this.#open()
      await this.#ready
      return await this.#send<Method>(call, body)
    } catch (error) {
      // What is mounted there next is seen by a process that starts then.
      if (error instanceof PlugbayError && error.code === 'FOLDER_GONE') await this.end('its root has gone')
      throw (await this.#isGoing(call.m, error))
        ? new PlugbayError('FOLDER_GONE', 'The volume was removed')
        : error
    } finally {
      leave()
      this.#pending--
      for (const resolve of this.#waiting.splice(0)) resolve()
      this.#count(pluginId, performance.now() - started)
    }
  }

  /** Ends the process; the next call starts another one. */
  async end(reason: string, code: Lost = 'HOST_CALL_FAILED'): Promise<void> {
    const child = this.#child
    this.#lose(child, reason, code)
    await child?.exited
  }

  /** Ends it for ever. What is under way is rejected with the reason. */
  async close(reason: string, code: Lost): Promise<void> {
    this.#closed = { reason, code }
    await this.end(reason, code)
  }

  /** Whether an error of the drive was its going: one that is pulled out fails before the system says that it has gone. */
  async #isGoing(method: FilesMethod, error: unknown): Promise<boolean> {
    if (!(error instanceof FileError)) return false
    // A drive that could be written when the file was opened for that has become read-only by its own errors.
    const isOfDrive =
      error.message.endsWith('(EIO)') || (WRITING.has(method) && error.message.endsWith('(EROFS)'))
    if (!isOfDrive) return false
    for (let waited = 0; waited < GOING_MS && this.#closed === undefined; waited += GOING_LOOK_MS)
      await delay(GOING_LOOK_MS)
    return this.#closed?.code === 'FOLDER_GONE'
  }

  async #open(): Promise<void> {
    try {
      await this.#ended()
      this.#start()
      await this.#send<'open'>({ m: 'open', root: this.root }, undefined)
    } catch (error) {
      this.#ready = undefined
      this.#lose(this.#child, 'its root cannot be opened', 'HOST_CALL_FAILED')
      throw error
    }
  }

  /** Waits a moment for the process before this one. Rejects while that one hangs. */
  async #ended(): Promise<void> {
    const ending = this.#ending
    if (ending === undefined) return
    let timer: NodeJS.Timeout | undefined
    const grace = new Promise((resolve) => {
      timer = setTimeout(resolve, ENDING_MS)
    })
    await Promise.race([ending.exited, grace])
    clearTimeout(timer)
    if (this.#ending !== undefined) throw this.#unresponsive(ending.reason)
  }

  #start(): void {
    if (this.#closed !== undefined) throw new PlugbayError(this.#closed.code, this.#closed.reason)
    const { jail, log } = this.#options
    const { child, channel } = connect({
      name: 'files',
      entry: entry(),
      rights: { write: [this.root], permissionModel: false, heapMb: HEAP_MB },
      jail,
      log,
      maxFrameBytes: MAX_FRAME_BYTES,
      onExit: () => this.#lose(child, 'The files process ended unexpectedly', 'HOST_CALL_FAILED'),
    })
    this.#child = child
    this.#channel = channel
    this.#shares.begin(undefined)
  }

  #send<Method extends FilesMethod>(
    call: Extract<FilesCall, { readonly m: Method }>,
    body: Uint8Array | undefined,
  ): Promise<FilesReply<Method>> {
    const { deadlineMs = DEADLINE_MS } = this.#options
    const child = this.#child
    const channel = this.#channel
    if (channel === undefined) throw new PlugbayError('HOST_CALL_FAILED', 'The files process has ended')
    const { promise, resolve, reject } = Promise.withResolvers<FilesReply<Method>>()
    const ms = SLOW.has(call.m) ? deadlineMs * SLOW_FACTOR : deadlineMs
    const timer = setTimeout(() => {
      // The runtime itself may be late: what has arrived already is read first.
      setImmediate(() => this.#lose(child, `no answer to "${call.m}" within ${ms} ms`, 'FOLDER_UNRESPONSIVE'))
    }, ms)
    const sink: ReplySink = {
      reply(head, bytes) {
        clearTimeout(timer)
        resolve({ result: JSON.parse(head) as FilesResults[Method], bytes })
      },
      error: (error) => {
        clearTimeout(timer)
        reject(errorOf(error))
      },
    }
    channel.call(JSON.stringify(call), body, sink)
    return promise
  }

  #lose(child: Child | undefined, reason: string, code: Lost): void {
    if (child === undefined || this.#child !== child) return
    const channel = this.#channel
    this.#child = undefined
    this.#channel = undefined
    this.#ready = undefined
    this.#held.clear()
    if (child.alive) {
      child.kill(reason)
      const exited = child.exited.then(() => {
        this.#ending = undefined
      })
      this.#ending = { reason, exited }
    }
    if (code === 'FOLDER_UNRESPONSIVE')
      this.#options.log.warn({ root: this.root, reason }, 'a folder does not respond')
    const message = code === 'FOLDER_UNRESPONSIVE' ? this.#unresponsive(reason).message : reason
    channel?.close({ code, message })
  }

  #unresponsive(reason: string): PlugbayError {
    return new PlugbayError('FOLDER_UNRESPONSIVE', `The folder does not respond: ${reason}`)
  }

  #count(pluginId: string, ms: number): void {
    this.#shares.add(pluginId, ms)
    const now = performance.now()
    if (now - this.#dividedAt < SHARES_MS) return
    this.#dividedAt = now
    this.#shares.divide(this.#child?.cpuMs())
  }
}

function errorOf({ code, message }: WireError): Error {
  if (isFileErrorName(code)) return new FileError(code, message)
  if (code === 'FOLDER_GONE' || code === 'FOLDER_UNRESPONSIVE') return new PlugbayError(code, message)
  return new PlugbayError('HOST_CALL_FAILED', message)
}
