// The folder of a plugin's data. Invariant: a path is formed from a plugin id only after the id has been checked.

import { readdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { DataError } from './data-error.ts'

const PLUGIN_ID = /^[a-z][a-z0-9-]{1,62}$/

/** @throws DataError HOST_CALL_INVALID */
export function pluginFolder(folder: string, pluginId: string): string {
  if (!PLUGIN_ID.test(pluginId))
    throw new DataError('HOST_CALL_INVALID', `"${pluginId}" is not the id of a plugin`)
  return join(folder, pluginId)
}

export function removeWhenEmpty(folder: string): void {
  let names: readonly string[]
  try {
    names = readdirSync(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw error
  }
  if (names.length === 0) rmdirSync(folder)
}
