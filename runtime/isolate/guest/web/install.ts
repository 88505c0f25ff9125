// Defines the web globals of an isolate and hands the wall what it needs of them.
// Invariant: runs once, before any plugin code; afterwards no global leads to a host function.
import type { GuestRequestHead } from '../../../../sdk/protocol/guest-request.ts'
import type { LostRejection } from '../../boot-config.ts'
import { type Abort, AbortController, AbortSignal, createAbort, type LazySignal } from './abort.ts'
import { atob, btoa } from './base64.ts'
import { Blob, File } from './blob.ts'
import { CompressionStream, DecompressionStream } from './compression.ts'
import { createConsole, logValues } from './console.ts'
import { Crypto, createCrypto } from './crypto.ts'
import { CryptoKey } from './crypto-key.ts'
import { DOMException } from './dom-exception.ts'
import { TextDecoder, TextEncoder } from './encoding.ts'
import { TextDecoderStream, TextEncoderStream } from './encoding-streams.ts'
import { CustomEvent, ErrorEvent, Event, PromiseRejectionEvent } from './event.ts'
import { EventTarget } from './event-target.ts'
import { createFetchFunction, type SendRequest } from './fetch.ts'
import { FormData } from './form-data.ts'
import { Headers } from './headers.ts'
import type { HostFunctions, LogLevel } from './host.ts'
import { hostResult } from './host-results.ts'
import { inspect } from './inspect.ts'
import { CloseEvent, MessageEvent } from './message-event.ts'
import { createPerformance, Performance } from './performance.ts'
import { define } from './primordials.ts'
import { setRealm } from './realm.ts'
import { globalTargetMethods, reportException, reportLostRejection, reportRejection } from './report.ts'
import { Request, requestFromWire } from './request.ts'
import { Response, responseToWire, type WireResponse } from './response.ts'
import { rememberStacks } from './stack-recall.ts'
import { STREAM_CLASSES, streams } from './streams.ts'
import { structuredClone } from './structured-clone.ts'
import { SubtleCrypto } from './subtle.ts'
import { clearInterval, clearTimeout, fireTimer, queueMicrotask, setInterval, setTimeout } from './timers.ts'
import { URL } from './url.ts'
import { URLPattern } from './url-pattern.ts'
import { URLSearchParams } from './url-search-params.ts'
import { requireArguments } from './webidl.ts'
import { WebSocket, WebSocketPair } from './websocket.ts'

/** What the dispatcher of guest calls uses; never reachable from plugin code. */
export interface WebInternals {
  /**
   * The Request of a guest call; `stream` replaces `body` and may be a function that makes the stream at its first use.
   * Nothing is parsed or copied before plugin code asks for it: `head.headers` and `body` must not change afterwards.
   */
  requestFromWire(
    head: GuestRequestHead,
    body: Uint8Array | undefined,
    stream: ReadableStream | (() => ReadableStream) | undefined,
    signal: LazySignal | undefined,
  ): Request
  /** Throws a TypeError for what cannot be sent: not a Response of this isolate, read already, Response.error(). */
  responseToWire(response: unknown): WireResponse
  /** The answer to HostFunctions.startTimer(). Never throws. */
  fireTimer(id: number): void
  /** The answer to a host function that answers later. Never throws. */
  hostResult(id: number, head: string, body: ArrayBuffer | undefined): void
  /** Abort state of a guest call; its AbortSignal is made when plugin code looks at it. */
  createAbort(): Abort
  /** "error" event at globalThis, then `onUnhandled`. Never throws. */
  reportException(error: unknown): void
  /** "unhandledrejection" event at globalThis, then `onUnhandled`. Never throws. */
  reportRejection(promise: object, reason: unknown): void
  /** As reportRejection(), where only a copy of the reason is known. Never throws. */
  reportLostRejection(lost: LostRejection): void
  /** Writes values to the log as console methods do. Never throws. */
  log(level: LogLevel, values: readonly unknown[]): void
  /** A value as text for a log: at most 8,192 characters, never throws. */
  inspect(value: unknown): string
  /** Class to make streams of, with the members of the standard; evaluates the implementation at the first call. */
  streams: typeof streams
}

export interface WebOptions {
  /** Timers that may be armed at once; 10,000 unless told. */
  readonly maxTimers?: number
  /** Longest message of a WebSocket; 1,000,000 unless told. */
  readonly maxMessageBytes?: number
  /** Gets what nobody caught and no listener of globalThis prevented; must not throw. Without it, a line in the log. */
  readonly onUnhandled?: (error: unknown) => void
  /** Sends what fetch() is asked for; without it, fetch() rejects and says how to get it. */
  readonly fetch?: SendRequest
}

