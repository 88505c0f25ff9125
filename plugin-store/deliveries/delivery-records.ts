// Deliveries: durable events on their way, one row for each plugin that gets one.

import type { Problem } from '../../sdk/api/problems.ts'
import type { Lease } from '../leased-queue.ts'

export type DeliveryState = 'waiting' | 'running' | 'dead'

/** An event that must reach every plugin that is granted it. */
export interface DurableEvent {
  /** An event that is stored twice under one id is delivered once, as long as it waits. */
  readonly id: string
  readonly name: string
  /** JSON. */
  readonly data: unknown
  readonly key: string | null
  /** ISO 8601. */
  readonly time: string
  readonly user: { readonly name: string; readonly permissions: readonly string[] } | null
  /** How deep it is nested: handlers that send events in answer to events end somewhere. */
  readonly depth: number
  /** Id of the plugin that sends it, which does not get it. */
  readonly sender: string | null
}

export interface DeliveryRecord extends Omit<DurableEvent, 'id' | 'sender'> {
  readonly id: string
  readonly pluginId: string
  readonly state: DeliveryState
  /** Failed ones. */
  readonly attempts: number
  /** When it is tried, at the earliest. */
  readonly runAtMs: number
  /** Why the last attempt failed. */
  readonly problem: Problem | null
}

export interface TakenDelivery {
  readonly delivery: DeliveryRecord
  readonly lease: Lease
}
