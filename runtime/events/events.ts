// The events of a runtime: those of its application, of the runtime itself, and of plugins.
// Invariant: data is checked before any plugin sees it; a plugin gets the events that it is granted, and sends those below its id.

import { randomUUID } from 'node:crypto'
import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import type { EventData, EventName } from '../../sdk/host/static-types.ts'
import { matchesPattern } from '../../sdk/permissions/kinds/name-patterns.ts'
import type { User } from '../../sdk/plugin-api/env.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import type { Contributors } from '../contributions/contributors.ts'
import type { ServingPlugin } from '../contributions/live-plugin.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import type { CallDepths } from '../guest-calls/call-depths.ts'
import type { Points } from '../host/points.ts'
import type { RUNTIME_POINTS } from '../host/runtime-points.ts'
import type { ValueChecks } from '../host/value-checks.ts'
import type { Delivery } from './deliver-once.ts'
import { Deliveries } from './delivery.ts'
import type { DurableEvents } from './durable-events.ts'
import { type Outbox, type OutboxEvent, type OutboxOptions, type OutboxRelay, relayOutbox } from './outbox.ts'

export interface EventOptions {
  /** What the event is about: events with the same key reach a plugin in order, one at a time. */
  readonly key?: string
  /** Who caused it: `ctx.user` of the handlers. */
  readonly user?: User | null
}

export interface EventOutcome {
  /** Plugins whose handler has ended, in order. */
  readonly delivered: readonly string[]
  /** Plugins that should have handled it, and have not. */
  readonly skipped: readonly { readonly plugin: string; readonly problem: Problem }[]
  /** Of a durable event: plugins that get it, now or later. `delivered` is empty then. */
  readonly queued: readonly string[]
}

/** The events of the application, typed by its declaration. */
export interface HostEvents<Host extends HostDeclaration = HostDeclaration> {
  /**
   * Notifies the plugins that are granted the event. Resolves when their handlers have ended, or failed: do not wait for it where that
   * does not matter. A durable event is on disk when it resolves, and delivered afterwards. Rejects with POINT_UNKNOWN, and with
   * VALUE_INVALID where a plugin would get data that the schema does not accept.
   */
  emit<Name extends EventName<Host>>(
    name: Name,
    data: EventData<Host, Name>,
    options?: EventOptions,
  ): Promise<EventOutcome>
  /**
   * Sends what the application stores in an outbox, in a transaction of its own database, as durable events: see `sqliteOutbox`. What can
   * never be sent (an unknown name, data that its schema does not accept) is removed and logged.
   */
  relay(outbox: Outbox, options?: OutboxOptions): OutboxRelay
}

/** What a plugin sends. */
export interface PluginEmission {
  readonly data: unknown
  readonly key?: string
  readonly durable?: boolean
}

type RuntimeEventOf = typeof RUNTIME_POINTS

export interface EventParts {
  readonly points: Points
  readonly checks: ValueChecks
  readonly live: Pick<LivePlugins, 'get' | 'current'>
  readonly contributors: Contributors
  readonly depths: CallDepths
  readonly durable: Pick<DurableEvents, 'send'>
  /** For failures of our own, where no caller waits. */
  readonly onError: (error: unknown) => void
}

export class Events implements HostEvents {
  readonly #parts: EventParts
  readonly #deliveries: Deliveries
  readonly #relays = new Set<OutboxRelay>()

