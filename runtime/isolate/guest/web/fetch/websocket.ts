// WebSocket and WebSocketPair: the two ends of a connection inside the isolate, until one of them is returned in a Response of
// status 101; from then on that end is the visitor's, and what the other one sends leaves the isolate.
// Invariant: messages arrive once and in order, none before accept() and none after the close.

import { DOMException } from '../base/dom-exception.ts'
import { bytesSlice, define, promiseThen, SafePromise } from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import {
  defineConstants,
  defineInterface,
  isBufferSource,
  isObject,
  requireArguments,
  toText,
  toUsv,
  viewBytes,
} from '../base/webidl.ts'
import { Event, trusted } from '../events/event.ts'
import { EventTarget, fireEvent } from '../events/event-target.ts'
import { CloseEvent, messageEvent } from '../events/message-event.ts'
import { encodeUtf8 } from '../text/utf8.ts'
import { blobBytes, isBlob, makeBlob } from './blob.ts'

const OPEN = 1
const CLOSING = 2
const CLOSED = 3
const MAX_REASON_BYTES = 123
/** RFC 6455, 7.4.1: without a code. */
const NO_CODE = 1005

/** Text, or bytes that nothing else references. */
export type Message = string | Uint8Array<ArrayBuffer>

export interface Closing {
  /** 0: without a code. */
  readonly code: number
  readonly reason: string
  readonly wasClean: boolean
}

/** Sends messages out of the isolate. */
export interface Wire {
  /** Number of bytes waiting here. */
  readonly buffered: number
  send(message: Message): void
  close(closing: Closing): void
}

interface Arrival {
  readonly what: { readonly message: Message } | { readonly closing: Closing }
  /** Called when it has been dispatched to the listeners, or dropped. */
  readonly done: (() => void) | undefined
}

/** One end of a connection. */
interface End {
  peer: End | undefined
  socket: WebSocket | undefined
  isAccepted: boolean
  isDraining: boolean
  /** Receives the messages for this end, once the end has left the isolate. */
  wire: Wire | undefined
  inbox: Arrival[]
}

type Handler = ((event: Event) => unknown) | null

const CREATE = Object.freeze({})
const RESOLVED = SafePromise.resolve()
const NOT_ACCEPTED = 'Call accept() of this WebSocket before send() and close()'
const GIVEN_AWAY = 'This WebSocket has been given away in a Response: use the other one of the pair'

let receive: (socket: WebSocket, arrival: Arrival) => void
let endOf: (socket: WebSocket) => End
let setProtocol: (socket: WebSocket, protocol: string) => void
export let isWebSocket: (value: unknown) => value is WebSocket

/**
 * One end of a `WebSocketPair`. See [websocket.md](websocket.md).
 * @deviation `new WebSocket(url)` throws a `NotSupportedError`: a backend accepts the WebSockets of visitors.
 * @deviation `binaryType` begins with `arraybuffer`.
 */
export class WebSocket extends EventTarget {
  readonly #end: End
  #state = OPEN
  #protocol = ''
  // Frameworks for the same shape elsewhere expect it; browsers begin with "blob".
  #binaryType: 'arraybuffer' | 'blob' = 'arraybuffer'
  readonly #handlers: Record<string, Handler> = Object.create(null)

  constructor(token: unknown, end?: unknown) {
    requireArguments(arguments.length, 1, 'WebSocket')
    super()
    if (token !== CREATE) {
      throw new DOMException(
        'A plugin cannot open a WebSocket to another server; it answers those of visitors: see WebSocketPair',
        'NotSupportedError',
      )
    }
    this.#end = end as End
    this.#end.socket = this
  }

  static {
    isWebSocket = (value): value is WebSocket => isObject(value) && #end in value
    endOf = (socket) => socket.#end
    setProtocol = (socket, protocol) => {
      socket.#protocol = protocol
    }
    receive = (socket, { what, done }) => {
      if ('message' in what) socket.#receiveMessage(what.message)
      else socket.#receiveClose(what.closing)
      done?.()
    }
  }

