// Reads the options of a task that a plugin has sent: hostile input.
// Invariant: what is returned is within its limits; an unknown option is refused with the one that may have been meant.

import type { Dedupe, TaskBackoff, TaskRepeat } from '../../plugin-store/tasks/task-records.ts'
import { FORMS } from '../../sdk/manifest/names.ts'
import type { TaskOptions } from '../../sdk/plugin-api/tasks.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import { PlugbayError } from '../errors.ts'
import { cronFault, nextCron } from './cron.ts'

export interface ReadOptions {
  readonly runAtMs: number
  readonly repeat: TaskRepeat | null
  readonly repeatUntilMs: number | null
  readonly key: string | null
  readonly dedupe: Dedupe
  readonly priority: number
  readonly queue: string
  readonly weight: number
  readonly isExclusive: boolean
  readonly maxAttempts: number
  readonly backoff: TaskBackoff | null
  readonly deadlineSeconds: number
  readonly afterId: string | null
}

export const YEAR_SECONDS = 31_622_400
export const DEFAULT_ATTEMPTS = 25
export const DEFAULT_PRIORITY = 5
/** As much weight runs in one queue. */
export const QUEUE_WEIGHT = 100
const DEFAULT_DEADLINE_SECONDS = 3600
const MAX_KEY = 200
const MAX_NAME = 64

const KNOWN: readonly (keyof TaskOptions)[] = [
  ...(['delaySeconds', 'at', 'repeatSeconds', 'cron', 'timeZone', 'repeatUntil', 'key'] as const),
  ...(['dedupe', 'replaceExisting', 'priority', 'queue', 'weight', 'exclusive'] as const),
  ...(['maxAttempts', 'backoff', 'deadlineSeconds', 'runAfter'] as const),
]
const DEDUPES: readonly Dedupe[] = ['add', 'replace', 'reschedule', 'skip']

/** @throws PlugbayError TASK_INVALID */
export function readOptions(
  options: unknown,
  { nowMs, maxDeadlineSeconds }: { readonly nowMs: number; readonly maxDeadlineSeconds: number },
): ReadOptions {
  const given = fields(options, KNOWN, 'option')
  const whole = (name: keyof TaskOptions, min: number, max: number, standard: number) =>
    numberOf(given, name, { min, max, standard, isWhole: true })
  const delay = numberOf(given, 'delaySeconds', { min: 0, max: YEAR_SECONDS, standard: 0 })
  const repeat = repeatOf(given)
  const key = textOf(given, 'key', MAX_KEY)
  const afterId = textOf(given, 'runAfter', MAX_NAME)
  const queue = textOf(given, 'queue', MAX_NAME) ?? 'default'
  if (!new RegExp(FORMS.name.pattern).test(queue))
    throw invalid(`The option "queue" must be ${FORMS.name.meaning}`)
  if (has(given, 'at') && (has(given, 'delaySeconds') || has(given, 'cron')))
    throw invalid('The option "at" takes the place of "delaySeconds" and "cron": give one of them')
  if (has(given, 'cron') && has(given, 'delaySeconds'))
    throw invalid('The option "cron" takes the place of "delaySeconds": give one of them')
  const firstCron = repeat !== null && 'cron' in repeat ? nextCron(repeat, nowMs) : undefined
  const repeatUntilMs = timeOf(given, 'repeatUntil')
  return {
    runAtMs: timeOf(given, 'at') ?? firstCron ?? nowMs + Math.round(delay * 1000),
    repeat,
    repeatUntilMs,
    key,
    dedupe: dedupeOf(given, repeat !== null || key !== null),
    priority: whole('priority', 0, 100, DEFAULT_PRIORITY),
    queue,
    weight: whole('weight', 1, QUEUE_WEIGHT, 1),
    isExclusive: booleanOf(given, 'exclusive') ?? false,
    maxAttempts: whole('maxAttempts', 1, 1000, DEFAULT_ATTEMPTS),
    backoff: backoffOf(given.backoff),
    deadlineSeconds: Math.min(
      whole('deadlineSeconds', 1, YEAR_SECONDS, DEFAULT_DEADLINE_SECONDS),
      maxDeadlineSeconds,
    ),
    afterId,
  }
}

