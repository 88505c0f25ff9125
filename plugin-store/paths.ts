// Paths below the data folder.
// Invariant: a name from outside (a hash, an id) is checked before it becomes part of a path.

import { join } from 'node:path'
import type { StorePaths } from './store.ts'
import { StoreError } from './store-error.ts'

const SHA256 = /^[0-9a-f]{64}$/

/** @param folder absolute path of the data folder */
export function createPaths(folder: string): StorePaths {
  const artifacts = join(folder, 'artifacts')
  return {
    restore: join(folder, 'restore'),
    database: join(folder, 'store.db'),
    artifacts,
    staging: join(folder, 'staging'),
    cache: join(folder, 'cache'),
    pluginData: join(folder, 'plugin-data'),
    artifact(sha256) {
      if (!SHA256.test(sha256)) throw new StoreError('INTERNAL', `"${sha256}" is not a SHA-256 in hex`)
      return join(artifacts, sha256)
    },
  }
}
