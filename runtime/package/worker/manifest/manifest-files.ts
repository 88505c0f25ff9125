// Compares the files that a manifest names with the files of the package.
// Invariant: a file matches only when its name equals the one in the manifest, including case.

import {
  backendEntry,
  DEFAULT_BACKEND_ENTRIES,
  frontendLayout,
  initScript,
} from '../../../../sdk/manifest/layout.ts'
import type { Manifest } from '../../../../sdk/manifest/manifest.ts'
import type { PackageFiles } from '../../types.ts'
import { type Finding, type Path, quoted } from './manifest-finding.ts'
import { nearest } from './manifest-suggest.ts'

const CODE = /\.(?:js|mjs|cjs|jsx|ts|mts|cts|tsx)$/

export interface FileFindings {
  readonly problems: readonly Finding[]
  readonly warnings: readonly Finding[]
}

/** Files that the manifest names and the package lacks; warnings for files that would not be used. */
export function checkFiles(manifest: Partial<Manifest>, files: PackageFiles): FileFindings {
  return {
    problems: [
      ...checkBackend(manifest, files),
      ...checkFrontend(manifest, files),
      ...(manifest.icon === undefined ? [] : fileMissing(manifest.icon, ['icon'], files)),
      ...folderMissing(manifest.templates, ['templates'], files),
      ...folderMissing(manifest.locales, ['locales'], files),
      ...stepsWithoutAnything(manifest, files),
      ...dockerfilesMissing(manifest, files),
    ],
    warnings: [
      ...unusedBackend(manifest, files),
      ...unusedFrontend(manifest, files),
      ...withoutContent(manifest, files),
    ],
  }
}

function checkBackend(manifest: Partial<Manifest>, files: PackageFiles): Finding[] {
  if (manifest.backend === undefined) return []
  const { entry } = manifest.backend
  if (entry === undefined) {
    if (backendEntry(manifest, (path) => files.has(path)) !== null) return []
    const message = `The backend has no entry: there is neither ${DEFAULT_BACKEND_ENTRIES.map(quoted).join(' nor ')}`
    const near = nearestEntry(files)
    return [
      missing(
        ['backend'],
        message,
        near === undefined
          ? 'Add one of the two, or name another file in "backend.entry"'
          : `Name it: "entry": ${quoted(near)}`,
      ),
    ]
  }
  const path = ['backend', 'entry']
  const absent = fileMissing(entry, path, files)
  if (absent.length > 0 || CODE.test(entry)) return absent
  return [
    {
      code: 'MANIFEST_INVALID',
      path,
      message: `The entry of the backend must be a JavaScript or TypeScript file, not ${quoted(entry)}`,
      hint: 'Name a file that ends with .js, .mjs or .ts',
    },
  ]
}

function checkFrontend(manifest: Partial<Manifest>, files: PackageFiles): Finding[] {
  const { root, index, viteManifests } = frontendLayout(manifest)
  const frontend = manifest.frontend
  const parts = bundleFiles(manifest).flatMap(({ name, path }) => fileMissing(name, path, files, root))
  if (frontend === undefined) return parts
  if (!hasFolder(files, root)) {
    return [
      ...(frontend.root === undefined
        ? [
            missing(
              ['frontend'],
              `The package has no folder ${quoted(root)}`,
              'Add it, or name another folder in "frontend.root"',
            ),
          ]
        : folderMissing(root, ['frontend', 'root'], files)),
      ...parts,
    ]
  }
  // A page that Vite built without an index.html is generated; it may serve as the fallback too.
  const generated = viteManifests.some((path) => files.has(`${root}/${path}`)) ? index : undefined
  const named = [
    ['index', frontend.index === generated ? undefined : frontend.index],
    ['viteManifest', frontend.viteManifest],
    ['fallback', frontend.fallback === generated ? undefined : frontend.fallback],
  ] as const
  return [
    ...named.flatMap(([field, path]) =>
      path === undefined ? [] : fileMissing(path, ['frontend', field], files, root),
    ),
    ...parts,
  ]
}

/** The files of the frontend that bundles and slots name. What Vite has built is found by its manifest, with the frontend. */
function bundleFiles({ contributes }: Partial<Manifest>): readonly { name: string; path: Path }[] {
  const { bundles = [], slots = [] } = contributes ?? {}
  const entries = [
    ['bundles', bundles],
    ['slots', slots],
  ] as const
  return [
    ...entries.flatMap(([field, parts]) =>
      parts.flatMap(({ entry }, number) =>
        entry === undefined ? [] : [{ name: entry, path: ['contributes', field, number, 'entry'] }],
      ),
    ),
    ...bundles.flatMap(({ styles = [] }, number) =>
      styles.map((name, at) => ({ name, path: ['contributes', 'bundles', number, 'styles', at] })),
    ),
  ]
}

function unusedBackend(manifest: Partial<Manifest>, files: PackageFiles): Finding[] {
  if (manifest.backend !== undefined || backendEntry(manifest, (path) => files.has(path)) !== null) return []
  const near = nearestEntry(files)
  if (near === undefined) return []
  return [
    missing(
      [],
      `The code in "backend" is not used: there is neither ${DEFAULT_BACKEND_ENTRIES.map(quoted).join(' nor ')}`,
      `Name the entry: "backend": { "entry": ${quoted(near)} }`,
    ),
  ]
}

