// Enables and disables several plugins, one after the other.
// Invariant: every plugin is tried, whatever became of the others; one that is as requested is not touched.

import type { Actor } from '../../../plugin-store/store.ts'
import { StoreError } from '../../../plugin-store/store-error.ts'
import type { EnablingAnswer, EnablingResult } from '../../../sdk/api/enabling.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import { ERROR_CODES } from '../../../sdk/protocol/error-codes.ts'
import { PlugbayError, type Problem } from '../../errors.ts'
import type { Plugins } from '../plugins.ts'

type Switches = Pick<Plugins, 'enable' | 'disable' | 'get' | 'list'>

export interface Enabling {
  readonly enable: readonly string[]
  readonly disable: readonly string[]
  readonly actor: Actor
}

export async function switchAll(
  plugins: Switches,
  { enable, disable, actor }: Enabling,
): Promise<EnablingAnswer> {
  const results: EnablingResult[] = []
  for (const id of new Set(enable)) results.push(await attempt(id, () => enableOne(plugins, id, actor)))
  for (const id of new Set(disable)) results.push(await attempt(id, () => disableOne(plugins, id, actor)))
  return { ok: results.every(({ ok }) => ok), results }
}

/** Enables exactly these. They come first: a plugin whose place another one takes runs until that one is up. */
export async function applyExactly(
  plugins: Switches,
  { ids, actor }: { readonly ids: readonly string[]; readonly actor: Actor },
): Promise<EnablingAnswer> {
  const others = (await plugins.list()).filter(({ id, enabled }) => enabled && !ids.includes(id))
  return await switchAll(plugins, { enable: ids, disable: others.map(({ id }) => id), actor })
}

async function enableOne(plugins: Switches, id: string, actor: Actor): Promise<EnablingResult> {
  const before = await plugins.get(id)
  if (before.enabled && !isBroken(before)) return unchanged(before)
  const { effects, ...installation } = await plugins.enable(id, actor)
  const ok = installation.enabled && !isBroken(installation)
  const problem = ok ? null : installation.problem
  return { id, ok, changed: !before.enabled, problem, installation, effects }
}

async function disableOne(plugins: Switches, id: string, actor: Actor): Promise<EnablingResult> {
  const before = await plugins.get(id)
  if (!before.enabled) return unchanged(before)
  const { effects, ...installation } = await plugins.disable(id, actor)
  // The problem is a warning: a `disable` handler that failed.
  return { id, ok: true, changed: true, problem: installation.problem, installation, effects }
}

function unchanged(installation: Installation): EnablingResult {
  return { id: installation.id, ok: true, changed: false, problem: null, installation, effects: null }
}

/** Whether an enabled plugin cannot serve. */
function isBroken({ state }: Installation): boolean {
  return state === 'failed' || state === 'quarantined' || state === 'misconfigured'
}

async function attempt(id: string, work: () => Promise<EnablingResult>): Promise<EnablingResult> {
  try {
    return await work()
  } catch (error) {
    const problem = problemOf(error)
    if (problem === undefined) throw error
    return { id, ok: false, changed: false, problem, installation: null, effects: null }
  }
}

/** Undefined for an error that is not about the plugin. */
function problemOf(error: unknown): Problem | undefined {
  // The token has ended: none of the others can be changed either.
  if (!(error instanceof PlugbayError || error instanceof StoreError) || error.code === 'UNAUTHENTICATED')
    return undefined
  const { code, message } = error
  const [first] = error instanceof PlugbayError ? error.problems : []
  return first ?? { code, message, hint: ERROR_CODES[code].hint }
}
