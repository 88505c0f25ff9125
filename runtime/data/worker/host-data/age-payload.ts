// The payload of a file in the format of age: pieces of 64 KiB under ChaCha20-Poly1305, each with its number, and the last one marked
// (https://age-encryption.org/v1). The caller makes what stands before it, and opens it.

import { createCipheriv } from 'node:crypto'

const PIECE = 64 * 1024
const TAG = 16
const NONCE = 12

export const KEY_BYTES = 32

export class AgePayload {
  readonly #key: Uint8Array
  /** A piece is sealed when it is known whether it is the last one. */
  #rest: Uint8Array = new Uint8Array(0)
  #count = 0

  /** @param key of the payload, KEY_BYTES long */
  constructor(key: Uint8Array) {
    this.#key = key
  }

  /** What can be sealed by now. */
  add(bytes: Uint8Array): Uint8Array {
    const rest = this.#rest
    const length = rest.byteLength + bytes.byteLength
    const pieces = Math.max(0, Math.ceil(length / PIECE) - 1)
    const sealed = Buffer.allocUnsafeSlow(pieces * (PIECE + TAG))
    let start = -rest.byteLength
    for (let n = 0; n < pieces; n++, start += PIECE) {
      const content = bytes.subarray(Math.max(0, start), start + PIECE)
      this.#seal(sealed.subarray(n * (PIECE + TAG)), {
        before: n === 0 ? rest : NOTHING,
        content,
        isLast: false,
      })
    }
    // A copy: it would keep all of what it is a part of.
    this.#rest =
      pieces === 0 ? Buffer.concat([rest, bytes]) : new Uint8Array(bytes.subarray(Math.max(0, start)))
    return sealed
  }

  /** The last piece. */
  end(): Uint8Array {
    const sealed = Buffer.allocUnsafe(this.#rest.byteLength + TAG)
    this.#seal(sealed, { before: this.#rest, content: NOTHING, isLast: true })
    return sealed
  }

  #seal(
    target: Buffer,
    {
      before,
      content,
      isLast,
    }: { readonly before: Uint8Array; readonly content: Uint8Array; readonly isLast: boolean },
  ): void {
    const nonce = Buffer.alloc(NONCE)
    // 32 bits of counter are 256 TiB.
    nonce.writeUInt32BE(this.#count++, NONCE - 5)
    nonce[NONCE - 1] = isLast ? 1 : 0
    const cipher = createCipheriv('chacha20-poly1305', this.#key, nonce, { authTagLength: TAG })
    let end = 0
    for (const part of [before, content])
      if (part.byteLength > 0) end += cipher.update(part).copy(target, end)
    cipher.final()
    cipher.getAuthTag().copy(target, end)
  }
}

const NOTHING = new Uint8Array(0)
