// Paths of a plugin below our own origin: its backend, and its pages. A pure function of what serves.

import type { LivePlugin } from './live-plugin.ts'

export interface Addresses {
  /** null without one. */
  readonly api: string | null
  readonly page: string | null
}

export function addressesOf(plugin: LivePlugin | undefined): Addresses {
  if (plugin?.kind !== 'serving') return { api: null, page: null }
  const base = `/plugins/${plugin.id}/`
  return {
    api: plugin.runner === null ? null : `${base}api/`,
    page: (plugin.artifact.frontend?.index ?? null) === null ? null : base,
  }
}
