// The keys of sealed settings over the life of a store: made at the first start, changed by a rotation.
// Invariant: a key is dropped from the file only when no row is sealed with it; what cannot be opened is never overwritten.

import { recordAudit } from './audit-log.ts'
import type { Db, Engine } from './database/engine.ts'
import { newKey, readKeyFile, setAside, writeKeyFile } from './encryption/key-file.ts'
import { createKeyRing, type KeyRing, type Owner } from './encryption/key-ring.ts'
import { reseal, sealAllClearText, sealedRows } from './sealed-settings.ts'
import type { Audit, RotateOptions, Rotation, Secrets } from './store.ts'
import { StoreError, toStoreError } from './store-error.ts'

export interface SecretVault extends Secrets {
  /** As it is now: a rotation replaces it. */
  readonly ring: KeyRing
}

export interface VaultOptions {
  readonly engine: Engine
  /** Absolute path of the key file. */
  readonly keyFile: string
  readonly now: () => number
  readonly warn: (message: string, error: unknown) => void
}

/** Reads the key, or makes it when nothing is sealed yet; completes an interrupted rotation; seals what older versions stored. */
export async function openVault({ engine, keyFile, now, warn }: VaultOptions): Promise<SecretVault> {
  let ring = await openRing({ engine, keyFile, now, warn })
  let turn: Promise<unknown> = Promise.resolve()

  async function addKey(): Promise<void> {
    const file = await readKeyFile(keyFile)
    if (file.state === 'unusable') await setAside(keyFile, now())
    const keys = [newKey(), ...(file.state === 'usable' ? file.keys : [])]
    await writeKeyFile(keyFile, keys)
    ring = createKeyRing(keys)
  }

  async function dropKeys(): Promise<void> {
    const rows = await engine.read(sealedRows)
    const needed = ring.keys.filter((key) => key === ring.current || rows.some(({ by }) => by === key.id))
    if (needed.length === ring.keys.length) return
    await writeKeyFile(keyFile, needed)
    ring = createKeyRing(needed)
  }

  async function complete(): Promise<void> {
    if (ring.current === undefined) return
    await engine.transaction(async (db) => {
      await reseal(db, ring)
      if ((await sealAllClearText(db, ring)) > 0) await engine.markUnclean(db)
    })
    await engine.clean()
    await dropKeys()
  }

  async function rotate({ acceptLoss = false }: RotateOptions, audit: Audit): Promise<Rotation> {
    const lost = await engine.read((db) => unreadable(db, ring))
    if (lost.length > 0 && !acceptLoss) throw wouldLose(lost, ring.problem)
    try {
      await addKey()
      const done = await engine.transaction(async (db) => {
        const { resealed, unreadable } = await reseal(db, ring)
        await engine.markUnclean(db)
        const detail = { rotated: resealed.length, unreadable: unreadable.length }
        await recordAudit(db, { subject: 'secrets', audit: { ...audit, detail }, now: now() })
        return { rotated: resealed.length, unreadable }
      })
      await engine.clean()
      await dropKeys()
      return done
    } catch (error) {
      throw toStoreError(error, `Cannot change the key in "${keyFile}"`)
    }
  }

  try {
    await complete()
  } catch (error) {
    // The server must start on a full disk too: that is when there is something to clean up.
    warn('Cannot seal the secrets in the store with the current key', error)
  }
  return {
    get ring() {
      return ring
    },
    rotate(options, audit) {
      const rotation = turn.then(() => rotate(options, audit))
      turn = rotation.catch(() => undefined)
      return rotation
    },
  }
}

async function openRing({ engine, keyFile, warn }: VaultOptions): Promise<KeyRing> {
  const file = await readKeyFile(keyFile)
  if (file.state === 'usable') {
    if (file.isShared) warn('Other users of this machine may read the key of the secrets', keyFile)
    return createKeyRing(file.keys)
  }
  if (file.state === 'unusable') return withoutKey(file.reason, warn)
  if ((await engine.read(sealedRows)).length > 0)
    return withoutKey(`the key file "${keyFile}" is missing`, warn)
  const key = newKey()
  try {
    await writeKeyFile(keyFile, [key])
    return createKeyRing([key])
  } catch (error) {
    return withoutKey(toStoreError(error, `the key file "${keyFile}" cannot be made`).message, warn)
  }
}

function withoutKey(problem: string, warn: VaultOptions['warn']): KeyRing {
  warn('Secrets in the store cannot be read, and none can be stored', problem)
  return createKeyRing([], problem)
}

async function unreadable(db: Db, ring: KeyRing): Promise<readonly Owner[]> {
  const rows = await sealedRows(db)
  return rows.filter(({ owner, by, text }) => !ring.open(owner, { by, text }).ok).map(({ owner }) => owner)
}

function wouldLose(lost: readonly Owner[], problem: string | undefined): StoreError {
  const names = lost.map(({ pluginId, key }) => `"${key}" of "${pluginId}"`).join(', ')
  return new StoreError(
    'SECRETS_KEY_UNUSABLE',
    `Secrets cannot be read: ${names}${problem === undefined ? '' : ` (${problem})`}`,
  )
}
