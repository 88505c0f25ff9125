// Contradictions among the frontend bundles of a manifest, and the slots that they are placed in.

import { backendEntry } from '../../../../sdk/manifest/layout.ts'
import type { Manifest } from '../../../../sdk/manifest/manifest.ts'
import type { PackageFiles } from '../../types.ts'
import { type Finding, type Path, quoted } from './manifest-finding.ts'
import { nearest } from './manifest-suggest.ts'

type Contributions = NonNullable<Manifest['contributes']>
type Bundle = NonNullable<Contributions['bundles']>[number]
type Slot = NonNullable<Contributions['slots']>[number]

const MODULE = /\.m?js$/
const PAGE = /\.html?$/

export function checkBundles(manifest: Partial<Manifest>, files: PackageFiles): Finding[] {
  const { bundles = [], slots = [] } = manifest.contributes ?? {}
  const hasBackend = backendEntry(manifest, (path) => files.has(path)) !== null
  const asksForPages = manifest.permissions?.hostPages === true
  return [
    ...bundles.flatMap((bundle, at) => {
      const path = ['contributes', 'bundles', at]
      return [
        ...checkTwin(bundle, at, bundles),
        ...checkOrigin(bundle, path),
        ...(bundle.as === 'module' && !asksForPages
          ? [
              wrong(
                [...path, 'as'],
                `The bundle ${quoted(bundle.id)} is a module in pages of the application, and the manifest does not ask for that`,
                'Add "hostPages": true to "permissions", or leave out "as" for a sandboxed frame',
              ),
            ]
          : []),
        ...(bundle.data === true && !hasBackend
          ? [
              wrong(
                [...path, 'data'],
                `The bundle ${quoted(bundle.id)} gets data from the backend, and the package has none`,
                'Add a backend, or leave out "data"',
              ),
            ]
          : []),
      ]
    }),
    ...slots.flatMap((slot, at) => checkSlot(slot, ['contributes', 'slots', at], bundles)),
  ]
}

function checkTwin({ id }: Bundle, at: number, bundles: readonly Bundle[]): Finding[] {
  if (bundles.findIndex((other) => other.id === id) === at) return []
  return [
    wrong(
      ['contributes', 'bundles', at, 'id'],
      `${quoted(id)} is there twice in "contributes.bundles"`,
      'Give each an id of its own',
    ),
  ]
}

function checkOrigin({ id, entry, source, as, styles = [] }: Bundle, path: Path): Finding[] {
  if ((entry === undefined) === (source === undefined))
    return [
      wrong(
        path,
        `The bundle ${quoted(id)} needs ${entry === undefined ? 'one of' : 'only one of'} "entry" and "source"`,
        'Name a file of the frontend in "entry", or what Vite builds in "source"',
      ),
    ]
  if (entry === undefined || MODULE.test(entry)) return []
  if (!PAGE.test(entry))
    return [
      wrong(
        [...path, 'entry'],
        `The entry of a bundle is a module or a page, not ${quoted(entry)}`,
        'Name a file that ends with .js, .mjs or .html',
      ),
    ]
  if (as === 'module')
    return [
      wrong(
        [...path, 'as'],
        `The page ${quoted(entry)} cannot be a module`,
        'Leave out "as", or name a module in "entry"',
      ),
    ]
  if (styles.length > 0)
    return [wrong([...path, 'styles'], 'A page names its style sheets itself', 'Leave out "styles"')]
  return []
}

function checkSlot({ bundle, entry, mode }: Slot, path: Path, bundles: readonly Bundle[]): Finding[] {
  if ((bundle === undefined) === (entry === undefined))
    return [
      wrong(
        path,
        `A part of a page needs ${bundle === undefined ? 'one of' : 'only one of'} "bundle" and "entry"`,
        'Name a bundle by its id, or a page of the frontend',
      ),
    ]
  const found = bundles.find(({ id }) => id === bundle)
  if (bundle !== undefined && found === undefined) {
    const meant = nearest(
      bundle,
      bundles.map(({ id }) => id),
    )
    return [
      wrong(
        [...path, 'bundle'],
        `There is no bundle ${quoted(bundle)}`,
        meant === undefined ? 'Declare it in "contributes.bundles"' : `Did you mean ${quoted(meant)}?`,
      ),
    ]
  }
  if (entry !== undefined && !PAGE.test(entry))
    return [
      wrong(
        [...path, 'entry'],
        `The entry of a part is a page, not ${quoted(entry)}`,
        'Name a file that ends with .html, or declare a bundle and name it in "bundle"',
      ),
    ]
  if (mode === 'wrap' && found?.as !== 'module')
    return [
      wrong(
        [...path, 'mode'],
        'A sandboxed frame cannot wrap the content of the application',
        'Use "append" or "replace", or a bundle with "as": "module"',
      ),
    ]
  return []
}

function wrong(path: Path, message: string, hint: string): Finding {
  return { code: 'MANIFEST_INVALID', path, message, hint }
}
