// The checksums of the last check, and which files have changed between two of them.

import type { Env } from 'plugbay/sdk'

export interface Checksum {
  readonly folder: string
  readonly name: string
  readonly bytes: number
  readonly crc32: string
}

/** Keeps it; says whether the file had another one before. */
export async function keepChecksum(env: Env, { folder, name, bytes, crc32 }: Checksum): Promise<boolean> {
  const row = await env.db
    .prepare(
      `INSERT INTO checksums (folder, name, bytes, crc32) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT DO UPDATE SET changed = crc32 <> ?4, bytes = ?3, crc32 = ?4 RETURNING changed`,
    )
    .bind(folder, name, bytes, crc32)
    .first<{ changed: number }>()
  return row?.changed === 1
}

export async function countChecksums(
  env: Env,
): Promise<{ readonly files: number; readonly changed: number }> {
  const row = await env.db
    .prepare('SELECT count(*) AS files, coalesce(sum(changed), 0) AS changed FROM checksums')
    .first<{ files: number; changed: number }>()
  return row ?? { files: 0, changed: 0 }
}
