// Default paths of the parts of a package, for a manifest that does not name them.
// Invariant: the package check, the linker and the server all use this file, so they never disagree about an entry.

import type { Manifest } from './manifest.ts'

export const DEFAULT_BACKEND_ENTRIES = ['backend/index.js', 'backend/index.ts'] as const
export const DEFAULT_VITE_MANIFESTS = ['.vite/manifest.json', 'manifest.json'] as const

/** The backend's entry module, or null for a package without a backend. `has` tests whether a file is in the package. */
export function backendEntry(
  manifest: Pick<Manifest, 'backend'>,
  has: (path: string) => boolean,
): string | null {
  return manifest.backend?.entry ?? DEFAULT_BACKEND_ENTRIES.find(has) ?? null
}

export const MIGRATIONS_FOLDER = 'backend/migrations/'

/** What tools name a migration that has a folder of its own, beside which they keep what is theirs. */
const NESTED_MIGRATION = '/migration.sql'

/** Whether a path is that of a migration: "<name>.sql" in the folder, or "<name>/migration.sql". */
export function isMigration(path: string): boolean {
  if (!path.startsWith(MIGRATIONS_FOLDER) || !path.endsWith('.sql')) return false
  return !migrationName(path).includes('/')
}

/** Migrations run in the order of these names: that of the file, or that of its own folder. */
export function migrationName(path: string): string {
  const name = path.slice(MIGRATIONS_FOLDER.length)
  return name.endsWith(NESTED_MIGRATION) ? name.slice(0, -NESTED_MIGRATION.length) : name
}

/** The folder of the package that holds templates. */
export function templatesFolder({ templates = 'templates' }: Pick<Manifest, 'templates'>): string {
  return templates.replace(/^\.\/|\/$/g, '')
}

export interface InitStepName {
  readonly stage: 'pre' | 'run'
  readonly name: string
}

/** The steps that set the application up, as the manifest names them. */
export function initSteps({ contributes }: Pick<Manifest, 'contributes'>): readonly InitStepName[] {
  const { pre = [], run = [] } = contributes?.init ?? {}
  return [
    ...pre.map((name) => ({ stage: 'pre' as const, name })),
    ...run.map((name) => ({ stage: 'run' as const, name })),
  ]
}

/** Path of the script of a step that sets the application up. */
export function initScript(
  manifest: Pick<Manifest, 'id' | 'templates'>,
  { stage, name }: InitStepName,
): string {
  const file = stage === 'pre' ? 'pre-init' : 'init'
  return `${templatesFolder(manifest)}/${manifest.id}/hooks/${name}/${file}`
}

/** The files of a frontend. All paths but `root` are relative to `root`. */
export interface FrontendLayout {
  readonly root: string
  readonly index: string
  /** In lookup order. */
  readonly viteManifests: readonly string[]
  readonly fallback: string | null
}

/** The layout of the frontend; its files need not exist. */
export function frontendLayout(manifest: Pick<Manifest, 'frontend'>): FrontendLayout {
  const frontend = manifest.frontend
  return {
    root: frontend?.root ?? 'frontend',
    index: frontend?.index ?? 'index.html',
    viteManifests: frontend?.viteManifest === undefined ? DEFAULT_VITE_MANIFESTS : [frontend.viteManifest],
    fallback: frontend?.fallback ?? null,
  }
}

export const DEFAULT_LOCALES_FOLDER = 'locales'

/**
 * The language of a catalog of messages, by its path: "fr" of "locales/fr.json". Undefined for any other file; whether it is a
 * language is checked when the package is.
 */
export function catalogLanguage(manifest: Pick<Manifest, 'locales'>, path: string): string | undefined {
  const folder = `${manifest.locales ?? DEFAULT_LOCALES_FOLDER}/`
  if (!path.startsWith(folder) || !path.endsWith('.json')) return undefined
  const name = path.slice(folder.length, -'.json'.length)
  return name.includes('/') ? undefined : name
}
