// Durable events: stored before they are sent, and delivered to each plugin until it has handled them or failed too often.
// Invariant: an event that was accepted is delivered, waits, or is dead and visible; after a crash it may be delivered twice. To one plugin,
// events with the same key are delivered in order, and one at a time.

import { randomUUID } from 'node:crypto'
import type {
  DeliveryRecord,
  DurableEvent,
  TakenDelivery,
} from '../../plugin-store/deliveries/delivery-records.ts'
import type {
  DeadDeliveries,
  DeliveryQuery,
  DeliveryStore,
} from '../../plugin-store/deliveries/delivery-store.ts'
import type { Actor } from '../../plugin-store/store.ts'
import type { DeadDeliveries as DeadOnes } from '../../sdk/api/deliveries.ts'
import type { RuntimeEvent } from '../../sdk/api/events.ts'
import type { Page } from '../../sdk/api/lists.ts'
import { matchesPattern } from '../../sdk/permissions/kinds/name-patterns.ts'
import type { ServingPlugin } from '../contributions/live-plugin.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import type { CallDepths } from '../guest-calls/call-depths.ts'
import { type DeliveryOutcome, deliverOnce } from './deliver-once.ts'

export interface DurableEventParts {
  readonly store: DeliveryStore
  readonly live: Pick<LivePlugins, 'get' | 'current' | 'subscribe'>
  readonly depths: CallDepths
  readonly config: {
    /** After so many failed attempts a delivery is dead. */
    readonly maxAttempts: number
    /** Until the second attempt; each further one waits four times as long, an hour at most. */
    readonly retryMs: number
  }
  /** For failures of our own, where no caller waits. */
  readonly onError: (error: unknown) => void
}

export interface QueuedEvent {
  /** Plugins that get it. */
  readonly queued: readonly string[]
  /** Plugins that do not, since too much waits for them. */
  readonly full: readonly { readonly plugin: string; readonly problem: Problem }[]
}

/** Deliveries that are taken together. */
const PARALLEL = 64
/** Longer than so many deliveries with one key may take. */
const LEASE_MS = PARALLEL * 15_000
const MAX_RETRY_MS = 3_600_000
/** Deliveries that wait for one plugin. */
const MAX_WAITING = 100_000
/** Of these, a plugin may cause fewer. */
const MAX_WAITING_FROM_PLUGINS = 10_000
const DEAD = { keep: 1000, days: 30 } as const
const PRUNE_EVERY_MS = 3_600_000
/** A plugin that serves and takes nothing, since a release is about to end, is asked again so often. */
const MIN_TIMER_MS = 100
/** The longest that timers of Node take is 24 days. */
const MAX_TIMER_MS = 3_600_000

export class DurableEvents {
  readonly #parts: DurableEventParts
  readonly #owner = randomUUID()
  /** Deliveries that wait or are under way, by plugin. */
  #counts = new Map<string, number>()
  readonly #loops = new Map<string, { again: boolean }>()
  readonly #timers = new Map<string, NodeJS.Timeout>()
  readonly #stops: (() => void)[] = []
  readonly #running = new Set<Promise<void>>()
  #isOpen = false

  constructor(parts: DurableEventParts) {
    this.#parts = parts
  }

