// Builds the light package of types and client beside the published one: what editors and bundlers of an author need, and
// nothing that runs plugins. Runs in a checkout only, and is not published.
// Invariant: its files are those of the published package, at the same paths; it has no program and no native dependency.

import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { reach } from './reach.ts'

const ENTRIES = ['./sdk', './client', './host-page'] as const
const SCHEMA = 'sdk/manifest/manifest.v1.json'
const STYLE = 'sdk/client/style.css'

interface PackageJson {
  readonly version: string
  readonly license: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies: Readonly<Record<string, string>>
}

/**
 * Copies from the published package at `dist` into `target`, which is emptied first.
 * Throws for an import of a package that the published one does not name.
 */
export async function buildSdk(dist: string, target: string): Promise<void> {
  await rm(target, { recursive: true, force: true })
  const own = JSON.parse(await readFile(join(dist, 'package.json'), 'utf8')) as PackageJson
  const exports = Object.fromEntries(ENTRIES.map((entry) => [entry, own.exports[entry]]))
  const entries = Object.values(exports).flatMap((paths) =>
    Object.values(paths as Readonly<Record<string, string>>).map((path) => posix.normalize(path)),
  )
  const { files, packages } = await reach(dist, entries)
  for (const file of [...files, SCHEMA, STYLE, 'LICENSE']) {
    await mkdir(dirname(join(target, file)), { recursive: true })
    await cp(join(dist, file), join(target, file))
  }
  const dependencies = Object.fromEntries(packages.map((name) => [name, rangeOf(own, name)]))
  const made = {
    name: 'plugbay-sdk',
    version: own.version,
    description: 'Types and client for plugins of Plugbay, without the runtime; to be installed as "plugbay"',
    license: own.license,
    type: 'module',
    exports: {
      ...exports,
      './client/style.css': `./${STYLE}`,
      './schema/manifest.v1.json': `./${SCHEMA}`,
      './package.json': './package.json',
    },
    dependencies,
  }
  await writeFile(join(target, 'package.json'), `${JSON.stringify(made, null, 2)}\n`)
}

function rangeOf({ dependencies }: PackageJson, name: string): string {
  const range = dependencies[name]
  if (range === undefined)
    throw new Error(`The package for authors imports "${name}", which is no dependency`)
  return range
}
