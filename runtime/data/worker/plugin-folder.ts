// The folder of a plugin's data. Invariant: a path is formed from a plugin id only after the id has been checked.

import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DataError } from './data-error.ts'

const PLUGIN_ID = /^[a-z][a-z0-9-]{1,62}$/

export const KV_FILE = 'kv.db'
export const DB_FILE = 'db.sqlite'
/** All that a plugin stores. */
export const DATA_FILES = [KV_FILE, DB_FILE] as const

/** Below the plugin's folder: both files of an import. From the moment that it is there, they are the plugin's data. */
const IMPORTED = 'imported'

/** @throws DataError HOST_CALL_INVALID */
export function pluginFolder(folder: string, pluginId: string): string {
  if (!PLUGIN_ID.test(pluginId))
    throw new DataError('HOST_CALL_INVALID', `"${pluginId}" is not the id of a plugin`)
  return join(folder, pluginId)
}

/**
 * Replaces the data of a plugin by the files of a folder beside its own, which is gone then. Nobody has the old files open.
 * Invariant: one rename decides; whoever opens a file of the plugin first carries out what is left to do.
 */
export function replaceData(files: string, home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  finishImport(home)
  renameSync(files, join(home, IMPORTED))
  finishImport(home)
}

/** To be called before a file of the plugin is opened. Does nothing but after an import that was interrupted. */
export function finishImport(home: string): void {
  const imported = join(home, IMPORTED)
  if (!existsSync(imported)) return
  for (const file of DATA_FILES) {
    const from = join(imported, file)
    // It has been moved before the interruption.
    if (!existsSync(from)) continue
    // They belong to the old file: SQLite would apply them to the new one.
    removeBeside(home, file)
    renameSync(from, join(home, file))
  }
  rmSync(imported, { recursive: true })
}

/** Deletes one file of the plugin with what SQLite keeps beside it, and the folder when nothing else is in it. */
export function removeData(home: string, file: (typeof DATA_FILES)[number]): void {
  rmSync(join(home, IMPORTED, file), { force: true })
  // The main file last: without it, what is left of the others could not be told from those of a new one.
  removeBeside(home, file)
  rmSync(join(home, file), { force: true })
  removeWhenEmpty(join(home, IMPORTED))
  removeWhenEmpty(home)
}

function removeBeside(home: string, file: string): void {
  for (const suffix of ['-wal', '-shm', '-journal']) rmSync(join(home, `${file}${suffix}`), { force: true })
}

function removeWhenEmpty(folder: string): void {
  let names: readonly string[]
  try {
    names = readdirSync(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    throw error
  }
  if (names.length === 0) rmdirSync(folder)
}
