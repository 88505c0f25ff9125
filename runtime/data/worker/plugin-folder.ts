// The folder of a plugin's data. Invariant: a path is formed from a plugin id only after the id has been checked.

import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BUCKET_FILE, CONTENTS_FOLDER } from '../../../sdk/protocol/bucket-wire.ts'
import { DataError } from './data-error.ts'

const PLUGIN_ID = /^[a-z][a-z0-9-]{1,62}$/

export const KV_FILE = 'kv.db'
export const DB_FILE = 'db.sqlite'
/** The databases of a plugin. */
export const DATA_FILES = [KV_FILE, DB_FILE, BUCKET_FILE] as const

/** Below the plugin's folder: the files of an import. Once the folder exists, they are the plugin's data. */
const IMPORTED = 'imported'

/** @throws DataError HOST_CALL_INVALID */
export function pluginFolder(folder: string, pluginId: string): string {
  if (!PLUGIN_ID.test(pluginId))
    throw new DataError('HOST_CALL_INVALID', `"${pluginId}" is not the id of a plugin`)
  return join(folder, pluginId)
}

/**
 * Replaces the data of a plugin with the files of a sibling folder, which is removed. No process may hold the old files open.
 * Invariant: one rename decides; the next process to open a file of the plugin completes an interrupted import first.
 */
export function replaceData(files: string, home: string): void {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  finishImport(home)
  renameSync(files, join(home, IMPORTED))
  finishImport(home)
}

/** Call it before opening a file of the plugin. Does nothing unless an import was interrupted. */
export function finishImport(home: string): void {
  const imported = join(home, IMPORTED)
  if (!existsSync(imported)) return
  // A database never refers to a content that is not there yet.
  moveContents(join(imported, CONTENTS_FOLDER), join(home, CONTENTS_FOLDER))
  for (const file of DATA_FILES) {
    const from = join(imported, file)
    // It was moved before the interruption.
    if (!existsSync(from)) continue
    // They belong to the old file: SQLite would apply them to the new one.
    removeBeside(home, file)
    renameSync(from, join(home, file))
  }
  rmSync(imported, { recursive: true })
}

function moveContents(from: string, to: string): void {
  if (!existsSync(from)) return
  mkdirSync(to, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(from)) renameSync(join(from, name), join(to, name))
}

/** Deletes one file of the plugin with SQLite's companion files, and the folder when it is empty. */
export function removeData(home: string, file: (typeof DATA_FILES)[number]): void {
  rmSync(join(home, IMPORTED, file), { force: true })
  // The main file last: without it, leftovers of the others could not be told from those of a new one.
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
