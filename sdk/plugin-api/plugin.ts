// The default export of a backend: a standard module worker, and the handlers that the manifest declares.

import type { Context, Env } from './env.ts'

/**
 * Called when an administrator changes the installation. `ctx.user` is that administrator, and null when the server calls at its start.
 * Each may be called again after a crash of the server, so make it idempotent. Updates and reloads call none.
 */
export interface Lifecycle {
  /** Once per installation, after the first load and the migrations, before `enable`. If it fails, the plugin stays disabled. */
  install?(env: Env, ctx: Context): unknown
  /** Before a plugin that was disabled serves. If it fails, the plugin stays disabled. */
  enable?(env: Env, ctx: Context): unknown
  /** Before the plugin is disabled, while it still serves. If it fails, the administrator is warned. */
  disable?(env: Env, ctx: Context): unknown
  /** Before the plugin is uninstalled, after `disable`. If it fails, the administrator is warned. */
  uninstall?(env: Env, ctx: Context): unknown
}

export interface Plugin {
  fetch?(request: Request, env: Env, ctx: Context): Response | Promise<Response>
  readonly lifecycle?: Lifecycle
}

/** Types the handlers; returns its argument at run time. */
export function definePlugin<T extends Plugin>(plugin: T): T {
  return plugin
}
