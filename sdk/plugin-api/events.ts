// Events: facts that happened, in the application, in the runtime, or in other plugins.

import type { Context, Env } from './env.ts'
import type { AskedNames, ManifestField } from './manifest-values.ts'

/** The events of the application and the types of their data. `plugbay types` writes them for a host: see [events.md](events.md). */
export interface EventValues {}

export interface PluginEvent<Name extends string = string, Data = unknown> {
  readonly name: Name
  readonly data: Data
  /** What it is about, where the sender says so: events with the same key arrive in order. */
  readonly key: string | null
  /** ISO 8601. */
  readonly time: string
}

export type EventHandler<Event extends PluginEvent = PluginEvent> = (
  event: Event,
  env: Env,
  ctx: Context,
) => unknown

/**
 * By name ("content.changed"), by group ("content.*"), or "*" for all that are granted. The most specific one is called.
 * With the types of a host, the events of a name have the type of their data.
 */
export type EventHandlers = {
  readonly [Name in keyof EventValues & AskedNames<'events'>]?: (
    event: PluginEvent<Name, EventValues[Name]>,
    env: Env,
    ctx: Context,
  ) => unknown
} & { readonly [pattern: `${string}*`]: EventHandler } & (keyof EventValues extends never
    ? Readonly<Record<string, EventHandler>>
    : unknown)

type OwnEvent = ManifestField<'id', undefined> extends infer Id extends string ? `${Id}.${string}` : string

export interface Events {
  /**
   * Sends an event of the plugin's own: its name begins with the id of the plugin and a dot. Resolves when it is on its way, not when
   * others have handled it; a durable event is on disk then, and reaches plugins that are enabled and do not serve at the moment, too.
   * Rejects with `PERMISSION_DENIED`, `HOST_CALL_INVALID` or `QUOTA_EXCEEDED`.
   */
  emit(
    name: OwnEvent,
    data: unknown,
    options?: { readonly key?: string; readonly durable?: boolean },
  ): Promise<void>
}
