// Frames as bytes, for the two ends of an inherited socket (Node only: the guest never sees bytes of frames).
// Layout: see wire.ts. Writes are coalesced: all frames of one tick leave in one system call.
// Invariant: a length over the limit ends the reader before anything is allocated for it.

import type { Body } from './wire.ts'

const HEADER = 17

/** 1 MiB of body, 1 MiB of head, and the header. */
export const MAX_FRAME_BYTES = 2 * 1024 * 1024 + HEADER

export type FrameHandler = (
  kind: number,
  slot: number,
  id: number,
  head: string,
  body: Uint8Array | undefined,
) => void

export function encodeFrame(kind: number, slot: number, id: number, head: string, body: Body): Buffer {
  const headLength = Buffer.byteLength(head)
  const bodyLength =
    body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
  const frame = Buffer.allocUnsafe(HEADER + headLength + bodyLength)
  frame.writeUInt32LE(HEADER - 4 + headLength + bodyLength, 0)
  frame[4] = kind
  frame.writeUInt32LE(slot, 5)
  frame.writeUInt32LE(id, 9)
  frame.writeUInt32LE(headLength, 13)
  frame.write(head, HEADER, headLength, 'utf8')
  if (typeof body === 'string') frame.write(body, HEADER + headLength, bodyLength, 'utf8')
  else if (body !== undefined) frame.set(body, HEADER + headLength)
  return frame
}

/** Takes the bytes of a socket, gives whole frames. Throws on a frame that is too long or malformed. */
export class FrameReader {
  readonly #onFrame: FrameHandler
  readonly #maxBytes: number
  #pending: Buffer[] = []
  #pendingBytes = 0
  #needed = 4

  constructor(onFrame: FrameHandler, maxBytes = MAX_FRAME_BYTES) {
    this.#onFrame = onFrame
    this.#maxBytes = maxBytes
  }

  push(chunk: Buffer): void {
    this.#pending.push(chunk)
    this.#pendingBytes += chunk.length
    if (this.#pendingBytes < this.#needed) return
    let buffer = this.#pending.length === 1 ? chunk : Buffer.concat(this.#pending, this.#pendingBytes)
    let offset = 0
    this.#needed = 4
    while (buffer.length - offset >= 4) {
      const length = buffer.readUInt32LE(offset)
      if (length < HEADER - 4 || length > this.#maxBytes) throw new Error(`frame of ${length} bytes refused`)
      if (buffer.length - offset < 4 + length) {
        this.#needed = 4 + length
        break
      }
      this.#emit(buffer, offset, length)
      offset += 4 + length
    }
    buffer = offset === 0 ? buffer : buffer.subarray(offset)
    this.#pending = buffer.length === 0 ? [] : [buffer]
    this.#pendingBytes = buffer.length
  }

  #emit(buffer: Buffer, offset: number, length: number): void {
    const headLength = buffer.readUInt32LE(offset + 13)
    if (headLength > length - (HEADER - 4)) throw new Error('frame with a head longer than itself refused')
    const headStart = offset + HEADER
    const bodyStart = headStart + headLength
    const end = offset + 4 + length
    this.#onFrame(
      buffer[offset + 4] ?? 0,
      buffer.readUInt32LE(offset + 5),
      buffer.readUInt32LE(offset + 9),
      buffer.toString('utf8', headStart, bodyStart),
      bodyStart === end ? undefined : new Uint8Array(buffer.subarray(bodyStart, end)),
    )
  }
}

export interface FrameSocket {
  write(bytes: Buffer): boolean
}

/** Writes frames to a socket, all of one tick together. */
export class FrameWriter {
  readonly #socket: FrameSocket
  #queue: Buffer[] = []
  #bytes = 0
  #scheduled = false

  constructor(socket: FrameSocket) {
    this.#socket = socket
  }

  send(kind: number, slot: number, id: number, head: string, body: Body): void {
    const frame = encodeFrame(kind, slot, id, head, body)
    this.#queue.push(frame)
    this.#bytes += frame.length
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.flush())
  }

  flush(): void {
    this.#scheduled = false
    if (this.#queue.length === 0) return
    const [first] = this.#queue
    const bytes =
      this.#queue.length === 1 && first !== undefined ? first : Buffer.concat(this.#queue, this.#bytes)
    this.#queue = []
    this.#bytes = 0
    this.#socket.write(bytes)
  }
}
