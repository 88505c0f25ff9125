// CryptoKey: what a plugin may know of a key; the key itself stays in the child process.
// Invariant: the number of the key is in a private field, so that a plugin cannot forge a CryptoKey.

import { createHandleTable, type Handle } from '../base/handle-table.ts'
import { freeze, isArray, ownKeys, SafeUint8Array } from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import { defineInterface } from '../base/webidl.ts'
import type { PackedKey } from './crypto-wire.ts'

/** The limit in host-functions/crypto.ts. */
const MAX_KEYS = 10_000

const CREATE = Object.freeze({})
const handles = createHandleTable(MAX_KEYS, (gone) => realm.host.dropKeys(gone))

/** The key in the child process, or the placeholder of a secret (secret-keys.ts). */
type Material = Handle & { readonly secret?: string }

export let handleOf: (key: CryptoKey) => number
export let secretOf: (key: CryptoKey) => string | undefined
export let isCryptoKey: (value: unknown) => value is CryptoKey
/** Another object for the same key. */
export let cloneKey: (key: CryptoKey) => CryptoKey

/** A handle: the key itself stays outside of the isolate. */
export class CryptoKey {
  /** One per key of the child process: clones share it. */
  readonly #material: Material
  readonly #packed: PackedKey
  readonly #algorithm: object
  readonly #usages: readonly string[]

  constructor(token?: unknown, material?: unknown, packed?: unknown) {
    if (token !== CREATE) throw new TypeError('Illegal constructor')
    this.#material = material as Material
    this.#packed = packed as PackedKey
    this.#algorithm = readAlgorithm(this.#packed.algorithm)
    this.#usages = freeze(this.#packed.usages)
  }

  static {
    handleOf = (key) => key.#material.handle
    secretOf = (key) => key.#material.secret
    isCryptoKey = (value): value is CryptoKey =>
      typeof value === 'object' && value !== null && #material in value
    cloneKey = (key) => new CryptoKey(CREATE, key.#material, key.#packed)
  }

  get type(): string {
    return this.#packed.type
  }
  get extractable(): boolean {
    return this.#packed.extractable
  }
  get algorithm(): object {
    return this.#algorithm
  }
  get usages(): readonly string[] {
    return this.#usages
  }
}
defineInterface(CryptoKey, 'CryptoKey', 0)

export function makeKey(packed: PackedKey): CryptoKey {
  const material = { handle: packed.handle }
  handles.add(material)
  return new CryptoKey(CREATE, material, packed)
}

export function makeSecretKey(placeholder: string, packed: PackedKey): CryptoKey {
  return new CryptoKey(CREATE, { handle: packed.handle, secret: placeholder }, packed)
}

/** Frozen, with `publicExponent` as bytes again. */
function readAlgorithm(packed: Readonly<Record<string, unknown>>): object {
  const algorithm: Record<string, unknown> = {}
  for (const key of ownKeys(packed) as string[]) {
    const value = packed[key]
    if (isArray(value)) algorithm[key] = new SafeUint8Array(value as number[])
    else algorithm[key] = typeof value === 'object' && value !== null ? freeze({ ...value }) : value
  }
  return freeze(algorithm)
}
