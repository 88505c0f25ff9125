// The artifact folders, and the staging folders they are built in.
// Invariant: an artifact's name exists only when every byte below it is on disk, and it is never changed afterwards.

import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { flush, flushFolder } from './flush.ts'
import type { Artifacts, StorePaths } from './store.ts'
import { codeOf, StoreError, toStoreError } from './store-error.ts'

export interface ArtifactsOptions {
  readonly paths: StorePaths
  /** Every hash that a release refers to. */
  readonly inUse: () => Promise<ReadonlySet<string>>
  /** Whether an artifact is flushed to disk before it gets its name. */
  readonly flush: boolean
  /** Called for leftovers that could not be removed; they take space but do no harm. */
  readonly warn: (message: string, error: unknown) => void
}

/** Files flushed at once: enough to let the disk merge writes, few enough to stay clear of descriptor limits. */
const FLUSHES_AT_ONCE = 16

/** The folders exist: see `openStore`. */
export function createArtifacts(options: ArtifactsOptions): Artifacts {
  const { paths } = options
  return {
    async publishArtifact(stagingFolder, sha256) {
      const target = paths.artifact(sha256)
      if (!isInside(paths.staging, stagingFolder)) {
        throw new StoreError(
          'INTERNAL',
          `"${stagingFolder}" is not below the staging folder "${paths.staging}"`,
        )
      }
      try {
        if (options.flush) await publish(stagingFolder, target)
        else await replace(paths, stagingFolder, target)
        return target
      } catch (error) {
        throw toStoreError(error, `Cannot publish artifact "${sha256}"`)
      }
    },

    async remove(sha256) {
      try {
        await discard(paths, basename(paths.artifact(sha256)), { now: true })
      } catch (error) {
        options.warn(`Cannot remove the artifact "${sha256}"`, error)
      }
    },

    async sweep() {
      const used = await options.inUse()
      const removed: string[] = []
      for (const name of await readdir(paths.artifacts)) {
        if (used.has(name)) continue
        try {
          await discard(paths, name, { now: false })
          removed.push(name)
        } catch (error) {
          options.warn(`Cannot remove the unused artifact "${name}"`, error)
        }
      }
      if (removed.length > 0 && options.flush) await flushFolder(paths.artifacts)
      for (const name of await readdir(paths.staging)) {
        try {
          await rm(join(paths.staging, name), { recursive: true, force: true })
        } catch (error) {
          options.warn(`Cannot remove the leftover "${name}"`, error)
        }
      }
      return removed
    },
  }
}

/** The name goes first, in one step: a half-removed folder must never pass for an artifact. A sweep may remove the rest. */
async function discard(paths: StorePaths, name: string, { now }: { readonly now: boolean }): Promise<void> {
  const bin = await mkdtemp(join(paths.staging, 'unused-'))
  await rename(join(paths.artifacts, name), join(bin, name))
  if (now) await rm(bin, { recursive: true, force: true })
}

/** A power cut may have damaged what was not flushed, so an artifact of the same name is removed. */
async function replace(paths: StorePaths, stagingFolder: string, target: string): Promise<void> {
  if (await exists(target)) await discard(paths, basename(target), { now: true })
  await rename(stagingFolder, target)
}

async function publish(stagingFolder: string, target: string): Promise<void> {
  if (!(await exists(target))) {
    await flushTree(stagingFolder)
    try {
      await rename(stagingFolder, target)
      await flushFolder(dirname(target))
      return
    } catch (error) {
      const code = codeOf(error)
      // The same content was published in the meantime.
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
    }
  }
  await rm(stagingFolder, { recursive: true, force: true })
  // The name may not have been flushed yet, and the caller is about to rely on it.
  await flushFolder(dirname(target))
}

async function flushTree(folder: string): Promise<void> {
  const entries = (await readdir(folder, { withFileTypes: true, recursive: true })).values()
  await Promise.all(
    Array.from({ length: FLUSHES_AT_ONCE }, async () => {
      for (const entry of entries) {
        const path = join(entry.parentPath, entry.name)
        if (entry.isDirectory()) await flushFolder(path)
        else if (entry.isFile()) await flush(path)
      }
    }),
  )
  await flushFolder(folder)
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false
    throw error
  }
}

function isInside(folder: string, path: string): boolean {
  const below = relative(folder, path)
  return below !== '' && below !== '..' && !below.startsWith(`..${sep}`) && !below.startsWith(sep)
}

/** Creates the missing folders of the store, accessible to the owner only. */
export async function makeFolders(paths: StorePaths): Promise<void> {
  for (const folder of [paths.artifacts, paths.staging, paths.cache, paths.pluginData]) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  }
}
