// Makes a guest call of any JSON row in sdk/protocol/guest-calls.ts: the only path for all such rows.
// Invariant: it resolves with an outcome by the deadline of the row at the latest; the reply is parsed as hostile input.

import {
  GUEST_CALLS,
  type GuestCallHead,
  type GuestCallRow,
  type JsonCallName,
  MAX_CALL_DEPTH,
  MAX_CALL_JSON,
} from '../../sdk/protocol/guest-calls.ts'
import type { WireError } from '../../sdk/protocol/wire.ts'
import { type ErrorCode, isErrorCode } from '../errors.ts'
import type { GuestCall } from '../sandbox/runner/guest-call.ts'
import type { PluginRunner } from '../sandbox/runner/plugin-runner.ts'
import type { GivenFolders } from '../sandbox/types.ts'
import { reportGuestError } from './report-guest-error.ts'

/** The release to call: a serving one, or one that is about to serve. */
export interface GuestCallTarget {
  readonly runner: Pick<PluginRunner, 'call'>
  /** Writes an error of the guest to the plugin's log. */
  reportError(error: WireError, requestId: string): void
}

export interface JsonCall {
  /** The name that stands for `*` in the path of the handler. */
  readonly handler?: string
  /** Instead of that of the row. */
  readonly deadlineMs?: number
  /** JSON; arguments of the handler before `env` and `ctx`. */
  readonly args?: readonly unknown[]
  /** The user who caused the call: `ctx.user`. */
  readonly user: GuestCallHead['user']
  /** `ctx.language`; the default of the host without it. */
  readonly language?: string
  /** `ctx.action`. */
  readonly action?: GuestCallHead['action']
  /** Labels the plugin's log lines during the call. */
  readonly requestId: string
  /** `ctx.folders`, of a row that is not repeatable: they are closed when the call has ended. */
  readonly folders?: GivenFolders
  /** Cancels the call; the guest is notified by `ctx.signal`. */
  readonly signal?: AbortSignal
}

export type GuestCallOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string }

/** Never rejects. A failure of the plugin is written to its log, with its stack mapped. */
export function callGuest(
  target: GuestCallTarget,
  name: JsonCallName,
  { handler, deadlineMs, args = [], user, language, action, requestId, folders, signal }: JsonCall,
): Promise<GuestCallOutcome> {
  const { promise, resolve } = Promise.withResolvers<GuestCallOutcome>()
  const fail = (error: WireError) => {
    reportGuestError(target, error, requestId)
    const message = error.name === undefined ? error.message : `${error.name}: ${error.message}`
    resolve({ ok: false, code: isErrorCode(error.code) ? error.code : 'GUEST_ERROR', message })
  }
  const row: GuestCallRow = GUEST_CALLS[name]
  const path = handler === undefined ? undefined : row.handler.split('*').join(handler)
  const what = path ?? name
  const given = {
    m: name,
    a: args,
    user,
    requestId,
    ...(language !== undefined && { language }),
    ...(action !== undefined && { action }),
    ...(path !== undefined && { path }),
  }
  const head = JSON.stringify(given satisfies GuestCallHead)
  if (head.length > MAX_CALL_JSON) {
    const message = `The arguments of "${what}" have more than ${MAX_CALL_JSON} characters of JSON`
    fail({ code: 'QUOTA_EXCEEDED', message })
    return promise
  }
  if (signal?.aborted === true) {
    fail(GIVEN_UP)
    return promise
  }
  let call: GuestCall | undefined
  const giveUp = () => {
    fail(GIVEN_UP)
    call?.cancel()
  }
  call = target.runner.call(
    {
      ...{ head, body: undefined, folders, row, deadlineMs },
      kind: row.repeatable ? 'read' : 'write',
      user: user === null ? undefined : { requestId, name: user.name },
    },
    {
      reply(text, _body, stream) {
        const value = stream === undefined ? parseResult(text) : undefined
        if (value !== undefined) return resolve({ ok: true, value })
        call?.cancel()
        fail({ code: 'GUEST_ERROR', message: `The result of "${what}" is not one that a handler can give` })
      },
      error: fail,
      moved: () => fail({ code: 'PLUGIN_UNAVAILABLE', message: 'The release serves no more' }),
      opened() {},
      retired() {},
    },
  )
  signal?.addEventListener('abort', giveUp, { once: true })
  const settled = () => {
    signal?.removeEventListener('abort', giveUp)
    // It may never have been sent.
    for (const folder of Object.values(folders ?? {})) void folder.close()
  }
  promise.then(settled, settled)
  return promise
}

const GIVEN_UP: WireError = { code: 'CANCELLED', message: 'The call was given up' }

/** Undefined for a reply that our guest bundle would not have sent; a missing result is null. */
function parseResult(text: string): unknown {
  if (text.length > MAX_CALL_JSON) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isHarmless(value, MAX_CALL_DEPTH) ? value : undefined
  } catch {
    return undefined
  }
}

/** Not too deep for recursive readers, and without a key that changes the prototype of what it is copied into. */
function isHarmless(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (depth === 0 || Object.hasOwn(value, '__proto__')) return false
  return Object.values(value).every((member) => isHarmless(member, depth - 1))
}
