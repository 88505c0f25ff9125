// Formats values as text for the log, like Node's util.inspect().
// Invariant: never throws, and does no work for output beyond its budget: cycles, Proxies, getters and huge lists are safe.

import { blobSize, isBlob } from '../fetch/blob.ts'
import { isHeaders } from '../fetch/headers.ts'
import { isUrl } from '../url/url.ts'

/** Maximum length of one log line in characters. */
export const MAX_TEXT = 8192
const MAX_ITEMS = 100
const MAX_DEPTH = 2
const MAX_STRING = 4096
const BREAK_LENGTH = 76
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

interface Run {
  readonly seen: object[]
  readonly depth: number
  /** Characters left; output over budget becomes "…". */
  left: number
}

/** `depth` is the number of nested levels to show. */
export function inspect(value: unknown, depth: number = MAX_DEPTH): string {
  const run: Run = { seen: [], depth, left: MAX_TEXT }
  return clip(show(value, run, true), MAX_TEXT)
}

export function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`
}

function show(value: unknown, run: Run, top = false): string {
  if (run.left <= 0) return '…'
  let text: string
  try {
    text = typeof value === 'object' && value !== null ? showObject(value, run) : showPrimitive(value, top)
  } catch {
    text = '[object that cannot be read]' // A trap or getter of the value threw
  }
  run.left -= text.length
  return text
}

function showPrimitive(value: unknown, top: boolean): string {
  switch (typeof value) {
    case 'string':
      return quote(value, top ? MAX_TEXT : MAX_STRING)
    case 'bigint':
      return value > -(2n ** 256n) && value < 2n ** 256n ? `${value}n` : '[large BigInt]'
    case 'symbol':
      return clip(String(value), MAX_STRING)
    case 'function':
      return showFunction(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : `${value}`
    default:
      return `${value as undefined}`
  }
}

function quote(value: string, length: number): string {
  const text = clip(value, length)
  const mark = !text.includes("'") ? "'" : !text.includes('"') ? '"' : !text.includes('`') ? '`' : "'"
  let out = mark
  for (const char of text) {
    if (char === '\\' || char === mark) out += `\\${char}`
    else if (char === '\n') out += '\\n'
    else if (char === '\r') out += '\\r'
    else if (char === '\t') out += '\\t'
    else out += char
  }
  return out + mark
}

function showFunction(value: object): string {
  const name = ownText(value, 'name')
  const isClass = Function.prototype.toString.call(value).startsWith('class')
  const kind = isClass ? 'class' : (constructorName(value) ?? 'Function')
  return name === '' ? `[${kind} (anonymous)]` : `[${kind}${isClass ? ' ' : ': '}${name}]`
}

function ownText(value: object, key: string): string {
  const found: unknown = Object.getOwnPropertyDescriptor(value, key)?.value
  return typeof found === 'string' ? clip(found, 200) : ''
}

function constructorName(value: object): string | null {
  for (let at: object | null = value, i = 0; at !== null && i < 20; at = Object.getPrototypeOf(at), i++) {
    const found: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value
    if (typeof found === 'function') return ownText(found, 'name') || null
  }
  return null
}

function showObject(value: object, run: Run): string {
  if (run.seen.includes(value)) return '[Circular]'
  const name = constructorName(value)
  if (value instanceof Error) return showError(value, run)
  if (value instanceof Date) {
    const time = Date.prototype.getTime.call(value)
    return Number.isNaN(time) ? 'Invalid Date' : new Date(time).toISOString()
  }
  if (value instanceof RegExp) return clip(RegExp.prototype.toString.call(value), MAX_STRING)
  if (value instanceof Promise) return 'Promise {}'
  if (isUrl(value)) return clip(`URL { ${value.href} }`, MAX_STRING)
  if (isBlob(value)) return `${name ?? 'Blob'} { size: ${blobSize(value)}, type: ${quote(value.type, 200)} }`
  if (value instanceof WeakMap || value instanceof WeakSet) return `${name} { <items unknown> }`
  if (run.seen.length > run.depth)
    return Array.isArray(value) ? '[Array]' : `[${name ?? 'Object: null prototype'}]`
  run.seen.push(value)
  try {
    return showContents(value, name, run)
  } finally {
    run.seen.pop()
  }
}

function showError(error: Error, run: Run): string {
  const stack: unknown = error.stack
  const text = typeof stack === 'string' && stack !== '' ? stack : `${error.name}: ${error.message}`
  const head = clip(text, MAX_STRING)
  if (run.seen.length > 4) return head
  run.seen.push(error)
  try {
    const extras: string[] = []
    for (const key of Object.keys(error).slice(0, 20)) extras.push(showProperty(error, key, run))
    if (Object.hasOwn(error, 'cause')) extras.push(`[cause]: ${show(error.cause, run)}`)
    if (error instanceof AggregateError) extras.push(`[errors]: ${show(error.errors, run)}`)
    return extras.length === 0 ? head : `${head} {\n  ${extras.join(',\n').replaceAll('\n', '\n  ')}\n}`
  } finally {
    run.seen.pop()
  }
}

function showContents(value: object, name: string | null, run: Run): string {
  if (Array.isArray(value))
    return wrap(arrayItems(value, run), '[', ']', name === 'Array' ? '' : `${name}(${value.length}) `)
  if (value instanceof Map) {
    const items = firstOf(Map.prototype.entries.call(value), value.size, run, (pair) => {
      const [key, item] = pair as [unknown, unknown]
      return `${show(key, run)} => ${show(item, run)}`
    })
    return wrap(items, '{', '}', `${name}(${value.size}) `)
  }
  if (value instanceof Set) {
    const items = firstOf(Set.prototype.values.call(value), value.size, run, (item) => show(item, run))
    return wrap(items, '{', '}', `${name}(${value.size}) `)
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const list = value as Uint8Array
    return wrap(arrayItems(list, run), '[', ']', `${name}(${list.length}) `)
  }
  if (value instanceof ArrayBuffer) return `ArrayBuffer { byteLength: ${value.byteLength} }`
  if (isHeaders(value)) {
    const items = firstOf(value.entries(), 0, run, (pair) => {
      const [key, item] = pair as [string, string]
      return `${quote(key, 200)}: ${show(item, run)}`
    })
    return wrap(items, '{', '}', 'Headers ')
  }
  return wrap(propertyItems(value, run), '{', '}', prefixOf(value, name))
}

function prefixOf(value: object, name: string | null): string {
  const tag: unknown = (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]
  const base = name === 'Object' ? '' : `${name ?? '[Object: null prototype]'} `
  return typeof tag === 'string' && tag !== '' && tag !== name
    ? `${base || 'Object '}[${clip(tag, 100)}] `
    : base
}

function arrayItems(list: ArrayLike<unknown>, run: Run): string[] {
  const items: string[] = []
  const shown = Math.min(list.length, MAX_ITEMS)
  for (let i = 0; i < shown && run.left > 0; i++) {
    items.push(i in list ? show(list[i], run) : '<empty>')
  }
  if (items.length < list.length) items.push(more(list.length - items.length))
  return items
}

function more(count: number): string {
  return `... ${count} more item${count === 1 ? '' : 's'}`
}

function firstOf(
  iterator: Iterator<unknown>,
  size: number,
  run: Run,
  each: (item: unknown) => string,
): string[] {
  const items: string[] = []
  while (items.length < MAX_ITEMS && run.left > 0) {
    const { done, value } = iterator.next()
    if (done) return items
    items.push(each(value))
  }
  if (size > items.length) items.push(more(size - items.length))
  return items
}

function propertyItems(value: object, run: Run): string[] {
  const items: string[] = []
  for (const key of Reflect.ownKeys(value)) {
    if (items.length >= MAX_ITEMS || run.left <= 0) {
      items.push('...')
      break
    }
    if (Object.getOwnPropertyDescriptor(value, key)?.enumerable === true)
      items.push(showProperty(value, key, run))
  }
  return items
}

/** Getters are named, not called. */
function showProperty(value: object, key: string | symbol, run: Run): string {
  const own = Object.getOwnPropertyDescriptor(value, key)
  const label =
    typeof key === 'symbol'
      ? `[${clip(String(key), 200)}]`
      : IDENTIFIER.test(key)
        ? clip(key, 200)
        : quote(key, 200)
  if (own?.get !== undefined) return `${label}: ${own.set === undefined ? '[Getter]' : '[Getter/Setter]'}`
  if (own?.set !== undefined) return `${label}: [Setter]`
  return `${label}: ${show(own?.value, run)}`
}

function wrap(items: readonly string[], open: string, close: string, prefix: string): string {
  if (items.length === 0) return `${prefix}${open}${close}`
  const line = `${prefix}${open} ${items.join(', ')} ${close}`
  if (line.length <= BREAK_LENGTH && !line.includes('\n')) return line
  return `${prefix}${open}\n  ${items.map((item) => item.replaceAll('\n', '\n  ')).join(',\n  ')}\n${close}`
}
