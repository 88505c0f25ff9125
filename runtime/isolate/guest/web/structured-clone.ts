// structuredClone() of the HTML standard, in the isolate itself: the host never sees the value.
// Invariant: the type of an object is decided by its internal slots, not its name or prototype (plain objects excepted).

import { DOMException, isDomException } from './base/dom-exception.ts'
import {
  apply,
  bufferByteLength,
  define,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isArray,
  isView,
  mapSize,
  typedArrayName,
  uncurry,
} from './base/primordials.ts'
import { isObject, requireArguments, toDictionary } from './base/webidl.ts'
import { cloneKey, isCryptoKey } from './crypto/crypto-key.ts'
import { copyBlob, isBlob } from './fetch/blob.ts'

/** Brand checks by built-ins that throw for anything without the slot. */
const setSize = uncurry(
  getOwnPropertyDescriptor(Set.prototype, 'size')?.get as (this: unknown) => number,
) as (value: unknown) => number
const regexSource = uncurry(
  getOwnPropertyDescriptor(RegExp.prototype, 'source')?.get as (this: unknown) => string,
) as (value: unknown) => string
const dateValue = uncurry(Date.prototype.getTime) as (value: unknown) => number
const regexPrototype = RegExp.prototype
const objectPrototype = Object.prototype
const primitiveOf = [
  Boolean.prototype.valueOf,
  Number.prototype.valueOf,
  String.prototype.valueOf,
  BigInt.prototype.valueOf,
] as const
const { isError } = Error as unknown as { isError(value: unknown): boolean }

const ERROR_CLASSES = Object.assign(Object.create(null), {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
}) as Readonly<Record<string, ErrorConstructor | undefined>>

export function structuredClone(value: unknown, options?: unknown): unknown {
  requireArguments(arguments.length, 1, 'structuredClone()')
  const { transfer } = toDictionary(options, 'The options of structuredClone()')
  const buffers = transfer === undefined ? [] : readTransfer(transfer)
  const cloner = new Cloner(new Set<object>(buffers))
  const result = cloner.clone(value)
  cloner.detach()
  return result
}

function readTransfer(transfer: unknown): ArrayBuffer[] {
  const list = [...(transfer as Iterable<unknown>)]
  const seen = new Set<unknown>()
  for (const item of list) {
    if (!isObject(item) || !has(bufferByteLength, item))
      throw refused('A value in "transfer" cannot be transferred')
    if (seen.has(item)) throw refused('"transfer" holds a buffer twice')
    if ((item as ArrayBuffer).detached) throw refused('"transfer" holds a detached buffer')
    seen.add(item)
  }
  return list as ArrayBuffer[]
}

function refused(message: string): DOMException {
  return new DOMException(message, 'DataCloneError')
}

function has(slot: (value: object) => unknown, value: object): boolean {
  try {
    slot(value)
    return true
  } catch {
    return false // The built-in's own brand check is the test
  }
}

class Cloner {
  readonly #memory = new Map<object, object>()
  readonly #transfer: ReadonlySet<object>

  constructor(transfer: ReadonlySet<object>) {
    this.#transfer = transfer
  }

  /** Transferred buffers are copied while the walk may still fail, and detached here. */
  detach(): void {
    for (const buffer of this.#transfer) (buffer as ArrayBuffer).transfer(0)
  }

  clone(value: unknown): unknown {
    if (typeof value === 'symbol') throw refused('A symbol could not be cloned')
    if (typeof value === 'function') throw refused('A function could not be cloned')
    if (typeof value !== 'object' || value === null) return value
    const known = this.#memory.get(value)
    if (known !== undefined) return known
    const prototype = getPrototypeOf(value)
    if (isArray(value)) return this.#properties(value, this.#remember(value, new Array(value.length)))
    // Brand checks by exception are expensive, and a plain object has no slots unless its prototype was swapped.
    if (prototype === objectPrototype || prototype === null)
      return this.#properties(value, this.#remember(value, {}))
    return this.#special(value)
  }

  #remember<T extends object>(from: object, to: T): T {
    this.#memory.set(from, to)
    return to
  }

