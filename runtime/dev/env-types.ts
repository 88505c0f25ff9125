// Writes plugbay-env.d.ts into the folder of a plugin: what its host offers, and what its manifest says.
// Invariant: a file with the same text is not written again, so that watchers of the folder see no change.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { textIfThere } from '../../plugin-store/text-if-there.ts'
import {
  DECLARATION_FILE,
  declarationFile,
  type HostTypes,
  isOfHost,
  manifestPartOf,
  withManifest,
} from '../../sdk/host/declaration-file.ts'

/**
 * Resolves with whether the file has changed. While the manifest cannot be read, what the file says of it stays. Rejects with the error of
 * the file system.
 */
export async function writeTypes(folder: string, host: HostTypes): Promise<boolean> {
  const before = await textIfThere(join(folder, DECLARATION_FILE))
  const manifest = await manifestIn(folder)
  const text = declarationFile({ ...host, manifest })
  return await write(folder, manifest === undefined ? text + manifestPartOf(before ?? '') : text, before)
}

/** As writeTypes(), in a folder whose sources are checked by TypeScript; in a file of another host, only what the manifest says. */
export async function refreshTypes(folder: string, host: HostTypes): Promise<boolean> {
  if (!(await isTyped(folder))) return false
  const before = await textIfThere(join(folder, DECLARATION_FILE))
  if (before === undefined || isOfHost(before, host.host.id)) return await writeTypes(folder, host)
  const manifest = await manifestIn(folder)
  return manifest !== undefined && (await write(folder, withManifest(before, manifest), before))
}

async function write(folder: string, text: string, before: string | undefined): Promise<boolean> {
  if (before === text) return false
  await writeFile(join(folder, DECLARATION_FILE), text)
  return true
}

async function isTyped(folder: string): Promise<boolean> {
  for (const name of ['tsconfig.json', 'jsconfig.json'])
    if ((await textIfThere(join(folder, name))) !== undefined) return true
  return false
}

/** Undefined for one that cannot be read: the checks of the package report it. */
async function manifestIn(folder: string): Promise<unknown> {
  const text = await textIfThere(join(folder, 'manifest.json'))
  if (text === undefined) return undefined
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
}
