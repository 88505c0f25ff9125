// The frames that cross the wall between the runtime and a child process.
// A frame: u32 length of what follows · u8 kind with flags · u32 slot · u32 call id · u32 length of head · head (UTF-8) · body.
// Invariant: a reader refuses a frame over its limit before allocating for it.

export const CALL = 1
export const REPLY = 2
export const ERROR = 3
export const CANCEL = 4
export const CHUNK = 5
export const CREDIT = 6
export const EVENT = 7
export const KIND_MASK = 0x0f
/** On CALL, REPLY and CHUNK: the body continues in chunks. */
export const MORE = 0x10
/** The sender of this frame made the call. */
export const FROM_CALLER = 0x20

/**
 * Bytes that may be in flight in one direction of one stream before the reader grants more.
 * @limit bodies that stream: under way, each way, in bytes
 * @passed the sender waits: 100 MB pass through a backend of a few megabytes
 */
export const STREAM_WINDOW = 256 * 1024

/** What a chunk takes of the window in addition to its bytes: many small ones cost memory too. */
export const CHUNK_COST = 256

export type Body = Uint8Array | string | undefined

/**
 * The sending side of a channel: frames stay in order, and none is lost while the channel lives.
 * @param body must not be written to afterwards: a long one is sent without a copy
 */
export type SendFrame = (kind: number, id: number, head: string, body: Body) => void

/** An error on the wire. Errors cross as values, without stacks of the other side. */
export interface WireError {
  readonly code: string
  readonly message: string
  readonly name?: string
  readonly stack?: string
  readonly hint?: string
}
