// The host call behind env.host: a plugin calls a function of the application, where it is granted.
// Invariant: the application sees only arguments that its schema accepts, and a plugin only such results; what else the application
// throws than a PlugbayError stays in the log of the server.

import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import { PlugbayError } from '../errors.ts'
import type { Points } from '../host/points.ts'
import type { ValueChecks } from '../host/value-checks.ts'
import { bodyOf, bytesOfResult } from './function-streams.ts'
import { type Handlers, replaced } from './host-calls.ts'
import { watchStandstill } from './standstill.ts'
import { watchMandate } from './watch-mandate.ts'

export interface HostFunctionParts {
  readonly points: Points
  readonly checks: ValueChecks
  /** Called with errors of the application's own code, which plugins do not see. */
  readonly onError: (error: unknown, call: { readonly call: string; readonly plugin: string }) => void
}

const MAX_NAME = 100
/** Characters of JSON: as for hooks. */
const MAX_RESULT = 512 * 1024
/** A release that is replaced waits for what it has begun, so a function must not go on for ever. */
const DEADLINE_MS = 60_000

export function hostFunctionHandlers({
  points,
  checks,
  onError,
}: HostFunctionParts): Pick<Handlers, 'host.call'> {
  return {
    async 'host.call'({ pluginId, mandate, isReadOnly }, [name, given], sent, { upload, signal, charge }) {
      if (typeof name !== 'string' || name.length > MAX_NAME)
        throw new PlugbayError('HOST_CALL_INVALID', 'The name of the function must be text')
      const requirePermitted = () => mandate.authorize({ permission: 'host', value: [name] })
      requirePermitted()
      const found = points.find('calls', name)
      if (found === undefined) throw unknownCall(name, points)
      const { args, result, body = false, effect = true, deadlineMs = DEADLINE_MS, run } = found.point
      if (isReadOnly && effect) throw replaced()
      const value = given ?? null
      const fault = (await checks.of(args))(value)
      if (fault !== undefined)
        throw new PlugbayError('VALUE_INVALID', `The argument of the function "${name}" ${fault}`)
      if (!body && (sent !== undefined || upload !== undefined))
        throw new PlugbayError('VALUE_INVALID', `The function "${name}" takes no body`)
      const watch = watchMandate(mandate, signal, requirePermitted)
      const standstill = watchStandstill(watch.signal, deadlineMs, () => late(name, deadlineMs))
      const end = () => {
        watch.stop()
        standstill.stop()
      }
      const report = (error: unknown) => {
        if (!(error instanceof PlugbayError)) onError(error, { call: name, plugin: pluginId })
      }
      try {
        const caller = {
          plugin: pluginId,
          signal: standstill.signal,
          charge,
          body: bodyOf(sent, upload, standstill),
        }
        const returned = await inTime(standstill.signal, () => run.call(found.point, value, caller))
        if (result === 'stream') {
          if (!(returned instanceof ReadableStream))
            throw new TypeError(`The result of the function "${name}" is no ReadableStream`)
          const onEnd = (error?: unknown) => {
            end()
            if (error !== undefined) report(error)
          }
          return {
            head: null,
            stream: bytesOfResult(returned, { standstill, onEnd }),
            until: standstill.signal,
          }
        }
        const answer = plain(returned)
        const wrong = (await checks.of(result))(answer)
        if (wrong !== undefined) throw new TypeError(`The result of the function "${name}" ${wrong}`)
        end()
        return { head: answer }
      } catch (error) {
        end()
        report(error)
        throw error
      }
    },
  }
}

function late(name: string, ms: number): PlugbayError {
  return new PlugbayError(
    'HOST_CALL_FAILED',
    `The function "${name}" has not answered or moved for ${ms / 1000} s`,
  )
}

/** Rejects when the call has ended, also while the function goes on. */
async function inTime(signal: AbortSignal, run: () => unknown): Promise<unknown> {
  const { promise, reject } = Promise.withResolvers<never>()
  const end = () => reject(signal.reason)
  signal.addEventListener('abort', end)
  try {
    signal.throwIfAborted()
    return await Promise.race([promise, run()])
  } finally {
    signal.removeEventListener('abort', end)
  }
}

/** As it will arrive. */
function plain(result: unknown): unknown {
  const text = JSON.stringify(result ?? null)
  if (text.length > MAX_RESULT)
    throw new PlugbayError('QUOTA_EXCEEDED', `The result has more than ${MAX_RESULT} characters of JSON`)
  return JSON.parse(text)
}

function unknownCall(name: string, points: Points): PlugbayError {
  const known = points.list('calls').map((point) => point.name)
  const meant = didYouMean(name, known)
  return new PlugbayError(
    'POINT_UNKNOWN',
    `"${points.host.id}" has no function "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
  )
}
