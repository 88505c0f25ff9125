// Messages for visitors as frames of RFC 6455, 5.2: whole, not masked, without extensions.
// `ws` makes the same frames, each of two buffers and with a write of its own, which was half of what a message cost here.

import type { Writable } from 'node:stream'

/** With the bit that says that the message ends with this frame. */
export const TEXT_FRAME = 0x81
export const BINARY_FRAME = 0x82

/** In bytes: from this length on a message is written as it is, behind the front of its frame. */
const LONG = 4096

/**
 * Writes a message to a connection.
 * @param message bytes must not be written to afterwards
 * @param sent called when the system has taken the message, or the connection has failed
 */
export function writeMessage(
  connection: Writable,
  kind: typeof TEXT_FRAME | typeof BINARY_FRAME,
  message: string | Uint8Array,
  sent: () => void,
): void {
  const isText = typeof message === 'string'
  const length = isText ? Buffer.byteLength(message) : message.byteLength
  const front = frontOf(length)
  const isWhole = isText || length < LONG
  const frame = Buffer.allocUnsafe(isWhole ? front + length : front)
  frame[0] = kind
  if (front === 2) frame[1] = length
  else if (front === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeUInt32BE(0, 2)
    frame.writeUInt32BE(length, 6)
  }
  if (isText) frame.write(message, front)
  else if (isWhole) frame.set(message, front)
  if (isWhole) connection.write(frame, sent)
  else {
    connection.write(frame)
    connection.write(message, sent)
  }
}

/** The length of what stands before so many bytes. */
function frontOf(length: number): 2 | 4 | 10 {
  if (length < 126) return 2
  return length < 0x10000 ? 4 : 10
}
