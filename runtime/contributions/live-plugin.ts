// One installed plugin for requests and contributions: the release that serves, or the reason why none does.
// Invariant: plain facts and what a request may do; starting and stopping is up to the lifecycle.

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

/** A serving release. Another release, or a restart of the same one, is another object. */
export interface ServingPlugin {
  readonly kind: 'serving'
  readonly id: string
  readonly version: string
  readonly manifest: Manifest
  readonly access: Access
  readonly grants: Permissions
  /** Changes with the installation and with the author: what browsers keep for the plugin belongs to one of them. */
  readonly generation: string
  readonly artifact: ServedArtifact
  /** null without a backend. */
  readonly runner: LiveBackend | null
  /** Runs its tasks, in an instance of their own; null without a backend or the grant. */
  readonly tasks: TaskBackend | null
  readonly policy: Policy
  /** Writes an error of the guest to the plugin's log. */
  reportError(error: WireError, requestId: string): void
  /** Logs, once for each name, that the plugin may not set a header. */
  reportLeftOut(headers: readonly string[]): void
  /** Logs, once for each name, that a header with credentials was not passed on. */
  reportWithheld(header: string): void
  /** Logs once that a service worker was refused. */
  reportRefusedWorker(): void
  /** A warning in the log of the plugin: of the same words, the first one only. */
  reportOnce(message: string): void
  /** Logs once that requests reach a backend without a "fetch" export. */
  reportNoFetch(): void
}

export interface UnavailablePlugin {
  readonly kind: 'unavailable'
  readonly id: string
  readonly reason: Unavailable
  readonly problem: Problem | null
}

/** Why a known plugin serves nothing: the plugin states without a serving release. */
export type Unavailable = Exclude<PluginState, 'idle' | 'running'>

export type ServedArtifact = Omit<Artifact, 'backend' | 'close'>

export type LiveBackend = Pick<
  PluginRunner,
  'call' | 'exports' | 'lastFailure' | 'sockets' | 'state' | 'verify'
>

export type TaskBackend = Pick<PluginRunner, 'call' | 'event' | 'spec' | 'stopInstance'>

/** The response to a request for a plugin that serves nothing. */
export function refusalOf(plugin: UnavailablePlugin | undefined): ErrorCode {
  return plugin === undefined || plugin.reason === 'disabled' ? 'NOT_FOUND' : 'PLUGIN_UNAVAILABLE'
}
