// Defines the web globals of an isolate and returns the internals that the wall needs.
// Invariant: runs once, before any plugin code; afterwards no global leads to a host function.

import type { LostRejection } from '../../../../sdk/protocol/guest-boot.ts'
import type { GuestRequestHead } from '../../../../sdk/protocol/guest-request.ts'
import { DOMException } from './base/dom-exception.ts'
import type { HostFunctions, LogLevel } from './base/host.ts'
import { hostResult } from './base/host-results.ts'
import { define } from './base/primordials.ts'
import { setRealm } from './base/realm.ts'
import { requireArguments } from './base/webidl.ts'
import { createConsole, logValues } from './console/console.ts'
import { inspect } from './console/inspect.ts'
import { rememberStacks } from './console/stack-recall.ts'
import { Crypto, createCrypto } from './crypto/crypto.ts'
import { CryptoKey } from './crypto/crypto-key.ts'
import { SubtleCrypto } from './crypto/subtle.ts'
import { type Abort, AbortController, AbortSignal, createAbort, type LazySignal } from './events/abort.ts'
import { CustomEvent, ErrorEvent, Event, PromiseRejectionEvent } from './events/event.ts'
import { EventTarget } from './events/event-target.ts'
import { CloseEvent, MessageEvent } from './events/message-event.ts'
import {
  globalTargetMethods,
  reportException,
  reportLostRejection,
  reportRejection,
} from './events/report.ts'
import { Blob, File } from './fetch/blob.ts'
import { createFetchFunction, type SendRequest } from './fetch/fetch.ts'
import { FormData } from './fetch/form-data.ts'
import { Headers } from './fetch/headers.ts'
import { Request, requestFromWire } from './fetch/request.ts'
import { Response, responseToWire, type WireResponse } from './fetch/response.ts'
import { WebSocket, WebSocketPair } from './fetch/websocket.ts'
import { FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemHandle } from './files/handles.ts'
import { writableClass } from './files/writable.ts'
import { createPerformance, Performance } from './performance.ts'
import { CompressionStream, DecompressionStream } from './streams/compression.ts'
import { TextDecoderStream, TextEncoderStream } from './streams/encoding-streams.ts'
import { STREAM_CLASSES, streams } from './streams/streams.ts'
import { structuredClone } from './structured-clone.ts'
import { atob, btoa } from './text/base64.ts'
import { TextDecoder, TextEncoder } from './text/encoding.ts'
import { clearInterval, clearTimeout, fireTimer, queueMicrotask, setInterval, setTimeout } from './timers.ts'
import { URL } from './url/url.ts'
import { URLPattern } from './url/url-pattern.ts'
import { URLSearchParams } from './url/url-search-params.ts'

/** Used by the dispatcher of guest calls; never reachable from plugin code. */
export interface WebInternals {
  /**
   * The Request of a guest call; `stream` replaces `body` and may be a function that creates the stream on first use.
   * Nothing is parsed or copied before plugin code accesses it: `head.headers` and `body` must not change afterwards.
   */
  requestFromWire(
    head: GuestRequestHead,
    body: Uint8Array | undefined,
    stream: ReadableStream | (() => ReadableStream) | undefined,
    signal: LazySignal | undefined,
  ): Request
  /** Throws a TypeError for a value that cannot be sent: not a Response of this isolate, read already, Response.error(). */
  responseToWire(response: unknown): WireResponse
  /** The result of HostFunctions.startTimer(). Never throws. */
  fireTimer(id: number): void
  /** The result of an asynchronous host function. Never throws. */
  hostResult(id: number, head: string, body: ArrayBuffer | undefined): void
  /** Abort state of a guest call; its AbortSignal is created when plugin code accesses it. */
  createAbort(): Abort
  /** "error" event at globalThis, then `onUnhandled`. Never throws. */
  reportException(error: unknown): void
  /** "unhandledrejection" event at globalThis, then `onUnhandled`. Never throws. */
  reportRejection(promise: object, reason: unknown): void
  /** As reportRejection(), when only a copy of the reason is known. Never throws. */
  reportLostRejection(lost: LostRejection): void
  /** Writes values to the log as console methods do. Never throws. */
  log(level: LogLevel, values: readonly unknown[]): void
  /** A value as text for a log: at most 8,192 characters, never throws. */
  inspect(value: unknown): string
  /** The standard's class for streams; evaluates the implementation at the first call. */
  streams: typeof streams
}

export interface WebOptions {
  /** Maximum number of armed timers; 10,000 by default. */
  readonly maxTimers?: number
  /** Longest message of a WebSocket; 1,000,000 by default. */
  readonly maxMessageBytes?: number
  /**
   * Gets uncaught errors that no listener of globalThis prevented; must not throw. By default they become a line in the log.
   */
  readonly onUnhandled?: (error: unknown) => void
  /** Sends requests of fetch(); without it, fetch() rejects and says how to get it. */
  readonly fetch?: SendRequest
}

/**
 * Defines all globals on `target`, removes those that plugins must not have, and returns the internals.
 * The names below are the register of globals: docs/guest-api.md is made from it and from the JSDoc of each.
 *
 * @deviation There is no `WebAssembly` and no `SharedArrayBuffer`: their memory is outside the limits of an isolate.
 * @deviation Uncaught errors go to the plugin's log, and count as failures.
 * @deviation There is no asynchronous context. Log lines and lost errors are labelled with the request whose result, timer,
 * host call or body the code was running for; code that another request wakes is labelled with that one.
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
  // handle-table.ts has taken it. V8 lets it be overwritten, not removed.
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
    FileSystemDirectoryHandle,
    FileSystemFileHandle,
    FileSystemHandle,
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
  defineLazy(target, 'FileSystemWritableFileStream', writableClass)
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
