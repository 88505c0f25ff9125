// Rotates the key of the secrets in a data folder that no server uses.

import { openStore } from '../../plugin-store/open-store.ts'
import type { Rotation, Store } from '../../plugin-store/store.ts'
import { StoreError } from '../../plugin-store/store-error.ts'
import type { Config } from '../config/config.ts'
import type { RotateOptions } from './parts.ts'

/** Undefined while a server uses the folder. Rejects with SECRETS_KEY_UNUSABLE and errors of the store. */
export async function rotateSecrets(
  { data, secrets: { keyFile } }: Config,
  { acceptLoss, warn }: RotateOptions,
): Promise<Rotation | undefined> {
  let store: Store
  try {
    store = await openStore(data, { warn, ...(keyFile !== null && { keyFile }) })
  } catch (error) {
    if (error instanceof StoreError && error.code === 'STORE_LOCKED') return undefined
    throw error
  }
  try {
    return await store.secrets.rotate({ acceptLoss }, { actor: 'command line', action: 'secrets.rotate' })
  } finally {
    await store.close()
  }
}