/** Probably packed from another folder than its author meant. */
function withoutContent(manifest: Partial<Manifest>, files: PackageFiles): Finding[] {
  const { contributes = {}, settingDefaults, settingAppends, values, templates, backend } = manifest
  const forOthers = [
    settingDefaults,
    settingAppends,
    values,
    templates,
    backend,
    ...Object.values(contributes),
  ]
  if (forOthers.some((part) => part !== undefined)) return []
  const { root } = frontendLayout(manifest)
  if (['backend', root].some((folder) => hasFolder(files, folder))) return []
  return [
    missing(
      [],
      'The plugin does nothing: the package has neither a backend nor a frontend, and contributes nothing',
      `Add ${quoted(DEFAULT_BACKEND_ENTRIES[0])} or ${quoted(`${root}/index.html`)}, or pack the folder that has them`,
    ),
  ]
}

/** A step is a script, or a handler of the backend. */
function stepsWithoutAnything(manifest: Partial<Manifest>, files: PackageFiles): Finding[] {
  const { id } = manifest
  if (id === undefined || backendEntry(manifest, (path) => files.has(path)) !== null) return []
  return (['pre', 'run'] as const).flatMap((stage) =>
    (manifest.contributes?.init?.[stage] ?? []).flatMap((name, index) =>
      fileMissing(
        initScript({ ...manifest, id }, { stage, name }),
        ['contributes', 'init', stage, index],
        files,
      ),
    ),
  )
}

/** What an image is built from is a template of the plugin's. */
function dockerfilesMissing(
  { id, templates = 'templates', contributes }: Partial<Manifest>,
  files: PackageFiles,
): Finding[] {
  return Object.keys(contributes?.images?.build ?? {}).flatMap((name) =>
    fileMissing(`${id}/build/${name}/Dockerfile`, ['contributes', 'images', 'build', name], files, templates),
  )
}

function unusedFrontend(manifest: Partial<Manifest>, files: PackageFiles): Finding[] {
  const { root, index, viteManifests } = frontendLayout(manifest)
  if (!hasFolder(files, root)) return []
  if ([index, ...viteManifests].some((path) => files.has(`${root}/${path}`))) return []
  if (bundleFiles(manifest).length > 0) return []
  return [
    missing(
      manifest.frontend === undefined ? [] : ['frontend'],
      `The plugin has no page: ${quoted(root)} holds no ${quoted(index)} and no manifest of Vite`,
      'Add the page, or name it in "frontend.index"',
    ),
  ]
}

/** A file path relative to the folder `root` of the package. */
function fileMissing(name: string, path: Path, files: PackageFiles, root?: string): Finding[] {
  const prefix = root === undefined ? '' : `${root}/`
  if (files.has(prefix + name)) return []
  const near = similar(prefix + name, files)
  const from = root !== undefined && near?.startsWith(prefix) ? near.slice(prefix.length) : near
  const hint = from === undefined ? 'Add the file, or correct its name' : `Did you mean ${quoted(from)}?`
  return [missing(path, `The package has no file ${quoted(prefix + name)}`, hint)]
}

function folderMissing(name: string | undefined, path: Path, files: PackageFiles): Finding[] {
  if (name === undefined || hasFolder(files, name)) return []
  const folders = new Set(
    [...files.keys()].flatMap((file) => (file.includes('/') ? [file.slice(0, file.lastIndexOf('/'))] : [])),
  )
  const near = nearest(name, folders)
  return [
    missing(
      path,
      `The package has no folder ${quoted(name)}`,
      near === undefined ? 'Add the folder, or correct its name' : `Did you mean ${quoted(near)}?`,
    ),
  ]
}

/** The file with the same name in other case, with another extension, a similar spelling, or in another folder. */
function similar(name: string, files: PackageFiles): string | undefined {
  const folded = name.toLowerCase()
  const base = name.slice(name.lastIndexOf('/') + 1)
  const folder = name.slice(0, name.length - base.length)
  const stem = withoutExtension(folded)
  const neighbours: string[] = []
  let sameStem: string | undefined
  let elsewhere: string | undefined
  for (const file of files.keys()) {
    const other = file.toLowerCase()
    if (other === folded) return file
    if (withoutExtension(other) === stem) sameStem ??= file
    if (other.endsWith(`/${base.toLowerCase()}`) || other === base.toLowerCase()) elsewhere ??= file
    if (file.startsWith(folder) && !file.includes('/', folder.length))
      neighbours.push(file.slice(folder.length))
  }
  const neighbour = nearest(base, neighbours)
  return sameStem ?? (neighbour === undefined ? elsewhere : folder + neighbour)
}

function nearestEntry(files: PackageFiles): string | undefined {
  const code = [...files.keys()].filter((file) => /^backend\/[^/]+$/.test(file) && CODE.test(file))
  return code.find((file) => /\/index\./i.test(file)) ?? code[0]
}

function hasFolder(files: PackageFiles, folder: string): boolean {
  return files.keys().some((file) => file.startsWith(`${folder}/`))
}

function withoutExtension(file: string): string {
  return file.replace(/\.[^./]*$/, '')
}

function missing(path: Path, message: string, hint: string): Finding {
  return { code: 'ENTRY_MISSING', path, message, hint }
}
