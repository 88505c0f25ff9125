// The plugins of the server: queries, and every change that an operator can make.

import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { Access } from '../../../../sdk/api/access.ts'
import type { EnablingAnswer } from '../../../../sdk/api/enabling.ts'
import type { Evidence } from '../../../../sdk/api/evidence.ts'
import type { Page } from '../../../../sdk/api/lists.ts'
import type { LogLine } from '../../../../sdk/api/logs.ts'
import type { Permissions } from '../../../../sdk/api/permissions.ts'
import type { Installation, UninstallAnswer, UninstallQuery } from '../../../../sdk/api/plugins.ts'
import type { Sample } from '../../../../sdk/api/samples.ts'
import type { SettingChanges, Settings, SettingsProblems } from '../../../../sdk/api/settings.ts'
import type { UsageHistory, UsagePeriod } from '../../../../sdk/api/usage.ts'
import { send } from './client.ts'

export const PLUGINS_KEY = ['plugins'] as const

/** `live`: changes arrive as events, so polling may be slow. */
export function pluginsQuery(live: boolean) {
  return queryOptions({
    queryKey: [...PLUGINS_KEY, 'list'],
    queryFn: ({ signal }) => allPlugins(signal),
    refetchInterval: live ? 30_000 : 4000,
  })
}

export function pluginQuery(id: string, live: boolean) {
  return queryOptions({
    queryKey: [...PLUGINS_KEY, 'one', id],
    queryFn: ({ signal }) => send<Installation>(path(id), { signal }),
    // Its resource figures change without an event.
    refetchInterval: live ? 5000 : 3000,
  })
}

export function settingsQuery(id: string) {
  return queryOptions({
    queryKey: [...PLUGINS_KEY, 'settings', id],
    queryFn: ({ signal }) => send<Settings>(`${path(id)}/settings`, { signal }),
    // Changes of settings.toml or of another plugin send no event.
    refetchInterval: 5000,
  })
}

/** What is wrong with settings.toml and with variables of settings. */
export function settingsProblemsQuery() {
  return queryOptions({
    queryKey: [...PLUGINS_KEY, 'settings-problems'],
    queryFn: ({ signal }) => send<SettingsProblems>('settings/problems', { signal }),
    refetchInterval: 30_000,
  })
}

export function evidenceQuery(id: string) {
  return queryOptions({
    queryKey: [...PLUGINS_KEY, 'evidence', id],
    queryFn: ({ signal }) => send<Evidence>(`${path(id)}/evidence`, { signal }),
    // It becomes available shortly after the state that needs it.
    refetchInterval: ({ state }) => (state.data === undefined ? 1000 : false),
  })
}

/** How much it has used lately. */
export function usageHistoryQuery(id: string, period: UsagePeriod) {
  return queryOptions({
    queryKey: [...PLUGINS_KEY, 'usage', id, period],
    queryFn: async ({ signal }) =>
      (await send<UsageHistory>(`${path(id)}/usage?period=${period}`, { signal })).items,
    refetchInterval: 15_000,
    // Another period takes its place only when it is there.
    placeholderData: keepPreviousData,
  })
}

export const samplesQuery = queryOptions({
  queryKey: [...PLUGINS_KEY, 'samples'],
  queryFn: async ({ signal }) =>
    (await send<{ readonly items: readonly Sample[] }>('samples', { signal })).items,
})

export type Command = 'enable' | 'disable' | 'reload' | 'retry'

export function command(id: string, name: Command): Promise<Installation> {
  return send(`${path(id)}/${name}`, { method: 'POST' })
}

/** Each is tried. */
export function switchPlugins(verb: 'enable' | 'disable', ids: readonly string[]): Promise<EnablingAnswer> {
  return send(`plugins/${verb}`, { method: 'POST', json: { ids } })
}

export function rollback(id: string, version?: string): Promise<Installation> {
  return send(`${path(id)}/rollback`, { method: 'POST', json: version === undefined ? {} : { version } })
}

/** Lets it take the place of another plugin, with the other's grants. */
export function replace(id: string, from: string): Promise<Installation> {
  return send(`${path(id)}/replace`, { method: 'POST', json: { from } })
}

export function putGrants(id: string, grants: Permissions): Promise<Installation> {
  return send(`${path(id)}/grants`, { method: 'PUT', json: grants })
}

/** `null` restores the manifest's value. */
export function putAccess(id: string, access: Access | null): Promise<Installation> {
  return send(`${path(id)}/access`, { method: 'PUT', json: access })
}

export function patchSettings(id: string, values: SettingChanges): Promise<Settings> {
  return send(`${path(id)}/settings`, { method: 'PATCH', json: values })
}

/** Resolves with the warning, if any. */
export function uninstall(
  id: string,
  data: NonNullable<UninstallQuery['data']>,
): Promise<UninstallAnswer | undefined> {
  return send(`${path(id)}?data=${data}`, { method: 'DELETE' })
}

export interface LogPageQuery {
  readonly cursor?: string
  readonly signal?: AbortSignal
}

/** One page of log lines, newest first. */
export function logPage(id: string, query: LogPageQuery = {}): Promise<Page<LogLine>> {
  const search = new URLSearchParams({ limit: '200' })
  if (query.cursor !== undefined) search.set('cursor', query.cursor)
  return send(`${path(id)}/logs?${search}`, query.signal ? { signal: query.signal } : {})
}

export function logStreamPath(id: string): string {
  return `${path(id)}/logs`
}

/** All data of the plugin, as a file. */
export function dataPath(id: string): string {
  return `${path(id)}/data`
}

async function allPlugins(signal: AbortSignal): Promise<readonly Installation[]> {
  const all: Installation[] = []
  let cursor: string | null = null
  do {
    const search: string = new URLSearchParams({
      limit: '200',
      ...(cursor === null ? {} : { cursor }),
    }).toString()
    const page: Page<Installation> = await send(`plugins?${search}`, { signal })
    all.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return all.sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id))
}

function path(id: string): string {
  return `plugins/${encodeURIComponent(id)}`
}
