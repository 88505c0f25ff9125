// One installed plugin as requests and contributions meet it: the release that serves, or the reason why none does.
// Invariant: plain facts and what a request may do; starting and stopping is left to the lifecycle.

import type { Access } from '../../sdk/api/access.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'
import type { Permissions } from '../../sdk/permissions/permissions.ts'
import type { PluginState } from '../../sdk/protocol/plugin-state.ts'
import type { WireError } from '../../sdk/protocol/wire.ts'
import type { ErrorCode, Problem } from '../errors.ts'
import type { Artifact } from '../package/artifact.ts'
import type { Policy } from '../policy.ts'
import type { PluginRunner } from '../sandbox/runner/plugin-runner.ts'

export type LivePlugin = ServingPlugin | UnavailablePlugin

/** A release that serves. Another release, and the same one started again, is another object. */
export interface ServingPlugin {
  readonly kind: 'serving'
  readonly id: string
  readonly version: string
  readonly manifest: Manifest
  readonly access: Access
  readonly grants: Permissions
  readonly artifact: ServedArtifact
  /** null without a backend. */
  readonly runner: LiveBackend | null
  readonly policy: Policy
  /** Puts an error of the guest into the plugin's log. */
  reportError(error: WireError, requestId: string): void
  /** Tells the author of headers that are not a plugin's to set, once of each. */
  reportLeftOut(headers: readonly string[]): void
  /** Tells the author that requests come to a backend that exports no "fetch", once. */
  reportNoFetch(): void
}

export interface UnavailablePlugin {
  readonly kind: 'unavailable'
  readonly id: string
  readonly reason: Unavailable
  readonly problem: Problem | null
}

/** Why a known plugin serves nothing: those of its states in which there is nothing to serve. */
export type Unavailable = Exclude<PluginState, 'idle' | 'running'>

export type ServedArtifact = Omit<Artifact, 'backendCode' | 'close'>

export type LiveBackend = Pick<PluginRunner, 'call' | 'lastFailure' | 'sockets' | 'state'>

/** What a request to a plugin that serves nothing is answered. */
export function refusalOf(plugin: UnavailablePlugin | undefined): ErrorCode {
  return plugin === undefined || plugin.reason === 'disabled' ? 'NOT_FOUND' : 'PLUGIN_UNAVAILABLE'
}
