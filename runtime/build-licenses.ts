// The licenses of the libraries that are in the bundles of the published package, in the form that packages of plugins have them in.
// Runs in a checkout only, and is not published.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { licenseText } from './package/format/licenses/license-file.ts'
import { isLicenseName } from './package/format/licenses/license-names.ts'
import { licensedPackages } from './package/format/licenses/licensed-packages.ts'

const PLACE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/

/**
 * @param inputs files that were bundled, relative to the project
 * @returns the text; throws for a library whose license is not known
 */
export async function licensesOf(project: string, inputs: readonly string[]): Promise<string> {
  const places = new Set(inputs.flatMap((path) => PLACE.exec(path)?.[0] ?? []))
  const files = new Map<string, Uint8Array>()
  for (const place of places) {
    const names = await readdir(join(project, place))
    for (const name of names.filter((each) => each === 'package.json' || isLicenseName(each)))
      files.set(`${place}/${name}`, await readFile(join(project, place, name)))
  }
  const { packages } = licensedPackages(files, undefined)
  const unknown = packages.filter(({ license }) => license === null).map(({ name }) => name)
  if (unknown.length > 0) throw new Error(`The licenses of ${unknown.join(', ')} are not known`)
  return licenseText(packages)
}
