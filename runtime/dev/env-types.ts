// Writes plugbay-env.d.ts into the folder of a plugin that is written in TypeScript.
// Invariant: a file with the same text is not written again, so that watchers of the folder see no change.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  DECLARATION_FILE,
  declarationFile,
  isOfHost,
  type TypesSource,
} from '../../sdk/host/declaration-file.ts'

/** Resolves with whether the file has changed. Rejects with the error of the file system. */
export async function writeTypes(folder: string, source: Omit<TypesSource, 'settings'>): Promise<boolean> {
  const text = declarationFile({ ...source, settings: await settingsIn(folder) })
  const path = join(folder, DECLARATION_FILE)
  if ((await textOf(path)) === text) return false
  await writeFile(path, text)
  return true
}

/** As writeTypes(), in a folder with a tsconfig.json, and unless the file is of another host. */
export async function refreshTypes(folder: string, source: Omit<TypesSource, 'settings'>): Promise<boolean> {
  if ((await textOf(join(folder, 'tsconfig.json'))) === undefined) return false
  const text = await textOf(join(folder, DECLARATION_FILE))
  if (text !== undefined && !isOfHost(text, source.host.id)) return false
  return await writeTypes(folder, source)
}

/** A manifest that cannot be read is reported by the checks of the package. */
async function settingsIn(folder: string): Promise<unknown> {
  const text = await textOf(join(folder, 'manifest.json'))
  if (text === undefined) return undefined
  try {
    const manifest: unknown = JSON.parse(text)
    return typeof manifest === 'object' && manifest !== null && 'settings' in manifest
      ? manifest.settings
      : undefined
  } catch {
    return undefined
  }
}

/** Undefined for a file that does not exist. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
