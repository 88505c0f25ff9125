// The linked backend for a debugger: its source map goes with it, and names the files in the author's folder.
// Invariant: the map is text here, and is not parsed: the debugger reads it.

import { readFile } from 'node:fs/promises'
import type { BackendCode, Inspector } from '../../sandbox/types.ts'

/** A source in the map, with the scheme of files of the package; not in the text of a source, where its quote is escaped. */
const SOURCE = /(?<!\\)"plugin:\/\/\//g

export function inspectedCode(
  code: () => Promise<BackendCode>,
  mapPath: string,
  { sources }: Inspector,
): () => Promise<BackendCode> {
  return async () => {
    const [{ source }, map] = await Promise.all([code(), readFile(mapPath, 'utf8')])
    const found = Buffer.from(map.replace(SOURCE, () => `"${sources}`)).toString('base64')
    const link = `\n//# sourceMappingURL=data:application/json;base64,${found}\n`
    // A cache would be of the source without the map.
    return { source: Buffer.concat([source, Buffer.from(link)]), cache: undefined }
  }
}
