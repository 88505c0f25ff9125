// Conversions and property shapes that Web IDL requires of every interface.
import {
  bufferByteLength,
  defineProperty,
  getOwnPropertyDescriptor,
  isView,
  ownKeys,
  SafeUint8Array,
  toWellFormed,
  typedArrayName,
} from './primordials.ts'

/**
 * Makes the members of a class enumerable and names its instances, as Web IDL requires. `length` is the number of required
 * arguments of the constructor, if it differs from the class's.
 */
export function defineInterface(
  subject: { readonly prototype: object },
  name: string,
  length?: number,
): void {
  const { prototype } = subject
  if (length !== undefined) defineProperty(subject, 'length', { value: length, configurable: true })
  // A bundler may have renamed the class to distinguish it from the global of the same name.
  defineProperty(subject, 'name', { value: name, configurable: true })
  for (const key of ownKeys(prototype)) {
    if (key !== 'constructor' && typeof key === 'string') defineProperty(prototype, key, { enumerable: true })
  }
  for (const key of ownKeys(subject)) {
    const own = getOwnPropertyDescriptor(subject, key)
    if (typeof own?.value === 'function') defineProperty(subject, key, { enumerable: true })
  }
  defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true })
}

/** Constants are on the constructor and on the prototype, enumerable and read-only. */
export function defineConstants(
  subject: { readonly prototype: object },
  constants: Readonly<Record<string, number>>,
): void {
  for (const key of ownKeys(constants) as string[]) {
    const shape = { value: constants[key], enumerable: true, configurable: false, writable: false }
    defineProperty(subject, key, shape)
    defineProperty(subject.prototype, key, shape)
  }
}

export function toText(value: unknown): string {
  if (typeof value === 'string') return value
  return `${value as string}`
}

/** USVString: lone surrogates become U+FFFD. */
export function toUsv(value: unknown): string {
  return toWellFormed(toText(value))
}

export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

export function requireArguments(given: number, wanted: number, what: string): void {
  if (given < wanted) {
    const noun = wanted === 1 ? 'argument' : 'arguments'
    throw new TypeError(`${what} needs ${wanted} ${noun}, but got ${given}`)
  }
}

/** Dictionary argument: undefined and null are the empty dictionary, other non-objects are refused. */
export function toDictionary(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return EMPTY
  if (!isObject(value)) throw new TypeError(`${what} is not an object`)
  return value as Record<string, unknown>
}

const EMPTY: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null))

export function isBuffer(value: unknown): value is ArrayBuffer {
  if (typeof value !== 'object' || value === null) return false
  try {
    bufferByteLength(value)
    return true
  } catch {
    return false // Not an ArrayBuffer: the getter's brand check is the test
  }
}

export function isBufferSource(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return isView(value) || isBuffer(value)
}

/** The bytes of a BufferSource, not copied. */
export function viewBytes(source: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typedArrayName(source) === 'Uint8Array' && source.constructor === SafeUint8Array)
    return source as Uint8Array
  if (isView(source)) return new SafeUint8Array(source.buffer, source.byteOffset, source.byteLength)
  return new SafeUint8Array(source)
}

/** JavaScript value to an unsigned integer of Web IDL with [EnforceRange]. */
export function toEnforcedInteger(value: unknown, limit: number, what: string): number {
  const number = Math.trunc(Number(value))
  if (!(number >= 0 && number <= limit)) throw new TypeError(`${what} is out of range`)
  return number
}
