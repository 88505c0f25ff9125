// Where each object is, and which objects of which packs a snapshot needs.

import type { PackUse } from '../format/manifest.ts'
import type { PackIndex } from '../format/pack-index.ts'
import type { Hash } from '../format/parts.ts'
import { readRanges, writeRanges } from '../format/ranges.ts'
import type { Place } from './pack-sink.ts'

export function placesOf(packs: readonly PackIndex[]): Map<Hash, Place> {
  const places = new Map<Hash, Place>()
  for (const { pack, objects } of packs)
    for (const [position, { hash }] of objects.entries())
      if (!places.has(hash)) places.set(hash, { pack, position })
  return places
}

/** The objects that are needed, by pack. */
export class Uses {
  readonly #byPack = new Map<string, Set<number>>()

  add({ pack, position }: Place): void {
    const positions = this.#byPack.get(pack)
    if (positions === undefined) this.#byPack.set(pack, new Set([position]))
    else positions.add(position)
  }

  /**
   * @param counts how many objects each pack has. Packs without one are left out
   * @throws WrongRange
   */
  addAll(uses: readonly PackUse[], counts: ReadonlyMap<string, number>): void {
    for (const { pack, objects } of uses) {
      const count = counts.get(pack)
      if (count === undefined) continue
      for (const position of readRanges(objects, count)) this.add({ pack, position })
    }
  }

  of(pack: string): ReadonlySet<number> {
    return this.#byPack.get(pack) ?? new Set()
  }

  list(): readonly PackUse[] {
    return [...this.#byPack]
      .map(([pack, positions]) => ({ pack, objects: writeRanges(positions) }))
      .sort((a, b) => (a.pack < b.pack ? -1 : 1))
  }
}

export function objectCounts(packs: readonly PackIndex[]): ReadonlyMap<string, number> {
  return new Map(packs.map(({ pack, objects }) => [pack, objects.length]))
}
