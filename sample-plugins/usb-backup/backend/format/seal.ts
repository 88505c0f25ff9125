// Encryption in the format of age (age-encryption.org/v1). The header is made by the library of age's author; the payload, pieces of 64 KiB
// under ChaCha20-Poly1305, by the web's own cryptography, which is several times as fast as JavaScript.

import { Decrypter, Encrypter } from 'age-encryption'
import type { Bytes } from './parts.ts'

const PIECE = 64 * 1024
const TAG = 16
/** Pieces that are on threads at the same time. */
const BATCH = 8
/** A header has a line or two for each recipient. */
const MAX_HEADER = 16 * 1024
const NONCE = 16
const CIPHER = 'ChaCha20-Poly1305'

export class SealError extends Error {
  override readonly name = 'SealError'
}

/** What a file begins with, and the key of what follows: pieces, as the server can make them as well. */
export interface SealHead {
  readonly head: Bytes
  /** 32 bytes. */
  readonly key: Bytes
}

/** @param recipient "age1…" */
export async function sealHead(recipient: string): Promise<SealHead> {
  let fileKey: Uint8Array | undefined
  const encrypter = new Encrypter()
  encrypter.addRecipient(recipient)
  // A recipient that adds nothing to the header, and sees the key of the file.
  encrypter.addRecipient({
    wrapFileKey: (key) => {
      fileKey = key.slice()
      return []
    },
  })
  const empty = await encrypter.encrypt(new Uint8Array(0))
  const header = empty.slice(0, headerLength(empty))
  if (fileKey === undefined) throw new SealError('The library of age has made no key')
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE))
  return { head: joined([header, nonce]), key: await payloadKey(fileKey, nonce) }
}

/** @param recipient "age1…" */
export async function sealTo(recipient: string): Promise<TransformStream<Uint8Array, Bytes>> {
  const { head, key: raw } = await sealHead(recipient)
  const key = await cipherKey(raw)
  const pieces = new Pieces(PIECE, (piece, iv) => crypto.subtle.encrypt({ name: CIPHER, iv }, key, piece))
  return new TransformStream({
    start(controller) {
      controller.enqueue(head)
    },
    transform: (chunk, controller) => pieces.add(chunk, controller),
    flush: (controller) => pieces.end(controller),
  })
}

/** @param identity "AGE-SECRET-KEY-1…" @throws a SealError for another key, and for what was changed */
export function unsealBy(identity: string): TransformStream<Uint8Array, Bytes> {
  let head: Bytes | undefined = new Uint8Array(0)
  let pieces: Pieces | undefined
  return new TransformStream({
    async transform(chunk, controller) {
      let rest = chunk
      if (head !== undefined) {
        head = joined([head, chunk])
        const length = headerLength(head)
        if (length === -1 && head.byteLength > MAX_HEADER)
          throw new SealError('The file is not encrypted with age')
        if (length === -1 || head.byteLength < length + NONCE) return
        pieces = await opened(identity, head.subarray(0, length), head.subarray(length, length + NONCE))
        rest = head.subarray(length + NONCE)
        head = undefined
      }
      await pieces?.add(rest, controller)
    },
    async flush(controller) {
      if (pieces === undefined) throw new SealError('The file is cut off')
      await pieces.end(controller)
    },
  })
}

async function opened(identity: string, header: Bytes, nonce: Bytes): Promise<Pieces> {
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  let fileKey: Uint8Array
  try {
    fileKey = await decrypter.decryptHeader(header)
  } catch (cause) {
    throw new SealError('The key does not open this backup', { cause })
  }
  const key = await cipherKey(await payloadKey(fileKey, nonce))
  return new Pieces(PIECE + TAG, async (piece, iv, isOnly) => {
    if (piece.byteLength < TAG || (piece.byteLength === TAG && !isOnly))
      throw new SealError('The file is cut off')
    try {
      return await crypto.subtle.decrypt({ name: CIPHER, iv }, key, piece)
    } catch (cause) {
      throw new SealError('The file was changed or is damaged', { cause })
    }
  })
}

type Controller = TransformStreamDefaultController<Bytes>
/** @param isOnly the piece is the whole payload */
type Cipher = (piece: Bytes, iv: Bytes, isOnly: boolean) => Promise<ArrayBuffer>

/** Cuts a stream into pieces and runs the cipher over them. The last one is known at the end only, so one is always kept back. */
class Pieces {
  readonly #size: number
  readonly #cipher: Cipher
  readonly #buffer: Bytes
  #filled = 0
  #count = 0

  constructor(size: number, cipher: Cipher) {
    this.#size = size
    this.#cipher = cipher
    this.#buffer = new Uint8Array(size * BATCH)
  }

  async add(chunk: Uint8Array, controller: Controller): Promise<void> {
    for (let start = 0; start < chunk.byteLength; ) {
      if (this.#filled === this.#buffer.byteLength) await this.#run(controller, false)
      const piece = chunk.subarray(start, start + this.#buffer.byteLength - this.#filled)
      this.#buffer.set(piece, this.#filled)
      this.#filled += piece.byteLength
      start += piece.byteLength
    }
  }

  end(controller: Controller): Promise<void> {
    return this.#run(controller, true)
  }

  async #run(controller: Controller, isLast: boolean): Promise<void> {
    const count = Math.max(1, Math.ceil(this.#filled / this.#size))
    const isOnly = isLast && count === 1 && this.#count === 0
    const results = await Promise.all(
      Array.from({ length: count }, (_, index) => {
        const piece = this.#buffer.subarray(
          index * this.#size,
          Math.min(this.#filled, (index + 1) * this.#size),
        )
        return this.#cipher(piece, nonceOf(this.#count + index, isLast && index === count - 1), isOnly)
      }),
    )
    this.#count += count
    this.#filled = 0
    controller.enqueue(joined(results.map((result) => new Uint8Array(result))))
  }
}

function nonceOf(counter: number, isLast: boolean): Bytes {
  const nonce = new Uint8Array(12)
  // 32 bits of counter are 256 TiB.
  new DataView(nonce.buffer).setUint32(7, counter)
  nonce[11] = isLast ? 1 : 0
  return nonce
}

async function payloadKey(fileKey: Uint8Array, nonce: Bytes): Promise<Bytes> {
  const secret = await crypto.subtle.importKey('raw', fileKey.slice(), 'HKDF', false, ['deriveBits'])
  const info = new TextEncoder().encode('payload')
  const bits = await crypto.subtle.deriveBits(
    { name: 'HKDF', hash: 'SHA-256', salt: nonce, info },
    secret,
    256,
  )
  return new Uint8Array(bits)
}

async function cipherKey(key: Bytes): Promise<CryptoKey> {
  // The draft's name of the format, which the types of the web do not have yet.
  return await crypto.subtle.importKey('raw-secret' as 'raw', key, CIPHER, false, ['encrypt', 'decrypt'])
}

/** Up to the line "--- <code>", with it; -1 as long as that has not arrived. */
function headerLength(bytes: Uint8Array): number {
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, MAX_HEADER))
  const found = /^age-encryption\.org\/v1\n(?:.*\n)*?--- [^\n]*\n/.exec(text)
  return found === null ? -1 : found[0].length
}

function joined(arrays: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const array of arrays) {
    all.set(array, at)
    at += array.byteLength
  }
  return all
}
