// Connects the WebSocket of a plugin's 101 to the visitor's: messages cross the wall as chunks of the call's two streams.
// Invariant: messages that visitors have not read wait here, in memory of the plugin, and their total is limited.

import type { IncomingCall } from '../../../../sdk/protocol/channel.ts'
import type { GuestRequestHead } from '../../../../sdk/protocol/guest-request.ts'
import {
  ABNORMAL,
  BINARY,
  COST_FROM_GUEST,
  COST_TO_GUEST,
  decodeClose,
  encodeClose,
  mayBeText,
  TEXT,
  TRY_LATER,
} from '../../../../sdk/protocol/socket-wire.ts'
import type { ReceiveStream, SendStream } from '../../../../sdk/protocol/streams.ts'
import { bytesSet, bytesSlice, bytesSubarray, jsonParse, SafeUint8Array } from '../web/base/primordials.ts'
import { currentRequest, enter } from '../web/base/request-context.ts'
import type { SocketHandover } from '../web/fetch/response.ts'
import { type Closing, giveAway, type Message, type Wire } from '../web/fetch/websocket.ts'
import { decodeUtf8, encodeUtf8 } from '../web/text/utf8.ts'

/**
 * Answers an upgrade. `head` is the JSON of the GuestResponseHead.
 * @throws TypeError when no WebSocket was requested, or when the plugin uses the one that it returned
 */
export type ServeSocket = (call: IncomingCall, head: string, handover: SocketHandover) => void

/**
 * @param bufferBytes total size of messages that visitors have not read, over all sockets; beyond it the slowest one is closed
 */
export function createServeSocket(bufferBytes: number): ServeSocket {
  const wires = new Set<VisitorWire>()
  const buffers: Buffers = {
    bytes: 0,
    check() {
      while (buffers.bytes > bufferBytes) {
        let slowest: VisitorWire | undefined
        for (const wire of wires) if (wire.buffered > (slowest?.buffered ?? 0)) slowest = wire
        if (slowest === undefined) return
        slowest.overflow()
      }
    },
  }
  return (call, head, { socket, protocol }) => {
    const { stream } = call
    const { upgrade } = jsonParse(call.head) as GuestRequestHead
    if (stream === undefined || upgrade !== true)
      throw new TypeError('The request does not ask for a WebSocket')
    const wire = new VisitorWire(buffers)
    const visitor = giveAway(socket, { wire, protocol })
    const target = call.replyStream(head)
    wires.add(wire)
    wire.open(target)
    const end = (closing: Closing) => {
      if (!wires.delete(wire)) return
      wire.drop()
      visitor.close(closing)
      target.end()
    }
    target.onStop = () => end(LOST)
    readMessages(stream, { message: (message, done) => visitor.message(message, done), end })
  }
}

/** The connection was lost without a closing frame. */
const LOST: Closing = { code: ABNORMAL, reason: '', wasClean: false }

interface Buffers {
  bytes: number
  /** Closes sockets until the total is within the limit. */
  check(): void
}

interface Messages {
  message(message: Message, done: () => void): void
  end(closing: Closing): void
}

function readMessages(stream: ReceiveStream, { message, end }: Messages): void {
  const owner = currentRequest()
  stream.read({
    chunk(bytes) {
      enter(owner)
      stream.charge(COST_TO_GUEST)
      const close = decodeClose(bytes)
      if (close !== undefined) {
        const { code, reason, wasClean } = close
        return end({ code, reason: decodeUtf8(reason, false) ?? '', wasClean })
      }
      const size = bytes.byteLength + COST_TO_GUEST
      message(messageOf(bytes), () => stream.consumed(size))
    },
    text(text) {
      enter(owner)
      stream.charge(COST_TO_GUEST)
      const size = text.length + COST_TO_GUEST
      message(text, () => stream.consumed(size))
    },
    end() {
      enter(owner)
      end(LOST)
    },
    error() {
      enter(owner)
      end(LOST)
    },
  })
}

function messageOf(chunk: Uint8Array): Message {
  if (chunk[0] === TEXT) return decodeUtf8(bytesSubarray(chunk, 1), false) ?? ''
  return bytesSlice(chunk, 1) as Uint8Array<ArrayBuffer>
}

function chunkOf(message: Message): Uint8Array {
  // The mark is one character of one byte.
  if (typeof message === 'string') return encodeUtf8(TEXT_MARK + message)
  const chunk = new SafeUint8Array(message.byteLength + 1)
  chunk[0] = BINARY
  bytesSet(chunk, message, 1)
  return chunk
}

const TEXT_MARK = String.fromCharCode(TEXT)

/** Sends the plugin's messages to one visitor, at the visitor's pace. */
class VisitorWire implements Wire {
  readonly #buffers: Buffers
  #queue: Uint8Array[] = []
  /** Index of the first entry: shift() of a long array copies it. */
  #first = 0
  #buffered = 0
  #target: SendStream | undefined
  #isClosing = false

  constructor(buffers: Buffers) {
    this.#buffers = buffers
  }

  get buffered(): number {
    return this.#buffered
  }

  open(target: SendStream): void {
    this.#target = target
    target.onReady = () => this.#flush()
    this.#flush()
  }

  send(message: Message): void {
    if (this.#isClosing) return
    const isText = typeof message === 'string' && mayBeText(message.length)
    if (isText && this.#isFree) this.#target?.write(message, COST_FROM_GUEST)
    else this.#write(chunkOf(message))
  }

  close({ code, reason, wasClean }: Closing): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#write(encodeClose({ code, reason: encodeUtf8(reason), wasClean }))
  }

  /** Drops the queue, and accepts no more. */
  drop(): void {
    this.#isClosing = true
    this.#count(-this.#buffered, this.#first - this.#queue.length)
    this.#queue = []
    this.#first = 0
  }

  /** Ends the connection of a visitor who reads too slowly. */
  overflow(): void {
    this.drop()
    // Bypasses the queue: the stream takes it beyond its window, and nothing comes after it.
    this.#target?.write(encodeClose({ code: TRY_LATER, reason: OVERFLOW, wasClean: true }), COST_FROM_GUEST)
  }

  #write(chunk: Uint8Array): void {
    if (this.#isFree) {
      this.#target?.write(chunk, COST_FROM_GUEST)
      return
    }
    this.#queue.push(chunk)
    this.#count(chunk.byteLength, 1)
    this.#buffers.check()
  }

  /** Nothing waits, and more may be sent. */
  get #isFree(): boolean {
    return this.#target?.writable === true && this.#first === this.#queue.length
  }

  #flush(): void {
    const target = this.#target
    while (target?.writable === true) {
      const chunk = this.#queue[this.#first]
      if (chunk === undefined) return
      this.#first++
      if (this.#first >= COMPACT_AT || this.#first === this.#queue.length) {
        this.#queue = this.#queue.slice(this.#first)
        this.#first = 0
      }
      this.#count(-chunk.byteLength, -1)
      target.write(chunk, COST_FROM_GUEST)
    }
  }

  #count(bytes: number, messages: number): void {
    this.#buffered += bytes
    this.#buffers.bytes += bytes + messages * MESSAGE_BYTES
  }
}

/** Memory of a message beside its bytes. */
const MESSAGE_BYTES = 128
const COMPACT_AT = 4096
const OVERFLOW = encodeUtf8('The visitor reads too slowly')
