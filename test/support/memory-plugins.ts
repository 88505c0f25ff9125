// A stand-in for the lifecycle of plugins, for tests of HTTP alone: it keeps installations in memory and runs no code.
// It keeps the promises of `Plugins` that HTTP depends on; what a package really is, is tested where packages are checked.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import AdmZip from 'adm-zip'
import { gt } from 'semver'
import { PlugbayError } from '../../runtime/errors.ts'
import type {
  Installation,
  LogLine,
  Plugins,
  RuntimeEvent,
  SettingView,
} from '../../runtime/lifecycle/plugins.ts'
import type { PackageSource } from '../../runtime/package/types.ts'
import { isAtMostAsWide } from '../../runtime/permissions/access.ts'
import { difference, isWithin } from '../../runtime/permissions/grants.ts'
import { UsageMeter } from '../../runtime/sandbox/usage/usage-meter.ts'
import type { Permissions } from '../../sdk/permissions/permissions.ts'

export interface MemoryPlugins extends Plugins {
  /** Every change that was asked for: "enable hello by ann". */
  readonly changes: readonly string[]
  log(id: string, message: string, level?: LogLine['level']): void
  emit(type: RuntimeEvent['type'], data: RuntimeEvent['data']): void
  /** How many listen to logs and events now. */
  listeners(): number
}

interface Read {
  readonly id: string
  readonly version: string
  readonly sha256: string
  readonly asked: Permissions
}

