// What an administrator changes of values: set, append to a list, remove from one, unset.
// Invariant: all changes of a request are checked before one counts.

import type { ValueChanges } from '../../sdk/api/values.ts'
import { FORMS } from '../../sdk/manifest/names.ts'
import { type ErrorCode, PlugbayError, type Problem } from '../errors.ts'
import type { LayeredValue, LayeredValues } from './layers.ts'
import { meantName, shownName } from './value-names.ts'

const MAX_STORED = 1000
const MAX_CHARACTERS = 100_000
const MAX_NAME = 200
const NAME = new RegExp(FORMS.valueKey.pattern)

export interface CheckedChanges {
  /** Stored values by name; undefined is none. */
  readonly values: Readonly<Record<string, unknown>>
  /** What plugins have added, and is to be made again. */
  readonly dropped: readonly string[]
}

export interface Known {
  readonly stored: ReadonlyMap<string, unknown>
  readonly layered: Pick<LayeredValues, 'values' | 'missing'>
}

/** @throws PlugbayError VALUES_INVALID, VALUE_UNKNOWN */
export function checkChanges(
  { set = {}, append = {}, remove = {}, unset = [] }: ValueChanges,
  known: Known,
): CheckedChanges {
  const next = new Map<string, unknown>()
  const { stored, layered } = known
  const now = (name: string): unknown => {
    if (next.has(name)) return next.get(name)
    return stored.has(name) ? stored.get(name) : belowVariables(layered.values.get(name))
  }
  for (const [name, value] of Object.entries(set)) next.set(checkName(name), value)
  for (const [name, items] of Object.entries(append)) {
    const list = listOf(checkName(name), now(name) ?? [], 'appended to')
    const texts = new Set(list.map(textOf))
    next.set(name, [...list, ...items.filter((item) => !texts.has(textOf(item)))])
  }
  for (const [name, items] of Object.entries(remove)) {
    const list = listOf(name, now(name) ?? unknown(name, known), 'removed from')
    const texts = new Set(items.map(textOf))
    next.set(
      name,
      list.filter((item) => !texts.has(textOf(item))),
    )
  }
  const dropped: string[] = []
  for (const name of unset) {
    if (next.has(name)) throw refuse('VALUES_INVALID', `"${shownName(name)}" is both set and unset`)
    const isMissing = layered.missing.some((each) => each.name === name)
    if (!stored.has(name) && !layered.values.has(name) && !isMissing) unknown(name, known)
    if (stored.has(name)) next.set(name, undefined)
    else if (layered.values.get(name)?.source === 'kept') dropped.push(name)
  }
  for (const [name, value] of next) checkSize(name, value)
  const count = [...next].reduce(
    (sum, [name, value]) => sum + Number(value !== undefined) - Number(stored.has(name)),
    stored.size,
  )
  if (count > MAX_STORED)
    throw refuse('VALUES_INVALID', `At most ${MAX_STORED.toLocaleString('en')} values can be set`)
  return { values: Object.fromEntries(next), dropped }
}

/** A variable of the server is not what a list grows from. */
function belowVariables(value: LayeredValue | undefined): unknown {
  if (value?.source !== 'environment') return value?.value
  return value.others.at(-1)?.value
}

function checkName(name: string): string {
  if (NAME.test(name) && name.length <= MAX_NAME) return name
  throw refuse(
    'VALUES_INVALID',
    `"${shownName(name)}" cannot be the name of a value`,
    `It must be ${FORMS.valueKey.meaning}`,
  )
}

function checkSize(name: string, value: unknown): void {
  if (value === undefined || textOf(value).length <= MAX_CHARACTERS) return
  throw refuse(
    'VALUES_INVALID',
    `The value of "${name}" is larger than ${MAX_CHARACTERS.toLocaleString('en')} characters of JSON`,
  )
}

function listOf(name: string, value: unknown, doing: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw refuse(
    'VALUES_INVALID',
    `"${shownName(name)}" is not a list, so nothing can be ${doing} it`,
    'To replace it, set it',
  )
}

function unknown(name: string, { layered }: Known): never {
  throw refuse(
    'VALUE_UNKNOWN',
    `There is no value "${shownName(name)}"`,
    meantName(name, layered.values.keys()),
  )
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? ''
}

function refuse(code: ErrorCode, message: string, hint?: string): PlugbayError {
  const problem: Problem = { code, message, ...(hint !== undefined && { hint }) }
  return new PlugbayError(code, message, { problems: [problem] })
}
