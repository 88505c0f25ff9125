// What a plugin left in browsers belongs to one installation and one author: this text changes with either.
// Invariant: it cannot be known before the installation exists.

import { createHash } from 'node:crypto'
import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'

export function generationOf(
  { createdAt }: Pick<InstallationRecord, 'createdAt'>,
  { manifest }: Pick<ReleaseRecord, 'manifest'>,
): string {
  const facts = JSON.stringify([createdAt, manifest.author ?? null])
  return createHash('sha256').update(facts).digest('base64url').slice(0, 22)
}
