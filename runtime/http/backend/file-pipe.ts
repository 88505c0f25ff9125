// Sends a file of a plugin to the client, from the disk and at the pace of the client: the plugin has only said which.
// Invariant: one piece is in memory beyond what the connection buffers, and the file is closed when the answer ends.

import type { WireFileBody } from '../../../sdk/protocol/bucket-wire.ts'
import type { UsageMeters } from '../../sandbox/usage/usage-meters.ts'
import type { ResponseSink, ResponseSource } from '../exchange/response-sink.ts'

export interface OpenFile {
  /** In bytes. */
  readonly length: number
  /** To be iterated once; each piece is the reader's own. */
  pieces(): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

export interface FilesOfPlugins {
  /** Rejects with NOT_FOUND or HOST_CALL_FAILED. */
  read(pluginId: string, file: WireFileBody): Promise<OpenFile>
  /** Counts what has been sent. */
  sent(pluginId: string, bytes: number): void
}

export function filesOfPlugins(
  buckets: Pick<FilesOfPlugins, 'read'>,
  meters: Pick<UsageMeters, 'of'>,
): FilesOfPlugins {
  return {
    read: (pluginId, file) => buckets.read(pluginId, file),
    sent: (pluginId, bytes) => meters.of(pluginId).countBytesOut(bytes),
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
    const { reading, owner, sent } = this.#parts
    try {
      for await (const piece of reading.pieces()) {
        if (this.#isStopped) return
        sent(piece.byteLength)
        if (!this.#sink.write(piece)) await this.#drained()
        if (this.#isStopped) return
      }
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

  async #drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    const timer = setTimeout(() => this.stop(), UNREAD_MS)
    await promise
    clearTimeout(timer)
    this.#wake = undefined
  }
}
