// Where a new project gets the package from: the place from which this program has come itself.
// Invariant: the name is asked of a registry only where it has come from one.

import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { codeRoot, isCheckout } from '../bundles/code-root.ts'
import { packageVersion } from '../config/package-version.ts'
import { PlugbayError } from '../errors.ts'

export interface OwnPackage {
  /** A range, "npm:…", an address, or "file:…" relative to the folder of the project. */
  readonly spec: string
  /** Whether "npm run build" in the checkout has to make it first. */
  readonly isMissing: boolean
}

export interface PackageChoice {
  /** The package of types and client alone, which is beside the whole one everywhere. */
  readonly isLight: boolean
}

const LIGHT = 'plugbay-sdk'

/**
 * Throws FILE_UNUSABLE where the program has come from an archive that has no light one beside it.
 * @param folder of the project, absolute
 */
export function ownPackage(folder: string, { isLight }: PackageChoice): OwnPackage {
  const root = codeRoot()
  // Of a checkout what it builds; a folder outside of any "node_modules" is what a project names by "file:".
  if (isCheckout() || basename(dirname(root)) !== 'node_modules') {
    const dist = `${isCheckout() ? join(root, 'dist') : root}${isLight ? '-sdk' : ''}`
    return { spec: fileSpec(folder, dist), isMissing: !existsSync(join(dist, 'package.json')) }
  }
  const given = specInstalledBy(dirname(dirname(root)))
  return { spec: installedSpec(folder, given, isLight), isMissing: false }
}

/** Whether a project that asks for this gets the light package. */
export function isLightSpec(spec: string): boolean {
  return spec.startsWith(`npm:${LIGHT}@`) || /[\\/](?:dist-sdk|plugbay-sdk-[^\\/]+\.tgz)$/.test(spec)
}

function installedSpec(folder: string, given: string | undefined, isLight: boolean): string {
  if (given?.startsWith('file:')) {
    const archive = isLight ? lightBeside(given.slice(5)) : given.slice(5)
    if (existsSync(archive)) return fileSpec(folder, archive)
    const message = `The light package is not beside the one that this program was installed from: "${archive}"`
    const hint = 'In a checkout of Plugbay, "npm run build && npm pack ./dist-sdk" makes it'
    throw new PlugbayError('FILE_UNUSABLE', message, {
      problems: [{ code: 'FILE_UNUSABLE', message, hint }],
    })
  }
  if (given !== undefined && /^https?:/.test(given)) return isLight ? lightBeside(given) : given
  const range = `^${packageVersion()}`
  return isLight ? `npm:${LIGHT}@${range}` : range
}

/** Archives of both have the same name otherwise: "plugbay-1.2.3.tgz" and "plugbay-sdk-1.2.3.tgz". */
function lightBeside(archive: string): string {
  return archive.replace(/plugbay-([^\\/]*)$/, `${LIGHT}-$1`)
}

/** What the project around an installed package asks for; paths are absolute then. */
function specInstalledBy(project: string): string | undefined {
  try {
    const json: unknown = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
    for (const field of ['dependencies', 'devDependencies']) {
      const found: unknown = Reflect.get(Object(Reflect.get(Object(json), field)), 'plugbay')
      if (typeof found !== 'string') continue
      return found.startsWith('file:') ? `file:${resolve(project, found.slice(5))}` : found
    }
  } catch {
    return undefined // Not in a project: a global installation.
  }
  return undefined
}

function fileSpec(folder: string, target: string): string {
  const path = relative(folder, target).replaceAll('\\', '/')
  return `file:${isAbsolute(path) || path.startsWith('.') ? path : `./${path}`}`
}
