// Messages between SubtleCrypto in the guest and the child process: JSON beside one run of bytes. Types only.

/** A value; bytes are a range of the body, keys are numbers of the table in the child process. */
export type PackedValue =
  | { readonly t: 'none' }
  | { readonly t: 'plain'; readonly v: unknown }
  | { readonly t: 'bytes'; readonly at: number; readonly length: number }
  | { readonly t: 'key'; readonly handle: number }
  | { readonly t: 'dictionary'; readonly fields: Readonly<Record<string, PackedValue>> }

export interface CryptoRequest {
  /** Name of a method of SubtleCrypto, whose arguments follow. */
  readonly op: string
  readonly args: readonly PackedValue[]
}

export interface PackedKey {
  readonly handle: number
  readonly type: string
  readonly extractable: boolean
  readonly usages: readonly string[]
  /** `publicExponent` as a list of numbers. */
  readonly algorithm: Readonly<Record<string, unknown>>
}

/** `bytes`: the body beside it. */
export type CryptoResult =
  | { readonly t: 'bytes' }
  | { readonly t: 'boolean'; readonly value: boolean }
  | { readonly t: 'key'; readonly key: PackedKey }
  | { readonly t: 'pair'; readonly publicKey: PackedKey; readonly privateKey: PackedKey }
  | { readonly t: 'jwk'; readonly jwk: Readonly<Record<string, unknown>> }
  | { readonly t: 'error'; readonly name: string; readonly message: string }
