// Handlers that give data to frontend bundles on pages of the application.

import type { Context, Env } from './env.ts'
import type { ManifestField } from './manifest-values.ts'

export interface BundleRequest {
  /** The slot of the page; null where the application asked for the bundle by its name. */
  readonly slot: string | null
  /**
   * What the page says of itself, as the slot of the application declares it. It comes from the browser: check what it names before
   * you show it to this user.
   */
  readonly params: Readonly<Record<string, unknown>>
}

/** Returns JSON for the bundle, for this page and this user (`ctx.user`, `ctx.language`). */
export type BundleHandler = (request: BundleRequest, env: Env, ctx: Context) => unknown

/** By id of the bundle. */
export type BundleHandlers = Readonly<Record<ManifestField<'bundles', string>, BundleHandler>>
