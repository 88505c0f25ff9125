// What a release consists of, read from its artifact. Invariant: nothing of it is parsed here, and only small files are read.

import type { ReleaseRecord } from '../../../plugin-store/records.ts'
import type { ReleaseContent } from '../../../sdk/api/releases.ts'
import { askedPermissions } from '../../../sdk/permissions/asked.ts'
import { PlugbayError } from '../../errors.ts'
import { type Artifact, openArtifact } from '../../package/artifact.ts'
import { partOf } from '../../package/assets.ts'
import { iconEntry } from '../../package/icon.ts'
import type { LifecycleServices } from '../services.ts'

/** A README that is longer is cut. */
const README_BYTES = 100_000

const README = /^readme(?:\.(?:md|markdown|txt))?$/i

export interface ReleaseName {
  readonly id: string
  readonly version: string
}

export interface Icon {
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

type Services = Pick<LifecycleServices, 'assetCache' | 'store'>

/** Rejects with NOT_FOUND. */
export async function releaseContent(name: ReleaseName, services: Services): Promise<ReleaseContent> {
  return await withRelease(name, services, async ({ version, sha256, manifest }, artifact) => ({
    version,
    sha256,
    manifest,
    permissions: askedPermissions(manifest),
    settings: manifest.settings ?? null,
    readme: await readmeOf(artifact),
    files: artifact.entries.map(({ path, size, sha256: hash }) => ({ path, size, sha256: hash })),
    bytes: artifact.entries.reduce((sum, { size }) => sum + size, 0),
  }))
}

/** Rejects with NOT_FOUND, also when the icon is missing, too large, or a file of another kind. */
export async function releaseIcon(name: ReleaseName, services: Services): Promise<Icon> {
  return await withRelease(name, services, async ({ manifest }, artifact) => {
    const entry = iconEntry(manifest, artifact.entries)
    if (entry === undefined) throw new PlugbayError('NOT_FOUND', `"${name.id}" ${name.version} has no icon`)
    return { type: entry.type, bytes: new Uint8Array(await artifact.readAll(partOf(entry))) }
  })
}

async function withRelease<T>(
  { id, version }: ReleaseName,
  { assetCache, store }: Services,
  read: (release: ReleaseRecord, artifact: Artifact) => Promise<T>,
): Promise<T> {
  const releases = await store.catalog.releases(id)
  const release = releases.find((each) => each.version === version)
  if (release === undefined) throw new PlugbayError('NOT_FOUND', `"${id}" has no release ${version}`)
  const artifact = await openArtifact(store.paths.artifact(release.sha256), { cache: assetCache })
  try {
    return await read(release, artifact)
  } finally {
    await artifact.close()
  }
}

async function readmeOf(artifact: Artifact): Promise<ReleaseContent['readme']> {
  const entry = artifact.entries.find(({ path }) => README.test(path))
  if (entry === undefined) return null
  const { path, size } = entry
  const isCut = size > README_BYTES
  const reading = await artifact.readAll({ ...partOf(entry), size: Math.min(size, README_BYTES) })
  return { path, text: new TextDecoder().decode(reading), isCut }
}
