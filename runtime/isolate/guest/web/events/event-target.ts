// EventTarget, and its list of listeners, which globalThis and AbortSignal use too.
// Invariant: an exception in a listener is reported, and stops neither the dispatch nor its caller.
import { DOMException } from '../base/dom-exception.ts'
import { apply } from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import { defineInterface, isObject, requireArguments, toText } from '../base/webidl.ts'
import { type Event, eventState, isEvent } from './event.ts'

export interface EventListenerOptions {
  capture?: boolean
}

export interface AddEventListenerOptions extends EventListenerOptions {
  once?: boolean
  passive?: boolean
  signal?: AbortSignalLike
}

/** The part of an AbortSignal that a listener list needs; the class itself is an EventTarget and cannot be imported here. */
interface AbortSignalLike {
  readonly aborted: boolean
  addEventListener(type: string, listener: () => void, options?: AddEventListenerOptions): void
}

export type Listener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown }

interface Entry {
  readonly type: string
  readonly listener: Listener
  readonly capture: boolean
  readonly once: boolean
  readonly passive: boolean
  removed: boolean
}

export class ListenerList {
  #entries: Entry[] = []

  add(typeValue: unknown, listener: unknown, options: unknown): void {
    const type = toText(typeValue)
    if (listener !== null && listener !== undefined && !isObject(listener)) {
      throw new TypeError('The listener is not a function or object')
    }
    const { capture = typeof options === 'boolean' && options, once, passive, signal } = flags(options)
    if (signal !== undefined && !isSignal(signal)) throw new TypeError('"signal" is not an AbortSignal')
    if (listener === null || listener === undefined || signal?.aborted === true) return
    if (this.#find(type, listener, Boolean(capture)) !== undefined) return
    const entry: Entry = {
      type,
      listener: listener as Listener,
      capture: Boolean(capture),
      once: Boolean(once),
      passive: Boolean(passive),
      removed: false,
    }
    this.#entries = [...this.#entries, entry]
    signal?.addEventListener('abort', () => this.#drop(entry), { once: true })
  }

  remove(typeValue: unknown, listener: unknown, options: unknown): void {
    const { capture = typeof options === 'boolean' && options } = flags(options)
    const entry = this.#find(toText(typeValue), listener, Boolean(capture))
    if (entry !== undefined) this.#drop(entry)
  }

  #find(type: string, listener: unknown, capture: boolean): Entry | undefined {
    for (const entry of this.#entries) {
      if (entry.type === type && entry.listener === listener && entry.capture === capture) return entry
    }
    return undefined
  }

  #drop(entry: Entry): void {
    entry.removed = true
    this.#entries = this.#entries.filter((other) => other !== entry)
  }

  /** Runs the listeners of `target`; false when one of them prevented the default. */
  dispatch(event: Event, target: object): boolean {
    const state = eventState(event)
    state.target = target
    state.currentTarget = target
    state.phase = 2
    // Two passes, as at the target of a tree: capturing listeners come first.
    const entries = this.#entries
    this.#run(event, entries, true)
    this.#run(event, entries, false)
    state.phase = 0
    state.currentTarget = null
    state.stopped = false
    state.stoppedNow = false
    return !state.canceled
  }

  #run(event: Event, entries: readonly Entry[], capture: boolean): void {
    const state = eventState(event)
    if (state.stopped) return
    for (const entry of entries) {
      if (entry.removed || entry.capture !== capture || entry.type !== event.type) continue
      if (entry.once) this.#drop(entry)
      state.inPassive = entry.passive
      try {
        callListener(entry.listener, event, state.currentTarget)
      } catch (error) {
        realm.report(error)
      }
      state.inPassive = false
      if (state.stoppedNow) return
    }
  }
}

function callListener(listener: Listener, event: Event, currentTarget: object | null): void {
  if (typeof listener === 'function') {
    apply(listener, currentTarget, [event])
    return
  }
  const { handleEvent } = listener
  if (typeof handleEvent !== 'function')
    throw new TypeError('"handleEvent" of the listener is not a function')
  apply(handleEvent, listener, [event])
}

function flags(options: unknown): AddEventListenerOptions {
  return isObject(options) ? (options as AddEventListenerOptions) : {}
}

function isSignal(value: unknown): value is AbortSignalLike {
  return isObject(value) && typeof (value as { aborted?: unknown }).aborted === 'boolean'
}

/** Dispatches an event that this realm created: no check for a dispatch in progress. */
export let fireEvent: (target: EventTarget, event: Event) => boolean

export class EventTarget {
  // Created on demand: most targets (signals of requests) never get a listener.
  #listeners: ListenerList | undefined

  static {
    fireEvent = (target, event) => target.#listeners?.dispatch(event, target) ?? true
  }

  addEventListener(type: unknown, listener: unknown, options?: unknown): void {
    requireArguments(arguments.length, 2, 'addEventListener()')
    this.#listeners ??= new ListenerList()
    this.#listeners.add(type, listener, options)
  }

  removeEventListener(type: unknown, listener: unknown, options?: unknown): void {
    requireArguments(arguments.length, 2, 'removeEventListener()')
    this.#listeners?.remove(type, listener, options)
  }

  dispatchEvent(event: unknown): boolean {
    checkDispatch(event)
    this.#listeners ??= new ListenerList()
    return this.#listeners.dispatch(event, this)
  }
}
defineInterface(EventTarget, 'EventTarget')

/** Refuses what dispatchEvent() must refuse. */
export function checkDispatch(event: unknown): asserts event is Event {
  if (!isEvent(event)) throw new TypeError('The argument of dispatchEvent() is not an Event')
  if (eventState(event).phase !== 0) {
    throw new DOMException('The event is being dispatched already', 'InvalidStateError')
  }
  eventState(event).trusted = false
}
