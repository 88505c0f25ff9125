// An artifact on the trusted side: the content of a release, ready to be served. The runtime parses no file of a package; it
// serves bytes at offsets that the package process recorded.
// Invariant: its content never changes while it is open, except for smaller compressed copies of the same bytes; a swap closes
// it after its last reader.

import { join } from 'node:path'
import type { Manifest } from '../../sdk/manifest/manifest.ts'
import { ArtifactFiles, type ByteRange, type Bytes, type Reading } from './artifact-files.ts'
import { type AssetEntry, assetsOf, catalogsOf, type Representation } from './assets.ts'
import { type ByteCache, createByteCache } from './byte-cache.ts'
import { BACKEND_CODE, BACKEND_MAP, type ContentEntry, type FrontendIndex } from './format/artifact-format.ts'
import { readContent, readDerived } from './read-indexes.ts'

export type { ByteRange, Bytes, Reading } from './artifact-files.ts'
export type { AssetEntry, Representation, Variant } from './assets.ts'

export interface Artifact {
  /** Content hash, hex. */
  readonly sha256: string
  readonly manifest: Manifest
  readonly notYetActive: readonly string[]
  /** null for a package without a frontend. */
  readonly frontend: FrontendIndex | null
  /** Every file of the package with its hash. */
  readonly entries: readonly ContentEntry[]
  /** Catalogs of messages by language, each a file of the package. */
  readonly catalogs: ReadonlyMap<string, Representation>
  /** All bytes of a part that is known to be small. */
  readAll(part: Representation): Bytes | Promise<Bytes>
  /** By path below the frontend root, exactly as packaged. */
  asset(path: string): AssetEntry | undefined
  /** Bytes when they are in memory, a promise when they are few, otherwise a source that holds the artifact open. */
  read(part: Representation, range?: ByteRange): Reading
  /** Paths of the linked backend and its source map; null without a backend. */
  readonly backend: { readonly codePath: string; readonly mapPath: string } | null
  /** Holds the artifact open until the returned function is called. Throws PLUGIN_UNAVAILABLE after close(). */
  acquire(): () => void
  /**
   * Starts to use stronger compressed copies that were made since it was opened; resolves with whether there were any. Holders
   * of an earlier entry keep reading the earlier copies. Rejects with PLUGIN_UNAVAILABLE after close().
   */
  refresh(): Promise<boolean>
  readonly closed: boolean
  /** Refuses new readers; resolves when the last one is done. Idempotent. */
  close(): Promise<void>
}

export interface OpenOptions {
  /** Shared between artifacts to bound their total memory; default: 8 MB for this one. */
  readonly cache?: ByteCache
}

/** Opens the folder of an artifact. Rejects with INTERNAL when it is damaged, or with the error of the file system. */
export async function openArtifact(folder: string, options: OpenOptions = {}): Promise<Artifact> {
  const files = new ArtifactFiles(folder, options.cache ?? createByteCache(8_000_000))
  try {
    const content = await readContent(folder, files)
    let derived = await readDerived(folder, files)
    let assets = assetsOf(content, derived)
    return {
      sha256: content.sha256,
      manifest: content.manifest,
      notYetActive: content.notYetActive,
      frontend: content.frontend,
      entries: content.entries,
      catalogs: catalogsOf(content),
      get closed() {
        return files.closed
      },
      asset: (path) => assets.get(path),
      read: (part, range) => files.read(part, range),
      readAll: (part) => files.readAll(part),
      backend: content.backend
        ? { codePath: join(folder, BACKEND_CODE), mapPath: join(folder, BACKEND_MAP) }
        : null,
      acquire: () => files.acquire(),
      async refresh() {
        const next = await readDerived(folder, files)
        if (next.bytes === derived.bytes) return false
        derived = next
        assets = assetsOf(content, next)
        return true
      },
      close: () => files.close(),
    }
  } catch (error) {
    await files.close()
    throw error
  }
}