/**
 * Defines all globals on `target`, removes those that plugins must not have, and returns the internals.
 * The names below are the register of globals: docs/guest-api.md is made from it and from the JSDoc of each.
 *
 * @deviation There is no `WebAssembly` and no `SharedArrayBuffer`: their memory is outside the limits of an isolate.
 * @deviation What nobody caught goes to the plugin's log, and counts as a failure.
 * @deviation There is no asynchronous context. Lines of the log and lost errors are labelled with the request whose answer,
 *   timer, host call or body the code was running for; code that another request wakes counts as that one's.
 * @deviation Clocks advance in steps of 0.1 ms.
 */
export function installWeb(
  target: typeof globalThis,
  host: HostFunctions,
  options: WebOptions = {},
): WebInternals {
  const onUnhandled = options.onUnhandled ?? ((error) => host.log('error', `Uncaught ${inspect(error)}`))
  const { maxTimers = 10_000, maxMessageBytes = 1_000_000 } = options
  setRealm({ host, report: reportException, onUnhandled, maxTimers, maxMessageBytes })
  rememberStacks()
  for (const name of ['WebAssembly', 'SharedArrayBuffer']) Reflect.deleteProperty(target, name)
  // Taken by handle-table.ts. V8 lets it be overwritten, not removed.
  if ('gc' in target) Reflect.set(target, 'gc', undefined)
  defineAll(target, {
    AbortController,
    AbortSignal,
    Blob,
    CloseEvent,
    CompressionStream,
    Crypto,
    CryptoKey,
    CustomEvent,
    DOMException,
    DecompressionStream,
    ErrorEvent,
    Event,
    EventTarget,
    File,
    FormData,
    Headers,
    MessageEvent,
    Performance,
    PromiseRejectionEvent,
    Request,
    Response,
    SubtleCrypto,
    TextDecoder,
    TextDecoderStream,
    TextEncoder,
    TextEncoderStream,
    URL,
    URLPattern,
    URLSearchParams,
    WebSocket,
    WebSocketPair,
    console: createConsole(),
    /** The one `Crypto`. */
    crypto: createCrypto(),
    /** Has `userAgent` only: `Plugbay/1`. */
    navigator: createNavigator(),
    /** The one `Performance`. */
    performance: createPerformance(),
    /** `globalThis` itself. */
    self: target,
  })
  const functions = {
    atob,
    btoa,
    clearInterval,
    clearTimeout,
    /**
     * Requests to granted origins; a private address only when it is granted itself. See [network.md](network.md).
     * @permission network
     */
    fetch: createFetchFunction(options.fetch),
    queueMicrotask,
    reportError,
    setInterval,
    setTimeout,
    structuredClone,
    ...globalTargetMethods,
  }
  for (const [name, value] of Object.entries(functions)) {
    Object.defineProperty(value, 'name', { value: name, configurable: true })
  }
  defineAll(target, functions, true)
  for (const name of STREAM_CLASSES) defineLazy(target, name, () => streams()[name])
  return Object.freeze({
    requestFromWire,
    responseToWire,
    fireTimer,
    hostResult,
    createAbort,
    reportException,
    reportRejection,
    reportLostRejection,
    log: logValues,
    inspect,
    streams,
  })
}

function defineAll(target: object, values: Readonly<Record<string, unknown>>, enumerable = false): void {
  for (const name of Object.keys(values)) {
    Object.defineProperty(target, name, {
      value: values[name],
      configurable: true,
      enumerable,
      writable: true,
    })
  }
}

/** A property that becomes an ordinary one when it is first read or written. */
function defineLazy(target: object, name: string, make: () => unknown): void {
  const become = (value: unknown) => {
    define(target, name, value, false)
    return value
  }
  Object.defineProperty(target, name, {
    get: () => become(make()),
    set: become,
    configurable: true,
    enumerable: false,
  })
}

function createNavigator(): object {
  return Object.create(
    Object.defineProperty({}, Symbol.toStringTag, { value: 'Navigator', configurable: true }),
    { userAgent: { value: 'Plugbay/1', enumerable: true } },
  )
}

function reportError(error: unknown): void {
  requireArguments(arguments.length, 1, 'reportError()')
  reportException(error)
}
