// Headers of the Fetch standard, over the flat list that crosses the wall.
// Invariant: names in the list are lower-case tokens; values hold no NUL, CR, LF or character above U+00FF.
import { PairIterator } from '../base/pair-iterator.ts'
import { exec, toLowerCase } from '../base/primordials.ts'
import { defineInterface, isObject, requireArguments, toText } from '../base/webidl.ts'

const NOT_TOKEN = /[^!#$%&'*+\-.^_`|~\w]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: the Fetch standard forbids just some of them
const NEEDS_WORK = /^[\t\n\r ]|[\t\n\r ]$|[^\x01-\x09\x0b\x0c\x0e-\xff]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const FORBIDDEN = /[^\x01-\x09\x0b\x0c\x0e-\xff]/

export let isHeaders: (value: unknown) => value is Headers
/** The list itself, names and values alternating: for reading only. */
export let headerList: (headers: Headers) => readonly string[]
/** Takes the list over without a copy; immutable headers refuse every change. */
export let headersFromList: (list: string[], immutable: boolean) => Headers

export class Headers {
  #list: string[] = []
  #immutable = false
  #sorted: string[] | undefined

  static {
    isHeaders = (value): value is Headers => isObject(value) && #list in value
    headerList = (headers) => headers.#list
    headersFromList = (list, immutable) => {
      const headers = new Headers()
      headers.#list = list
      headers.#immutable = immutable
      return headers
    }
  }

  constructor(init?: unknown) {
    if (init !== undefined) this.#list = readHeaders(init)
  }

  #change(): void {
    if (this.#immutable) throw new TypeError('These headers are immutable')
    this.#sorted = undefined
  }

  append(name: unknown, value: unknown): void {
    requireArguments(arguments.length, 2, 'Headers.append()')
    const key = toName(name)
    const text = toValue(value, key)
    this.#change()
    this.#list.push(key, text)
  }

  delete(name: unknown): void {
    requireArguments(arguments.length, 1, 'Headers.delete()')
    const key = toName(name)
    this.#change()
    const kept: string[] = []
    for (let i = 0; i < this.#list.length; i += 2) {
      if (this.#list[i] !== key) kept.push(this.#list[i] as string, this.#list[i + 1] as string)
    }
    this.#list = kept
  }

  get(name: unknown): string | null {
    requireArguments(arguments.length, 1, 'Headers.get()')
    return findHeader(this.#list, toName(name))
  }

  getSetCookie(): string[] {
    const values: string[] = []
    for (let i = 0; i < this.#list.length; i += 2) {
      if (this.#list[i] === 'set-cookie') values.push(this.#list[i + 1] as string)
    }
    return values
  }

  has(name: unknown): boolean {
    requireArguments(arguments.length, 1, 'Headers.has()')
    const key = toName(name)
    for (let i = 0; i < this.#list.length; i += 2) if (this.#list[i] === key) return true
    return false
  }

  set(name: unknown, value: unknown): void {
    requireArguments(arguments.length, 2, 'Headers.set()')
    const key = toName(name)
    const text = toValue(value, key)
    this.#change()
    setHeader(this.#list, key, text)
  }

  forEach(callback: unknown, thisArg?: unknown): void {
    requireArguments(arguments.length, 1, 'Headers.forEach()')
    if (typeof callback !== 'function') throw new TypeError('The callback is not a function')
    for (let i = 0; i < this.#sortedList().length; i += 2) {
      const list = this.#sortedList()
      Reflect.apply(callback, thisArg, [list[i + 1], list[i], this])
    }
  }

  entries(): PairIterator<[string, string]> {
    return new PairIterator(() => this.#sortedList(), 'entries', 'Headers')
  }
  keys(): PairIterator<string> {
    return new PairIterator(() => this.#sortedList(), 'keys', 'Headers')
  }
  values(): PairIterator<string> {
    return new PairIterator(() => this.#sortedList(), 'values', 'Headers')
  }
  declare [Symbol.iterator]: () => PairIterator<[string, string]>

  #sortedList(): readonly string[] {
    this.#sorted ??= sortAndCombine(this.#list)
    return this.#sorted
  }
}
Object.defineProperty(Headers.prototype, Symbol.iterator, {
  value: Headers.prototype.entries,
  configurable: true,
  writable: true,
})
defineInterface(Headers, 'Headers')

/** Values of one name joined as in HTTP; null without any. */
export function findHeader(list: readonly string[], name: string): string | null {
  let found: string | null = null
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] === name) found = found === null ? (list[i + 1] as string) : `${found}, ${list[i + 1]}`
  }
  return found
}

/** Changes the first header of that name and drops the others; appends if there is none. */
function setHeader(list: string[], name: string, value: string): void {
  let at = 0
  let found = false
  for (let i = 0; i < list.length; i += 2) {
    const same = list[i] === name
    if (same && found) continue
    list[at] = list[i] as string
    list[at + 1] = same ? value : (list[i + 1] as string)
    found ||= same
    at += 2
  }
  list.length = at
  if (!found) list.push(name, value)
}

function sortAndCombine(list: readonly string[]): string[] {
  const byName = new Map<string, string[]>()
  for (let i = 0; i < list.length; i += 2) {
    const values = byName.get(list[i] as string)
    if (values === undefined) byName.set(list[i] as string, [list[i + 1] as string])
    else values.push(list[i + 1] as string)
  }
  const sorted: string[] = []
  for (const name of [...byName.keys()].sort()) {
    const values = byName.get(name) ?? []
    if (name === 'set-cookie') for (const value of values) sorted.push(name, value)
    else sorted.push(name, values.join(', '))
  }
  return sorted
}

/** A new list with the content of a HeadersInit. */
export function readHeaders(init: unknown): string[] {
  if (!isObject(init)) throw new TypeError('The headers are not an object')
  const list: string[] = []
  const iterator: unknown = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator]
  if (isHeaders(init) && iterator === Headers.prototype[Symbol.iterator]) {
    // Copied as it is: the standard's way over sorted and combined pairs gives the same headers.
    for (const item of headerList(init)) list.push(item)
  } else if (iterator !== undefined && iterator !== null) {
    for (const pair of init as Iterable<Iterable<unknown>>) {
      if (!isObject(pair)) throw new TypeError('Each header must be an iterable [name, value]')
      const items = [...pair]
      if (items.length !== 2) throw new TypeError('Each header must be an iterable [name, value]')
      const key = toName(items[0])
      list.push(key, toValue(items[1], key))
    }
  } else {
    for (const key of Reflect.ownKeys(init)) {
      if (Object.getOwnPropertyDescriptor(init, key)?.enumerable !== true) continue
      const name = toName(key)
      list.push(name, toValue((init as Record<string | symbol, unknown>)[key], name))
    }
  }
  return list
}

function toName(value: unknown): string {
  const name = toText(value)
  if (name === '' || exec(NOT_TOKEN, name) !== null) {
    throw new TypeError(`"${name.slice(0, 100)}" is not the name of a header`)
  }
  return toLowerCase(name)
}

function toValue(value: unknown, name: string): string {
  const text = toText(value)
  if (exec(NEEDS_WORK, text) === null) return text
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  const trimmed = text.slice(start, end)
  if (exec(FORBIDDEN, trimmed) !== null) {
    throw new TypeError(`The value of the header "${name}" holds a character that headers cannot hold`)
  }
  return trimmed
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d
}