type Fields = Readonly<Record<string, unknown>>

function fields(value: unknown, known: readonly string[], what: string): Fields {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid('The options of a task must be an object')
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue
    const meant = didYouMean(name, known)
    const end = meant === undefined ? '' : `; did you mean "${meant}"?`
    throw invalid(`There is no ${what} "${name.slice(0, 64)}"${end}`)
  }
  return value as Fields
}

/** null and undefined count as absent. */
function has(given: Fields, name: string): boolean {
  return Object.hasOwn(given, name) && given[name] !== undefined && given[name] !== null
}

function repeatOf(given: Fields): TaskRepeat | null {
  const seconds = numberOf(given, 'repeatSeconds', { min: 0, max: YEAR_SECONDS, standard: 0, isWhole: true })
  const cron = textOf(given, 'cron', 100)
  const timeZone = textOf(given, 'timeZone', 64)
  if (cron === null) {
    if (timeZone !== null) throw invalid('The option "timeZone" belongs to "cron"')
    return seconds === 0 ? null : { seconds }
  }
  if (seconds > 0) throw invalid('The options "cron" and "repeatSeconds" exclude each other')
  const fault = cronFault({ cron, timeZone })
  if (fault !== undefined) throw invalid(`The option "cron" ${fault}`)
  return { cron, timeZone }
}

function dedupeOf(given: Fields, isNamed: boolean): Dedupe {
  const replace = booleanOf(given, 'replaceExisting')
  if (!has(given, 'dedupe'))
    return replace === undefined ? (isNamed ? 'replace' : 'add') : replace ? 'replace' : 'add'
  if (replace !== undefined) throw invalid('The options "dedupe" and "replaceExisting" exclude each other')
  const dedupe = DEDUPES.find((each) => each === given.dedupe)
  if (dedupe === undefined) throw invalid(`The option "dedupe" must be one of ${JSON.stringify(DEDUPES)}`)
  return dedupe
}

function backoffOf(value: unknown): TaskBackoff | null {
  if (value === undefined || value === null) return null
  const given = fields(value, ['seconds', 'factor', 'maxSeconds'], 'option of "backoff"')
  if (!has(given, 'seconds')) throw invalid('The option "backoff" must have "seconds"')
  return {
    seconds: numberOf(given, 'seconds', { min: 0, max: YEAR_SECONDS, standard: 0 }),
    factor: numberOf(given, 'factor', { min: 1, max: 100, standard: 1 }),
    maxSeconds: numberOf(given, 'maxSeconds', { min: 0, max: YEAR_SECONDS, standard: YEAR_SECONDS }),
  }
}

function numberOf(
  given: Fields,
  name: string,
  rule: { readonly min: number; readonly max: number; readonly standard: number; readonly isWhole?: boolean },
): number {
  if (!has(given, name)) return rule.standard
  const value = given[name]
  const fits = rule.isWhole === true ? Number.isInteger(value) : Number.isFinite(value)
  if (typeof value !== 'number' || !fits || value < rule.min || value > rule.max)
    throw invalid(
      `The option "${name}" must be a ${rule.isWhole === true ? 'whole ' : ''}number from ${rule.min} to ${rule.max}`,
    )
  return value
}

function textOf(given: Fields, name: string, max: number): string | null {
  if (!has(given, name)) return null
  const value = given[name]
  if (typeof value !== 'string' || value === '' || value.length > max)
    throw invalid(`The option "${name}" must be text of 1 to ${max} characters`)
  return value
}

function booleanOf(given: Fields, name: string): boolean | undefined {
  if (!has(given, name)) return undefined
  const value = given[name]
  if (typeof value !== 'boolean') throw invalid(`The option "${name}" must be true or false`)
  return value
}

/** A Date arrives as ISO 8601. */
function timeOf(given: Fields, name: string): number | null {
  if (!has(given, name)) return null
  const value = given[name]
  const time = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN
  // The range of a Date, and what the column holds.
  if (!(Math.abs(time) <= 8.64e15))
    throw invalid(`The option "${name}" must be a time, such as "2027-03-28T02:30:00Z"`)
  return Math.round(time)
}

function invalid(message: string): PlugbayError {
  return new PlugbayError('TASK_INVALID', message)
}
