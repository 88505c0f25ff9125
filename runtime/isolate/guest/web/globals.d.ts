// Types of the web globals as this folder implements them. Types only: a value must be imported.
import type { AbortSignal as GuestAbortSignal } from './events/abort.ts'
import type { Event as GuestEvent } from './events/event.ts'
import type {
  EventTarget as GuestEventTarget,
  AddEventListenerOptions as GuestListenerOptions,
} from './events/event-target.ts'
import type { Blob as GuestBlob, File as GuestFile } from './fetch/blob.ts'
import type { Headers as GuestHeaders } from './fetch/headers.ts'
import type { Request as GuestRequest } from './fetch/request.ts'
import type { Response as GuestResponse } from './fetch/response.ts'
import type {
  ReadableStream as GuestReadableStream,
  WritableStream as GuestWritableStream,
} from './streams/streams.ts'

declare global {
  interface AbortSignal extends GuestAbortSignal {}
  interface AddEventListenerOptions extends GuestListenerOptions {}
  interface Blob extends GuestBlob {}
  interface Event extends GuestEvent {}
  interface EventTarget extends GuestEventTarget {}
  interface File extends GuestFile {}
  interface Headers extends GuestHeaders {}
  interface Request extends GuestRequest {}
  interface Response extends GuestResponse {}
  interface ReadableStream<R = unknown> extends GuestReadableStream<R> {}
  interface WritableStream<W = unknown> extends GuestWritableStream<W> {}
}
