// The check of `plugbay doctor` for the key of the secrets in the store. It opens neither the store nor a secret.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readKeyFile } from '../../plugin-store/encryption/key-file.ts'
import type { Config } from '../config/config.ts'
import type { Finding } from './doctor-checks.ts'

export async function checkKeyFile({ data, secrets }: Config): Promise<Finding> {
  const id = 'secrets'
  const path = secrets.keyFile ?? join(data, 'secrets.key')
  const file = await readKeyFile(path)
  if (file.state === 'usable') {
    if (!file.isShared) return { id, level: 'ok', message: `"${path}" holds their key` }
    const message = `other users of this machine may read their key in "${path}"`
    return { id, level: 'warn', message, hint: `Run "chmod 600 ${path}"` }
  }
  if (file.state === 'missing' && !(await hasStore(data)))
    return { id, level: 'ok', message: `their key will be made in "${path}" at the first start` }
  const message = file.state === 'missing' ? `their key file "${path}" is missing` : file.reason
  const hint =
    'Restore the key file; without it, run "plugbay secrets rotate --accept-loss" and set the secrets again'
  return { id, level: 'warn', message, hint }
}

async function hasStore(data: string): Promise<boolean> {
  return await stat(join(data, 'store.db')).then(
    () => true,
    () => false,
  )
}
