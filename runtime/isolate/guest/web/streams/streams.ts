// Web streams: the reference implementation, evaluated when a plugin first touches a stream.
import type * as Polyfill from 'web-streams-polyfill'
import { getPrototypeOf, typedArrayName, weakMapGet, weakMapSet } from '../base/primordials.ts'
import { concatBytes, encodeUtf8 } from '../text/utf8.ts'
import { mendPipeTo } from './passable.ts'

export type { ReadableStream, UnderlyingSink, WritableStream } from 'web-streams-polyfill'

// The bundler turns this into a function that evaluates the module once, at its first call.
declare function require(name: 'web-streams-polyfill'): typeof Polyfill

export function streams(): typeof Polyfill {
  const module = require('web-streams-polyfill')
  if (!cell.isMended) {
    cell.isMended = true
    mend(module)
    mendPipeTo(module)
  }
  return module
}

const cell = { isMended: false }

/** The package has a prototype of its own for async iterators. */
function mend({ ReadableStream }: typeof Polyfill): void {
  const iterator = getPrototypeOf(new ReadableStream().values()) as object
  const generators = getPrototypeOf(async function* () {}.prototype) as object
  Object.setPrototypeOf(iterator, getPrototypeOf(generators))
}

export const STREAM_CLASSES = [
  'ReadableStream',
  'ReadableStreamDefaultReader',
  'ReadableStreamBYOBReader',
  'ReadableStreamDefaultController',
  'ReadableByteStreamController',
  'ReadableStreamBYOBRequest',
  'WritableStream',
  'WritableStreamDefaultWriter',
  'WritableStreamDefaultController',
  'TransformStream',
  'TransformStreamDefaultController',
  'ByteLengthQueuingStrategy',
  'CountQueuingStrategy',
] as const satisfies readonly (keyof typeof Polyfill)[]

/** Bytes or text of a whole body. */
export type BodySource = string | Uint8Array

/** Streams that this realm created from bytes: while untouched, they need not be read chunk by chunk. */
const sources = new WeakMap<object, BodySource>()

export function isReadableStream(value: unknown): value is Polyfill.ReadableStream {
  return typeof value === 'object' && value !== null && value instanceof streams().ReadableStream
}

export function isDisturbed(stream: Polyfill.ReadableStream): boolean {
  // A field of the implementation: the standard has no public name for it.
  return (stream as unknown as { readonly _disturbed?: unknown })._disturbed === true
}

export function streamOf(source: BodySource): Polyfill.ReadableStream {
  const { ReadableStream } = streams()
  const stream = new ReadableStream({
    type: 'bytes',
    pull(controller) {
      // A copy: enqueue() takes the buffer away
      const bytes = typeof source === 'string' ? encodeUtf8(source) : new Uint8Array(source)
      if (bytes.length > 0) controller.enqueue(bytes)
      controller.close()
      controller.byobRequest?.respond(0)
    },
  }) as Polyfill.ReadableStream
  weakMapSet(sources, stream, source)
  return stream
}

/** The whole content of an untouched stream made by streamOf(). */
export function untouchedSource(stream: Polyfill.ReadableStream): BodySource | undefined {
  const source = weakMapGet(sources, stream)
  return source === undefined || stream.locked || isDisturbed(stream) ? undefined : source
}

/** The same chunks as another stream; the old one is locked from now on. */
export function passOn(stream: Polyfill.ReadableStream): Polyfill.ReadableStream {
  return stream.pipeThrough(new (streams().TransformStream)())
}

/** Reads to the end; throws a TypeError for a chunk that is not a Uint8Array, or for more than `max` bytes. */
export async function readAll(
  stream: Polyfill.ReadableStream,
  max = Number.POSITIVE_INFINITY,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader()
  const pieces: Uint8Array[] = []
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return concatBytes(pieces)
    if (typedArrayName(value) !== 'Uint8Array') {
      const error = new TypeError('A chunk of the body is not a Uint8Array')
      reader.cancel(error).catch(() => undefined) // The reader of the body gets the error of the chunk, not of the cancel
      throw error
    }
    size += (value as Uint8Array).length
    if (size > max) {
      const error = new TypeError(`The body is longer than ${max} bytes: read it as a stream, from "body"`)
      reader.cancel(error).catch(() => undefined) // As above
      throw error
    }
    pieces.push(value as Uint8Array)
  }
}
