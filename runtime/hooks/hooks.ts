// The hooks of a runtime: what its application calls, and plugins where it is granted.
// Invariant: a value is checked before any plugin sees it; hooks that plugins apply in handlers of hooks end at a fixed depth.

import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import { HOOK_DEFAULTS } from '../../sdk/host/hook-defaults.ts'
import type { HookName, HookValue } from '../../sdk/host/static-types.ts'
import type { User } from '../../sdk/plugin-api/env.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import type { Contributors } from '../contributions/contributors.ts'
import { planHook } from '../contributions/hooks.ts'
import type { ServingPlugin } from '../contributions/live-plugin.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import { PlugbayError } from '../errors.ts'
import type { CallDepths } from '../guest-calls/call-depths.ts'
import { hookRequestId } from '../guest-calls/hook.ts'
import type { Points } from '../host/points.ts'
import type { ValueChecks } from '../host/value-checks.ts'
import type { Languages } from '../languages/languages.ts'
import { applyHook, type HookOutcome } from './apply-hook.ts'

export interface HookCaller {
  /** Who causes the call: handlers get it, and `ctx.user`. */
  readonly user?: User | null
  /** The language of the user; that of the host by default. */
  readonly language?: string
  /** Gives up: plugins that have not answered are skipped. */
  readonly signal?: AbortSignal
}

/** The hooks of the application, typed by its declaration. */
export interface HostHooks<Host extends HostDeclaration = HostDeclaration> {
  /**
   * Passes the value through the plugins that contribute to the hook.
   * Rejects with POINT_UNKNOWN, with VALUE_INVALID for a value that the schema does not accept, and with HOOK_FAILED when a
   * plugin fails in a hook with `onError: 'fail'`.
   */
  apply<Name extends HookName<Host>>(
    name: Name,
    value: HookValue<Host, Name>,
    caller?: HookCaller,
  ): Promise<HookOutcome<HookValue<Host, Name>>>
}

export interface HookParts {
  readonly points: Points
  readonly contributors: Contributors
  readonly checks: ValueChecks
  readonly live: Pick<LivePlugins, 'get'>
  readonly depths: CallDepths
  readonly languages: Pick<Languages, 'of'>
}

export class Hooks implements HostHooks {
  readonly #parts: HookParts

  constructor(parts: HookParts) {
    this.#parts = parts
  }

  async apply(name: string, value: unknown, caller: HookCaller = {}): Promise<HookOutcome> {
    return await this.#apply(name, value, { caller, depth: 1 })
  }

  /** On behalf of a plugin, from its code. Rejects with QUOTA_EXCEEDED beyond the depth. */
  async applyFor(plugin: string, name: string, value: unknown, caller: HookCaller): Promise<HookOutcome> {
    return await this.#apply(name, value, { caller, depth: this.#parts.depths.below(plugin) })
  }

  async #apply(
    name: string,
    value: unknown,
    {
      caller: { user = null, language, signal },
      depth,
    }: { readonly caller: HookCaller; readonly depth: number },
  ): Promise<HookOutcome> {
    const { points, contributors, checks, depths, languages } = this.#parts
    const found = points.find('hooks', name)
    if (found === undefined) throw unknownHook(name, points)
    const point = { ...HOOK_DEFAULTS, ...found.point }
    const check = await checks.of(point.value)
    const fault = check(value)
    if (fault !== undefined)
      throw new PlugbayError('VALUE_INVALID', `The value for the hook "${name}" ${fault}`)
    return await applyHook({
      point,
      check,
      called: planHook(name, point, contributors.of('hooks', name)).called,
      call: {
        hook: name,
        value,
        user,
        language: languages.of(language),
        deadlineMs: point.deadlineMs,
        requestId: hookRequestId(),
        signal,
      },
      serving: (id) => this.#serving(id),
      during: (plugin, run) => depths.during(plugin, depth, run),
    })
  }

  #serving(id: string): ServingPlugin | undefined {
    const plugin = this.#parts.live.get(id)
    return plugin?.kind === 'serving' ? plugin : undefined
  }
}

function unknownHook(name: string, points: Points): PlugbayError {
  const known = points.list('hooks').map((point) => point.name)
  const meant = didYouMean(name, known)
  return new PlugbayError(
    'POINT_UNKNOWN',
    `"${points.host.id}" has no hook "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
  )
}
