// The administrator's token: created at the first start, stored in `<data>/admin-token` for its owner alone, or configured.

import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store } from '../../../plugin-store/store.ts'
import type { Config } from '../../config/config.ts'

const AUDIT = { actor: 'system', action: 'token.create' }

/** Ensures that the administrator can sign in. Resolves with the id of the token's record. */
export async function adminToken(store: Store, config: Pick<Config, 'adminToken'>): Promise<string> {
  const secret = config.adminToken ?? (await readOrMake(join(store.folder, 'admin-token')))
  const record = await store.principals.putToken({ name: 'admin', permissions: ['*'], secret }, AUDIT)
  return record.id
}

/** Whether a chosen token is too short to withstand guessing. Only its length protects it: a right one is never held up. */
export function isGuessable(token: string): boolean {
  return token.length < 22 || new Set(token).size < 8
}

async function readOrMake(path: string): Promise<string> {
  try {
    const kept = (await readFile(path, 'utf8')).trim()
    if (kept !== '') return kept
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const secret = `pbt_${randomBytes(32).toString('base64url')}`
  await writeFile(path, `${secret}\n`, { mode: 0o600 })
  return secret
}
