// Types of the web globals as this folder implements them. Types only: a value must be imported.
import type { AbortSignal as GuestAbortSignal } from './abort.ts'
import type { Event as GuestEvent } from './event.ts'
import type {
  EventTarget as GuestEventTarget,
  AddEventListenerOptions as GuestListenerOptions,
} from './event-target.ts'
import type { Headers as GuestHeaders } from './headers.ts'
import type { Request as GuestRequest } from './request.ts'
import type { Response as GuestResponse } from './response.ts'
import type { ReadableStream as GuestReadableStream } from './streams.ts'

declare global {
  interface AbortSignal extends GuestAbortSignal {}
  interface AddEventListenerOptions extends GuestListenerOptions {}
  interface Event extends GuestEvent {}
  interface EventTarget extends GuestEventTarget {}
  interface Headers extends GuestHeaders {}
  interface Request extends GuestRequest {}
  interface Response extends GuestResponse {}
  interface ReadableStream<R = unknown> extends GuestReadableStream<R> {}
}