export function createMemoryPlugins(): MemoryPlugins {
  const installed = new Map<string, Installation>()
  const lines = new Map<string, LogLine[]>()
  const settings = new Map<string, unknown>()
  const data = new Map<string, Uint8Array>()
  const events: RuntimeEvent[] = []
  const logListeners = new Set<(id: string, line: LogLine) => void>()
  const eventListeners = new Set<(event: RuntimeEvent) => void>()
  const changes: string[] = []

  function find(id: string): Installation {
    const found = installed.get(id)
    if (found === undefined) throw new PlugbayError('PLUGIN_UNKNOWN', `There is no plugin "${id}"`)
    return found
  }

  function emit(type: RuntimeEvent['type'], data: RuntimeEvent['data']): void {
    const event = { id: events.length + 1, type, data }
    events.push(event)
    for (const listener of eventListeners) listener(event)
  }

  function change(id: string, what: string, fields: Partial<Installation>): Installation {
    const next = { ...find(id), ...fields }
    installed.set(id, next)
    changes.push(what)
    emit('plugin.state', { id, state: next.state, version: next.version })
    return next
  }

  function settingsOf(id: string): Readonly<Record<string, SettingView>> {
    find(id)
    const value = settings.get(id)
    const schema = { type: 'string', default: 'Hello' }
    return {
      greeting: { value: value ?? 'Hello', source: value === undefined ? 'default' : 'stored', schema },
    }
  }

  return {
    changes,
    emit,
    listeners: () => logListeners.size + eventListeners.size,
    log(id, message, level = 'info') {
      const known = lines.get(id) ?? []
      const line = { seq: known.length + 1, time: new Date().toISOString(), level, message }
      lines.set(id, [...known, line])
      for (const listener of logListeners) listener(id, line)
    },

    async upload(source, options) {
      const read = await readPackage(source)
      const before = installed.get(read.id)
      changes.push(`upload ${read.id} ${read.version} by ${options.actor}`)
      const extra = { warnings: [], notYetActive: [] }
      if (before?.version === read.version) {
        if (before.sha256 !== read.sha256) throw new PlugbayError('VERSION_EXISTS')
        return { kind: 'unchanged', installation: before, ...extra }
      }
      if (before?.version && gt(before.version, read.version) && options.downgrade !== true)
        throw new PlugbayError('DOWNGRADE')
      const installation = toInstallation(read, {
        enabled: before?.enabled ?? options.enable ?? true,
        granted: options.grant !== 'none',
      })
      installed.set(read.id, installation)
      emit('plugin.state', { id: read.id, state: installation.state, version: read.version })
      return { kind: before === undefined ? 'created' : 'updated', installation, ...extra }
    },

    async inspect(source) {
      const nothing = { warnings: [], notYetActive: [] }
      try {
        const read = await readPackage(source)
        const before = installed.get(read.id)?.permissions ?? {}
        const permissions = {
          asked: read.asked,
          added: difference(read.asked, before),
          removed: difference(before, read.asked),
        }
        return {
          ok: true,
          manifest: { id: read.id },
          problems: [],
          sha256: read.sha256,
          permissions,
          ...nothing,
        }
      } catch (error) {
        if (!(error instanceof PlugbayError)) throw error
        const problems = [{ code: error.code, message: error.message }]
        return {
          ok: false,
          manifest: null,
          problems,
          sha256: null,
          permissions: { asked: {}, added: {}, removed: {} },
          ...nothing,
        }
      }
    },

    list: async () => [...installed.values()],
    get: async (id) => find(id),
    enable: async (id, actor) => change(id, `enable ${id} by ${actor}`, { enabled: true, state: 'idle' }),
    disable: async (id, actor) =>
      change(id, `disable ${id} by ${actor}`, { enabled: false, state: 'disabled' }),
    reload: async (id, actor) => change(id, `reload ${id} by ${actor}`, {}),
    retry: async (id, actor) => change(id, `retry ${id} by ${actor}`, {}),
    async evidence(id) {
      find(id)
      throw new PlugbayError('NOT_FOUND')
    },
    rollback: async (id, actor, version) =>
      change(id, `rollback ${id} to ${version ?? 'before'} by ${actor}`, {}),
    async setGrants(id, grants, actor) {
      if (!isWithin(grants, find(id).permissions)) throw new PlugbayError('GRANT_TOO_WIDE')
      return change(id, `grants ${id} by ${actor}`, { grants })
    },
    async setAccess(id, access, actor) {
      if (!isAtMostAsWide(access ?? 'user', 'user')) throw new PlugbayError('GRANT_TOO_WIDE')
      return change(id, `access ${id} by ${actor}`, { access: access ?? 'user' })
    },
    async uninstall(id, { data, actor }) {
      find(id)
      installed.delete(id)
      changes.push(`uninstall ${id} (${data}) by ${actor}`)
      emit('plugin.removed', { id })
    },
    settings: async (id) => settingsOf(id),
    async changeSettings(id, values, actor) {
      const unknown = Object.keys(values).find((key) => key !== 'greeting')
      if (unknown !== undefined) {
        const problem = { code: 'SETTINGS_INVALID', message: `There is no setting "${unknown}"` } as const
        throw new PlugbayError('SETTINGS_INVALID', undefined, { problems: [problem] })
      }
      settings.set(id, values.greeting ?? undefined)
      changes.push(`settings ${id} by ${actor}`)
      return settingsOf(id)
    },
    async exportData(id, actor) {
      find(id)
      changes.push(`export ${id} by ${actor}`)
      const bytes = data.get(id) ?? Buffer.from('empty')
      const chunks = (async function* () {
        yield bytes
      })()
      return {
        bytes: bytes.length,
        createdAt: new Date().toISOString(),
        chunks,
        close: async () => undefined,
      }
    },
    async importData(id, { source, actor }) {
      find(id)
      data.set(id, Buffer.concat(await Array.fromAsync(source)))
      changes.push(`import ${id} by ${actor}`)
      const { version } = find(id)
      const createdAt = new Date().toISOString()
      return { plugin: id, version, createdAt, kvBytes: 0, databaseBytes: 0, installation: find(id) }
    },
    async logs(id, { limit = 50, cursor }) {
      find(id)
      const older = (lines.get(id) ?? [])
        .filter((line) => cursor === undefined || line.seq < Number(cursor))
        .reverse()
      const items = older.slice(0, limit)
      return { items, nextCursor: older.length > items.length ? String(items.at(-1)?.seq) : null }
    },
    followLogs(id, listener) {
      const mine = (of: string, line: LogLine): void => {
        if (of === id) listener(line)
      }
      logListeners.add(mine)
      return () => void logListeners.delete(mine)
    },
    followEvents(listener, sinceId) {
      for (const event of events) if (sinceId !== undefined && event.id > sinceId) listener(event)
      eventListeners.add(listener)
      return () => void eventListeners.delete(listener)
    },
  }
}

async function readPackage(source: PackageSource): Promise<Read> {
  const bytes = await readFile(source.path)
  let text: string | undefined
  try {
    text = new AdmZip(bytes).getEntry('manifest.json')?.getData().toString()
  } catch (cause) {
    throw new PlugbayError('ARCHIVE_NOT_ZIP', undefined, { cause })
  }
  if (text === undefined) throw new PlugbayError('MANIFEST_MISSING')
  const manifest = JSON.parse(text)
  const sha256 = createHash('sha256').update(text).digest('hex')
  return { id: manifest.id, version: manifest.version, sha256, asked: manifest.permissions ?? {} }
}

function toInstallation(
  read: Read,
  options: { readonly enabled: boolean; readonly granted: boolean },
): Installation {
  const { id, version, sha256, asked } = read
  return {
    id,
    name: id,
    description: null,
    version,
    sha256,
    enabled: options.enabled,
    state: options.enabled ? 'idle' : 'disabled',
    problem: null,
    access: 'user',
    permissions: asked,
    grants: options.granted ? asked : {},
    candidate: null,
    urls: { api: `/plugins/${id}/api/`, page: null },
    releases: [{ version, sha256, installedAt: new Date().toISOString(), active: true }],
    resources: { ...new UsageMeter().figures, sockets: 0, storageBytes: 0 },
  }
}