  #properties<T extends object>(from: object, to: T): T {
    for (const key of Object.keys(from)) {
      const value = this.clone((from as Record<string, unknown>)[key])
      define(to, key, value, true)
    }
    return to
  }

  #special(value: object): object {
    if (isView(value)) return this.#view(value)
    if (has(bufferByteLength, value)) return this.#buffer(value as ArrayBuffer)
    if (has(mapSize, value)) {
      const copy = this.#remember(value, new Map<unknown, unknown>())
      for (const [key, item] of [...(value as Map<unknown, unknown>)])
        copy.set(this.clone(key), this.clone(item))
      return copy
    }
    if (has(setSize, value)) {
      const copy = this.#remember(value, new Set<unknown>())
      for (const item of [...(value as Set<unknown>)]) copy.add(this.clone(item))
      return copy
    }
    if (has(dateValue, value)) return this.#remember(value, new Date(dateValue(value)))
    if (value !== regexPrototype && has(regexSource, value)) {
      return this.#remember(value, new RegExp(regexSource(value), (value as RegExp).flags))
    }
    if (isError(value)) return this.#error(value as Error)
    if (isCryptoKey(value)) return this.#remember(value, cloneKey(value))
    if (isBlob(value)) return this.#remember(value, copyBlob(value))
    for (const unbox of primitiveOf) {
      if (has((one) => apply(unbox, one, []), value))
        return this.#remember(value, Object(apply(unbox, value, [])))
    }
    if (!isSerializable(value)) throw refused(`${describe(value)} could not be cloned`)
    return this.#properties(value, this.#remember(value, {}))
  }

  #buffer(buffer: ArrayBuffer): ArrayBuffer {
    if (buffer.detached) throw refused('A detached ArrayBuffer could not be cloned')
    if (!buffer.resizable) return this.#remember(buffer, buffer.slice(0))
    const copy = new ArrayBuffer(buffer.byteLength, { maxByteLength: buffer.maxByteLength })
    new Uint8Array(copy).set(new Uint8Array(buffer))
    return this.#remember(buffer, copy)
  }

  #view(view: ArrayBufferView): object {
    const buffer = this.clone(view.buffer) as ArrayBuffer
    const name = typedArrayName(view)
    if (name === undefined)
      return this.#remember(view, new DataView(buffer, view.byteOffset, view.byteLength))
    const View = VIEWS[name] as Uint8ArrayConstructor
    return this.#remember(view, new View(buffer, view.byteOffset, (view as Uint8Array).length))
  }

  #error(error: Error): object {
    if (isDomException(error)) {
      return this.#remember(error, new DOMException(error.message, error.name))
    }
    const Class = ERROR_CLASSES[String(error.name)] ?? Error
    const message = Object.getOwnPropertyDescriptor(error, 'message')
    const copy = this.#remember(error, message === undefined ? new Class() : new Class(String(message.value)))
    define(copy, 'stack', String(error.stack), false)
    if (Object.hasOwn(error, 'cause')) {
      define(copy, 'cause', this.clone(error.cause), false)
    }
    return copy
  }
}

const VIEWS: Readonly<Record<string, unknown>> = Object.assign(Object.create(null), {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float16Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
})

/** Objects that are more than their properties. All have their tag on the prototype; objects of user classes do not. */
const OPAQUE_TAGS: ReadonlySet<unknown> = new Set([
  'AbortController',
  'AbortSignal',
  'CompressionStream',
  'Crypto',
  'DecompressionStream',
  'DigestStream',
  'Event',
  'EventTarget',
  'FormData',
  'Headers',
  'Promise',
  'ReadableStream',
  'Request',
  'Response',
  'SubtleCrypto',
  'TextDecoder',
  'TextEncoder',
  'TransformStream',
  'URL',
  'URLPattern',
  'URLSearchParams',
  'WeakMap',
  'WeakRef',
  'WeakSet',
  'WritableStream',
])

function isSerializable(value: object): boolean {
  return !OPAQUE_TAGS.has((value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag])
}

function describe(value: object): string {
  const tag: unknown = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]
  return typeof tag === 'string' ? `An object of the type ${tag.slice(0, 100)}` : 'An object'
}
