// FormData: an ordered list of names and values, each a string or a File.

import { PairIterator } from '../base/pair-iterator.ts'
import { defineInterface, isObject, requireArguments, toUsv } from '../base/webidl.ts'
import { File, isBlob } from './blob.ts'

export type FormValue = string | File

export let isFormData: (value: unknown) => value is FormData
/** Names and values alternate. */
export let formEntries: (form: FormData) => readonly FormValue[]

export class FormData {
  #list: FormValue[] = []

  static {
    isFormData = (value): value is FormData => isObject(value) && #list in value
    formEntries = (form) => form.#list
  }

  constructor(form?: unknown) {
    if (form !== undefined) throw new TypeError('There are no form elements here')
  }

  append(name: unknown, value: unknown, filename?: unknown): void {
    requireArguments(arguments.length, 2, 'FormData.append()')
    this.#list.push(toUsv(name), toFormValue(value, filename, arguments.length > 2))
  }
  delete(name: unknown): void {
    requireArguments(arguments.length, 1, 'FormData.delete()')
    this.#list = without(this.#list, toUsv(name))
  }
  get(name: unknown): FormValue | null {
    requireArguments(arguments.length, 1, 'FormData.get()')
    return this.getAll(name)[0] ?? null
  }
  getAll(name: unknown): FormValue[] {
    requireArguments(arguments.length, 1, 'FormData.getAll()')
    const wanted = toUsv(name)
    return this.#list.filter((_, i) => i % 2 === 1 && this.#list[i - 1] === wanted)
  }
  has(name: unknown): boolean {
    requireArguments(arguments.length, 1, 'FormData.has()')
    const wanted = toUsv(name)
    return this.#list.some((item, i) => i % 2 === 0 && item === wanted)
  }
  set(name: unknown, value: unknown, filename?: unknown): void {
    requireArguments(arguments.length, 2, 'FormData.set()')
    const wanted = toUsv(name)
    const entry = toFormValue(value, filename, arguments.length > 2)
    const first = this.#list.findIndex((item, i) => i % 2 === 0 && item === wanted)
    if (first < 0) this.#list.push(wanted, entry)
    else {
      const before = this.#list.slice(0, first)
      this.#list = [...before, wanted, entry, ...without(this.#list.slice(first + 2), wanted)]
    }
  }
  forEach(callback: unknown, thisArg?: unknown): void {
    requireArguments(arguments.length, 1, 'FormData.forEach()')
    if (typeof callback !== 'function') throw new TypeError('The callback is not a function')
    for (let i = 0; i < this.#list.length; i += 2) {
      Reflect.apply(callback, thisArg, [this.#list[i + 1], this.#list[i], this])
    }
  }
  entries(): PairIterator<[string, FormValue]> {
    return new PairIterator(() => this.#list, 'entries', 'FormData')
  }
  keys(): PairIterator<string> {
    return new PairIterator(() => this.#list, 'keys', 'FormData')
  }
  values(): PairIterator<FormValue> {
    return new PairIterator(() => this.#list, 'values', 'FormData')
  }
  declare [Symbol.iterator]: () => PairIterator<[string, FormValue]>
}
Object.defineProperty(FormData.prototype, Symbol.iterator, {
  value: FormData.prototype.entries,
  configurable: true,
  writable: true,
})
defineInterface(FormData, 'FormData')

function without(list: readonly FormValue[], name: string): FormValue[] {
  const kept: FormValue[] = []
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] !== name) kept.push(list[i] as string, list[i + 1] as FormValue)
  }
  return kept
}

function toFormValue(value: unknown, filename: unknown, hasFilename: boolean): FormValue {
  if (!isBlob(value)) {
    if (hasFilename) throw new TypeError('A file name goes with a Blob only')
    return toUsv(value)
  }
  if (value instanceof File && !hasFilename) return value
  const name = hasFilename ? toUsv(filename) : value instanceof File ? value.name : 'blob'
  const options = { type: value.type, ...(value instanceof File && { lastModified: value.lastModified }) }
  return new File([value], name, options)
}
