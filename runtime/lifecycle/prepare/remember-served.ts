// Records which release of a plugin serves, for the way back to it.
// Invariant: a store that cannot be written changes nothing about what serves.

import type { LifecycleServices } from '../services.ts'

export async function rememberServed(
  id: string,
  version: string,
  { log, store: { catalog } }: Pick<LifecycleServices, 'log' | 'store'>,
): Promise<void> {
  try {
    const releases = await catalog.releases(id)
    const last = releases.toSorted((a, b) => (b.served ?? 0) - (a.served ?? 0))[0]
    // Every start of the server comes here.
    const isKnown = last?.served !== undefined && last.version === version
    if (!isKnown) await catalog.served(id, version)
  } catch (error) {
    log.warn({ plugin: id, error: String(error) }, 'it could not be recorded which release serves')
  }
}