  constructor(parts: EventParts) {
    this.#parts = parts
    this.#deliveries = new Deliveries(parts.depths, (id) => {
      const plugin = parts.live.get(id)
      return plugin?.kind === 'serving' ? plugin : undefined
    })
  }

  async emit(name: string, data: unknown, options: EventOptions = {}): Promise<EventOutcome> {
    if (this.#parts.points.find('events', name)?.source !== 'host')
      throw unknownEvent(name, this.#parts.points)
    return await this.#emitDeclared(name, data, options)
  }

  relay(outbox: Outbox, options?: OutboxOptions): OutboxRelay {
    const { onError } = this.#parts
    const relay = relayOutbox(outbox, { prepare: (event) => this.#prepare(event), onError }, options)
    this.#relays.add(relay)
    return relay
  }

  /** Ends what takes events from outboxes. */
  async close(): Promise<void> {
    await Promise.all([...this.#relays].map((relay) => relay.close()))
  }

  async #prepare({ id, name, data, key }: OutboxEvent): Promise<(() => Promise<unknown>) | undefined> {
    const fault =
      this.#parts.points.find('events', name)?.source === 'host'
        ? await this.#faultOf(name, data)
        : unknownEvent(name, this.#parts.points)
    if (fault === undefined)
      return () => this.#store({ id, name, data, key: key ?? null, depth: 1, user: null, sender: null })
    this.#parts.onError(fault)
    return undefined
  }

  /** An event of the runtime itself. @param key those with the same one arrive in order */
  async emitOwn<Name extends EventName<RuntimeEventOf>>(
    name: Name,
    data: EventData<RuntimeEventOf, Name>,
    key?: string,
  ): Promise<EventOutcome> {
    return await this.#emitDeclared(name, data, key === undefined ? {} : { key })
  }

  /**
   * An event of a plugin, whose name the caller has checked. Resolves when it is on its way, a durable one when it is on disk.
   * Rejects with QUOTA_EXCEEDED when handlers send events too deep, or when too many wait.
   */
  async emitFor(plugin: string, name: string, { data, key, durable = false }: PluginEmission): Promise<void> {
    const depth = this.#parts.depths.below(plugin)
    if (durable)
      await this.#store({ id: randomUUID(), name, data, key: key ?? null, depth, user: null, sender: plugin })
    // Failures of plugins are in their logs.
    else this.#send(eventOf(name, data, key), { depth, user: null }, plugin).catch(this.#parts.onError)
  }

  async #emitDeclared(
    name: string,
    data: unknown,
    { key, user = null }: EventOptions,
  ): Promise<EventOutcome> {
    const point = this.#parts.points.find('events', name)
    if (point === undefined) throw unknownEvent(name, this.#parts.points)
    const isDurable = point.point.durable === true
    // Without a receiver nothing crosses, and a start of the server does not wait for the validator.
    if (!isDurable && this.#receivers(name).length === 0) return { delivered: [], skipped: [], queued: [] }
    const fault = await this.#faultOf(name, data)
    if (fault !== undefined) throw fault
    if (isDurable)
      return await this.#store({
        id: randomUUID(),
        name,
        data,
        key: key ?? null,
        depth: 1,
        user,
        sender: null,
      })
    return await this.#send(eventOf(name, data, key), { depth: 1, user })
  }

  async #faultOf(name: string, data: unknown): Promise<PlugbayError | undefined> {
    const { points, checks } = this.#parts
    const fault = (await checks.of(points.find('events', name)?.point.data ?? true))(data)
    return fault === undefined
      ? undefined
      : new PlugbayError('VALUE_INVALID', `The data of the event "${name}" ${fault}`)
  }

  async #store(event: Parameters<DurableEvents['send']>[0]): Promise<EventOutcome> {
    const { queued, full } = await this.#parts.durable.send(event)
    return { delivered: [], skipped: full, queued }
  }

  async #send(
    event: Delivery['event'],
    { depth, user }: Omit<Delivery, 'event'>,
    sender?: string,
  ): Promise<EventOutcome> {
    const receivers = this.#receivers(event.name).filter(({ id }) => id !== sender)
    const outcomes = await Promise.all(
      receivers.map(async ({ id }) => ({
        id,
        outcome: await this.#deliveries.deliver(id, { event, depth, user }),
      })),
    )
    return {
      delivered: outcomes.flatMap(({ id, outcome }) => (outcome === 'delivered' ? [id] : [])),
      skipped: outcomes.flatMap(({ id, outcome }) =>
        typeof outcome === 'string' ? [] : [{ plugin: id, problem: outcome }],
      ),
      queued: [],
    }
  }

  /** In order. */
  #receivers(name: string): readonly ServingPlugin[] {
    const { contributors, points } = this.#parts
    if (points.find('events', name) !== undefined)
      return contributors.of('events', name).map(({ plugin }) => plugin)
    // Plugins choose the names of their events freely, so nothing may be kept by name.
    return this.#parts.live
      .current()
      .filter(({ grants }) => grants.events?.some((pattern) => matchesPattern(pattern, name)) === true)
  }
}

function eventOf(name: string, data: unknown, key: string | undefined): Delivery['event'] {
  return { name, data, key: key ?? null, time: new Date().toISOString() }
}

function unknownEvent(name: string, points: Points): PlugbayError {
  const known = points.list('events').map((point) => point.name)
  const meant = didYouMean(name, known)
  return new PlugbayError(
    'POINT_UNKNOWN',
    `"${points.host.id}" has no event "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
  )
}
