// The guest calls of an action: whether it is ready, whether its arguments are fine, and running it.
// Invariant: what comes back is hostile: only the documented forms of an answer count, and texts are cut.

import { randomUUID } from 'node:crypto'
import type { ArgumentProblem } from '../../sdk/plugin-api/actions.ts'
import type { GuestCallHead } from '../../sdk/protocol/guest-calls.ts'
import { callGuest, type GuestCallOutcome, type GuestCallTarget, type JsonCall } from './call-guest.ts'

export interface ActionCaller {
  readonly action: NonNullable<GuestCallHead['action']>
  readonly user: GuestCallHead['user']
  readonly language: string
  readonly signal?: AbortSignal | undefined
}

/** What a plugin asks for: checked by what schedules it. */
export interface AskedTask {
  readonly task: string
  readonly args: unknown
  readonly options: Readonly<Record<string, unknown>>
}

export interface RunAnswer {
  readonly ok: true
  readonly message: string | undefined
  readonly tasks: readonly AskedTask[]
}

type Failure = Extract<GuestCallOutcome, { ok: false }>
type Arguments = Readonly<Record<string, unknown>>

/** `reason` is for people. */
export type Readiness = { readonly ready: true } | { readonly ready: false; readonly reason: string }

export type CheckAnswer =
  | { readonly ok: true; readonly args: Arguments | undefined }
  | { readonly ok: false; readonly problems: readonly ArgumentProblem[] }

const MAX_TEXT = 500
const MAX_PROBLEMS = 100
/** Of one run of an action. */
const MAX_TASKS = 1000

/** Never rejects: an action whose handler fails is not ready. */
export async function callReady(target: GuestCallTarget, caller: ActionCaller): Promise<Readiness> {
  const outcome = await callGuest(target, 'action.ready', callOf(caller, []))
  if (!outcome.ok) return { ready: false, reason: 'The plugin failed when it was asked whether it is ready' }
  const { value } = outcome
  // A handler that says nothing has no objection.
  if (value === true || value === null) return { ready: true }
  return {
    ready: false,
    reason: typeof value === 'string' && value !== '' ? cut(value) : 'The plugin is not ready',
  }
}

export async function callCheck(
  target: GuestCallTarget,
  args: Arguments,
  caller: ActionCaller,
): Promise<CheckAnswer | Failure> {
  const outcome = await callGuest(target, 'action.check', callOf(caller, [args]))
  if (!outcome.ok) return outcome
  return checkAnswer(outcome.value) ?? refuse(target, 'check', caller)
}

export async function callRun(
  target: GuestCallTarget,
  args: Arguments,
  { folders, ...caller }: ActionCaller & { readonly folders: JsonCall['folders'] },
): Promise<RunAnswer | Failure> {
  const call = { ...callOf(caller, [args]), ...(folders !== undefined && { folders }) }
  const outcome = await callGuest(target, 'action.run', call)
  if (!outcome.ok) return outcome
  return runAnswer(outcome.value) ?? refuse(target, 'run', caller)
}

function callOf({ action, user, language, signal }: ActionCaller, args: readonly unknown[]) {
  return {
    handler: action.id,
    args,
    user,
    language,
    action,
    requestId: `action-${randomUUID().slice(0, 8)}`,
    ...(signal !== undefined && { signal }),
  }
}

/** Undefined for what this handler cannot give. */
function checkAnswer(value: unknown): CheckAnswer | undefined {
  if (value === null) return { ok: true, args: undefined }
  if (!isRecord(value)) return undefined
  const { args, problems } = value
  if (isRecord(args)) return { ok: true, args }
  if (!Array.isArray(problems)) return undefined
  const found = problems.slice(0, MAX_PROBLEMS).map(problemOf)
  if (found.some((problem) => problem === undefined)) return undefined
  return problems.length === 0
    ? { ok: true, args: undefined }
    : { ok: false, problems: found.filter((problem) => problem !== undefined) }
}

/** Undefined for what this handler cannot give. */
function runAnswer(value: unknown): RunAnswer | undefined {
  if (value === null) return { ok: true, message: undefined, tasks: [] }
  if (typeof value === 'string')
    return { ok: true, message: value === '' ? undefined : cut(value), tasks: [] }
  const { message, tasks } =
    isRecord(value) && !('task' in value) ? value : { message: undefined, tasks: [value].flat() }
  if (message !== undefined && message !== null && typeof message !== 'string') return undefined
  const asked = Array.isArray(tasks)
    ? tasks.map(askedTask)
    : tasks === undefined || tasks === null
      ? []
      : [undefined]
  const found = asked.filter((task) => task !== undefined)
  if (found.length < asked.length || found.length > MAX_TASKS) return undefined
  return { ok: true, message: message ? cut(message) : undefined, tasks: found }
}

function askedTask(value: unknown): AskedTask | undefined {
  if (!isRecord(value) || typeof value.task !== 'string') return undefined
  const { task, args, ...options } = value
  return { task, args: args ?? null, options }
}

function problemOf(value: unknown): ArgumentProblem | undefined {
  if (typeof value === 'string') return { message: cut(value) }
  if (!isRecord(value) || typeof value.message !== 'string') return undefined
  const { field, message } = value
  return typeof field === 'string'
    ? { field: field.slice(0, 64), message: cut(message) }
    : { message: cut(message) }
}

function refuse(target: GuestCallTarget, handler: string, { action }: ActionCaller): Failure {
  const message = `The result of "actions.${action.id}.${handler}" is not one that this handler can give`
  target.reportError({ code: 'GUEST_ERROR', name: 'ActionError', message }, action.id)
  return { ok: false, code: 'GUEST_ERROR', message }
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
