// Answers every guest call with JSON arguments and result by calling the plugin's handler(…arguments, env, ctx).
// Invariant: every call is answered once, whatever the handler throws or returns; the host handles one that never settles.

import type { Context, Env } from '../../../../sdk/plugin-api/env.ts'
import type { IncomingCall } from '../../../../sdk/protocol/channel.ts'
import { type GuestCallHead, MAX_CALL_JSON } from '../../../../sdk/protocol/guest-calls.ts'
import type { HostCall } from '../env/host-calls.ts'
import type { Translations } from '../env/translations.ts'
import { DOMException } from '../web/base/dom-exception.ts'
import { apply, jsonStringify, promiseThen, SafePromise } from '../web/base/primordials.ts'
import { enter } from '../web/base/request-context.ts'
import { grantedFolder } from '../web/files/handles.ts'
import type { WebInternals } from '../web/install.ts'
import { CallContext, failCall } from './call-context.ts'
import type { Handler } from './exports.ts'

export interface CallServices {
  readonly web: Pick<WebInternals, 'createAbort'>
  readonly env: Env
  readonly call: HostCall
  readonly translations: Translations
  /** Counts a promise of ctx.waitUntil, for a call. */
  readonly waitUntil: (promise: unknown, requestId: string) => void
}

export function serveCall(
  call: IncomingCall,
  head: GuestCallHead,
  handler: Handler,
  { web, env, call: hostCall, translations, waitUntil }: CallServices,
): void {
  const { requestId, user, action, folders, language = translations.language } = head
  const owner = { id: requestId, language }
  enter(owner)
  const abort = web.createAbort()
  call.onCancel(() => {
    enter(owner)
    abort.abort(new DOMException('The call was given up, or its deadline has passed', 'AbortError'))
  })
  const ctx: Context = new CallContext(
    {
      user,
      language,
      ...(action !== undefined && { action }),
      ...(folders !== undefined && { folders: foldersOf(hostCall, folders) }),
    },
    { abort, translations, waitUntil: (promise) => waitUntil(promise, requestId) },
  )
  // Exceptions of the handler, and of the `then` of its result, reject this promise.
  const result = new SafePromise((resolve) =>
    resolve(apply(handler.method, handler.owner, [...head.a, env, ctx])),
  )
  promiseThen(
    result,
    (value) => answer(call, head.path ?? head.m, value),
    (error) => failCall(call, error),
  )
}

function foldersOf(call: HostCall, grants: NonNullable<GuestCallHead['folders']>): Context['folders'] {
  const handles = Object.entries(grants).map(([name, grant]) => [name, grantedFolder(call, grant)] as const)
  return Object.freeze(Object.fromEntries(handles)) as Context['folders']
}

function answer(call: IncomingCall, name: string, value: unknown): void {
  try {
    // A toJSON of the plugin runs here, under the limits of the isolate.
    const text = value === undefined ? 'null' : jsonStringify(value)
    if (text === undefined) throw new TypeError(`The result of "${name}" is not JSON`)
    if (text.length > MAX_CALL_JSON)
      throw new RangeError(`The result of "${name}" has more than ${MAX_CALL_JSON} characters of JSON`)
    call.reply(text)
  } catch (error) {
    failCall(call, error)
  }
}
