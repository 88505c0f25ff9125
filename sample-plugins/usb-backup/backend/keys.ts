// The key of this server's backups. A passphrase is typed once: it locks the key that goes to each drive, and is forgotten. The server keeps
// the key itself, as it has the data anyway: what the passphrase is for is a drive in other hands.

import type { Env } from 'plugbay/sdk'
import type { BackupFolder } from './drive/backup-folder.ts'
import { Failure } from './drive/sentences.ts'
import { type DriveKey, keyOf, lockKey, makeKey, unlockKey } from './format/passphrase.ts'

interface OwnKey extends DriveKey {
  /** Base64: as it is on drives. */
  readonly locked: string
}

type KeyEnv = Pick<Env, 'kv' | 'settings'>

const OWN = 'key'
/** A key that was unlocked on the page, by its recipient. */
const FOREIGN = 'key:'
/** For a restore that has been asked for. */
const FOREIGN_SECONDS = 24 * 3600

export type Encryption =
  | { readonly kind: 'none' }
  | { readonly kind: 'passphrase'; readonly recipient: string }
  | { readonly kind: 'recipient'; readonly recipient: string }

/** What the next backup is encrypted with. */
export async function encryption({ kv, settings }: KeyEnv): Promise<Encryption> {
  const recipient = String(settings.recipient ?? '').trim()
  if (recipient !== '') return { kind: 'recipient', recipient }
  const own = await kv.get<OwnKey>(OWN, 'json')
  return own === null ? { kind: 'none' } : { kind: 'passphrase', recipient: own.recipient }
}

/** A key that has a passphrase already gets the new one; drives get it with their next backup. */
export async function setPassphrase({ kv }: Pick<Env, 'kv'>, passphrase: string): Promise<void> {
  const own = await kv.get<OwnKey>(OWN, 'json')
  const key = own === null ? await makeKey() : { recipient: own.recipient, identity: own.identity }
  const locked = (await lockKey(key, passphrase)).toBase64()
  await kv.put(OWN, JSON.stringify({ ...key, locked } satisfies OwnKey))
}

/** Backups from now on are not encrypted. Those that are keep their key on the drive, and here. */
export async function stopEncrypting({ kv }: Pick<Env, 'kv'>): Promise<void> {
  const own = await kv.get<OwnKey>(OWN, 'json')
  if (own === null) return
  await kv.put(FOREIGN + own.recipient, own.identity)
  await kv.delete(OWN)
}

/** With the passphrase alone, the drive can be restored anywhere. */
export async function putKeyOnDrive(
  { kv }: Pick<Env, 'kv'>,
  folder: BackupFolder,
  recipient: string,
): Promise<void> {
  const own = await kv.get<OwnKey>(OWN, 'json')
  if (own?.recipient === recipient) await folder.writeKey(recipient, Uint8Array.fromBase64(own.locked))
}

/** Undefined for a key that is not known here. */
export async function identityOf({ kv }: Pick<Env, 'kv'>, recipient: string): Promise<string | undefined> {
  const own = await kv.get<OwnKey>(OWN, 'json')
  if (own?.recipient === recipient) return own.identity
  return (await kv.get(FOREIGN + recipient)) ?? undefined
}

/**
 * Remembers the key of a snapshot for a day.
 * @param secret the passphrase of the drive's key, or the key itself, "AGE-SECRET-KEY-1…"
 */
export async function unlock(
  { kv }: Pick<Env, 'kv'>,
  {
    folder,
    recipient,
    secret,
  }: { readonly folder: BackupFolder; readonly recipient: string; readonly secret: string },
): Promise<void> {
  const key = secret.startsWith('AGE-SECRET-KEY-')
    ? await keyOf(secret.trim())
    : await fromDrive(folder, recipient, secret)
  if (key.recipient !== recipient) throw new Failure('This is the key of another backup')
  await kv.put(FOREIGN + recipient, key.identity, { expirationTtl: FOREIGN_SECONDS })
}

async function fromDrive(folder: BackupFolder, recipient: string, passphrase: string): Promise<DriveKey> {
  const locked = await folder.readKey(recipient)
  if (locked === undefined)
    throw new Failure('This backup was encrypted to a key of your own: give the key, "AGE-SECRET-KEY-1…"')
  return await unlockKey(locked, passphrase)
}
