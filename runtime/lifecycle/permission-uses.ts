// When each plugin has last used its permissions: the meters are compared with what they were some seconds ago, so that no call costs
// anything. Invariant: a time is at most `EVERY_MS` after the use; what a crash takes is a minute of it.

import type { PermissionUse } from '../../sdk/api/permission-uses.ts'
import { HOST_CALLS, type HostCallName } from '../../sdk/protocol/host-calls.ts'
import type { LifecycleServices } from './services.ts'

const EVERY_MS = 10_000
const STORE_EVERY_MS = 60_000

/** Host calls count the events that a plugin sends only. */
const PARTLY_COUNTED: ReadonlySet<string> = new Set(['events'])

const CALLS: ReadonlyMap<string, readonly HostCallName[]> = Map.groupBy(
  (Object.keys(HOST_CALLS) as HostCallName[]).filter((name) => HOST_CALLS[name].permission !== null),
  (name) => HOST_CALLS[name].permission ?? '',
)

export interface UseOptions extends Pick<LifecycleServices, 'log' | 'meters' | 'store'> {
  readonly now?: () => number
}

interface Seen {
  count: number
  lastAt: string | null
  isStored: boolean
}

export class PermissionUses {
  readonly #options: UseOptions
  readonly #now: () => number
  readonly #seen = new Map<string, Map<string, Seen>>()
  readonly #timer: NodeJS.Timeout
  #storedAt = 0
  #storing: Promise<void> = Promise.resolve()

  constructor(options: UseOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#timer = setInterval(() => this.#tick(), EVERY_MS).unref()
  }

  /** Of each permission that is asked for. */
  async of(id: string, asked: readonly string[]): Promise<readonly PermissionUse[]> {
    this.#look(id)
    const stored = await this.#options.store.permissionUses.of(id)
    const seen = this.#seen.get(id)
    return asked.map((permission) => ({
      permission,
      isCounted: CALLS.has(permission) && !PARTLY_COUNTED.has(permission),
      count: seen?.get(permission)?.count ?? 0,
      lastAt: seen?.get(permission)?.lastAt ?? stored.get(permission) ?? null,
    }))
  }

  /** Stores what is not. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    for (const id of this.#options.meters.plugins()) this.#look(id)
    this.#store()
    await this.#storing
  }

  #tick(): void {
    for (const id of this.#options.meters.plugins()) this.#look(id)
    if (this.#now() - this.#storedAt >= STORE_EVERY_MS) this.#store()
  }

  #look(id: string): void {
    const { meters } = this.#options
    const own = meters.of(id).figures.hostCalls
    const { hostCalls: ofTasks, requests: runs } = meters.tasksOf(id).figures
    const time = new Date(this.#now()).toISOString()
    for (const [permission, calls] of CALLS) {
      const made = calls.reduce((sum, call) => sum + (own[call] ?? 0) + (ofTasks[call] ?? 0), 0)
      const count = permission === 'tasks' ? made + runs : made
      const before = this.#seen.get(id)?.get(permission)
      if (count === (before?.count ?? 0)) continue
      const uses = this.#seen.get(id) ?? new Map<string, Seen>()
      this.#seen.set(id, uses.set(permission, { count, lastAt: count > 0 ? time : null, isStored: false }))
    }
  }

  #store(): void {
    const fresh = [...this.#seen].flatMap(([plugin, uses]) =>
      [...uses].flatMap(([permission, use]) => {
        if (use.isStored || use.lastAt === null) return []
        use.isStored = true
        return [{ plugin, permission, lastAt: use.lastAt }]
      }),
    )
    this.#storedAt = this.#now()
    if (fresh.length === 0) return
    const { log, store } = this.#options
    // One after the other: a later time must not be overtaken.
    this.#storing = this.#storing
      .then(() => store.permissionUses.note(fresh))
      .catch((error: unknown) =>
        log.warn({ error: String(error) }, 'last uses of permissions were not stored'),
      )
  }
}
