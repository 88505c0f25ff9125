// Applies a hook to a value: passes it through the plugins, one after the other, or tells all of them.
// Invariant: the result is the value that came in, or one that a plugin gave back and the schema accepts; a plugin that fails
// costs its own contribution only.

import { isDeepStrictEqual } from 'node:util'
import type { HookPoint } from '../../sdk/host/hooks.ts'
import type { Contributor } from '../contributions/contributors.ts'
import type { ServingPlugin } from '../contributions/live-plugin.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import type { GuestCallOutcome } from '../guest-calls/call-guest.ts'
import { callHook, type HookCall } from '../guest-calls/hook.ts'
import type { ValueCheck } from '../host/value-checks.ts'

export interface AppliedHook {
  readonly plugin: string
  /** Whether the value differs from the one before. */
  readonly changed: boolean
}

export interface SkippedHook {
  readonly plugin: string
  readonly problem: Problem
}

export interface HookOutcome<Value = unknown> {
  readonly value: Value
  /** Plugins that were called and have answered, in order. */
  readonly applied: readonly AppliedHook[]
  /** Plugins that were left out, in order, with the reason. */
  readonly skipped: readonly SkippedHook[]
}

export interface HookRun {
  readonly point: Required<Pick<HookPoint, 'mode' | 'onError'>>
  readonly called: readonly Contributor[]
  readonly check: ValueCheck
  readonly call: HookCall
  /** What serves of a plugin now: a release may be replaced while it is called. */
  readonly serving: (id: string) => ServingPlugin | undefined
  /** Wraps each call of a plugin. */
  readonly during: <T>(plugin: string, run: () => Promise<T>) => Promise<T>
}

/** Rejects with HOOK_FAILED where the hook says that a failure fails the call. */
export async function applyHook(run: HookRun): Promise<HookOutcome> {
  return run.point.mode === 'filter' ? await filter(run) : await notify(run)
}

async function filter(run: HookRun): Promise<HookOutcome> {
  const applied: AppliedHook[] = []
  const skipped: SkippedHook[] = []
  let { value } = run.call
  for (const { id, plugin } of run.called) {
    const given = await ask(plugin, run, value)
    if (!given.ok) {
      skipped.push(refuse(run, id, given))
      continue
    }
    applied.push({ plugin: id, changed: !isDeepStrictEqual(given.value, value) })
    ;({ value } = given)
  }
  return { value, applied, skipped }
}

async function notify(run: HookRun): Promise<HookOutcome> {
  const { value } = run.call
  const given = await Promise.all(run.called.map(({ plugin }) => ask(plugin, run, value)))
  const applied: AppliedHook[] = []
  const skipped: SkippedHook[] = []
  for (const [index, { id }] of run.called.entries()) {
    const outcome = given[index]
    if (outcome?.ok === false) skipped.push(refuse(run, id, outcome))
    else applied.push({ plugin: id, changed: false })
  }
  return { value, applied, skipped }
}

/** Calls one plugin, and checks what it gives back. */
async function ask(plugin: ServingPlugin, run: HookRun, value: unknown): Promise<GuestCallOutcome> {
  const { call, check, point } = run
  const outcome = await run.during(plugin.id, () => askRelease(plugin, run, { ...call, value }))
  if (!outcome.ok || point.mode === 'notify') return outcome
  const fault = check(outcome.value)
  if (fault === undefined) return outcome
  const message = `The result of the hook "${call.hook}" ${outcome.value === null ? `is missing or null: it ${fault}` : fault}`
  plugin.reportError({ code: 'GUEST_ERROR', name: 'HookError', message }, call.requestId)
  return { ok: false, code: 'VALUE_INVALID', message }
}

/** A call that did not reach its release before that was replaced goes to the next one. */
async function askRelease(plugin: ServingPlugin, run: HookRun, call: HookCall): Promise<GuestCallOutcome> {
  const outcome = await callRelease(plugin, call)
  if (outcome.ok || outcome.code !== 'PLUGIN_UNAVAILABLE') return outcome
  const next = run.serving(plugin.id)
  const contributes = next?.manifest.contributes?.hooks?.some(({ hook }) => hook === call.hook) === true
  return next === undefined || next === plugin || !contributes ? outcome : await callRelease(next, call)
}

async function callRelease(plugin: ServingPlugin, call: HookCall): Promise<GuestCallOutcome> {
  const { runner } = plugin
  if (runner === null) return { ok: false, code: 'HANDLER_MISSING', message: 'The plugin has no backend' }
  return await callHook(
    { runner, reportError: (error, requestId) => plugin.reportError(error, requestId) },
    call,
  )
}

/** @throws PlugbayError HOOK_FAILED */
function refuse(
  { point, call }: HookRun,
  plugin: string,
  { code, message }: Extract<GuestCallOutcome, { ok: false }>,
): SkippedHook {
  const problem: Problem = { code, message }
  if (point.onError === 'skip') return { plugin, problem }
  throw new PlugbayError('HOOK_FAILED', `"${plugin}" failed in the hook "${call.hook}": ${message}`, {
    problems: [problem],
  })
}