  get url(): string {
    void this.#end
    return ''
  }
  get protocol(): string {
    return this.#protocol
  }
  get extensions(): string {
    void this.#end
    return ''
  }
  get readyState(): number {
    return this.#state
  }
  get bufferedAmount(): number {
    return this.#end.peer?.wire?.buffered ?? 0
  }
  get binaryType(): string {
    return this.#binaryType
  }
  set binaryType(value: unknown) {
    const type = toText(value)
    if (type === 'arraybuffer' || type === 'blob') this.#binaryType = type
  }

  /** Starts to deliver messages. */
  accept(): void {
    const end = this.#end
    if (end.wire !== undefined) throw new TypeError(GIVEN_AWAY)
    if (end.isAccepted) return
    end.isAccepted = true
    if (end.inbox.length > 0) drainLater(end)
  }

  send(data: unknown): void {
    requireArguments(arguments.length, 1, 'send()')
    const message = messageOf(data)
    this.#requireUse()
    if (this.#state !== OPEN) return
    deliver(this.#end.peer, { what: { message }, done: undefined })
  }

  close(code?: unknown, reason?: unknown): void {
    // Before the checks: a listener of "close" that calls close() with the received code must not throw.
    if (this.#state !== OPEN) return
    const closing = closingOf(code, reason)
    this.#requireUse()
    this.#state = CLOSING
    deliver(this.#end.peer, { what: { closing }, done: undefined })
  }

  get onopen(): Handler {
    return this.#handler('open')
  }
  set onopen(handler: unknown) {
    this.#setHandler('open', handler)
  }
  get onmessage(): Handler {
    return this.#handler('message')
  }
  set onmessage(handler: unknown) {
    this.#setHandler('message', handler)
  }
  get onerror(): Handler {
    return this.#handler('error')
  }
  set onerror(handler: unknown) {
    this.#setHandler('error', handler)
  }
  get onclose(): Handler {
    return this.#handler('close')
  }
  set onclose(handler: unknown) {
    this.#setHandler('close', handler)
  }

  #requireUse(): void {
    if (this.#end.wire !== undefined) throw new TypeError(GIVEN_AWAY)
    if (!this.#end.isAccepted) throw new TypeError(NOT_ACCEPTED)
  }

  #receiveMessage(message: Message): void {
    if (this.#state !== OPEN) return
    fireEvent(this, messageEvent(this.#dataOf(message)))
  }

  #dataOf(message: Message): unknown {
    if (typeof message === 'string') return message
    return this.#binaryType === 'blob' ? makeBlob(message, '') : message.buffer
  }

  #receiveClose(closing: Closing): void {
    const before = this.#state
    if (before === CLOSED) return
    this.#state = CLOSED
    // The other end waits for this reply; a visitor that is gone does not.
    if (before === OPEN && this.#end.peer?.wire === undefined)
      deliver(this.#end.peer, { what: { closing }, done: undefined })
    const { wasClean, reason } = closing
    if (!wasClean) fireEvent(this, trusted(new Event('error')))
    const code = closing.code === 0 ? NO_CODE : closing.code
    fireEvent(this, trusted(new CloseEvent('close', { wasClean, code, reason })))
  }

  #handler(type: string): Handler {
    return this.#handlers[type] ?? null
  }

  #setHandler(type: string, handler: unknown): void {
    const listens = type in this.#handlers
    this.#handlers[type] = typeof handler === 'function' ? (handler as Handler) : null
    if (!listens) super.addEventListener(type, (event: Event) => this.#handlers[type]?.call(this, event))
  }
}
defineInterface(WebSocket, 'WebSocket')
defineConstants(WebSocket, { CONNECTING: 0, OPEN, CLOSING, CLOSED })
// The names that programs for Cloudflare Workers use.
defineConstants(WebSocket, {
  READY_STATE_CONNECTING: 0,
  READY_STATE_OPEN: OPEN,
  READY_STATE_CLOSING: CLOSING,
  READY_STATE_CLOSED: CLOSED,
})

/** Two WebSockets, `0` and `1`; each receives what the other one sends: as on Cloudflare Workers. */
export class WebSocketPair {
  constructor() {
    const [first, second] = [newEnd(), newEnd()]
    first.peer = second
    second.peer = first
    define(this, '0', new WebSocket(CREATE, first), true)
    define(this, '1', new WebSocket(CREATE, second), true)
  }
}
defineInterface(WebSocketPair, 'WebSocketPair')

/**
 * Detaches the socket of a Response. Messages that its other end has sent so far go first.
 * @returns receives messages from outside; `done` is called when listeners have had them
 * @throws TypeError when the socket is in use already
 */
export function giveAway(
  socket: WebSocket,
  { wire, protocol }: { readonly wire: Wire; readonly protocol: string },
): { message(message: Message, done: () => void): void; close(closing: Closing): void } {
  const end = endOf(socket)
  if (end.wire !== undefined) throw new TypeError('The WebSocket of the Response was in another one')
  if (end.isAccepted) throw new TypeError('The WebSocket of the Response was accepted: give the other one')
  end.wire = wire
  const waiting = end.inbox
  end.inbox = []
  if (end.peer?.socket !== undefined) setProtocol(end.peer.socket, protocol)
  for (const arrival of waiting) pass(wire, arrival)
  return {
    message: (message, done) => deliver(end.peer, { what: { message }, done }),
    close: (closing) => deliver(end.peer, { what: { closing }, done: undefined }),
  }
}

function newEnd(): End {
  return {
    peer: undefined,
    socket: undefined,
    isAccepted: false,
    isDraining: false,
    wire: undefined,
    inbox: [],
  }
}

function deliver(end: End | undefined, arrival: Arrival): void {
  if (end?.socket === undefined) return
  if (end.wire !== undefined) return pass(end.wire, arrival)
  // A message from outside is a task of its own already.
  const isTask = end.peer?.wire !== undefined
  if (isTask && end.isAccepted && end.inbox.length === 0) return receive(end.socket, arrival)
  end.inbox.push(arrival)
  if (end.isAccepted) drainLater(end)
}

function pass(wire: Wire, { what }: Arrival): void {
  if ('message' in what) wire.send(what.message)
  else wire.close(what.closing)
}

function drainLater(end: End): void {
  if (end.isDraining) return
  end.isDraining = true
  promiseThen(RESOLVED, () => {
    end.isDraining = false
    while (end.inbox.length > 0 && end.socket !== undefined) {
      const arrivals = end.inbox
      end.inbox = []
      for (const arrival of arrivals) receive(end.socket, arrival)
    }
  })
}

function messageOf(data: unknown): Message {
  const message = isBufferSource(data)
    ? (bytesSlice(viewBytes(data)) as Uint8Array<ArrayBuffer>)
    : isBlob(data)
      ? (bytesSlice(blobBytes(data)) as Uint8Array<ArrayBuffer>)
      : toUsv(data)
  const most = realm.maxMessageBytes
  // A UTF-16 code unit has up to three bytes.
  const length =
    typeof message !== 'string' || 3 * message.length <= most ? message.length : utf8Length(message)
  if (length > most) throw new RangeError(`A message of a WebSocket has at most ${most} bytes`)
  return message
}

function utf8Length(text: string): number {
  return text.length > realm.maxMessageBytes ? text.length : encodeUtf8(text).length
}

function closingOf(code: unknown, reason: unknown): Closing {
  const number = code === undefined ? 0 : clamp(code)
  if (code !== undefined && number !== 1000 && (number < 3000 || number > 4999)) {
    throw new DOMException(
      `The code of a close is 1000 or from 3000 to 4999, not ${number}`,
      'InvalidAccessError',
    )
  }
  const text = reason === undefined ? '' : toUsv(reason)
  if (text !== '' && encodeUtf8(text).length > MAX_REASON_BYTES) {
    throw new DOMException(`The reason of a close has at most ${MAX_REASON_BYTES} bytes`, 'SyntaxError')
  }
  // A frame without a code has no room for a reason (RFC 6455, 5.5.1).
  return { code: number === 0 && text !== '' ? 1000 : number, reason: text, wasClean: true }
}

/** [Clamp] unsigned short of Web IDL. */
function clamp(value: unknown): number {
  const number = Number(value)
  if (!(number > 0)) return 0
  return number >= 0xffff ? 0xffff : Math.round(number)
}
