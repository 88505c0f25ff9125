// LICENSE-packages.txt: name, version, license and its text of each package of others that a folder puts into its package.
// Invariant: the same packages give the same bytes; a file of that name that the author has written is left as it is.

import type { Problem } from '../../../../sdk/api/problems.ts'
import type { LicensedPackage, PackageFiles } from '../../types.ts'
import { hasViteConfig } from '../vite-configs.ts'
import { type LicenseTexts, licensedPackages } from './licensed-packages.ts'

export const LICENSE_FILE = 'LICENSE-packages.txt'

export interface LicensedFiles {
  /** With the file, where there are such packages. */
  readonly files: PackageFiles
  readonly packages: readonly LicensedPackage[]
  readonly warnings: readonly Problem[]
}

export interface LicensePlace {
  /** Of the project. */
  readonly folder: string
  /** Root of the frontend; undefined without one. */
  readonly frontend: string | undefined
}

export function withLicenses(files: PackageFiles, { folder, frontend }: LicensePlace): LicensedFiles {
  const { packages, isFrontendListed } = licensedPackages(files, frontend)
  const isUnlisted = frontend !== undefined && !isFrontendListed && hasViteConfig(folder)
  const warnings = [
    ...packages.filter(({ license }) => license === null).map(unknownLicense),
    ...(isUnlisted ? [UNLISTED] : []),
  ]
  const shown = packages.map(({ name, version, license }) => ({ name, version, license }))
  if (packages.length === 0 || files.has(LICENSE_FILE)) return { files, packages: shown, warnings }
  const text = new TextEncoder().encode(licenseText(packages))
  const all = [...files, [LICENSE_FILE, text] as const].sort(([a], [b]) => (a < b ? -1 : 1))
  return { files: new Map(all), packages: shown, warnings }
}

export function licenseText(packages: readonly LicenseTexts[]): string {
  const parts = packages.map(({ name, version, license, texts }) => {
    const head = `${name} ${version} (${license ?? 'unknown license'})`
    const text = texts.length === 0 ? 'The package has no text of its license.' : texts.join('\n\n')
    return `${LINE}\n${head}\n${LINE}\n\n${text}\n`
  })
  return ['This package contains packages of others, under these licenses.\n', ...parts].join('\n')
}

const LINE = '-'.repeat(80)

function unknownLicense({ name, version, texts }: LicenseTexts): Problem {
  const message = `The license of "${name}" ${version} is not known`
  const hint =
    texts.length === 0
      ? 'Ask its authors before you pass it on: neither package.json nor a file of the package says it'
      : `Read it in ${LICENSE_FILE}: its package.json does not say it`
  return { code: 'LICENSE_UNKNOWN', message, hint }
}

const UNLISTED: Problem = {
  code: 'LICENSE_UNKNOWN',
  message: 'The licenses of packages that Vite builds into the frontend are not known',
  hint: `In its config, add build: { license: { fileName: '.vite/license.json' } }, and build again`,
}
