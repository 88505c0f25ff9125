// Where a new project gets the package from: the place from which this program has come itself.
// Invariant: the name is asked of a registry only where it has come from one.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { codeRoot, isCheckout } from '../bundles/code-root.ts'
import { packageVersion } from '../config/package-version.ts'

export interface OwnPackage {
  /** A range, or "file:…" relative to the folder of the project. */
  readonly spec: string
  /** Whether "npm run build" in the checkout has to make it first. */
  readonly isMissing: boolean
}

/** @param folder of the project, absolute */
export function ownPackage(folder: string): OwnPackage {
  const root = codeRoot()
  if (isCheckout()) {
    const dist = join(root, 'dist')
    return { spec: fileSpec(folder, dist), isMissing: !existsSync(join(dist, 'package.json')) }
  }
  const given = specInstalledBy(dirname(dirname(root)))
  const spec = given?.startsWith('file:') ? fileSpec(folder, given.slice(5)) : `^${packageVersion()}`
  return { spec, isMissing: false }
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
