// Checks a whole package, from its bytes to the files of an artifact. Runs in the package process.
// Invariant: the staging folder is written only when there are no problems.

import { open, writeFile } from 'node:fs/promises'
import type { Problem } from '../../../sdk/api/problems.ts'
import { backendEntry } from '../../../sdk/manifest/layout.ts'
import { askedPermissions } from '../../../sdk/permissions/asked.ts'
import type { PackageLimits } from '../../config/config.ts'
import { withLicenses } from '../format/licenses/license-file.ts'
import type {
  LeftOut,
  LicensedPackage,
  LinkOutcome,
  PackageContents,
  PackageFiles,
  PackageReport,
  PackageSource,
  ReadOutcome,
} from '../types.ts'
import { judgeLinks, WithLinks } from './archive/passed-links.ts'
import { readFolder } from './archive/read-folder.ts'
import { readZip } from './archive/read-zip.ts'
import { writeZip } from './archive/write-zip.ts'
import { writeArtifact } from './artifact/artifact-writer.ts'
import { contentHash } from './artifact/content-hash.ts'
import { deriveParts } from './frontend/derived-parts.ts'
import { type FrontendPlan, planFrontend } from './frontend/frontend.ts'
import { InstalledPackages } from './link/installed-packages.ts'
import { type LinkOptions, linkBackend } from './link/link.ts'
import { LinkedPackages } from './link/linked-packages.ts'
import { folderOf, type LinkedFiles } from './link/resolve-paths.ts'
import { checkLocales } from './locales/check-locales.ts'
import { checkManifest } from './manifest/check-manifest.ts'
import { checkMigrations } from './manifest/check-migrations.ts'
import { knownParts } from './manifest/partial-manifest.ts'

export interface CheckOptions {
  readonly limits: PackageLimits
  /** An existing, empty folder for the artifact's files; without it none are written. */
  readonly staging?: string
  /** Where to write the checked files as a zip; without it none is written. */
  readonly zip?: string
  /** Whether to make compressed copies of assets; default true. */
  readonly compress?: boolean
  /** A manifest check to reuse: compiling the schema costs more than using it. */
  readonly checkManifest?: typeof checkManifest
  /** Called when esbuild's process has ended: a confined process cannot link any more. */
  readonly onLinkerEnd?: () => void
}

/**
 * Reads, checks and links a package. The report holds all problems at once, as far as one step does not depend on another.
 * Rejects only for errors of the machine: the source cannot be read, or the staging folder cannot be written.
 */
export async function checkPackage(source: PackageSource, options: CheckOptions): Promise<PackageReport> {
  const { limits } = options
  const read = await readSource(source, limits)
  if (!read.ok) {
    return {
      ok: false,
      problems: read.problems,
      warnings: [],
      manifest: null,
      notYetActive: [],
      sha256: null,
      asked: {},
    }
  }
  const manifest = (options.checkManifest ?? checkManifest)(read.files)
  const parts = manifest.ok ? manifest.manifest : knownParts(manifest.manifest)
  const entry = backendEntry(parts, (path) => read.files.has(path))
  const frontend = planFrontend(read.files, { manifest: parts, backend: entry !== null })
  const migrations = checkMigrations(manifest.ok ? manifest.manifest : null, read)
  const locales = checkLocales(manifest.ok ? manifest.manifest : null, read.files)
  const elsewhere = packagesElsewhere(source, { read, entry })
  const linking = new WithLinks(elsewhere ?? read.files, read.links)
  // Linking waits for a process of its own, so the copies are made meanwhile.
  const [linked, derived] = await Promise.all([
    link(linking, entry, options),
    options.staging === undefined ? [] : deriveParts(frontend, { compress: options.compress ?? true }),
  ])
  const carried = elsewhere?.carried() ?? read.files
  const licensed =
    source.kind === 'folder'
      ? withLicenses(carried, { folder: source.path, frontend: frontend.index?.root })
      : undefined
  const files = licensed?.files ?? carried
  const links = judgeLinks(read.links, { manifest: manifest.manifest, asked: linking.asked })
  const problems: Problem[] = withoutRepeats([
    ...links.problems,
    ...(manifest.ok ? [] : manifest.problems),
    ...exposedBackend(entry, frontend),
    ...(linked === null || linked.ok ? [] : linked.problems),
    ...frontend.problems,
    ...migrations.problems,
    ...locales.problems,
  ])
  // What would be uploaded must be within the limit as well. Headers take little beside the content.
  const mayBeTooLarge = source.kind === 'folder' && bytesOf(files) > limits.maxArchiveBytes * 0.9
  const isForUpload = options.zip !== undefined || (options.staging === undefined && mayBeTooLarge)
  const zip = isForUpload && problems.length === 0 ? writeZip(files, limits) : undefined
  if (zip !== undefined && zip.length > limits.maxArchiveBytes) problems.push(tooLarge(zip.length, limits))
  const findings = {
    problems,
    warnings: [
      ...links.warnings,
      ...(manifest.ok ? manifest.warnings : []),
      ...(linked?.ok ? linked.warnings : []),
      ...frontend.warnings,
      ...migrations.warnings,
      ...locales.warnings,
      // Only for who packs or checks the folder: a server cannot find them out.
      ...(options.staging === undefined ? (licensed?.warnings ?? []) : []),
    ],
    notYetActive: manifest.ok ? manifest.notYetActive : [],
    sha256: contentHash(files),
    asked: manifest.ok ? askedPermissions(manifest.manifest) : {},
    ...(read.leftOut !== undefined && {
      contents: contentsOf(files, { leftOut: read.leftOut, packages: licensed?.packages ?? [] }),
    }),
  }
  if (!manifest.ok || problems.length > 0) return { ok: false, manifest: manifest.manifest, ...findings }
  const report = { ok: true as const, manifest: manifest.manifest, ...findings }
  if (options.staging !== undefined) {
    const { sha256, notYetActive } = report
    await writeArtifact(options.staging, {
      content: { sha256, manifest: report.manifest, notYetActive, frontend: frontend.index },
      files,
      code: linked?.ok ? linked : null,
      derived,
      pages: frontend.pages,
    })
  }
  if (options.zip !== undefined && zip !== undefined) await writeFile(options.zip, zip)
  return report
}

