// Compares the extension points that a manifest names with those that there are.
// Invariant: an unknown name is a warning, since the host may be older or the other plugin not installed; a point of another
// kind is a problem.

import { POINT_KINDS } from '../../sdk/host/point-kinds.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'
import { matchesPattern } from '../../sdk/permissions/kinds/name-patterns.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import type { Problem } from '../errors.ts'
import type { Points } from '../host/points.ts'
import { pointBelow } from '../host/taken-names.ts'
import { parametersOf } from './menu-path.ts'
import { type Reference, referencesOf } from './references.ts'
import { DEFAULT_MODES } from './slots.ts'

export interface PointFindings {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** @param others ids of plugins that serve: names below them are theirs */
export function checkPoints(
  manifest: Pick<Manifest, 'id' | 'contributes' | 'permissions'>,
  points: Points,
  others: readonly string[] = [],
): PointFindings {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  for (const reference of referencesOf(manifest)) {
    const isOfPlugin = [manifest.id, ...others].some((id) => reference.name.startsWith(`${id}.`))
    if (isOfPlugin || isKnown(reference, points)) continue
    const mismatch = mismatchOf(reference, points)
    if (mismatch === undefined) warnings.push(unknownPoint(reference, points))
    else problems.push(mismatch)
  }
  warnings.push(...refusedModes(manifest, points))
  warnings.push(...unknownParameters(manifest, points))
  const taken = pointBelow(manifest.id, points)
  if (taken !== undefined) problems.push(nameTaken(manifest.id, taken, points))
  return { problems, warnings }
}

function refusedModes({ contributes }: Pick<Manifest, 'contributes'>, points: Points): readonly Problem[] {
  return (contributes?.slots ?? []).flatMap(({ slot, mode = 'append' }, at) => {
    const modes = points.find('slots', slot)?.point.modes ?? DEFAULT_MODES
    if (points.find('slots', slot) === undefined || modes.includes(mode)) return []
    return [
      {
        code: 'POINT_MISMATCH' as const,
        message: `The slot "${slot}" takes no part in mode "${mode}": this part of the plugin is not shown`,
        hint: `It takes ${modes.map((each) => `"${each}"`).join(', ')}`,
        file: 'manifest.json',
        pointer: `/contributes/slots/${at}/mode`,
      },
    ]
  })
}

function isKnown({ kind, name }: Reference, points: Points): boolean {
  if (name === '*' || points.find(kind, name) !== undefined) return true
  return name.endsWith('.*') && points.list(kind).some((point) => matchesPattern(name, point.name))
}

function mismatchOf({ kind, name, pointer }: Reference, points: Points): Problem | undefined {
  const [other] = points.named(name)
  if (other === undefined) return undefined
  return {
    code: 'POINT_MISMATCH',
    message: `"${name}" is a ${POINT_KINDS[other.kind].word} of "${other.owner}", and the manifest uses it as a ${POINT_KINDS[kind].word}`,
    hint: 'Contribute to it under the field of its own kind',
    file: 'manifest.json',
    pointer,
  }
}

function unknownPoint({ kind, name, pointer }: Reference, points: Points): Problem {
  const known = points.list(kind).map((point) => point.name)
  const meant = didYouMean(name, known)
  const { word } = POINT_KINDS[kind]
  const { id, version } = points.host
  return {
    code: 'POINT_UNKNOWN',
    message: `"${id}" ${version} has no ${word} "${name}": this part of the plugin does nothing here`,
    hint:
      meant === undefined
        ? known.length === 0
          ? `It has no ${word} at all`
          : `It has ${known.slice(0, 10).join(', ')}${known.length > 10 ? ', …' : ''}`
        : `Did you mean "${meant}"?`,
    file: 'manifest.json',
    pointer,
  }
}

/** An item whose parameter no page gives would never be shown. */
function unknownParameters(
  { contributes }: Pick<Manifest, 'contributes'>,
  points: Points,
): readonly Problem[] {
  return (contributes?.menus ?? []).flatMap(({ menu, path }, at) => {
    const point = points.find('menus', menu)
    if (point === undefined) return []
    const { params } = point.point
    const declared =
      typeof params === 'object' && Object.hasOwn(params, 'properties') ? params.properties : {}
    const known = Object.keys(declared ?? {})
    return parametersOf(path)
      .filter((name) => !known.includes(name))
      .map((name): Problem => {
        const meant = didYouMean(name, known)
        return {
          code: 'POINT_UNKNOWN',
          message: `The menu "${menu}" gives no parameter "${name}": the item is not shown`,
          hint: meant === undefined ? `It gives ${known.join(', ') || 'none'}` : `Did you mean "${meant}"?`,
          file: 'manifest.json',
          pointer: `/contributes/menus/${at}/path`,
        }
      })
  })
}

function nameTaken(pluginId: string, name: string, { host }: Points): Problem {
  return {
    code: 'POINT_NAME_TAKEN',
    message: `Names that begin with "${pluginId}" belong to "${host.id}", which has the extension point "${name}"`,
    hint: 'Give the plugin another id',
    file: 'manifest.json',
    pointer: '/id',
  }
}
