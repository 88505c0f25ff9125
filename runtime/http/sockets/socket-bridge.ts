// One open WebSocket: joins the visitor's connection to the two streams of the guest call that answered it.
// Invariant: each side is read only as fast as the other takes the data; less than a window and one message is buffered here.

import { isUtf8 } from 'node:buffer'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import {
  ABNORMAL,
  BINARY,
  CLOSE,
  COST_FROM_GUEST,
  COST_TO_GUEST,
  decodeClose,
  encodeClose,
  mayBeText,
  NO_CODE,
  TEXT,
  TRY_LATER,
} from '../../../sdk/protocol/socket-wire.ts'
import type { Chunk } from '../../../sdk/protocol/streams.ts'
import type { GuestSocket } from '../exchange/socket-offer.ts'
import { BINARY_FRAME, TEXT_FRAME, writeMessage } from './message-frame.ts'
import type { WriteTurn } from './write-turn.ts'

/** RFC 6455, 7.4.1. */
const SERVER_ERROR = 1011

export interface BridgeOptions {
  readonly guest: GuestSocket
  /** That of the visitor, below the WebSocket. */
  readonly connection: Duplex
  /** Shared by all visitors. */
  readonly turn: WriteTurn
}

export class SocketBridge {
  readonly #visitor: WebSocket
  readonly #connection: Duplex
  readonly #turn: WriteTurn
  readonly #guest: GuestSocket
  /** For the guest, in order. */
  readonly #queue: Chunk[] = []
  /** The visitor was asked to close: the guest receives only the end. */
  #isLeaving = false
  #isEnded = false
  #isAlive = true
  #wasSlow = false
  #hasTaken = false

  constructor(visitor: WebSocket, { guest, connection, turn }: BridgeOptions) {
    this.#visitor = visitor
    this.#connection = connection
    this.#turn = turn
    this.#guest = guest
    visitor.binaryType = 'nodebuffer'
    visitor.on('message', (data, isBinary) => this.#fromVisitor(data as Buffer, isBinary))
    visitor.on('pong', () => {
      this.#isAlive = true
    })
    // "close" reports the reason by its code.
    visitor.on('error', () => undefined)
    visitor.on('close', (code, reason) => this.#visitorLeft(code, reason))
    guest.upload.onReady = () => this.#flush()
    guest.messages.read({
      chunk: (bytes) => this.#fromGuest(bytes),
      text: (text) => this.#textFromGuest(text),
      end: () => this.#guestLeft(),
      error: () => this.#guestLeft(),
    })
  }

  /** Closes the connection with this code; the guest is notified. */
  close(code: number): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    this.#visitor.close(code)
    // The reply to the closing frame must be read.
    this.#visitor.resume()
  }

  /** Closes the connection with this code, and drops what the visitor has not been sent yet. */
  cut(code: number): void {
    this.#turn.release()
    // The closing frame would wait behind it.
    if (this.#visitor.bufferedAmount > 0) return this.terminate()
    this.close(code)
  }

  /** Closes the connection without waiting for the visitor. */
  terminate(): void {
    this.#turn.release()
    this.#visitor.terminate()
  }

  /** Pings the visitor; terminates a connection that has shown no sign of life since the last ping. */
  ping(): void {
    this.#turn.release()
    const { readyState, OPEN, isPaused, bufferedAmount } = this.#visitor
    // A paused connection is not read, so a pong may be waiting.
    if (readyState !== OPEN || isPaused) {
      this.#isAlive = true
      return
    }
    // A visitor who still takes data is slow, not dead: the ping waits behind the data.
    if (!this.#isAlive && !(this.#wasSlow && this.#hasTaken)) return this.terminate()
    this.#isAlive = false
    this.#hasTaken = false
    this.#wasSlow = bufferedAmount > 0
    this.#visitor.ping()
  }

  #fromVisitor(data: Buffer, isBinary: boolean): void {
    this.#isAlive = true
    if (this.#isLeaving || this.#isEnded) return
    if (!isBinary && mayBeText(data.byteLength)) return this.#toGuest(data.toString('utf8'))
    const chunk = new Uint8Array(data.byteLength + 1)
    chunk[0] = isBinary ? BINARY : TEXT
    chunk.set(data, 1)
    this.#toGuest(chunk)
  }

  #visitorLeft(code: number, reason: Buffer): void {
    if (this.#isEnded) return
    const wasClean = code !== ABNORMAL
    this.#toGuest(encodeClose({ code: code === NO_CODE ? 0 : code, reason, wasClean }))
  }

  #toGuest(chunk: Chunk): void {
    this.#queue.push(chunk)
    this.#flush()
  }

  #flush(): void {
    const { upload } = this.#guest
    while (upload.writable) {
      const chunk = this.#queue.shift()
      if (chunk === undefined) {
        if (this.#visitor.isPaused) this.#visitor.resume()
        return
      }
      upload.write(chunk, COST_TO_GUEST)
    }
    if (!this.#isLeaving) this.#visitor.pause()
  }

  #fromGuest(chunk: Uint8Array): void {
    this.#guest.messages.charge(COST_FROM_GUEST)
    const [kind] = chunk
    const payload = chunk.subarray(1)
    if (kind === CLOSE) return this.#closeFromGuest(chunk)
    if (kind === BINARY) this.#toVisitor(BINARY_FRAME, payload, chunk.byteLength)
    else if (kind === TEXT && isUtf8(payload)) this.#toVisitor(TEXT_FRAME, payload, chunk.byteLength)
    else this.#violation()
  }

  #textFromGuest(text: string): void {
    this.#guest.messages.charge(COST_FROM_GUEST)
    this.#toVisitor(TEXT_FRAME, text, text.length)
  }

  /** @param size of the chunk that brought it */
  #toVisitor(
    kind: typeof TEXT_FRAME | typeof BINARY_FRAME,
    message: string | Uint8Array,
    size: number,
  ): void {
    const sent = () => {
      this.#hasTaken = true
      this.#guest.messages.consumed(size + COST_FROM_GUEST)
    }
    // Nothing may follow the closing frame.
    if (this.#visitor.readyState !== this.#visitor.OPEN) return sent()
    this.#turn.hold(this.#connection)
    writeMessage(this.#connection, kind, message, sent)
  }

  #closeFromGuest(chunk: Uint8Array): void {
    const close = decodeClose(chunk)
    if (close === undefined || !isUtf8(close.reason) || !mayBeSent(close.code)) return this.#violation()
    if (close.code === 0) this.#visitor.close()
    else this.#visitor.close(close.code, Buffer.from(close.reason))
  }

  /** Our own code in the isolate never sends this. */
  #violation(): void {
    this.#guest.cancel()
  }

  /** The guest has received the end, or is gone. */
  #guestLeft(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#queue.length = 0
    this.close(SERVER_ERROR)
  }
}

function mayBeSent(code: number): boolean {
  return code === 0 || code === 1000 || code === TRY_LATER || (code >= 3000 && code <= 4999)
}
