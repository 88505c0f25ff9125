// The route in the page's URL: `#/plugins/<id>/<tab>`, `#/application`, `#/tasks/<id>`. Invariant: everything is in the hash, so that one file works under any
// base path; a one-time sign-in code in the hash is never taken for a route.

import { useSyncExternalStore } from 'react'

export const TABS = ['overview', 'permissions', 'settings', 'log', 'releases'] as const
export type Tab = (typeof TABS)[number]

export type Route =
  | { readonly page: 'plugins' }
  | { readonly page: 'plugin'; readonly id: string; readonly tab: Tab }
  | { readonly page: 'application' }
  | { readonly page: 'tasks' }
  | { readonly page: 'task'; readonly id: string }
  | { readonly page: 'unknown' }

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash)
  return parseRoute(hash)
}

export function parseRoute(hash: string): Route {
  const parts = hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
  const [first, id, tab = 'overview', ...rest] = parts
  if (first === undefined || (first === 'plugins' && id === undefined)) return { page: 'plugins' }
  if (first === 'application' && id === undefined) return { page: 'application' }
  if (first === 'tasks' && parts.length <= 2)
    return id === undefined ? { page: 'tasks' } : { page: 'task', id: decode(id) }
  if (first !== 'plugins' || id === undefined || rest.length > 0 || !isTab(tab)) return { page: 'unknown' }
  return { page: 'plugin', id: decode(id), tab }
}

export function pluginsHref(): string {
  return '#/'
}

export function applicationHref(): string {
  return '#/application'
}

export function tasksHref(): string {
  return '#/tasks'
}

export function taskHref(id: string): string {
  return `#/tasks/${encodeURIComponent(id)}`
}

export function pluginHref(id: string, tab: Tab = 'overview'): string {
  return tab === 'overview'
    ? `#/plugins/${encodeURIComponent(id)}`
    : `#/plugins/${encodeURIComponent(id)}/${tab}`
}

export function go(href: string): void {
  location.hash = href
}

/** Calls the listener at every change of the hash; returns the function that unsubscribes. */
export function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener)
  return () => removeEventListener('hashchange', listener)
}

function isTab(value: string): value is Tab {
  return (TABS as readonly string[]).includes(value)
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // A malformed escape was typed by hand: no plugin has that id, and the page says so.
    return part
  }
}
