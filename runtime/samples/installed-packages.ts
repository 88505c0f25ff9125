// Finds the packages that a sample plugin lists in backend/package.json in the checkout's own node_modules.

import { existsSync, readFileSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'

/** The folder of each package and of its dependencies, by name. Missing ones are left out: linking reports them. */
export function installedPackages(sample: string): Readonly<Record<string, string>> {
  const folders = new Map<string, string>()
  const visit = (manifest: string) => {
    for (const name of dependenciesOf(manifest)) {
      const found = folders.has(name) ? undefined : manifestOf(name, manifest)
      if (found === undefined) continue
      folders.set(name, dirname(found))
      visit(found)
    }
  }
  const own = join(sample, 'backend/package.json')
  if (existsSync(own)) visit(own)
  return Object.fromEntries(folders)
}

function dependenciesOf(manifest: string): readonly string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>
  }
  return Object.keys(dependencies)
}

function manifestOf(name: string, importer: string): string | undefined {
  try {
    return module.findPackageJSON(name, importer)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}
