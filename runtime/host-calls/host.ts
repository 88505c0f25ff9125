// The host call behind env.host: a plugin calls a function of the application, where it is granted.
// Invariant: the application sees only arguments that its schema accepts, and a plugin only such results; what else the application
// throws than a PlugbayError stays in the log of the server.

import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import { PlugbayError } from '../errors.ts'
import type { Points } from '../host/points.ts'
import type { ValueChecks } from '../host/value-checks.ts'
import { type Handlers, replaced } from './host-calls.ts'

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
const MAX_MS = 60_000

export function hostFunctionHandlers({
  points,
  checks,
  onError,
}: HostFunctionParts): Pick<Handlers, 'host.call'> {
  return {
    async 'host.call'({ pluginId, mandate, isReadOnly }, [name, given], _body, { signal }) {
      if (typeof name !== 'string' || name.length > MAX_NAME)
        throw new PlugbayError('HOST_CALL_INVALID', 'The name of the function must be text')
      mandate.authorize({ permission: 'host', value: [name] })
      const found = points.find('calls', name)
      if (found === undefined) throw unknownCall(name, points)
      const { args, result, effect = true, run } = found.point
      if (isReadOnly && effect) throw replaced()
      const value = given ?? null
      const fault = (await checks.of(args))(value)
      if (fault !== undefined)
        throw new PlugbayError('VALUE_INVALID', `The argument of the function "${name}" ${fault}`)
      try {
        const answer = plain(
          await inTime(name, signal, (until) =>
            run.call(found.point, value, { plugin: pluginId, signal: until }),
          ),
        )
        const wrong = (await checks.of(result))(answer)
        if (wrong !== undefined) throw new TypeError(`The result of the function "${name}" ${wrong}`)
        return { head: answer }
      } catch (error) {
        if (!(error instanceof PlugbayError)) onError(error, { call: name, plugin: pluginId })
        throw error
      }
    },
  }
}

/** Rejects when the caller or the deadline ends the call, also while the function goes on. */
async function inTime(
  name: string,
  signal: AbortSignal,
  run: (until: AbortSignal) => unknown,
): Promise<unknown> {
  const late = AbortSignal.timeout(MAX_MS)
  const until = AbortSignal.any([signal, late])
  const { promise, reject } = Promise.withResolvers<never>()
  const end = () =>
    reject(
      late.aborted
        ? new PlugbayError(
            'HOST_CALL_FAILED',
            `The function "${name}" has not answered within ${MAX_MS / 1000} s`,
          )
        : new PlugbayError('CANCELLED', 'The plugin does not wait any longer'),
    )
  until.addEventListener('abort', end)
  try {
    until.throwIfAborted()
    return await Promise.race([promise, run(until)])
  } finally {
    until.removeEventListener('abort', end)
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
