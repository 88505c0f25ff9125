// Sends a file of a plugin to the client, from the disk and at the pace of the client: the plugin has only said which.
// Invariant: one piece is in memory beyond what the connection buffers, and the file is closed when the answer ends.

import type { WireFileBody } from '../../../sdk/protocol/bucket-wire.ts'
import type { UsageMeters } from '../../sandbox/usage/usage-meters.ts'
import type { ResponseSink, ResponseSource } from '../exchange/response-sink.ts'

export interface OpenFile {
  /** In bytes. */
  readonly length: number
  /** To be iterated once. @param space where the next piece is read to */
  pieces(space: () => Buffer): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

export interface FilesOfPlugins {
  /** Rejects with NOT_FOUND or HOST_CALL_FAILED. */
  read(pluginId: string, file: WireFileBody): Promise<OpenFile>
  /** Counts what has been sent. */
  sent(pluginId: string, bytes: number): void
  readonly spaces: Spaces
}

export function filesOfPlugins(
  buckets: Pick<FilesOfPlugins, 'read'>,
  meters: Pick<UsageMeters, 'of'>,
): FilesOfPlugins {
  return {
    read: (pluginId, file) => buckets.read(pluginId, file),
    sent: (pluginId, bytes) => meters.of(pluginId).countBytesOut(bytes),
    spaces: new Spaces(),
  }
}

/** Large enough that a piece costs little more than its copy. */
const SPACE = 512 * 1024
/** Kept while nothing is sent. */
const MOST_SPACES = 16

/** Memory for pieces, used again: the system has to clear every page of a new one, which costs as much as the copy. */
export class Spaces {
  readonly #free: Buffer[] = []

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(SPACE)
  }

  give(space: Buffer): void {
    if (this.#free.length < MOST_SPACES) this.#free.push(space)
  }
}

export interface FilePipeOwner {
  /** Nothing more is sent. */
  pipeEnded(): void
  /** The rest could not be read. */
  pipeFailed(error: { readonly code: string; readonly message: string }): void
}

export interface FilePipeParts {
  readonly reading: OpenFile
  readonly owner: FilePipeOwner
  readonly sent: (bytes: number) => void
  readonly spaces: Spaces
}

/** How long the client may leave the buffers full; the server checks its connections more closely. */
const UNREAD_MS = 600_000

export class FilePipe implements ResponseSource {
  readonly #sink: ResponseSink
  readonly #parts: FilePipeParts
  #isStopped = false
  #wake: (() => void) | undefined

  constructor(sink: ResponseSink, parts: FilePipeParts) {
    this.#sink = sink
    this.#parts = parts
    sink.source = this
  }

  /** Call it once, after the head has been sent. */
  run(): void {
    void this.#run()
  }

  onDrain(): void {
    this.#wake?.()
  }

  onClose(): void {
    this.#isStopped = true
    this.#wake?.()
  }

  /** Breaks the answer off. */
  stop(): void {
    this.onClose()
    this.#sink.abort()
  }

  async #run(): Promise<void> {
    const { reading, owner, sent, spaces } = this.#parts
    const returnsMemory = this.#sink.returnsMemory
    // What was written belongs to the connection until it has drained.
    let space: Buffer | undefined
    const next = () => {
      space ??= spaces.take()
      return space
    }
    try {
      for await (const piece of reading.pieces(next)) {
        if (this.#isStopped) return
        sent(piece.byteLength)
        const isDrained = this.#sink.write(piece) ? false : await this.#drained()
        if (!isDrained || !returnsMemory) space = undefined
        if (this.#isStopped) return
      }
      if (space !== undefined) spaces.give(space)
      this.#sink.end()
    } catch (error) {
      owner.pipeFailed({
        code: 'HOST_CALL_FAILED',
        message: error instanceof Error ? error.message : String(error),
      })
      this.#sink.abort()
    } finally {
      await reading.close()
      owner.pipeEnded()
    }
  }

  /** False when the client has left. */
  async #drained(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    const timer = setTimeout(() => this.stop(), UNREAD_MS)
    await promise
    clearTimeout(timer)
    this.#wake = undefined
    return !this.#isStopped
  }
}
