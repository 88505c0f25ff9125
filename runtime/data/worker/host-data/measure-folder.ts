// How much a folder holds, as far as it can be read. Nothing is opened.
// Invariant: what is counted is what a snapshot would hold: files, and nothing behind a link.

import { lstatSync, opendirSync } from 'node:fs'
import { join } from 'node:path'
import type { SourceSize } from '../../host/host-data-call.ts'

/** Of a file, too. Zeros for what is not there. */
export function measureFolder(root: string): SourceSize {
  let files = 0
  let bytes = 0
  const waiting = [root]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found?.isFile() === true) {
      files++
      bytes += found.size
    } else if (found?.isDirectory() === true) {
      for (const name of namesIn(path)) waiting.push(join(path, name))
    }
  }
  return { files, bytes }
}

/** None of a folder that cannot be read: a snapshot lacks it, too. */
function* namesIn(path: string): Generator<string> {
  let folder: ReturnType<typeof opendirSync>
  try {
    folder = opendirSync(path)
  } catch {
    return
  }
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) yield entry.name
  } finally {
    folder.closeSync()
  }
}
