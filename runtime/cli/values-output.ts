// What `plugbay values` prints: values with their sources, owners, and who else wanted them.

import type { Value, Values } from '../../sdk/api/values.ts'
import { printable } from './io.ts'
import { type Outcome, table } from './output.ts'

const SHOWN = 60

export function listOutcome({ items, problems }: Values, names: readonly string[]): Outcome {
  const shown = items.filter(({ name }) => names.length === 0 || names.includes(name))
  const rows = shown.map((value) => [
    ...[value.name, short(valueText(value)), sourceText(value), value.owner ?? '–'],
    value.others.map(sourceText).join(', ') || '–',
  ])
  const text =
    rows.length === 0 ? 'There are none' : table(['NAME', 'VALUE', 'FROM', 'OWNER', 'OTHERS'], rows)
  const notes = problems.map(
    ({ message, hint }) => `! ${printable(message)}${hint === undefined ? '' : `\n  → ${printable(hint)}`}`,
  )
  const failed = shown.flatMap(({ problem }) => (problem === null ? [] : [`! ${printable(problem.message)}`]))
  return { results: shown.map(resultOf), text: [text, ...notes, ...failed].join('\n') }
}

/** The value alone, for scripts. */
export function getOutcome(value: Value): Outcome {
  const { name, problem } = value
  if (problem !== null) return { results: [{ id: name, ok: false, problem }] }
  return { results: [resultOf(value)], text: printable(valueText(value)) }
}

export function savedOutcome({ items, problems }: Values): Outcome {
  const lines = items.map((value) => {
    const line = `✓ ${value.name}: ${short(valueText(value))} (${sourceText(value)})`
    return value.owner === null
      ? `${line}\n  note: neither the application nor a plugin declares this name`
      : line
  })
  const notes = problems.map(({ message }) => `! ${message}`)
  const text = [...(lines.length === 0 ? ['✓ saved'] : lines), ...notes].map(printable).join('\n')
  return { results: items.map(resultOf), text }
}

function resultOf({ name, ...rest }: Value): Outcome['results'][number] {
  const { problem, ...value } = rest
  return { id: name, ok: true, ...value, ...(problem !== null && { problem }) }
}

function valueText({ value, isSecret, problem }: Value): string {
  if (isSecret) return '(secret)'
  if (problem !== null) return '(cannot be rendered)'
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

function sourceText({ source, by }: Pick<Value, 'by' | 'source'>): string {
  return by === null || source === 'default' ? source : `${source}: ${by}`
}

function short(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text
}
