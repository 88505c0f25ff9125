// The default export of a backend: a standard module worker, and the handlers that the manifest declares.

import type { Context, Env } from './env.ts'

/**
 * What becomes of the installation, by a command of an administrator, whose name `ctx.user` has; null when the server starts.
 * Each may be called again after a crash of the server: let it do no harm twice. Not called for updates and reloads.
 */
export interface Lifecycle {
  /** Once, after the first load and the migrations, before `enable`. When it fails the plugin stays disabled, and it is called again. */
  install?(env: Env, ctx: Context): unknown
  /** Before a plugin that was disabled serves. When it fails the plugin stays disabled. */
  enable?(env: Env, ctx: Context): unknown
  /** While the plugin serves, for the last time. What it throws is a warning. */
  disable?(env: Env, ctx: Context): unknown
  /** Before the plugin and what it was granted are gone, after `disable`. What it throws is a warning. */
  uninstall?(env: Env, ctx: Context): unknown
}

export interface Plugin {
  fetch?(request: Request, env: Env, ctx: Context): Response | Promise<Response>
  readonly lifecycle?: Lifecycle
}

/** Gives the handlers their types; at run time it returns its argument. */
export function definePlugin<T extends Plugin>(plugin: T): T {
  return plugin
}
