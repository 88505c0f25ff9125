// The linked backend of a release with V8's code cache, which is created after first use, keyed by content and V8 version.
// Invariant: the runtime creates caches itself, in a process that ran no plugin code; files of packages are never used as one.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { scriptName } from '../../../sdk/protocol/sandbox-control.ts'
import { keep, readKept } from '../../bundles/kept-file.ts'
import type { Artifact } from '../../package/artifact.ts'
import type { BackendCode } from '../../sandbox/types.ts'
import type { LifecycleServices } from '../services.ts'

/** Below this size compiling is as fast as reading a cache. */
const WORTH_CACHING_BYTES = 20_000
/** Larger code is read for each start instead of being kept in memory. */
const MAX_KEPT_BYTES = 1_000_000

export function createCodeSource(
  pluginId: string,
  artifact: Artifact,
  services: Pick<LifecycleServices, 'policy' | 'log' | 'sandbox' | 'store'>,
): () => Promise<BackendCode> {
  let loading: Promise<BackendCode> | undefined
  const load = async (): Promise<BackendCode> => {
    if (artifact.backend === null) throw new Error(`The artifact of "${pluginId}" has no backend`)
    const source = await readFile(artifact.backend.codePath)
    const path = join(services.store.paths.cache, `${artifact.sha256}-${pluginId}-${process.versions.v8}.bin`)
    const cache = readKept(path)
    const worthIt = source.length >= WORTH_CACHING_BYTES && services.policy.cache
    if (cache === undefined && worthIt) void makeCache(source, path)
    return { source, cache }
  }
  const makeCache = async (source: Buffer, path: string): Promise<void> => {
    try {
      const cache = await services.sandbox.compile(source, scriptName(pluginId))
      keep(path, cache)
      if (source.length <= MAX_KEPT_BYTES) loading = Promise.resolve({ source, cache: Buffer.from(cache) })
    } catch (error) {
      services.log.debug({ plugin: pluginId, error: String(error) }, 'no code cache was made')
    }
  }
  return () => {
    if (loading !== undefined) return loading
    const code = load().then(
      (loaded) => {
        if (loaded.source.length > MAX_KEPT_BYTES) loading = undefined
        return loaded
      },
      (error: unknown) => {
        loading = undefined
        throw error
      },
    )
    loading = code
    return code
  }
}
