// Event and its kinds, for targets that form no tree.
import { freeze } from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import { defineConstants, defineInterface, requireArguments, toDictionary, toText } from '../base/webidl.ts'

export interface EventState {
  target: object | null
  currentTarget: object | null
  /** 0 outside a dispatch, else 2 (AT_TARGET). */
  phase: 0 | 2
  canceled: boolean
  /** Dispatched by the realm itself. */
  trusted: boolean
  stopped: boolean
  stoppedNow: boolean
  inPassive: boolean
}

/** The event as the dispatch uses it. */
export let eventState: (event: Event) => EventState
export let isEvent: (value: unknown) => value is Event

/**
 * The init of events without options that the realm itself dispatches often. The time of such an event is that of the first read of it:
 * the clock of the host costs as much as all the rest of the event.
 */
export const OWN = freeze(Object.create(null))

/** The same event, marked as dispatched by the realm itself. */
export function trusted<T extends Event>(event: T): T {
  eventState(event).trusted = true
  return event
}

export class Event {
  #type: string
  #bubbles: boolean
  #cancelable: boolean
  readonly #composed: boolean
  #timeStamp: number | undefined
  readonly #state: EventState = {
    target: null,
    currentTarget: null,
    phase: 0,
    canceled: false,
    trusted: false,
    stopped: false,
    stoppedNow: false,
    inPassive: false,
  }

  static {
    eventState = (event) => event.#state
    isEvent = (value): value is Event => typeof value === 'object' && value !== null && #state in value
  }

  constructor(type: unknown, init?: unknown) {
    requireArguments(arguments.length, 1, 'Event')
    this.#type = toText(type)
    const { bubbles, cancelable, composed } = toDictionary(init, 'The init of an event')
    this.#bubbles = Boolean(bubbles)
    this.#cancelable = Boolean(cancelable)
    this.#composed = Boolean(composed)
    if (init === OWN) this.#state.trusted = true
    else this.#timeStamp = timeNow()
  }

  get type(): string {
    return this.#type
  }
  get target(): object | null {
    return this.#state.target
  }
  get srcElement(): object | null {
    return this.#state.target
  }
  get currentTarget(): object | null {
    return this.#state.currentTarget
  }
  composedPath(): object[] {
    const { currentTarget } = this.#state
    return currentTarget === null ? [] : [currentTarget]
  }
  get eventPhase(): number {
    return this.#state.phase
  }
  stopPropagation(): void {
    this.#state.stopped = true
  }
  get cancelBubble(): boolean {
    return this.#state.stopped
  }
  set cancelBubble(value: unknown) {
    if (value) this.#state.stopped = true
  }
  stopImmediatePropagation(): void {
    this.#state.stopped = true
    this.#state.stoppedNow = true
  }
  get bubbles(): boolean {
    return this.#bubbles
  }
  get cancelable(): boolean {
    return this.#cancelable
  }
  get returnValue(): boolean {
    return !this.#state.canceled
  }
  set returnValue(value: unknown) {
    if (!value) this.preventDefault()
  }
  preventDefault(): void {
    if (this.#cancelable && !this.#state.inPassive) this.#state.canceled = true
  }
  get defaultPrevented(): boolean {
    return this.#state.canceled
  }
  get composed(): boolean {
    return this.#composed
  }
  get isTrusted(): boolean {
    return this.#state.trusted
  }
  /** Legacy; the constructor does it. */
  initEvent(type: unknown, bubbles: unknown = false, cancelable: unknown = false): void {
    requireArguments(arguments.length, 1, 'initEvent()')
    const text = toText(type)
    if (this.#state.phase !== 0) return
    this.#type = text
    this.#bubbles = Boolean(bubbles)
    this.#cancelable = Boolean(cancelable)
    this.#state.trusted = false
    this.#state.canceled = false
    this.#state.stopped = false
    this.#state.stoppedNow = false
  }
  get timeStamp(): number {
    this.#timeStamp ??= timeNow()
    return this.#timeStamp
  }
}
defineInterface(Event, 'Event')
defineConstants(Event, { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 })

function timeNow(): number {
  return realm.host.now() - realm.timeOrigin
}

export class CustomEvent extends Event {
  readonly #detail: unknown
  constructor(type: unknown, init?: unknown) {
    super(type, init)
    const { detail = null } = toDictionary(init, 'The init of an event')
    this.#detail = detail
  }
  get detail(): unknown {
    return this.#detail
  }
}
defineInterface(CustomEvent, 'CustomEvent')

export class ErrorEvent extends Event {
  readonly #message: string
  readonly #filename: string
  readonly #lineno: number
  readonly #colno: number
  readonly #error: unknown
  constructor(type: unknown, init?: unknown) {
    super(type, init)
    const {
      message = '',
      filename = '',
      lineno = 0,
      colno = 0,
      error,
    } = toDictionary(init, 'The init of an event')
    this.#message = toText(message)
    this.#filename = toText(filename)
    this.#lineno = Number(lineno) >>> 0
    this.#colno = Number(colno) >>> 0
    this.#error = error
  }
  get message(): string {
    return this.#message
  }
  get filename(): string {
    return this.#filename
  }
  get lineno(): number {
    return this.#lineno
  }
  get colno(): number {
    return this.#colno
  }
  get error(): unknown {
    return this.#error
  }
}
defineInterface(ErrorEvent, 'ErrorEvent')

/**
 * The event of `unhandledrejection` for listeners of `globalThis`; `preventDefault()` keeps it out of the log.
 * @deviation It is dispatched after the run in which the rejection was not handled, for the first one of that run, and its
 * `promise` is a different one.
 */
export class PromiseRejectionEvent extends Event {
  readonly #promise: object
  readonly #reason: unknown
  constructor(type: unknown, init: unknown) {
    requireArguments(arguments.length, 2, 'PromiseRejectionEvent')
    super(type, init)
    const { promise, reason } = toDictionary(init, 'The init of an event')
    if (typeof promise !== 'object' || promise === null) {
      throw new TypeError('The init of a PromiseRejectionEvent needs "promise"')
    }
    this.#promise = promise
    this.#reason = reason
  }
  get promise(): object {
    return this.#promise
  }
  get reason(): unknown {
    return this.#reason
  }
}
defineInterface(PromiseRejectionEvent, 'PromiseRejectionEvent')
