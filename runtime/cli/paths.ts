// Converts paths on the command line to sources for the package process.

import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { PlugbayError } from '../errors.ts'
import type { PackageSource } from '../package/types.ts'

/** A folder, or any file as a zip: the package process checks its content. Throws FILE_UNUSABLE. */
export async function resolveSource(cwd: string, path: string): Promise<PackageSource> {
  const full = resolve(cwd, path)
  const found = await stat(full).catch((error: NodeJS.ErrnoException) => {
    throw new PlugbayError(
      'FILE_UNUSABLE',
      error.code === 'ENOENT' ? `There is no "${path}"` : `"${path}" cannot be read (${error.code})`,
      {
        cause: error,
      },
    )
  })
  if (found.isDirectory()) return { kind: 'folder', path: full }
  if (found.isFile()) return { kind: 'zip', path: full }
  throw new PlugbayError('FILE_UNUSABLE', `"${path}" is neither a folder nor a file`)
}

/** Absolute path of an existing folder. Throws FILE_UNUSABLE. */
export async function resolveFolder(cwd: string, path: string): Promise<string> {
  const source = await resolveSource(cwd, path)
  if (source.kind === 'folder') return source.path
  throw new PlugbayError('FILE_UNUSABLE', `"${path}" is a file; the folder of a plugin is wanted`)
}

/** Absolute path of an existing file. Throws FILE_UNUSABLE. */
export async function resolveFile(cwd: string, path: string): Promise<string> {
  const source = await resolveSource(cwd, path)
  if (source.kind === 'zip') return source.path
  throw new PlugbayError('FILE_UNUSABLE', `"${path}" is a folder; a file is wanted`)
}
