// The file that holds the keys of sealed settings: one key a line, the current one first. Lines that begin with "#" are comments.
// Invariant: the file is replaced as a whole and flushed, so that a crash leaves the old content or the new; nothing else writes it.

import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { flushFolder, writeFlushed } from '../flush.ts'
import { codeOf } from '../store-error.ts'

export interface Key {
  /** Made from the key, which it does not reveal. */
  readonly id: string
  readonly bytes: Buffer
}

export type KeyFile =
  /** Current key first; at least one. `isShared`: other users of the machine may read it. */
  | { readonly state: 'usable'; readonly keys: readonly Key[]; readonly isShared: boolean }
  | { readonly state: 'missing' }
  | { readonly state: 'unusable'; readonly reason: string }

const KEY_BYTES = 32
const HEADER = `# Keys of the secrets in store.db. Whoever has this file and the database can read them.
# Keep a copy of it, apart from the backups of the data folder.
`

export function newKey(): Key {
  return keyOf(randomBytes(KEY_BYTES))
}

export async function readKeyFile(path: string): Promise<KeyFile> {
  try {
    const lines = (await readFile(path, 'utf8')).split('\n').map((line) => line.trim())
    const texts = lines.filter((line) => line !== '' && !line.startsWith('#'))
    const keys = texts.map((text) => Buffer.from(text, 'base64url'))
    if (keys.length === 0) return { state: 'unusable', reason: `"${path}" holds no key` }
    if (keys.some(({ length }) => length !== KEY_BYTES))
      return { state: 'unusable', reason: `"${path}" holds a line that is not a key` }
    const isShared = ((await stat(path)).mode & 0o077) !== 0 && process.platform !== 'win32'
    return { state: 'usable', keys: keys.map(keyOf), isShared }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return { state: 'missing' }
    return { state: 'unusable', reason: `"${path}" cannot be read (${codeOf(error) ?? String(error)})` }
  }
}

/** Replaces the file, or makes it, for its owner alone. */
export async function writeKeyFile(path: string, keys: readonly Key[]): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const text = HEADER + keys.map(({ bytes }) => `${bytes.toString('base64url')}\n`).join('')
  const coming = `${path}.new`
  // Left by a crash; its mode may be another one.
  await unlink(coming).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error
  })
  await writeFlushed(coming, text, { flags: 'wx', mode: 0o600 })
  await rename(coming, path)
  await flushFolder(folder)
}

/** Keeps a file that holds no usable key under another name. */
export async function setAside(path: string, now: number): Promise<void> {
  await rename(path, `${path}.unusable-${new Date(now).toISOString().replaceAll(':', '-')}`)
}

function keyOf(bytes: Buffer): Key {
  const id = createHash('sha256').update('plugbay secrets key\0').update(bytes).digest('hex').slice(0, 16)
  return { id, bytes }
}
