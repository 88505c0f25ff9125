// How a guest tells the host its upgrade steps: as names among its exports, each with its range of versions.
// Invariant: a name of another form is not a step; a guest can make up any name.

import type { GuestExports } from './guest-calls.ts'

/**
 * @limit `lifecycle.upgrade`: steps
 * @passed the backend does not load
 */
export const MAX_UPGRADE_STEPS = 100
/**
 * @limit `lifecycle.upgrade`: `from` of a step, in characters
 * @passed the backend does not load
 */
export const MAX_UPGRADE_RANGE = 200

export interface UpgradeRange {
  /** Its place in the list of the backend, from 0. */
  readonly index: number
  /** A range of versions, such as "<2.0.0". */
  readonly from: string
}

export function upgradeExport({ index, from }: UpgradeRange): string {
  return `lifecycle.upgrade.${index} ${from}`
}

/** The steps of a backend, in its order. */
export function upgradeRanges(exports: GuestExports): readonly UpgradeRange[] {
  const ranges = exports.flatMap((name): readonly UpgradeRange[] => {
    const [, index, from] = /^lifecycle\.upgrade\.(\d{1,2}) (.*)$/s.exec(name) ?? []
    return index === undefined || from === undefined ? [] : [{ index: Number(index), from }]
  })
  return ranges.toSorted((a, b) => a.index - b.index)
}
