// Addresses that the settings of the school make up.

import type { Options } from './options.ts'

export interface Link {
  readonly kind: 'readingRoom' | 'guide' | 'shelf' | 'catalog' | 'partner'
  readonly url: string
}

export function linksOf(options: Options): readonly Link[] {
  const { readingRoom, readingRoomPort, mirror, mirrorPath, guide, shelves, catalog, partners } = options
  const room = readingRoom.includes(':') ? `[${readingRoom}]` : readingRoom
  const onMirror = (path: string) => new URL(`/${mirrorPath}${path}`, mirror).href
  const second = /^\d+$/.test(catalog) ? `http://${room}:${catalog}/` : catalog
  return [
    { kind: 'readingRoom', url: `http://${room}:${readingRoomPort}/` },
    { kind: 'guide', url: onMirror(guide) },
    ...shelves.map((shelf): Link => ({ kind: 'shelf', url: onMirror(`${shelf}/`) })),
    ...(second === '' ? [] : [{ kind: 'catalog', url: second } as const]),
    ...partners.map((url): Link => ({ kind: 'partner', url })),
  ]
}
