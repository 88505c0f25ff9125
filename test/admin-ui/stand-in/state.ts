// What the stand-in remembers: plugins in memory, with the states that a real server would report.

import type {
  Evidence,
  Installation,
  LogLine,
  RuntimeEvent,
  SettingView,
} from '../../../runtime/lifecycle/plugins.ts'
import { UsageMeter } from '../../../runtime/sandbox/usage/usage-meter.ts'
import type { Permissions } from '../../../sdk/permissions/permissions.ts'

export interface StandInPlugin {
  installation: Installation
  settings: Record<string, SettingView>
  log: LogLine[]
}

type Listener<T> = (value: T) => void

export class StandInState {
  readonly plugins = new Map<string, StandInPlugin>()
  readonly sessions = new Set<string>()
  readonly codes = new Set<string>()
  /** Every request that changed something, as "METHOD path?query", with its JSON body. */
  readonly changes: { readonly request: string; readonly body: unknown }[] = []
  readonly #events = new Set<Listener<RuntimeEvent>>()
  readonly #logs = new Set<Listener<{ readonly id: string; readonly line: LogLine }>>()
  #eventId = 0

  /** As at the start; followers stay. */
  reset(): void {
    this.plugins.clear()
    this.sessions.clear()
    this.codes.clear()
    this.changes.length = 0
  }

  add(installation: Installation, settings: Record<string, SettingView> = {}): void {
    this.plugins.set(installation.id, { installation, settings, log: [] })
  }

  /** Changes an installation and tells everybody who follows. */
  change(id: string, change: Partial<Installation>): Installation {
    const plugin = this.plugins.get(id)
    if (!plugin) throw new Error(`The stand-in has no plugin "${id}"`)
    plugin.installation = { ...plugin.installation, ...change }
    const { state, version } = plugin.installation
    this.#tell({ id: ++this.#eventId, type: 'plugin.state', data: { id, state, version } })
    return plugin.installation
  }

  remove(id: string): void {
    this.plugins.delete(id)
    this.#tell({ id: ++this.#eventId, type: 'plugin.removed', data: { id } })
  }

  log(id: string, level: LogLine['level'], message: string): void {
    const log = this.plugins.get(id)?.log ?? []
    const line: LogLine = { seq: (log.at(-1)?.seq ?? 0) + 1, time: new Date().toISOString(), level, message }
    log.push(line)
    for (const listener of this.#logs) listener({ id, line })
  }

  followEvents(listener: Listener<RuntimeEvent>): () => void {
    this.#events.add(listener)
    return () => this.#events.delete(listener)
  }

  followLog(id: string, listener: Listener<LogLine>): () => void {
    const mine: Listener<{ readonly id: string; readonly line: LogLine }> = (entry) => {
      if (entry.id === id) listener(entry.line)
    }
    this.#logs.add(mine)
    return () => this.#logs.delete(mine)
  }

  #tell(event: RuntimeEvent): void {
    for (const listener of this.#events) listener(event)
  }
}

export interface PluginSeed {
  readonly id: string
  readonly name: string
  readonly version?: string
  readonly description?: string
  readonly permissions?: Permissions
}

/** Of a plugin that failed for want of memory, again and again. */
export function evidence({ resources, version }: Installation, log: readonly LogLine[]): Evidence {
  const failure = { code: 'GUEST_CRASHED', message: 'The isolate used more than 64 MB of memory' }
  return {
    time: '2026-11-20T10:05:00.000Z',
    version: version ?? '',
    failures: Array.from({ length: 5 }, (_, n) => ({ ...failure, time: `2026-11-20T10:0${n}:30.000Z` })),
    stack:
      'RangeError: Invalid array length\n    at fill (backend/index.ts:12:9)\n    at fetch (backend/index.ts:4:3)',
    log,
    resources,
  }
}

/** Of a plugin that does its work. */
export function figures(): Installation['resources'] {
  const none = new UsageMeter().figures
  return {
    ...none,
    memoryMb: 6.4,
    peakMemoryMb: 9.1,
    cpuMs: 412,
    cpuPercent: 0.4,
    requests: 1284,
    hostCalls: { ...none.hostCalls, 'kv.get': 2210, 'kv.put': 96 },
    bytesIn: 51_200,
    bytesOut: 2_480_000,
    sockets: 0,
    storageBytes: 86_016,
    logLines: 31,
  }
}

/** An enabled plugin with everything granted. */
export function installation(seed: PluginSeed): Installation {
  const version = seed.version ?? '1.0.0'
  const permissions = seed.permissions ?? {}
  return {
    id: seed.id,
    name: seed.name,
    description: seed.description ?? null,
    version,
    sha256: 'a'.repeat(64),
    enabled: true,
    state: 'idle',
    problem: null,
    access: 'public',
    permissions,
    grants: permissions,
    candidate: null,
    urls: { api: `/plugins/${seed.id}/api/`, page: `/plugins/${seed.id}/` },
    releases: [{ version, sha256: 'a'.repeat(64), installedAt: '2026-11-20T10:00:00.000Z', active: true }],
    resources: figures(),
  }
}
