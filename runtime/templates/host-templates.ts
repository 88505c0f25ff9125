// The templates of the application: files of its folder, read again for each rendering.
// Invariant: links are not followed, and a folder without end is refused.

import { lstat, readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PlugbayError } from '../errors.ts'

/** A file of a template folder; `path` has forward slashes. */
export interface SourceFile {
  readonly path: string
  readonly bytes: Uint8Array
}

const MAX_FILES = 20_000
/** Of the files of one folder of templates. */
export const MAX_SOURCE_BYTES = 64_000_000

/** Rejects with TEMPLATES_INVALID when the folder cannot be read, or holds too much. */
export async function readHostTemplates(folder: string): Promise<readonly SourceFile[]> {
  const root = resolve(folder)
  const found: SourceFile[] = []
  let bytes = 0
  const walk = async (below: string): Promise<void> => {
    for (const { name } of await readdir(join(root, below), { withFileTypes: true })) {
      const path = below === '' ? name : `${below}/${name}`
      const facts = await lstat(join(root, path))
      if (name === '.git') continue
      if (facts.isDirectory()) await walk(path)
      if (!facts.isFile()) continue
      bytes += facts.size
      if (bytes > MAX_SOURCE_BYTES || found.length >= MAX_FILES)
        throw invalid(
          `The folder of templates "${folder}" holds more than ${MAX_FILES} files or ${MAX_SOURCE_BYTES} bytes`,
        )
      found.push({ path, bytes: await readFile(join(root, path)) })
    }
  }
  await walk('').catch((error: unknown) => {
    if (error instanceof PlugbayError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw invalid(`The templates of the application cannot be read: ${reason}`)
  })
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function invalid(message: string): PlugbayError {
  return new PlugbayError('TEMPLATES_INVALID', message)
}
