// The application around the runtime: its settings, its menus, and its extension points with the plugins at each.

import { queryOptions } from '@tanstack/react-query'
import type { ExtensionPoints, PointOrder } from '../../../../sdk/api/extension-points.ts'
import type { ListedMenu, ListedMenuItem, MenuTitleChange } from '../../../../sdk/api/menus.ts'
import type { HostSettings, SettingChanges } from '../../../../sdk/api/settings.ts'
import { send } from './client.ts'
import { PLUGINS_KEY } from './plugins.ts'

/** Plugins change both. */
const KEY = [...PLUGINS_KEY, 'application'] as const

export function hostSettingsQuery() {
  return queryOptions({
    queryKey: [...KEY, 'settings'],
    queryFn: ({ signal }) => send<HostSettings>('host/settings', { signal }),
    refetchInterval: 5000,
  })
}

export function patchHostSettings(values: SettingChanges): Promise<HostSettings> {
  return send('host/settings', { method: 'PATCH', json: values })
}

export function pointsQuery() {
  return queryOptions({
    queryKey: [...KEY, 'points'],
    queryFn: ({ signal }) => send<ExtensionPoints>('extension-points', { signal }),
    refetchInterval: 5000,
  })
}

export interface PointName {
  readonly kind: string
  readonly name: string
}

export function putOrder({ kind, name }: PointName, plugins: readonly string[]): Promise<PointOrder> {
  const path = `extension-points/${kind}/${encodeURIComponent(name)}/order`
  return send(path, { method: 'PUT', json: { plugins } })
}

export function menuItemsQuery(menu: string) {
  return queryOptions({
    queryKey: [...KEY, 'menus', menu],
    queryFn: async ({ signal }): Promise<readonly ListedMenuItem[]> =>
      (await send<ListedMenu>(`menus/${encodeURIComponent(menu)}/items`, { signal })).items,
    refetchInterval: 5000,
  })
}

export function putMenuTitle(menu: string, change: MenuTitleChange): Promise<MenuTitleChange> {
  return send(`menus/${encodeURIComponent(menu)}/titles`, { method: 'PUT', json: change })
}
