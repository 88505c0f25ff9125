// Addresses of the pages, in the hash: `#/plugins/<id>/<tab>`. Invariant: nothing else of the URL changes, so that one file works under
// any base path.

export const TABS = [
  'overview',
  'about',
  'permissions',
  'settings',
  'log',
  'events',
  'data',
  'releases',
  'development',
] as const
export type Tab = (typeof TABS)[number]

export function isTab(value: string): value is Tab {
  return (TABS as readonly string[]).includes(value)
}

export function pluginsHref(): string {
  return '#/plugins'
}

export function pluginHref(id: string, tab: Tab = 'overview'): string {
  const path = `#/plugins/${encodeURIComponent(id)}`
  return tab === 'overview' ? path : `${path}/${tab}`
}

export function tasksHref(): string {
  return '#/tasks'
}

export function taskHref(id: string): string {
  return `#/tasks/${encodeURIComponent(id)}`
}

export function go(href: string): void {
  location.hash = href
}

/** A page of a plugin in the shell. `path` is that below the plugin, as in its own addresses: "/", "/entries/3?all#last". */
export function pageHref(id: string, path = '/'): string {
  return `#/p/${encodeURIComponent(id)}${path}`
}

/** The path below the plugin, of an address in the shell. */
export function pagePathOf(hash: string): string {
  const [, path = '/'] = /^#\/p\/[^/?#]+(\/.*)?$/s.exec(hash) ?? []
  return path
}
