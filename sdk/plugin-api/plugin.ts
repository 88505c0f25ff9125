// The default export of a backend: a standard module worker, and the handlers that the manifest declares.

import type { Context, Env } from './env.ts'

export interface Plugin {
  fetch?(request: Request, env: Env, ctx: Context): Response | Promise<Response>
}

/** Gives the handlers their types; at run time it returns its argument. */
export function definePlugin<T extends Plugin>(plugin: T): T {
  return plugin
}
