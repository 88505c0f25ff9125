// The child's end of the socket to the runtime. Runs in every kind of child process.
// Invariant: the child exits when the runtime does.

import { Socket } from 'node:net'
import { type FrameHandler, FrameReader, FrameWriter } from '../../../sdk/protocol/frame-codec.ts'
import type { Body } from '../../../sdk/protocol/wire.ts'
import { countPassing } from './young-buffers.ts'

export interface ParentLink {
  send(kind: number, slot: number, id: number, head: string, body: Body): void
  /** Flushes now, for instance before a long synchronous run. */
  flush(): void
}

/** The runtime sends larger frames than it accepts: a linked backend with its code cache. */
const MAX_FRAME_BYTES = 128 * 1024 * 1024

export function openParentLink(onFrame: FrameHandler): ParentLink {
  const socket = new Socket({ fd: 3, readable: true, writable: true })
  const reader = new FrameReader(onFrame, { maxBytes: MAX_FRAME_BYTES })
  const writer = new FrameWriter(socket)
  socket.on('data', (chunk: Buffer) => {
    countPassing(chunk.byteLength)
    reader.push(chunk)
  })
  socket.on('end', () => process.exit(0))
  socket.on('error', () => process.exit(0))
  return {
    send: (kind, slot, id, head, body) => writer.send(kind, slot, id, head, body),
    flush: () => writer.flush(),
  }
}
