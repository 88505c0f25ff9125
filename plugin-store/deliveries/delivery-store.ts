// What the runtime may do with deliveries.

import type { Page, PageQuery } from '../../sdk/api/lists.ts'
import type { Problem } from '../../sdk/api/problems.ts'
import type { Lease, LeaseTime, Orphans } from '../leased-queue.ts'
import type { Audit } from '../store.ts'
import type { DeliveryRecord, DeliveryState, DurableEvent, TakenDelivery } from './delivery-records.ts'

/** An installed plugin that is enabled, with the names and patterns of events that it is granted. */
export interface Subscriber {
  readonly pluginId: string
  readonly events: readonly string[]
}

export interface TakeDeliveries extends LeaseTime {
  readonly pluginId: string
  readonly nowMs: number
  readonly limit: number
}

export interface DeliveryQuery extends PageQuery {
  readonly plugin?: string
  readonly state?: DeliveryState
}

/** Which of the dead: one, or all of a plugin. */
export type DeadDeliveries = { readonly id: string } | { readonly plugin: string }

export interface DeliveryStore {
  /**
   * Stores the event for each subscriber that `isReceiver` admits, in one transaction with others of the moment.
   * Returns the ids of these plugins. Rejects with a StoreError; then nothing was stored.
   */
  add(
    event: DurableEvent,
    isReceiver: (subscriber: Subscriber) => boolean,
    nowMs: number,
  ): Promise<readonly string[]>
  /** Leases those that are due, oldest first; none of a key whose oldest is under way, or waits for its next attempt. */
  take(take: TakeDeliveries): Promise<readonly TakenDelivery[]>
  /** It was handled, or nothing handles it: the row goes. Returns whether the lease still held. */
  settle(lease: Lease): Promise<boolean>
  /** Returns whether the lease still held. */
  retry(lease: Lease, next: { readonly runAtMs: number; readonly problem: Problem }): Promise<boolean>
  /** It was not tried: it waits as before. */
  release(lease: Lease): Promise<boolean>
  /** It is not tried again by itself. */
  bury(lease: Lease, problem: Problem): Promise<boolean>
  /** Lets deliveries wait again whose runtime is gone. */
  takeBack(orphans: Orphans): Promise<void>
  /** How many wait or are under way, by plugin. */
  counts(): Promise<ReadonlyMap<string, number>>
  /** When the next one of a plugin is due; undefined without one that waits. */
  nextAt(pluginId: string, nowMs: number): Promise<number | undefined>
  list(query: DeliveryQuery): Promise<Page<DeliveryRecord>>
  /** Lets dead ones wait again, from the first attempt on. Returns how many, by plugin. */
  revive(
    which: DeadDeliveries,
    options: { readonly nowMs: number; readonly audit: Audit },
  ): Promise<ReadonlyMap<string, number>>
  /** Returns the number of removed ones. */
  remove(which: DeadDeliveries, options: { readonly nowMs: number; readonly audit: Audit }): Promise<number>
  /** Removes all of a plugin that takes part no more. */
  removeAll(pluginId: string): Promise<void>
  /** Removes those of plugins that are not installed. */
  removeOrphans(): Promise<void>
  /** Removes dead ones that are older, or beyond the number that is kept of a plugin. */
  prune(options: { readonly beforeMs: number; readonly keep: number }): Promise<void>
}
