// Statements and rows of env.db on the wire: one JSON text, followed by the bytes of BLOBs.
// Layout: u32 length of the text (little endian) · text (UTF-8) · blobs, in the order in which the text names their lengths.
// Invariant: a reader refuses lengths that do not add up.

/** A value in the text. JSON has no bytes and no infinities. */
export type WireValue = null | number | string | WireBlob | WireInfinity
export interface WireBlob {
  /** Bytes. */
  readonly b: number
}
export interface WireInfinity {
  readonly f: '+' | '-'
}

export interface WireStatement {
  readonly sql: string
  readonly values: readonly WireValue[]
}

/** The text of one result; a reply holds a list of them. */
export interface WireResult {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly WireValue[])[]
  readonly changes: number
  readonly lastRowId: number
  readonly changed: boolean
  readonly size: number
  /** Milliseconds. */
  readonly duration: number
}

export function joinParts(text: Uint8Array, blobs: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = blobs.reduce((sum, blob) => sum + blob.byteLength, 4 + text.byteLength)
  const bytes = new Uint8Array(size)
  new DataView(bytes.buffer).setUint32(0, text.byteLength, true)
  bytes.set(text, 4)
  let at = 4 + text.byteLength
  for (const blob of blobs) {
    bytes.set(blob, at)
    at += blob.byteLength
  }
  return bytes
}

/** Throws RangeError when the text is longer than the input. */
export function splitParts(bytes: Uint8Array): { readonly text: Uint8Array; readonly blobs: Uint8Array } {
  if (bytes.byteLength < 4) throw new RangeError('The message is too short')
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  if (size > bytes.byteLength - 4) throw new RangeError('The message is shorter than it says')
  return { text: bytes.subarray(4, 4 + size), blobs: bytes.subarray(4 + size) }
}

/** Returns the blobs one after the other, as copies. The function throws RangeError for a length beyond the input. */
export function blobReader(blobs: Uint8Array): (length: unknown) => Uint8Array<ArrayBuffer> {
  let at = 0
  return (length) => {
    if (typeof length !== 'number' || !Number.isInteger(length) || length < 0)
      throw new RangeError('The length of a blob is not a length')
    if (length > blobs.byteLength - at) throw new RangeError('A blob is shorter than the message says')
    at += length
    return new Uint8Array(blobs.subarray(at - length, at))
  }
}
