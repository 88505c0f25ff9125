// Which plugin answers under which id: what requests look up, replaced as a whole when a plugin changes.
// Invariant: a lookup sees the old route or the new one, never a mixture and never neither.

import type { Access } from '../../plugin-store/records.ts'
import type { Permissions } from '../../sdk/permissions/permissions.ts'
import type { WireError } from '../../sdk/protocol/wire.ts'
import type { Artifact } from '../package/artifact.ts'
import type { Policy } from '../policy.ts'
import type { PluginRunner } from '../sandbox/runner/plugin-runner.ts'

/** A release that serves. */
export interface LivePlugin {
  readonly id: string
  readonly version: string
  /** Grows with every swap; pages in development follow it. */
  readonly generation: number
  readonly access: Access
  readonly grants: Permissions
  readonly artifact: Artifact
  /** null without a backend. */
  readonly runner: PluginRunner | null
  readonly policy: Policy
  /** Puts an error of the guest into the plugin's log. */
  reportError(error: WireError, requestId: string): void
  /** Tells the author of headers that are not a plugin's to set, once of each. */
  reportLeftOut(headers: readonly string[]): void
  /** Tells the author that requests come to a backend that exports no "fetch", once. */
  reportNoFetch(): void
}

/** Why a known plugin serves nothing. `disabled` is answered 404, the others 503. */
export type Unavailable =
  | 'disabled'
  | 'waiting-approval'
  | 'starting'
  | 'misconfigured'
  | 'failed'
  | 'quarantined'

export class LivePlugins {
  readonly #routes = new Map<string, LivePlugin | Unavailable>()

  get(id: string): LivePlugin | Unavailable | undefined {
    return this.#routes.get(id)
  }

  /** Returns what was there before. */
  swap(id: string, next: LivePlugin | Unavailable): LivePlugin | Unavailable | undefined {
    const before = this.#routes.get(id)
    this.#routes.set(id, next)
    return before
  }

  remove(id: string): LivePlugin | Unavailable | undefined {
    const before = this.#routes.get(id)
    this.#routes.delete(id)
    return before
  }

  *serving(): Iterable<LivePlugin> {
    for (const route of this.#routes.values()) if (typeof route === 'object') yield route
  }
}
