// What is in a pack, beside it: "pack-000001.json". It is written when the pack has been read back, so a pack that has one is whole,
// also when the backup that wrote it was cut off and no snapshot names it.

import { readChecked, writeChecked } from './checked-json.ts'
import { FORMAT, isListOf, isObject, PACK_NAME } from './manifest.ts'
import { type Hash, isHash } from './parts.ts'

export interface PackIndex {
  /** "pack-000001.tar.zst": of the file. */
  readonly pack: string
  readonly bytes: number
  /** Of the file, as it is on the drive. */
  readonly sha256: Hash
  readonly recipient: string | null
  /** In their order in the pack. */
  readonly objects: readonly PackedObject[]
}

export interface PackedObject {
  readonly hash: Hash
  readonly size: number
}

export function packName(number: number, isSealed: boolean): string {
  return `pack-${String(number).padStart(6, '0')}.tar.zst${isSealed ? '.age' : ''}`
}

export function packNumber(name: string): number {
  return Number(/^pack-(\d+)\./.exec(name)?.[1] ?? 0)
}

export function indexName(pack: string): string {
  return `${pack.split('.')[0]}.json`
}

export async function writeIndex({ objects, ...rest }: PackIndex): Promise<string> {
  const lines = objects.map(({ hash, size }) => `${hash} ${size}`)
  return await writeChecked({ format: FORMAT, ...rest, objects: lines })
}

/** Undefined for what is damaged. */
export async function readIndex(text: string): Promise<PackIndex | undefined> {
  const value = await readChecked(text)
  if (!isObject<PackIndex>(value)) return undefined
  const { pack, bytes, sha256, recipient, objects } = value
  if (typeof pack !== 'string' || !PACK_NAME.test(pack) || !Number.isSafeInteger(bytes)) return undefined
  if (!isHash(sha256) || (recipient !== null && typeof recipient !== 'string')) return undefined
  if (!isListOf(objects, isLine)) return undefined
  const parsed = objects.map((line) => ({ hash: line.slice(0, 64), size: Number(line.slice(65)) }))
  return { pack, bytes: Number(bytes), sha256, recipient, objects: parsed }
}

function isLine(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64} \d{1,9}$/.test(value)
}
