// Makes real artifacts for tests: the package step's own planning and writing, into a temporary folder.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import {
  type Artifact,
  type ByteRange,
  openArtifact,
  type Representation,
} from '../../runtime/package/artifact.ts'
import { ByteSource, piecesOf } from '../../runtime/package/byte-source.ts'
import { writeArtifact } from '../../runtime/package/worker/artifact/artifact-writer.ts'
import { contentHash } from '../../runtime/package/worker/artifact/content-hash.ts'
import { deriveParts } from '../../runtime/package/worker/frontend/derived-parts.ts'
import { planFrontend } from '../../runtime/package/worker/frontend/frontend.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'

export interface ArtifactSource {
  readonly files: Readonly<Record<string, string | Uint8Array>>
  readonly manifest?: Partial<Manifest>
  readonly code?: string
}

export async function tempFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Writes an artifact; answers with its folder. */
export async function makeArtifact(t: TestContext, source: ArtifactSource): Promise<string> {
  const folder = await tempFolder(t)
  const manifest: Manifest = {
    manifestVersion: 1,
    id: 'hello',
    name: 'Hello',
    version: '1.0.0',
    ...source.manifest,
  }
  const files = new Map(
    Object.entries({ 'manifest.json': JSON.stringify(manifest), ...source.files })
      .map(([path, bytes]) => [path, typeof bytes === 'string' ? Buffer.from(bytes) : bytes] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
  const frontend = planFrontend(files, { manifest, backend: source.code !== undefined })
  await writeArtifact(folder, {
    content: { sha256: contentHash(files), manifest, notYetActive: [], frontend: frontend.index },
    files,
    code: source.code === undefined ? null : { code: source.code, map: '{}' },
    derived: await deriveParts(frontend, { compress: true }),
    pages: frontend.pages,
  })
  return folder
}

/** Writes and opens an artifact; it is closed after the test. */
export async function openFixture(t: TestContext, source: ArtifactSource): Promise<Artifact> {
  const artifact = await openArtifact(await makeArtifact(t, source))
  t.after(() => artifact.close())
  return artifact
}

export async function bytesOf(artifact: Artifact, part: Representation, range?: ByteRange): Promise<Buffer> {
  const reading = await artifact.read(part, range)
  return reading instanceof ByteSource ? await allOf(reading) : Buffer.from(reading)
}

export async function allOf(source: ByteSource): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(piecesOf(source)))
}