async function readSource(source: PackageSource, limits: PackageLimits): Promise<ReadOutcome> {
  if (source.kind === 'folder') return readFolder(source, limits)
  const file = await open(source.path, 'r')
  try {
    const { size } = await file.stat()
    if (size > limits.maxArchiveBytes) return { ok: false, problems: [tooLarge(size, limits)] }
    return readZip(await file.readFile(), limits)
  } finally {
    await file.close()
  }
}

function tooLarge(size: number, limits: PackageLimits): Problem {
  const message = `The archive has ${size} bytes, ${limits.maxArchiveBytes} are allowed`
  return { code: 'ARCHIVE_TOO_LARGE', message, hint: 'Leave out what the plugin does not need' }
}

function contentsOf(
  files: PackageFiles,
  {
    leftOut,
    packages,
  }: { readonly leftOut: readonly LeftOut[]; readonly packages: readonly LicensedPackage[] },
): PackageContents {
  const folders = new Map<string, { files: number; bytes: number }>()
  for (const [path, { length }] of files) {
    const slash = path.indexOf('/')
    const top = slash === -1 ? '' : path.slice(0, slash)
    const sum = folders.get(top) ?? { files: 0, bytes: 0 }
    folders.set(top, { files: sum.files + 1, bytes: sum.bytes + length })
  }
  return {
    folders: [...folders].map(([name, sum]) => ({ name, ...sum })),
    leftOut: leftOut.slice(0, LEFT_OUT_SHOWN),
    leftOutCount: leftOut.length,
    packages: packages.slice(0, PACKAGES_SHOWN),
    packageCount: packages.length,
  }
}

const LEFT_OUT_SHOWN = 50
const PACKAGES_SHOWN = 200

function bytesOf(files: PackageFiles): number {
  return files.values().reduce((sum, { length }) => sum + length, 0)
}

/** Packages that the backend imports, and that are not files of the package yet; undefined without any. */
function packagesElsewhere(
  source: PackageSource,
  { read, entry }: { readonly read: ReadOutcome & { readonly ok: true }; readonly entry: string | null },
): InstalledPackages | LinkedPackages | undefined {
  if (source.kind !== 'folder' || entry === null) return undefined
  const { packages, path, roots = [path] } = source
  if (packages !== undefined) return new InstalledPackages(read.files, entry, packages)
  return new LinkedPackages(read.files, { home: folderOf(entry), folder: path, links: read.packages, roots })
}

/** Linking a megabyte takes a tenth of a second; there are small graphs of modules that take esbuild hours. */
const LINK_MS = 10_000

/** null for a package without a backend. The manifest check reports a missing entry. */
async function link(
  files: LinkedFiles,
  entry: string | null,
  { limits, onLinkerEnd = () => undefined }: CheckOptions,
): Promise<LinkOutcome | null> {
  if (entry === null) return null
  if (files.has(entry)) return linkInTime(files, { entry, maxCodeBytes: limits.maxCodeBytes, onLinkerEnd })
  return {
    ok: false,
    problems: [
      {
        code: 'ENTRY_MISSING',
        message: `The backend's entry "${entry}" is not in the package`,
        hint: 'Add the file, or correct its name; names are case-sensitive',
        file: 'manifest.json',
        pointer: '/backend/entry',
      },
    ],
  }
}

async function linkInTime(files: LinkedFiles, options: LinkOptions): Promise<LinkOutcome> {
  const signal = AbortSignal.timeout(LINK_MS)
  try {
    return await linkBackend(files, { ...options, signal })
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
    return {
      ok: false,
      problems: [
        {
          code: 'DEADLINE',
          message: `Linking the backend takes longer than ${LINK_MS / 1000} s`,
          hint: 'Bundle the backend into one file before it is packed',
          file: options.entry,
        },
      ],
    }
  }
}

/** Assets are public, so the code of the backend must not be among them. */
function exposedBackend(entry: string | null, frontend: FrontendPlan): readonly Problem[] {
  const root = frontend.index?.root
  if (entry === null || root === undefined || !entry.startsWith(`${root}/`)) return []
  return [
    {
      code: 'MANIFEST_INVALID',
      message: `The frontend folder "${root}" holds the backend's entry "${entry}", and all its files are public`,
      hint: 'Keep the backend and the frontend in two folders',
      file: 'manifest.json',
      pointer: '/frontend/root',
    },
  ]
}

/** Two checks may find the same problem; the first, which knows line and column, is kept. */
function withoutRepeats(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>()
  return problems.filter((problem) => {
    const place =
      problem.pointer ?? (problem.line === undefined ? problem.message : `${problem.line}:${problem.column}`)
    const key = `${problem.code} ${problem.file ?? ''} ${place}`
    return !seen.has(key) && Boolean(seen.add(key))
  })
}
