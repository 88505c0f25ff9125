// Frames as bytes, for the two ends of an inherited socket (Node only: the guest never sees bytes of frames).
// Layout: see wire.ts. Writes are coalesced: the frames of one tick leave in few system calls.
// Invariant: a length over the limit ends the reader before memory is allocated for it.

import type { Body } from './wire.ts'

const HEADER = 17
const NOTHING = Buffer.alloc(0)

/** 1 MiB of body, 1 MiB of head, and the header. */
export const MAX_FRAME_BYTES = 2 * 1024 * 1024 + HEADER

/** A body that fills its buffer belongs to the handler; any other may share the buffer with other bodies. */
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
  /** The last chunk of the socket; bytes between start and end have not been returned yet. */
  #chunk: Buffer = NOTHING
  #start = 0
  #end = 0
  /** A partial frame: first its front (header and head), then its body, each in its own buffer. */
  #part: Buffer | undefined
  #filled = 0
  #needed = 0
  /** The complete front, and the length of the whole frame. */
  #front: Buffer | undefined
  #length = 0

  constructor(onFrame: FrameHandler, limits: FrameLimits = {}) {
    this.#onFrame = onFrame
    this.#maxBytes = limits.maxBytes ?? MAX_FRAME_BYTES
    this.#mayGoOn = limits.mayGoOn
  }

  /** False: `resume()` returns the rest. */
  push(chunk: Buffer): boolean {
    const left = this.#end - this.#start
    // Whole frames are left only when `mayGoOn` returned false.
    this.#chunk = left === 0 ? chunk : Buffer.concat([this.#chunk.subarray(this.#start, this.#end), chunk])
    this.#start = 0
    this.#end = this.#chunk.length
    return this.resume()
  }

  resume(): boolean {
    for (let count = 1; this.#start < this.#end; count++) {
      if (this.#part === undefined ? !this.#takeWhole() : !this.#takePiece()) continue
      if (count % ASK_EVERY === 0 && this.#mayGoOn?.() === false) return this.#start === this.#end
    }
    return true
  }

  /** Returns the frame at the start, or starts to assemble it. True: a frame was returned. */
  #takeWhole(): boolean {
    const chunk = this.#chunk
    const at = this.#start
    const kept = this.#end - at
    const length = kept < 4 ? 4 : this.#lengthOf(chunk, at)
    if (kept < 4 || kept < length) {
      this.#begin(4)
      return false
    }
    this.#start += length
    const bodyStart = at + frontOf(chunk, at, length)
    const end = at + length
    this.#emit(chunk, at, bodyStart, bodyStart === end ? undefined : bodyOf(chunk, bodyStart, end))
    return true
  }

  /** Adds to a partial frame. True: it was returned. */
  #takePiece(): boolean {
    while (this.#fill()) {
      const part = this.#part as Buffer
      if (this.#front !== undefined) return this.#emitPieces(this.#front, part)
      if (this.#filled === 4) {
        this.#length = this.#lengthOf(part, 0)
        this.#needed = HEADER
        continue
      }
      const front = frontOf(part, 0, this.#length)
      if (this.#filled < front) this.#needed = front
      else if (front === this.#length) return this.#emitPieces(part, undefined)
      else {
        this.#front = part
        this.#begin(this.#length - front)
      }
    }
    return false
  }

  #begin(needed: number): void {
    this.#part = NOTHING
    this.#filled = 0
    this.#needed = needed
  }

  /** True: the part is complete. However small the pieces, it takes only its own length in memory, and is copied a few times only. */
  #fill(): boolean {
    const count = Math.min(this.#needed - this.#filled, this.#end - this.#start)
    const filled = this.#filled + count
    let part = this.#part as Buffer
    if (part.length < filled) {
      part = Buffer.allocUnsafeSlow(
        Math.max(filled, Math.min(Math.max(4 * filled, FIRST_PIECE), this.#needed)),
      )
      this.#part?.copy(part, 0, 0, this.#filled)
      this.#part = part
    }
    this.#chunk.copy(part, this.#filled, this.#start, this.#start + count)
    this.#filled = filled
    this.#start += count
    return filled === this.#needed
  }

  #emitPieces(front: Buffer, body: Buffer | undefined): true {
    this.#part = undefined
    this.#front = undefined
    const bytes = body === undefined ? undefined : new Uint8Array(body.buffer, body.byteOffset, body.length)
    this.#emit(front, 0, this.#length - (body?.length ?? 0), bytes)
    return true
  }

  /** Length of the whole frame, including these four bytes. */
  #lengthOf(buffer: Buffer, at: number): number {
    const length = buffer.readUInt32LE(at)
    if (length < HEADER - 4 || length > this.#maxBytes) throw new Error(`frame of ${length} bytes refused`)
    return 4 + length
  }

  #emit(front: Buffer, at: number, headEnd: number, body: Uint8Array | undefined): void {
    this.#onFrame(
      front[at + 4] ?? 0,
      front.readUInt32LE(at + 5),
      front.readUInt32LE(at + 9),
      front.toString('utf8', at + HEADER, headEnd),
      body,
    )
  }
}

/** Length of the header and the head. */
function frontOf(buffer: Buffer, at: number, length: number): number {
  const headLength = buffer.readUInt32LE(at + 13)
  if (headLength > length - HEADER) throw new Error('frame with a head longer than itself refused')
  return HEADER + headLength
}

/** Memory that is allocated for a part before more of it has arrived. */
const FIRST_PIECE = 256 * 1024

/** Bodies of this length and more are not copied: most of the memory that a view keeps alive is its own. */
const LONG_BODY = 32 * 1024

/** Short bodies are copied byte by byte, which is faster than creating a view. */
function bodyOf(buffer: Buffer, start: number, end: number): Uint8Array {
  const length = end - start
  if (length >= LONG_BODY) return new Uint8Array(buffer.buffer, buffer.byteOffset + start, length)
  if (length > 64) return new Uint8Array(buffer.subarray(start, end))
  const copy = new Uint8Array(length)
  for (let index = 0; index < length; index++) copy[index] = buffer[start + index] as number
  return copy
}

export interface FrameSocket {
  write(bytes: Uint8Array): boolean
  /** Writes until `uncork()` are sent together. */
  cork(): void
  uncork(): void
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

  /** @param body must not be written to afterwards: a long one is not copied */
  send(kind: number, slot: number, id: number, head: string, body: Body): void {
    const long = body instanceof Uint8Array && body.byteLength >= LONG_BODY ? body : undefined
    const short = long === undefined ? body : undefined
    // A character takes three bytes at most. Long texts are measured: a slab must not be three times as long as its content.
    const most = HEADER + roomFor(head) + (short === undefined ? 0 : roomFor(short))
    if (this.#slab.length - this.#end < most) this.#makeRoom(most)
    const slab = this.#slab
    const at = this.#end
    const headLength = slab.write(head, at + HEADER, 'utf8')
    let end = at + HEADER + headLength
    if (typeof short === 'string') end += slab.write(short, end, 'utf8')
    else if (short !== undefined) {
      slab.set(short, end)
      end += short.byteLength
    }
    slab.writeUInt32LE(end - at - 4 + (long?.byteLength ?? 0), at)
    slab[at + 4] = kind
    slab.writeUInt32LE(slot, at + 5)
    slab.writeUInt32LE(id, at + 9)
    slab.writeUInt32LE(headLength, at + 13)
    this.#end = end
    if (long !== undefined) return this.#sendWith(long)
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

  /** Sends a long body at once, without a copy, after its front. */
  #sendWith(body: Uint8Array): void {
    this.#socket.cork()
    this.#send()
    this.#socket.write(body)
    this.#socket.uncork()
  }

  #makeRoom(bytes: number): void {
    const waiting = this.#slab.subarray(this.#start, this.#end)
    this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, 2 * waiting.length + bytes))
    this.#slab.set(waiting)
    this.#start = 0
    this.#end = waiting.length
  }
}
