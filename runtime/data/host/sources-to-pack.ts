// The sources of a snapshot in the order in which they are packed: data of plugins as the file that an export makes.

import { writeFile } from 'node:fs/promises'
import type { PackedSource } from './host-data-call.ts'
import { copyIn, exportPath, packedSources } from './source-places.ts'
import type { PluginExport, Source } from './sources.ts'

/** @param room a folder for copies */
export async function* sourcesToPack(
  sources: readonly Source[],
  room: string,
): AsyncGenerator<PackedSource, void, void> {
  for (const source of sources) {
    const { name, place } = source
    if (place.kind !== 'plugin') yield* packedSources(source, room)
    else {
      await writeExport(await place.own.exportPlugin(place.id), copyIn(room))
      yield { kind: 'copy', as: exportPath(name), copy: copyIn(room) }
    }
  }
}

async function writeExport(exported: PluginExport, path: string): Promise<void> {
  try {
    await writeFile(path, exported.chunks, { mode: 0o600 })
  } finally {
    await exported.close()
  }
}
