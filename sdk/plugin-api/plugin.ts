// The default export of a backend: a standard module worker, and the handlers that the manifest declares.

import type { ActionsByName } from './actions.ts'
import type { BundleHandlers } from './bundles.ts'
import type { Context, Env } from './env.ts'
import type { EventHandlers } from './events.ts'
import type { HookHandlers } from './hooks.ts'
import type { InitHandlers } from './init.ts'
import type { PatchHandlers } from './patches.ts'
import type { TaskHandlers } from './tasks.ts'

/** Brings what older releases have stored to the form of this one. */
export interface UpgradeStep {
  /** A range of the versions whose data it can bring forward, as in package.json: "<2.0.0", "1.2 - 1.4". Prereleases count. */
  readonly from: string
  /** If it fails or does not end in a minute, the release does not go live, and everything that was stored is as it was before. */
  run(env: Env, ctx: Context): unknown
}

/**
 * Called when an administrator changes the installation. `ctx.user` is that administrator, and null when the server calls at its start.
 * Each may be called again after a crash of the server, so make it idempotent. Updates call the steps of `upgrade`
 * and nothing else, reloads call none.
 */
export interface Lifecycle {
  /** Once per installation, after the first load and the migrations, before `enable`. If it fails, the plugin stays disabled. */
  install?(env: Env, ctx: Context): unknown
  /** Before a plugin that was disabled serves. If it fails, the plugin stays disabled. */
  enable?(env: Env, ctx: Context): unknown
  /**
   * Called in this order when a release takes the place of an older one: the steps whose range holds the older version, after the
   * migrations, before the release serves. Nothing of the plugin serves meanwhile. A first installation and a downgrade call none.
   */
  readonly upgrade?: readonly UpgradeStep[]
  /** Before the plugin is disabled, while it still serves. If it fails, the administrator is warned. */
  disable?(env: Env, ctx: Context): unknown
  /** Before the plugin is uninstalled, after `disable`. If it fails, the administrator is warned. */
  uninstall?(env: Env, ctx: Context): unknown
}

export interface SettingsHandlers {
  /**
   * Called when settings change, by any source; `env.settings` has the new values from this moment on. `keys` names those that
   * differ. `ctx.user` is the administrator, and null for a change of settings.toml or of another plugin. Without this handler, when it
   * fails, and when a secret changes, the backend is restarted instead.
   */
  changed?(keys: readonly string[], env: Env, ctx: Context): unknown
}

export interface Plugin {
  fetch?(request: Request, env: Env, ctx: Context): Response | Promise<Response>
  readonly lifecycle?: Lifecycle
  readonly settings?: SettingsHandlers
  /** What users can start. The manifest names each under `contributes.actions`. See [actions.md](actions.md). */
  readonly actions?: ActionsByName
  /** Functions that may change a value of the application. The manifest names each under `contributes.hooks`. See [hooks.md](hooks.md). */
  readonly hooks?: HookHandlers
  /** Called when something has happened, where "permissions.events" grants the event. See [events.md](events.md). */
  readonly events?: EventHandlers
  /** Background work. The manifest names each under `contributes.tasks`. See [tasks.md](tasks.md). */
  readonly tasks?: TaskHandlers
  /** Steps that set the application up, where no script does. The manifest names each under `contributes.init`. See [init.md](init.md). */
  readonly init?: InitHandlers
  /** Give data to frontend bundles that the manifest declares with `"data": true`. See [bundles.md](bundles.md). */
  readonly bundles?: BundleHandlers
  /** Give texts for places in templates that the manifest declares with `true` in `contributes.patches`. See [templates.md](templates.md). */
  readonly patches?: PatchHandlers
}

/** Types the handlers; returns its argument at run time. */
export function definePlugin<T extends Plugin>(plugin: T): T {
  return plugin
}
