// Frames as bytes, for the two ends of an inherited socket (Node only: the guest never sees bytes of frames).
// Layout: see wire.ts. Writes are coalesced: the frames of one tick leave in few system calls.
// Invariant: a length over the limit ends the reader before memory is allocated for it.

import type { Body } from './wire.ts'

const HEADER = 17
const NOTHING = Buffer.alloc(0)

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

export interface FrameLimits {
  /** A longer frame is refused; MAX_FRAME_BYTES by default. */
  readonly maxBytes?: number | undefined
  /** Called between frames: false leaves the rest for `resume()`, so that a flood of frames does not block others. */
  readonly mayGoOn?: (() => boolean) | undefined
}

/** Number of frames between calls of `mayGoOn`: most frames take microseconds. */
const ASK_EVERY = 8

/** Splits the bytes of a socket into frames. Throws on a frame that is too long or malformed. */
export class FrameReader {
  readonly #onFrame: FrameHandler
  readonly #maxBytes: number
  readonly #mayGoOn: (() => boolean) | undefined
  /** Bytes between start and end have not been returned yet. */
  #buffer: Buffer = NOTHING
  #start = 0
  #end = 0
  /** Whether the buffer is ours, so that more bytes may be appended. */
  #isOwn = false
  /** Length of the frame at the start, if known. */
  #needed = 4

  constructor(onFrame: FrameHandler, limits: FrameLimits = {}) {
    this.#onFrame = onFrame
    this.#maxBytes = limits.maxBytes ?? MAX_FRAME_BYTES
    this.#mayGoOn = limits.mayGoOn
  }

  /** False: `resume()` returns the rest. */
  push(chunk: Buffer): boolean {
    this.#append(chunk)
    return this.resume()
  }

  resume(): boolean {
    for (let count = 1; this.#end - this.#start >= this.#needed; count++) {
      const length = this.#buffer.readUInt32LE(this.#start)
      if (length < HEADER - 4 || length > this.#maxBytes) throw new Error(`frame of ${length} bytes refused`)
      this.#needed = 4 + length
      if (this.#end - this.#start < this.#needed) return true
      const at = this.#start
      this.#start += this.#needed
      this.#needed = 4
      this.#emit(this.#buffer, at, length)
      if (count % ASK_EVERY === 0 && this.#mayGoOn?.() === false) return this.#end - this.#start < 4
    }
    return true
  }

  /** However small the pieces, a frame takes only its own length in memory, and is copied a few times only. */
  #append(chunk: Buffer): void {
    const kept = this.#end - this.#start
    if (kept === 0) {
      this.#buffer = chunk
      this.#start = 0
      this.#end = chunk.length
      this.#isOwn = false
      return
    }
    if (!this.#isOwn || this.#buffer.length - this.#end < chunk.length) {
      const bytes = kept + chunk.length
      const larger = Buffer.allocUnsafeSlow(Math.max(bytes, Math.min(4 * bytes, this.#needed)))
      this.#buffer.copy(larger, 0, this.#start, this.#end)
      this.#buffer = larger
      this.#start = 0
      this.#end = kept
      this.#isOwn = true
    }
    chunk.copy(this.#buffer, this.#end)
    this.#end += chunk.length
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
      bodyStart === end ? undefined : copyOf(buffer, bodyStart, end),
    )
  }
}

/** Short bodies are copied byte by byte, which is faster than creating a view. */
function copyOf(buffer: Buffer, start: number, end: number): Uint8Array {
  const length = end - start
  if (length > 64) return new Uint8Array(buffer.subarray(start, end))
  const copy = new Uint8Array(length)
  for (let index = 0; index < length; index++) copy[index] = buffer[start + index] as number
  return copy
}

export interface FrameSocket {
  write(bytes: Buffer): boolean
}

/** Frames are written consecutively into a slab of this size, or of the size of a larger frame. */
const SLAB_BYTES = 64 * 1024

const LONG_TEXT = 4096

function roomFor(content: string | Uint8Array): number {
  if (typeof content !== 'string') return content.byteLength
  return content.length > LONG_TEXT ? Buffer.byteLength(content) : 3 * content.length
}

/**
 * After this many frames they are written at once: with one write per tick the two processes would take turns, each idle while
 * the other works through its frames.
 */
const FRAMES_AT_ONCE = 8

/** Writes frames to a socket, those of one tick together. */
export class FrameWriter {
  readonly #socket: FrameSocket
  readonly #flush = () => this.flush()
  /** Bytes between start and end wait for the flush; those before belong to the socket. */
  #slab: Buffer = NOTHING
  #start = 0
  #end = 0
  #scheduled = false
  #count = 0

  constructor(socket: FrameSocket) {
    this.#socket = socket
  }

  send(kind: number, slot: number, id: number, head: string, body: Body): void {
    // A character takes three bytes at most. Long texts are measured: a slab must not be three times as long as its content.
    const most = HEADER + roomFor(head) + (body === undefined ? 0 : roomFor(body))
    if (this.#slab.length - this.#end < most) this.#makeRoom(most)
    const slab = this.#slab
    const at = this.#end
    const headLength = slab.write(head, at + HEADER, 'utf8')
    let end = at + HEADER + headLength
    if (typeof body === 'string') end += slab.write(body, end, 'utf8')
    else if (body !== undefined) {
      slab.set(body, end)
      end += body.byteLength
    }
    slab.writeUInt32LE(end - at - 4, at)
    slab[at + 4] = kind
    slab.writeUInt32LE(slot, at + 5)
    slab.writeUInt32LE(id, at + 9)
    slab.writeUInt32LE(headLength, at + 13)
    this.#end = end
    if (++this.#count >= FRAMES_AT_ONCE) return this.#send()
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#flush)
  }

  flush(): void {
    this.#scheduled = false
    this.#send()
  }

  #send(): void {
    this.#count = 0
    if (this.#end === this.#start) return
    const bytes = this.#slab.subarray(this.#start, this.#end)
    this.#start = this.#end
    this.#socket.write(bytes)
  }

  #makeRoom(bytes: number): void {
    const waiting = this.#slab.subarray(this.#start, this.#end)
    this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * waiting.length + bytes))
    this.#slab.set(waiting)
    this.#start = 0
    this.#end = waiting.length
  }
}
