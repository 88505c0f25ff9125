// URLSearchParams: a list of names and values, parsed on first access.
// Invariant: every string in the list is free of lone surrogates.

import { PairIterator } from '../base/pair-iterator.ts'
import { defineInterface, isObject, requireArguments, toUsv } from '../base/webidl.ts'
import { parseForm, serializeForm } from './form-urlencoded.ts'

const FROM_URL = Object.freeze({})

/** The parameters of a URL object; `write` gets the new query after each change. */
export let attachToUrl: (query: string, write: (query: string) => void) => URLSearchParams
/** The URL changed under its parameters. */
export let refill: (params: URLSearchParams, query: string) => void
export let isSearchParams: (value: object) => value is URLSearchParams

export class URLSearchParams {
  #query: string | undefined
  /** Names and values alternate; empty until #query is parsed. */
  #list: string[] = []
  #write: ((query: string) => void) | undefined

  static {
    attachToUrl = (query, write) => {
      const params = new URLSearchParams(FROM_URL)
      params.#query = query
      params.#write = write
      return params
    }
    refill = (params, query) => {
      params.#query = query
    }
    isSearchParams = (value): value is URLSearchParams => #list in value
  }

  constructor(init: unknown = '') {
    if (init === FROM_URL) return
    if (isObject(init)) this.#list = fromObject(init)
    else {
      const text = toUsv(init)
      this.#query = text.startsWith('?') ? text.slice(1) : text
    }
  }

  #entries(): string[] {
    if (this.#query !== undefined) {
      this.#list = parseForm(this.#query)
      this.#query = undefined
    }
    return this.#list
  }

  #changed(): void {
    this.#write?.(serializeForm(this.#list))
  }

  get size(): number {
    return this.#entries().length / 2
  }

  append(name: unknown, value: unknown): void {
    requireArguments(arguments.length, 2, 'URLSearchParams.append()')
    const pair = [toUsv(name), toUsv(value)] as const
    this.#entries().push(...pair)
    this.#changed()
  }

  delete(name: unknown, value?: unknown): void {
    requireArguments(arguments.length, 1, 'URLSearchParams.delete()')
    const wanted = toUsv(name)
    const wantedValue = value === undefined ? undefined : toUsv(value)
    const list = this.#entries()
    const kept: string[] = []
    for (let i = 0; i < list.length; i += 2) {
      const matches = list[i] === wanted && (wantedValue === undefined || list[i + 1] === wantedValue)
      if (!matches) kept.push(list[i] as string, list[i + 1] as string)
    }
    this.#list = kept
    this.#changed()
  }

  get(name: unknown): string | null {
    requireArguments(arguments.length, 1, 'URLSearchParams.get()')
    const wanted = toUsv(name)
    const list = this.#entries()
    for (let i = 0; i < list.length; i += 2) if (list[i] === wanted) return list[i + 1] as string
    return null
  }

  getAll(name: unknown): string[] {
    requireArguments(arguments.length, 1, 'URLSearchParams.getAll()')
    const wanted = toUsv(name)
    const list = this.#entries()
    const values: string[] = []
    for (let i = 0; i < list.length; i += 2) if (list[i] === wanted) values.push(list[i + 1] as string)
    return values
  }

  has(name: unknown, value?: unknown): boolean {
    requireArguments(arguments.length, 1, 'URLSearchParams.has()')
    const wanted = toUsv(name)
    const wantedValue = value === undefined ? undefined : toUsv(value)
    const list = this.#entries()
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === wanted && (wantedValue === undefined || list[i + 1] === wantedValue)) return true
    }
    return false
  }

  set(name: unknown, value: unknown): void {
    requireArguments(arguments.length, 2, 'URLSearchParams.set()')
    const wanted = toUsv(name)
    const newValue = toUsv(value)
    const list = this.#entries()
    const kept: string[] = []
    let found = false
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] !== wanted) kept.push(list[i] as string, list[i + 1] as string)
      else if (!found) {
        kept.push(wanted, newValue)
        found = true
      }
    }
    if (!found) kept.push(wanted, newValue)
    this.#list = kept
    this.#changed()
  }

  sort(): void {
    const list = this.#entries()
    const pairs: (readonly [string, string])[] = []
    for (let i = 0; i < list.length; i += 2) pairs.push([list[i] as string, list[i + 1] as string])
    // By UTF-16 code units, which is what "<" compares; the built-in sort is stable.
    pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    this.#list = pairs.flat()
    this.#changed()
  }

  forEach(callback: unknown, thisArg?: unknown): void {
    requireArguments(arguments.length, 1, 'URLSearchParams.forEach()')
    if (typeof callback !== 'function') throw new TypeError('The callback is not a function')
    for (let i = 0; i < this.#entries().length; i += 2) {
      const list = this.#entries()
      Reflect.apply(callback, thisArg, [list[i + 1], list[i], this])
    }
  }

  entries(): PairIterator<[string, string]> {
    return new PairIterator(() => this.#entries(), 'entries', 'URLSearchParams')
  }
  keys(): PairIterator<string> {
    return new PairIterator(() => this.#entries(), 'keys', 'URLSearchParams')
  }
  values(): PairIterator<string> {
    return new PairIterator(() => this.#entries(), 'values', 'URLSearchParams')
  }
  declare [Symbol.iterator]: () => PairIterator<[string, string]>

  toString(): string {
    if (this.#query === '') return ''
    return serializeForm(this.#entries())
  }
}
Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, {
  value: URLSearchParams.prototype.entries,
  configurable: true,
  writable: true,
})
defineInterface(URLSearchParams, 'URLSearchParams')

function fromObject(init: object): string[] {
  const list: string[] = []
  const iterator: unknown = (init as { [Symbol.iterator]?: unknown })[Symbol.iterator]
  if (iterator !== undefined && iterator !== null) {
    for (const pair of init as Iterable<Iterable<unknown>>) {
      if (!isObject(pair)) throw new TypeError('Each pair must be an iterable [name, value]')
      const items = [...pair]
      if (items.length !== 2) throw new TypeError('Each pair must be an iterable [name, value]')
      list.push(toUsv(items[0]), toUsv(items[1]))
    }
    return list
  }
  const seen = new Map<string, string>()
  for (const key of Reflect.ownKeys(init)) {
    if (Object.getOwnPropertyDescriptor(init, key)?.enumerable !== true) continue
    if (typeof key === 'symbol') throw new TypeError('A symbol cannot be a name')
    seen.set(toUsv(key), toUsv((init as Record<string, unknown>)[key]))
  }
  for (const [name, value] of seen) list.push(name, value)
  return list
}
