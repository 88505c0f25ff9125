// MessageEvent and CloseEvent: the events of a WebSocket.

import { freeze } from '../base/primordials.ts'
import { defineInterface, requireArguments, toDictionary, toText, toUsv } from '../base/webidl.ts'
import { Event, OWN } from './event.ts'

const NO_PORTS: readonly never[] = freeze([])

/** The event of a message that has come in: what `new MessageEvent('message', { data })` makes, in a fraction of the time. */
export let messageEvent: (data: unknown) => MessageEvent

/** @deviation The `timeStamp` of a message that has come in is the time when it is first read. */
export class MessageEvent extends Event {
  #data: unknown
  #origin: string
  #lastEventId: string
  #source: unknown
  #ports: readonly unknown[]

  static {
    messageEvent = (data) => {
      const event = new MessageEvent('message', OWN)
      event.#data = data
      return event
    }
  }

  constructor(type: unknown, init?: unknown) {
    requireArguments(arguments.length, 1, 'MessageEvent')
    super(type, init)
    const {
      data = null,
      origin = '',
      lastEventId = '',
      source = null,
      ports,
    } = toDictionary(init, 'The init of an event')
    this.#data = data
    this.#origin = toUsv(origin)
    this.#lastEventId = toText(lastEventId)
    this.#source = checkSource(source)
    this.#ports = readPorts(ports)
  }

  get data(): unknown {
    return this.#data
  }
  get origin(): string {
    return this.#origin
  }
  get lastEventId(): string {
    return this.#lastEventId
  }
  get source(): unknown {
    return this.#source
  }
  get ports(): readonly unknown[] {
    return this.#ports
  }
  /** Legacy; the constructor does it. */
  initMessageEvent(
    type: unknown,
    bubbles: unknown = false,
    cancelable: unknown = false,
    ...rest: readonly unknown[]
  ): void {
    requireArguments(arguments.length, 1, 'initMessageEvent()')
    const [data = null, origin = '', lastEventId = '', source = null, ports] = rest
    if (this.eventPhase !== 0) return
    this.initEvent(type, bubbles, cancelable)
    this.#data = data
    this.#origin = toUsv(origin)
    this.#lastEventId = toText(lastEventId)
    this.#source = checkSource(source)
    this.#ports = readPorts(ports)
  }
}
defineInterface(MessageEvent, 'MessageEvent', 1)

export class CloseEvent extends Event {
  readonly #wasClean: boolean
  readonly #code: number
  readonly #reason: string

  constructor(type: unknown, init?: unknown) {
    requireArguments(arguments.length, 1, 'CloseEvent')
    super(type, init)
    const { wasClean, code = 0, reason = '' } = toDictionary(init, 'The init of an event')
    this.#wasClean = Boolean(wasClean)
    this.#code = Number(code) & 0xffff
    this.#reason = toUsv(reason)
  }

  get wasClean(): boolean {
    return this.#wasClean
  }
  get code(): number {
    return this.#code
  }
  get reason(): string {
    return this.#reason
  }
}
defineInterface(CloseEvent, 'CloseEvent', 1)

/** Nothing here is a MessageEventSource: there are no windows, ports or service workers. */
function checkSource(source: unknown): null {
  if (source !== null && source !== undefined)
    throw new TypeError('The source of a MessageEvent is not a window, port or service worker')
  return null
}

function readPorts(ports: unknown): readonly unknown[] {
  if (ports === undefined) return NO_PORTS
  const list = [...(ports as Iterable<unknown>)]
  if (list.length > 0) throw new TypeError('A port of a MessageEvent is not a MessagePort')
  return NO_PORTS
}
