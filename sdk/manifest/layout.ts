// Where the parts of a package are when the manifest does not say.
// Invariant: the package check, the linker and the server all ask here, so they never disagree about an entry.

import type { Manifest } from './manifest.ts'

export const DEFAULT_BACKEND_ENTRIES = ['backend/index.js', 'backend/index.ts'] as const
export const DEFAULT_VITE_MANIFESTS = ['.vite/manifest.json', 'manifest.json'] as const

/** The backend's entry module, or null for a package without a backend. `has` tells whether a file is in the package. */
export function backendEntry(
  manifest: Pick<Manifest, 'backend'>,
  has: (path: string) => boolean,
): string | null {
  return manifest.backend?.entry ?? DEFAULT_BACKEND_ENTRIES.find(has) ?? null
}

export const MIGRATIONS_FOLDER = 'backend/migrations/'

/** Whether the path of a file is that of a migration: an SQL file right in the folder, not in one below it. */
export function isMigration(path: string): boolean {
  const name = path.startsWith(MIGRATIONS_FOLDER) ? path.slice(MIGRATIONS_FOLDER.length) : ''
  return name.endsWith('.sql') && !name.includes('/')
}

/** The files of a frontend. All paths but `root` are counted from `root`. */
export interface FrontendLayout {
  readonly root: string
  readonly index: string
  /** In the order in which to look for them. */
  readonly viteManifests: readonly string[]
  readonly fallback: string | null
}

/** How the frontend is laid out; whether any of its files exist is another question. */
export function frontendLayout(manifest: Pick<Manifest, 'frontend'>): FrontendLayout {
  const frontend = manifest.frontend
  return {
    root: frontend?.root ?? 'frontend',
    index: frontend?.index ?? 'index.html',
    viteManifests: frontend?.viteManifest === undefined ? DEFAULT_VITE_MANIFESTS : [frontend.viteManifest],
    fallback: frontend?.fallback ?? null,
  }
}
