// Enabling, disabling and applying plugins on a server: one request, and a result for each plugin.

import type { Effects } from '../../sdk/api/effects.ts'
import type { EnablingAnswer, EnablingResult } from '../../sdk/api/enabling.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import { PlugbayError } from '../errors.ts'
import type { ApiClient } from './api-client.ts'
import { describeState } from './installation.ts'
import { asTyped } from './invocation.ts'
import { printable } from './io.ts'
import { type Result, warningLines } from './output.ts'
import type { Session } from './session.ts'

export async function switchPlugins(
  client: ApiClient,
  verb: 'enable' | 'disable' | 'apply',
  ids: readonly string[],
): Promise<readonly Result[]> {
  const answer = (await client.request('POST', `plugins/${verb}`, { json: { ids } })) as EnablingAnswer
  if (!Array.isArray(answer?.results))
    throw new PlugbayError(
      'SERVER_UNREACHABLE',
      'The server answered in a form that this version of the command line does not know',
    )
  return answer.results.map(resultOf)
}

function resultOf({ id, ok, changed, problem, installation, effects }: EnablingResult): Result {
  const asIs = { ...(installation !== null && factsOf(installation)), ...(effects !== null && { effects }) }
  if (!ok) return { id, ok, changed, ...asIs, ...(problem !== null && { problem }) }
  return { id, ok, changed, ...asIs, ...(problem !== null && { warnings: [problem] }) }
}

function factsOf(installation: Installation): Readonly<Record<string, unknown>> {
  const { version, state, enabled, forced } = installation
  const description = enabled ? describeState(installation) : 'disabled'
  return { version, state, enabled, ...(forced !== null && { forced }), description }
}

/** A line for each success, and its warnings below. */
export function switchedLines({ io }: Session, results: readonly Result[]): readonly string[] {
  return results.flatMap((result) => {
    if (!result.ok) return []
    const words =
      result.changed === false
        ? `${result.enabled === true ? 'enabled' : 'disabled'} already`
        : result.description
    const lines = [
      `✓ ${result.id}: ${asTyped(String(words), io)}`,
      ...warningLines(io, result),
      ...effectLines(result),
    ]
    const note = forcedNote(result)
    return note === undefined ? lines : [...lines, `  note: ${note}`]
  })
}

/** What has changed for others. */
function effectLines({ effects }: Result): readonly string[] {
  const { settings = [], values = [], points = [] } = (effects ?? {}) as Partial<Effects>
  return [
    ...settings.map(
      ({ of, key, before, after }) =>
        `  changed: "${key}" of ${of} from ${valueText(before)} to ${valueText(after)}`,
    ),
    ...values.map(
      ({ name, before, after }) =>
        `  changed: value ${name} from ${templateText(before)} to ${templateText(after)}`,
    ),
    ...points.map(
      ({ kind, name, contributes }) => `  ${contributes ? 'now in' : 'no longer in'} ${kind} ${name}`,
    ),
  ].map(printable)
}

const VALUE_SHOWN = 200

function valueText({ value, source, from }: Effects['settings'][number]['after']): string {
  const text = JSON.stringify(value ?? null)
  const shown = text.length > VALUE_SHOWN ? `${text.slice(0, VALUE_SHOWN - 1)}…` : text
  return `${shown} (${from === undefined ? source : `${source}: ${from}`})`
}

function templateText(state: Effects['values'][number]['after']): string {
  if (state === null) return 'nothing'
  const { source, by } = state
  const from = by === null ? {} : { from: by }
  if (!Object.hasOwn(state, 'template')) return `a secret (${by === null ? source : `${source}: ${by}`})`
  return valueText({ value: state.template, source, ...from })
}

/** What holds instead of what was chosen. */
function forcedNote({ enabled, forced }: Result): string | undefined {
  const { enabled: runs, variable } = (forced ?? {}) as Partial<NonNullable<Installation['forced']>>
  if (runs === undefined || runs === enabled) return undefined
  return `it ${runs ? 'runs all the same' : 'does not run all the same'}: ${variable} decides until the server starts without it`
}
