// Where the data of a host is on the disk: what the process that touches it may reach, and how it is packed.
// Invariant: it reaches what the call is about, and no more.

import { dirname, join } from 'node:path'
import type { PackedSource } from './host-data-call.ts'
import type { Source } from './sources.ts'

export interface Rights {
  readonly read: readonly string[]
  readonly write: readonly string[]
}

/** All that the process reads by itself. */
export function packedSources({ name, place }: Source, room: string): readonly PackedSource[] {
  const copy = copyIn(room)
  if (place.kind === 'folder') return [{ kind: 'folder', path: place.path, as: name }]
  if (place.kind === 'database')
    return [{ kind: 'database', path: place.path, as: `${name}/data.sqlite`, copy }]
  if (place.kind === 'plugin') return []
  const { database, artifacts } = place.own
  return [
    { kind: 'database', path: database, as: `${name}/store.sqlite`, copy },
    { kind: 'folder', path: artifacts, as: `${name}/artifacts` },
  ]
}

/** In a snapshot: of the data of a plugin. */
export function exportPath(name: string): string {
  return `${name}/data.plugbay`
}

/** Of what is copied before it is packed. */
export function copyIn(room: string): string {
  return join(room, 'copy')
}

/** SQLite writes beside a database also where it only reads it. */
export function rightsToRead(sources: readonly Source[], room: string): Rights {
  const read: string[] = []
  const write = [room]
  for (const { place } of sources) {
    if (place.kind === 'folder') read.push(place.path)
    else if (place.kind === 'database') write.push(dirname(place.path))
    else if (place.kind === 'store') {
      read.push(place.own.artifacts)
      // The store has it open, so the files beside it exist; the keys of the secrets may be in the same folder.
      write.push(...['', '-wal', '-shm'].map((end) => `${place.own.database}${end}`))
    }
  }
  return { read, write }
}

/** A folder is exchanged beside itself. */
export function placesToWrite(sources: readonly Source[], room: string): readonly string[] {
  const folders = sources.flatMap(({ place }) =>
    place.kind === 'folder' || place.kind === 'database' ? [dirname(place.path)] : [],
  )
  const all = [...new Set([room, ...folders])]
  // A folder inside another one must not be a mount of its own in the jail: nothing could be moved across.
  return all.filter((path) => !all.some((other) => other !== path && path.startsWith(`${other}/`)))
}

/** What is measured of each. */
export function pathsOf({ place }: Source): readonly string[] {
  if (place.kind === 'plugin') return [place.own.folderOf(place.id)]
  return place.kind === 'store' ? [place.own.database, place.own.artifacts] : [place.path]
}

export function rightsToMeasure(sources: readonly Source[]): Rights {
  return { read: sources.flatMap(pathsOf), write: [] }
}
