// Built-ins as they were before plugin code could patch them. Code that uses host functions or the wall uses these.
// Invariant: evaluated with the bundle, before any plugin code.

const { bind, call } = Function.prototype

/** `uncurry(String.prototype.slice)(text, 1)` is `text.slice(1)`, whatever a plugin did to String.prototype. */
export const uncurry = bind.bind(call) as unknown as <T, A extends readonly unknown[], R>(
  method: (this: T, ...args: A) => R,
) => (self: T, ...args: A) => R

export const { apply, ownKeys, getPrototypeOf } = Reflect
export const {
  defineProperty,
  defineProperties,
  freeze,
  getOwnPropertyDescriptor,
  getOwnPropertyDescriptors,
  hasOwn,
} = Object
/** A writable, configurable property, whatever accessors a plugin put on Object.prototype. */
export function define(target: object, key: PropertyKey, value: unknown, enumerable: boolean): void {
  defineProperty(target, key, {
    __proto__: null,
    value,
    enumerable,
    configurable: true,
    writable: true,
  } as PropertyDescriptor)
}

export const { parse: jsonParse, stringify: jsonStringify } = JSON
export const { fromCharCode, fromCodePoint } = String
export const { isArray, from: arrayFrom } = Array
export const { floor, max, min, trunc } = Math
export const SafePromise = Promise
export const promiseReject = Promise.reject.bind(Promise) as typeof Promise.reject
export const promiseThen = uncurry(Promise.prototype.then) as <T, R>(
  promise: Promise<T>,
  onDone?: ((value: T) => R) | undefined,
  onFail?: ((reason: unknown) => R) | undefined,
) => Promise<R>
export const isView = ArrayBuffer.isView

export const charCodeAt = uncurry(String.prototype.charCodeAt)
export const indexOf = uncurry(String.prototype.indexOf)
export const lastIndexOf = uncurry(String.prototype.lastIndexOf)
export const slice = uncurry(String.prototype.slice)
export const startsWith = uncurry(String.prototype.startsWith)
export const toLowerCase = uncurry(String.prototype.toLowerCase)
export const toUpperCase = uncurry(String.prototype.toUpperCase)
export const toWellFormed = uncurry(String.prototype.toWellFormed)
/** Always the built-in matcher: `exec(/[^a]/, text) === null` is "all a". */
export const exec = uncurry(RegExp.prototype.exec)

export const mapGet = uncurry(Map.prototype.get) as <K, V>(map: Map<K, V>, key: K) => V | undefined
export const mapSet = uncurry(Map.prototype.set) as <K, V>(map: Map<K, V>, key: K, value: V) => Map<K, V>
export const mapHas = uncurry(Map.prototype.has) as <K, V>(map: Map<K, V>, key: K) => boolean
export const mapDelete = uncurry(Map.prototype.delete) as <K, V>(map: Map<K, V>, key: K) => boolean
export const mapClear = uncurry(Map.prototype.clear)
const mapSizeGetter = getOwnPropertyDescriptor(Map.prototype, 'size')?.get as (this: unknown) => number
export const mapSize = uncurry(mapSizeGetter) as (map: unknown) => number
export const weakMapGet = uncurry(WeakMap.prototype.get) as <K extends WeakKey, V>(
  map: WeakMap<K, V>,
  key: K,
) => V | undefined
export const weakMapDelete = uncurry(WeakMap.prototype.delete) as <K extends WeakKey, V>(
  map: WeakMap<K, V>,
  key: K,
) => boolean
export const weakMapSet = uncurry(WeakMap.prototype.set) as <K extends WeakKey, V>(
  map: WeakMap<K, V>,
  key: K,
  value: V,
) => WeakMap<K, V>

export const typedArrayPrototype = getPrototypeOf(Uint8Array.prototype) as object
const viewName = getOwnPropertyDescriptor(typedArrayPrototype, Symbol.toStringTag)?.get as (
  this: unknown,
) => string | undefined
/** "Uint8Array" and so on; undefined for anything that is not a typed array. */
export const typedArrayName = uncurry(viewName) as (value: unknown) => string | undefined
export const bytesSet = uncurry(Uint8Array.prototype.set)
export const bytesSlice = uncurry(Uint8Array.prototype.slice)
export const bytesSubarray = uncurry(Uint8Array.prototype.subarray)
export const bytesIndexOf = uncurry(Uint8Array.prototype.indexOf)
const bufferLength = getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')?.get as (
  this: unknown,
) => number
/** Throws a TypeError for anything that is not an ArrayBuffer. */
export const bufferByteLength = uncurry(bufferLength) as (value: unknown) => number

export const SafeUint8Array = Uint8Array
export const SafeMap = Map
