// Decides which files of a project folder belong to the package.
// Invariant: sources, tests, tool settings and node_modules at the top of an author's project stay out.

const TOP_DOCUMENTS = /^(?:(?:readme|license|licence|changelog)(?:[.-][^/]*)?|tsconfig(?:\.[^/]+)?\.json)$/i

/** A predicate on a path with forward slashes and without a trailing one. */
export interface PackageMembers {
  isMember(path: string): boolean
  /** Whether the folder is, or may hold, a member of the package. */
  mayHoldMembers(folder: string): boolean
}

/**
 * Whether a file of a project folder belongs to the package. Members are `manifest.json`; README, LICENSE and CHANGELOG files
 * at the top, and the tsconfig.json with those that it extends there; the top folder of `backend.entry` (by default `backend/`; for an entry at the top, only that file), so that the
 * entry can import everything beside and below it; `frontend.root` (`frontend/`), `templates` (`templates/`) and `locales`
 * (`locales/`) with their whole content; and the file that `icon` names.
 * The manifest may have any value, valid or not: a field that is not a relative path counts as absent.
 * A zip is taken as it is; this rule is for folders only.
 */
export function packageMembers(manifestJson: unknown): (path: string) => boolean {
  return membersOf(manifestJson).isMember
}

/** The same rule as packageMembers(), with the predicate that a walk through folders needs. */
export function membersOf(manifestJson: unknown): PackageMembers {
  const manifest = asRecord(manifestJson)
  const entry = relativePath(asRecord(manifest.backend).entry) ?? 'backend/'
  const slash = entry.indexOf('/')
  const trees = [
    slash === -1 ? entry : entry.slice(0, slash),
    relativePath(asRecord(manifest.frontend).root) ?? 'frontend',
    relativePath(manifest.templates) ?? 'templates',
    relativePath(manifest.locales) ?? 'locales',
  ]
  const icon = relativePath(manifest.icon)
  const roots = icon === undefined ? trees : [...trees, icon]
  return {
    isMember: (path) =>
      path === 'manifest.json' || TOP_DOCUMENTS.test(path) || roots.some((root) => isWithin(path, root)),
    mayHoldMembers: (folder) => roots.some((root) => isWithin(folder, root) || isWithin(root, folder)),
  }
}

/** Files and folders that the manifest names, beside its backend; every file of the folders is used. */
export function publicRoots(manifestJson: unknown): readonly string[] {
  const manifest = asRecord(manifestJson)
  const { entry } = asRecord(manifest.backend)
  const named = [entry, manifest.icon].flatMap((value) => relativePath(value) ?? [])
  return [
    ...named.filter((path) => path !== ''),
    relativePath(asRecord(manifest.frontend).root) ?? 'frontend',
    relativePath(manifest.templates) ?? 'templates',
    relativePath(manifest.locales) ?? 'locales',
  ]
}

/** "" is the whole folder. */
function isWithin(path: string, root: string): boolean {
  return root === '' || path === root || path.startsWith(`${root}/`)
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

/** Canonical form of a path inside the folder: no "./", no trailing slash; "" for the folder itself. */
function relativePath(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.startsWith('/') || value.includes('\\')) {
    return undefined
  }
  const segments = value.split('/').filter((segment) => segment !== '' && segment !== '.')
  return segments.includes('..') ? undefined : segments.join('/').normalize('NFC')
}
