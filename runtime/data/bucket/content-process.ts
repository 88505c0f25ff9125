// The runtime's side of the content process: contents of all plugins arrive in it, each at its own pace.
// Invariant: it runs while contents arrive, and a while longer; when it is lost, what was arriving fails.

import type { ArrivedContent } from '../../../sdk/protocol/bucket-wire.ts'
import type { Channel } from '../../../sdk/protocol/channel.ts'
import { sendBytes } from '../../../sdk/protocol/stream-bytes.ts'
import { childEntry } from '../../bundles/children.ts'
import { isErrorCode, PlugbayError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Child } from '../../processes/child.ts'
import { type Jail, NO_JAIL } from '../../processes/jail/jail.ts'
import { connect } from '../../processes/link.ts'
import { WorkShares } from '../../processes/work-shares.ts'
import type { ContentCall } from './content-call.ts'

export interface ContentProcessOptions {
  /** The only folder that it can write to. */
  readonly folder: string
  readonly jail?: Jail | undefined
  readonly log: Log
  /** Called with milliseconds of CPU time that a plugin's contents have cost. */
  readonly charge?: ((pluginId: string, ms: number) => void) | undefined
}

const entry = childEntry('content')
const CHECK_MS = 250
const IDLE_MS = 30_000
/** Windows of all streams are a fraction of it. */
const MAX_RESIDENT_BYTES = 512_000_000
/** From the last byte to the answer: the disk takes what is left. */
const ANSWER_MS = 30_000

export class ContentProcess {
  readonly #options: ContentProcessOptions
  readonly #shares: WorkShares
  /** The plugin of each content that arrives. */
  readonly #arriving = new Set<{ readonly pluginId: string }>()
  #running: { readonly child: Child; readonly channel: Channel } | undefined
  #timer: NodeJS.Timeout | undefined
  #idleSince = 0
  #closed = false

  constructor(options: ContentProcessOptions) {
    this.#options = options
    this.#shares = new WorkShares(options.charge ?? (() => undefined))
  }

  get pids(): readonly number[] {
    return this.#running === undefined ? [] : [this.#running.child.pid]
  }

  /**
   * Rejects with STORE_FULL, STORE_READ_ONLY, HOST_CALL_FAILED, the reason of the signal, and as the source does; the file may be there
   * then.
   */
  async receive(
    call: ContentCall,
    source: AsyncIterable<Uint8Array>,
    { pluginId, signal }: { readonly pluginId: string; readonly signal: AbortSignal },
  ): Promise<ArrivedContent> {
    const { channel } = this.#open()
    const own = { pluginId }
    this.#arriving.add(own)
    const { promise, resolve, reject } = Promise.withResolvers<ArrivedContent>()
    const sent = channel.call(
      JSON.stringify(call),
      undefined,
      {
        reply: (head) => resolve(JSON.parse(head) as ArrivedContent),
        error: ({ code, message }) =>
          reject(new PlugbayError(isErrorCode(code) ? code : 'HOST_CALL_FAILED', message)),
      },
      true,
    )
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort)
    let late: NodeJS.Timeout | undefined
    try {
      signal.throwIfAborted()
      if (sent.body !== undefined) {
        await Promise.race([sendBytes(sent.body, source), promise])
        sent.body.end()
      }
      late = setTimeout(() => this.#lose('A content was not written in time'), ANSWER_MS)
      return await promise
    } catch (error) {
      promise.catch(() => undefined)
      sent.cancel()
      throw error
    } finally {
      clearTimeout(late)
      signal.removeEventListener('abort', abort)
      this.#arriving.delete(own)
      this.#idleSince = performance.now()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    const child = this.#running?.child
    this.#lose('closing')
    await child?.exited
  }

  #open(): { readonly channel: Channel } {
    if (this.#closed) throw new PlugbayError('HOST_CALL_FAILED', 'The runtime is closing')
    if (this.#running !== undefined) return this.#running
    const { folder, jail = NO_JAIL, log } = this.#options
    const running = connect({
      name: 'content',
      entry: entry(),
      rights: { read: [folder], write: [folder] },
      jail,
      log,
      onExit: () => {
        if (this.#running === running) this.#lose('The content process ended unexpectedly')
      },
    })
    this.#running = running
    this.#shares.begin(running.child.cpuMs())
    this.#timer = setInterval(() => this.#check(), CHECK_MS)
    this.#timer.unref()
    return running
  }

  #check(): void {
    const { child } = this.#running ?? {}
    if (child === undefined) return
    for (const { pluginId } of this.#arriving) this.#shares.add(pluginId, CHECK_MS)
    this.#shares.divide(child.cpuMs())
    if (child.residentBytes() > MAX_RESIDENT_BYTES) this.#lose('The content process used too much memory')
    else if (this.#arriving.size === 0 && performance.now() - this.#idleSince > IDLE_MS) this.#lose('idle')
  }

  #lose(reason: string): void {
    const running = this.#running
    this.#running = undefined
    clearInterval(this.#timer)
    running?.child.kill(reason)
    running?.channel.close({ code: 'HOST_CALL_FAILED', message: reason })
  }
}