  /** Takes up what an earlier runtime has left. */
  async start(plugins: {
    subscribeEvents(listener: (event: RuntimeEvent) => void): () => void
  }): Promise<void> {
    const { store, live, onError } = this.#parts
    await store.takeBack({ nowMs: Date.now(), owner: this.#owner, alone: true })
    await store.removeOrphans()
    this.#counts = new Map(await store.counts())
    this.#isOpen = true
    this.#stops.push(live.subscribe(({ added }) => this.#wakeAll(added)))
    this.#stops.push(
      plugins.subscribeEvents(({ type, data }) => {
        if (type === 'plugin.removed') this.#forget(data.id).catch(onError)
      }),
    )
    const prune = () => void this.#prune().catch(onError)
    const timer = setInterval(prune, PRUNE_EVERY_MS).unref()
    this.#stops.push(() => clearInterval(timer))
    this.#wakeAll(live.current())
  }

  /** Waits for deliveries under way. */
  async close(): Promise<void> {
    this.#isOpen = false
    for (const stop of this.#stops.splice(0)) stop()
    for (const timer of this.#timers.values()) clearTimeout(timer)
    await Promise.all(this.#running)
  }

  /**
   * Stores the event for all enabled plugins that are granted it. Resolves when it is on disk.
   * @throws PlugbayError QUOTA_EXCEEDED for an event of a plugin, when too much waits for those that would get it
   */
  async send(event: Omit<DurableEvent, 'time'>): Promise<QueuedEvent> {
    const max = event.sender === null ? MAX_WAITING : MAX_WAITING_FROM_PLUGINS
    const full: string[] = []
    const queued = await this.#parts.store.add(
      { ...event, time: new Date().toISOString() },
      ({ pluginId, events }) => {
        if (pluginId === event.sender || !events.some((pattern) => matchesPattern(pattern, event.name)))
          return false
        if ((this.#counts.get(pluginId) ?? 0) < max) return true
        full.push(pluginId)
        return false
      },
      Date.now(),
    )
    for (const id of queued) {
      this.#count(id, 1)
      this.wake(id)
    }
    const message = `More than ${max} events wait for the plugin`
    if (event.sender !== null && full.length > 0) throw new PlugbayError('QUOTA_EXCEEDED', message)
    return { queued, full: full.map((plugin) => ({ plugin, problem: { code: 'QUOTA_EXCEEDED', message } })) }
  }

  async list(query: DeliveryQuery): Promise<Page<DeliveryRecord>> {
    return await this.#parts.store.list(query)
  }

  /** Dead deliveries wait again. Returns how many there were. */
  async retry(which: DeadOnes, actor: Actor): Promise<number> {
    const audit = { actor, action: 'events.retry' }
    const counts = await this.#parts.store.revive(deadOf(which), { nowMs: Date.now(), audit })
    for (const [id, count] of counts) {
      this.#count(id, count)
      this.wake(id)
    }
    return [...counts.values()].reduce((sum, count) => sum + count, 0)
  }

  /** Returns how many there were. */
  async discard(which: DeadOnes, actor: Actor): Promise<number> {
    const audit = { actor, action: 'events.discard' }
    return await this.#parts.store.remove(deadOf(which), { nowMs: Date.now(), audit })
  }

  /** Something may be due for the plugin. */
  wake(id: string): void {
    if (!this.#isOpen || this.#serving(id) === undefined) return
    const loop = this.#loops.get(id)
    if (loop !== undefined) {
      loop.again = true
      return
    }
    const started = { again: false }
    this.#loops.set(id, started)
    const run = this.#drain(id, started)
      .catch(this.#parts.onError)
      .finally(() => {
        this.#loops.delete(id)
        this.#running.delete(run)
        // It came when the loop was about to end.
        if (started.again) this.wake(id)
      })
    this.#running.add(run)
  }

  #wakeAll(plugins: readonly { readonly id: string }[]): void {
    for (const { id } of plugins) this.wake(id)
  }

  async #drain(id: string, loop: { again: boolean }): Promise<void> {
    const flights = new Set<Promise<void>>()
    do {
      loop.again = false
      const taken = flights.size <= PARALLEL / 4 ? await this.#take(id, PARALLEL) : []
      for (const group of byKey(taken)) {
        const flight = this.#deliverInOrder(id, group).finally(() => flights.delete(flight))
        flights.add(flight)
      }
      if (taken.length === 0 && flights.size > 0) await Promise.race(flights)
    } while (this.#isOpen && this.#serving(id) !== undefined && (flights.size > 0 || loop.again))
    await Promise.all(flights)
    await this.#setTimer(id)
  }

  async #take(id: string, limit: number): Promise<readonly TakenDelivery[]> {
    const nowMs = Date.now()
    const lease = { owner: this.#owner, untilMs: nowMs + LEASE_MS }
    const taken = await this.#parts.store.take({ ...lease, pluginId: id, nowMs, limit })
    return taken
  }

  /** Those behind one that fails, or that nothing takes now, wait with it. */
  async #deliverInOrder(id: string, group: readonly TakenDelivery[]): Promise<void> {
    const { store } = this.#parts
    const writes: Promise<unknown>[] = []
    for (const [index, taken] of group.entries()) {
      const outcome = await this.#deliver(id, taken)
      if (outcome === 'delivered' || outcome === 'none') writes.push(this.#settle(id, taken))
      else {
        if (outcome === 'unavailable') writes.push(store.release(taken.lease))
        else writes.push(this.#fail(id, taken, outcome))
        writes.push(...group.slice(index + 1).map(({ lease }) => store.release(lease)))
        break
      }
    }
    await Promise.all(writes)
  }

  async #deliver(id: string, { delivery }: TakenDelivery): Promise<DeliveryOutcome> {
    if (!this.#isOpen) return 'unavailable'
    const { name, data, key, time, user, depth } = delivery
    return await deliverOnce(
      this.#serving(id),
      { event: { name, data, key, time }, user, depth },
      this.#parts.depths,
    )
  }

  async #settle(id: string, { lease }: TakenDelivery): Promise<void> {
    if (await this.#parts.store.settle(lease)) this.#count(id, -1)
  }

  async #fail(
    id: string,
    { delivery, lease }: TakenDelivery,
    problem: Exclude<DeliveryOutcome, string>,
  ): Promise<void> {
    const { store, config } = this.#parts
    const failed = delivery.attempts + 1
    if (failed >= config.maxAttempts) {
      if (await store.bury(lease, problem)) this.#count(id, -1)
      return
    }
    const afterMs = Math.min(config.retryMs * 4 ** (failed - 1), MAX_RETRY_MS)
    await store.retry(lease, { runAtMs: Date.now() + afterMs, problem })
  }

  /** For what is due later. */
  async #setTimer(id: string): Promise<void> {
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
    if (!this.#isOpen) return
    const at = await this.#parts.store.nextAt(id, Date.now())
    if (at === undefined) return
    const afterMs = Math.min(Math.max(at - Date.now(), MIN_TIMER_MS), MAX_TIMER_MS)
    this.#timers.set(id, setTimeout(() => this.wake(id), afterMs).unref())
  }

  async #forget(id: string): Promise<void> {
    await this.#parts.store.removeAll(id)
    this.#counts.delete(id)
  }

  async #prune(): Promise<void> {
    const beforeMs = Date.now() - DEAD.days * 86_400_000
    await this.#parts.store.prune({ beforeMs, keep: DEAD.keep })
  }

  #count(id: string, by: number): void {
    const count = (this.#counts.get(id) ?? 0) + by
    if (count > 0) this.#counts.set(id, count)
    else this.#counts.delete(id)
  }

  #serving(id: string): ServingPlugin | undefined {
    const plugin = this.#parts.live.get(id)
    return plugin?.kind === 'serving' ? plugin : undefined
  }
}

function deadOf({ id, plugin }: DeadOnes): DeadDeliveries {
  return id === undefined ? { plugin: plugin ?? '' } : { id }
}

/** Each group in its order; those without a key are alone. */
function byKey(taken: readonly TakenDelivery[]): readonly (readonly TakenDelivery[])[] {
  const groups = new Map<string | TakenDelivery, TakenDelivery[]>()
  for (const each of taken) {
    const group = each.delivery.key ?? each
    groups.set(group, [...(groups.get(group) ?? []), each])
  }
  return [...groups.values()]
}
