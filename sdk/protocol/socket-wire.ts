// Messages of a WebSocket on the wire: each is one chunk of a stream.
// A guest call "fetch" with `upgrade` that is answered with 101 stays open as long as the socket: messages of the visitor
// continue its body, messages of the plugin continue its reply.
// A text message that is neither empty nor long is a chunk of text; any other is bytes, with its type before it.
// Invariant: a chunk is a whole message; its reader releases its bytes and its cost when done with it.

import { MAX_TEXT } from './streams.ts'

/** Whether a text of this many characters, or bytes, is a chunk of text. */
export function mayBeText(length: number): boolean {
  return length > 0 && length <= MAX_TEXT
}

/** UTF-8. */
export const TEXT = 0x74
export const BINARY = 0x62
/** u8 whether the close was clean · u16 code, big-endian, 0 without one · reason, UTF-8. The last message of its direction. */
export const CLOSE = 0x63

/**
 * What a message takes of the window in addition to its bytes. High towards the guest: only a few messages of one socket are in
 * flight, so a flood of small ones does not block the plugin's other work.
 */
export const COST_TO_GUEST = 16 * 1024
export const COST_FROM_GUEST = 1024

/** No code: the closing frame had none, or there was no closing frame (RFC 6455, 7.4.1). */
export const NO_CODE = 1005
export const ABNORMAL = 1006
/** The visitor reads too slowly: the guest has buffered more than it may. */
export const TRY_LATER = 1013

export const MAX_REASON_BYTES = 123

export interface Close {
  /** 0: no code. */
  readonly code: number
  readonly reason: Uint8Array
  readonly wasClean: boolean
}

export function encodeClose({ code, reason, wasClean }: Close): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + reason.byteLength)
  bytes[0] = CLOSE
  bytes[1] = wasClean ? 1 : 0
  bytes[2] = code >> 8
  bytes[3] = code & 0xff
  bytes.set(reason, 4)
  return bytes
}

/** Undefined for bytes that encodeClose() cannot have made. */
export function decodeClose(chunk: Uint8Array): Close | undefined {
  const [kind, clean, high, low] = chunk
  if (kind !== CLOSE || clean === undefined || high === undefined || low === undefined) return undefined
  if (chunk.byteLength > 4 + MAX_REASON_BYTES) return undefined
  return { code: (high << 8) | low, reason: chunk.subarray(4), wasClean: clean === 1 }
}
