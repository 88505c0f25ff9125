// crypto.DigestStream, in the shape of Cloudflare's: a stream whose digest is known when it is closed.
// Invariant: the child process holds the state of the hash, nothing holds the data; an abandoned digest is dropped there, at the
// latest when others are opened after it was garbage-collected.

import { DOMException } from '../base/dom-exception.ts'
import { createHandleTable, type Handle } from '../base/handle-table.ts'
import { bytesSlice, promiseThen, SafePromise, toUpperCase } from '../base/primordials.ts'
import { realm } from '../base/realm.ts'
import {
  defineInterface,
  isBufferSource,
  isObject,
  requireArguments,
  toText,
  viewBytes,
} from '../base/webidl.ts'
import { streams, type WritableStream } from '../streams/streams.ts'
import { encodeUtf8 } from '../text/utf8.ts'

export interface DigestStream extends WritableStream {
  readonly digest: Promise<ArrayBuffer>
  readonly bytesWritten: number
}

export type DigestStreamClass = new (algorithm: unknown) => DigestStream

/** Input that is copied to the child process at once. */
const MAX_PIECE = 256 * 1024
/**
 * The limit in host-functions/digests.ts.
 * @limit `crypto.DigestStream`: open at once
 * @passed the stream fails with a `QuotaExceededError`
 */
const MAX_DIGESTS = 1024

const ALGORITHMS: ReadonlySet<string> = new Set(['MD5', 'SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'])

const handles = createHandleTable(MAX_DIGESTS, (gone) => realm.host.dropDigests(gone))
const cell: { made: DigestStreamClass | undefined; lastHandle: number } = { made: undefined, lastHandle: 0 }

/** Made when it is first needed: it extends a class of the streams, which are evaluated then. */
export function digestStreamClass(): DigestStreamClass {
  cell.made ??= makeClass()
  return cell.made
}

function makeClass(): DigestStreamClass {
  class DigestStream extends streams().WritableStream {
    readonly #hashing: Hashing

    constructor(algorithm: unknown) {
      requireArguments(arguments.length, 1, 'DigestStream')
      const hashing = new Hashing(toAlgorithm(algorithm))
      super({
        write: (chunk: unknown) => hashing.add(chunk),
        close: () => hashing.finish(),
        abort: (reason: unknown) => void hashing.stop(reason),
      })
      this.#hashing = hashing
    }

    get digest(): Promise<ArrayBuffer> {
      return this.#hashing.digest
    }

    get bytesWritten(): number {
      return this.#hashing.length
    }
  }
  defineInterface(DigestStream, 'DigestStream')
  return DigestStream as unknown as DigestStreamClass
}

/** Opened at the host with the first piece. */
class Hashing {
  readonly digest: Promise<ArrayBuffer>
  length = 0
  readonly #algorithm: string
  #handle: Handle | undefined
  #resolve: (digest: ArrayBuffer) => void = () => undefined
  #reject: (reason: unknown) => void = () => undefined

  constructor(algorithm: string) {
    this.#algorithm = algorithm
    this.digest = new SafePromise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // The writer learns of a failure anyway: a plugin that does not look at the digest is not to blame.
    promiseThen(this.digest, undefined, () => undefined)
  }

  add(chunk: unknown): void {
    if (typeof chunk !== 'string' && !isBufferSource(chunk))
      throw this.stop(new TypeError('A chunk is not text, an ArrayBuffer or a view of one'))
    const bytes = typeof chunk === 'string' ? encodeUtf8(chunk) : viewBytes(chunk)
    for (let at = 0; at < bytes.length; at += MAX_PIECE) {
      const piece = bytesSlice(bytes, at, at + MAX_PIECE)
      const failure = realm.host.updateDigest(this.#open(), this.#algorithm, piece)
      if (failure !== undefined) throw this.stop(new DOMException(failure, 'QuotaExceededError'))
    }
    this.length += bytes.length
  }

  finish(): void {
    const handle = this.#open()
    handles.forget(handle)
    const digest = realm.host.finishDigest(handle, this.#algorithm)
    if (digest === undefined) throw this.stop(new DOMException('The digest cannot be made', 'OperationError'))
    this.#resolve(digest.buffer as ArrayBuffer)
  }

  stop<T>(reason: T): T {
    if (this.#handle !== undefined) {
      handles.forget(this.#handle.handle)
      realm.host.dropDigests(`${this.#handle.handle}`)
    }
    this.#reject(reason)
    return reason
  }

  #open(): number {
    if (this.#handle === undefined) {
      this.#handle = { handle: ++cell.lastHandle }
      handles.add(this.#handle)
    }
    return this.#handle.handle
  }
}

function toAlgorithm(value: unknown): string {
  const name = isObject(value) ? (value as { readonly name?: unknown }).name : value
  const algorithm = toUpperCase(toText(name))
  if (!ALGORITHMS.has(algorithm))
    throw new DOMException('The algorithm is not supported', 'NotSupportedError')
  return algorithm
}
