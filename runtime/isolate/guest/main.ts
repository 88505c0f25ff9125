// The first code in an isolate: installs the web globals, opens the channel, loads the plugin, dispatches calls to it.
// Bundled with everything that it imports into one classic script; the plugin's script runs after it, in the same context.
// Invariant: nothing of `host` is reachable from plugin code.

import type { PermissionName } from '../../../sdk/permissions/permissions.ts'
import { Channel, type IncomingCall } from '../../../sdk/protocol/channel.ts'
import {
  type BootConfig,
  type GuestEvent,
  HOST_RESULT,
  type LostRejection,
  TIMER_DUE,
  UNHANDLED,
} from '../../../sdk/protocol/guest-boot.ts'
import type { GuestCallHead, HostEvent } from '../../../sdk/protocol/guest-calls.ts'
import type { GuestRequestHead } from '../../../sdk/protocol/guest-request.ts'
import type { Body } from '../../../sdk/protocol/wire.ts'
import { createEnv } from './env/env.ts'
import { createFetch } from './env/fetch.ts'
import { createHostCall } from './env/host-calls.ts'
import { createStreamingCall } from './env/streaming-call.ts'
import { Translations } from './env/translations.ts'
import { reportOf } from './serve/error-report.ts'
import { type FoundHandlers, findHandlers } from './serve/exports.ts'
import { serveCall } from './serve/serve-call.ts'
import { type FetchHandler, serveFetch } from './serve/serve-fetch.ts'
import { createServeSocket } from './serve/serve-socket.ts'
import { TaskRuns } from './serve/task-runs.ts'
import { setMaxFrames } from './web/base/call-site.ts'
import type { HostFunctions } from './web/base/host.ts'
import { beginRun, currentRequest } from './web/base/request-context.ts'
import { withoutNetwork } from './web/fetch/fetch.ts'
import { installWeb } from './web/install.ts'
import { installTestClock } from './web/test-clock.ts'

/** Everything that the child passes to an isolate. */
export interface GuestHost extends HostFunctions {
  /** Sends one frame to the runtime. */
  post(kind: number, id: number, head: string, body: Body): void
}

/** How the child calls the guest: frames of the runtime, and kinds of its own (see boot-config.ts). */
export type Deliver = (kind: number, id: number, head: string, body: ArrayBuffer | undefined) => void

type Loader = (register: (namespace: object) => void) => Promise<void>

export function boot(configJson: string, names: string, ...functions: unknown[]): Deliver {
  const { parse, stringify } = JSON
  setMaxFrames()
  const config = parse(configJson) as BootConfig
  const host = Object.create(null) as GuestHost & Record<string, unknown>
  for (const [index, name] of (parse(names) as string[]).entries()) host[name] = functions[index]

  const emit = (event: GuestEvent) => channel.event(stringify(event))
  const lacking = (permission: PermissionName, value?: string) =>
    emit({ e: 'lacking', permission, ...(value !== undefined && { value }) })
  const web = installWeb(globalThis, host, {
    maxTimers: config.maxTimers,
    ...(config.maxSocketMessageBytes !== undefined && { maxMessageBytes: config.maxSocketMessageBytes }),
    onUnhandled: (error) => report(error, currentRequest()?.id),
    ...(config.grants.network !== undefined
      ? { fetch: (request) => send(request) }
      : config.recorded === true && {
          fetch(request) {
            lacking('network', request.url)
            return withoutNetwork()
          },
        }),
  })
  if (config.ownClock === true) installTestClock(globalThis)
  const channel = new Channel((kind, id, head, body) => host.post(kind, id, head, body), {
    call: (call) => receiveCall(call),
    event: (head) => guestEnv.dispatch(parse(head) as HostEvent),
  })
  const send = createFetch(channel, config.maxHostCalls)
  const translations = new Translations(config.languages, {
    catalog: (language) => host.catalog(language),
    warn: (text) => web.log('warn', [text]),
  })
  const hostCall = createHostCall(channel, config.maxHostCalls)
  const taskRuns = new TaskRuns({ call: hostCall, createAbort: web.createAbort, inspect: web.inspect })
  const streamingCall = createStreamingCall(channel, config.maxHostCalls)
  const guestEnv = createEnv(config, {
    ...{ call: hostCall, streamingCall, log: web.log, translations, taskRuns, onLacking: lacking },
  })

  const serveSocket = createServeSocket(config.socketBufferBytes ?? 0)
  let waiting = 0
  const report = (error: unknown, requestId: string | undefined) =>
    emit({ e: 'unhandled', error: reportOf(error), ...(requestId !== undefined && { requestId }) })
  const waitUntil = (promise: unknown, requestId: string) => {
    emit({ e: 'waiting', count: ++waiting })
    const done = () => emit({ e: 'waiting', count: --waiting })
    Promise.resolve(promise).then(done, (error) => {
      report(error, requestId)
      done()
    })
  }

  let fetchHandler: FetchHandler | undefined
  let handlers: FoundHandlers['handlers'] = {}
  const receiveCall = (call: IncomingCall) => {
    const head = parse(call.head) as GuestRequestHead | GuestCallHead
    if (head.m === 'fetch') {
      if (fetchHandler === undefined) return missing(call, head.m)
      return serveFetch(call, head, fetchHandler, {
        web,
        env: guestEnv.env,
        translations,
        waitUntil,
        serveSocket,
      })
    }
    const path = head.path ?? head.m
    const handler = handlers[path]
    if (handler === undefined) return missing(call, path)
    const called = head.m === 'task.run' ? taskRuns.handlerOf(handler) : handler
    serveCall(call, head, called, { web, env: guestEnv.env, call: hostCall, translations, waitUntil })
  }

  const onLoaded = (namespace: object) => {
    const found = findHandlers(namespace)
    handlers = found.handlers
    const { fetch } = handlers
    if (fetch !== undefined)
      fetchHandler = (request, env, ctx) => fetch.method.call(fetch.owner, request, env, ctx)
    emit({ e: 'loaded', exports: found.exports })
  }
  defineLoader(async (loader) => {
    try {
      let registered: object | undefined
      await loader((namespace) => {
        registered = namespace
      })
      if (registered === undefined) throw new Error('The backend did not finish loading')
      onLoaded(registered)
    } catch (error) {
      emit({ e: 'load-failed', error: reportOf(error) })
    }
  })

  return (kind, id, head, body) => {
    beginRun()
    if (kind === TIMER_DUE) web.fireTimer(id)
    else if (kind === HOST_RESULT) web.hostResult(id, head, body)
    else if (kind === UNHANDLED) web.reportLostRejection(parse(head) as LostRejection)
    else channel.receive(kind, id, head, body === undefined ? undefined : new Uint8Array(body))
  }
}

function missing(call: IncomingCall, name: string): void {
  call.fail({ code: 'HANDLER_MISSING', message: `The backend exports no "${name}"` })
}

/** The plugin's script first calls `__plugbay_load` once; then the name is removed. */
function defineLoader(load: (loader: Loader) => Promise<void>): void {
  Object.defineProperty(globalThis, '__plugbay_load', {
    configurable: true,
    value: (loader: Loader) => {
      Reflect.deleteProperty(globalThis, '__plugbay_load')
      void load(loader)
    },
  })
}
