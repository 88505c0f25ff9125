// Iterators over a flat list of names and values: Headers, URLSearchParams and FormData.
// Invariant: the list is read again at each step, so that changes during iteration are visible, as Web IDL requires.
import { define, defineProperty, getPrototypeOf } from './primordials.ts'

type Kind = 'entries' | 'keys' | 'values'

const iteratorPrototype = getPrototypeOf(getPrototypeOf([][Symbol.iterator]()) as object) as object

export class PairIterator<T> implements IterableIterator<T> {
  readonly #list: () => readonly unknown[]
  readonly #kind: Kind
  #next = 0

  constructor(list: () => readonly unknown[], kind: Kind, owner: string) {
    this.#list = list
    this.#kind = kind
    define(this, Symbol.toStringTag, `${owner} Iterator`, false)
  }

  next(): IteratorResult<T, undefined> {
    const list = this.#list()
    const at = this.#next
    if (at >= list.length) return { value: undefined, done: true }
    this.#next = at + 2
    const name = list[at]
    const value = list[at + 1]
    const item = this.#kind === 'keys' ? name : this.#kind === 'values' ? value : [name, value]
    return { value: item as T, done: false }
  }

  declare [Symbol.iterator]: () => PairIterator<T>
}
Reflect.setPrototypeOf(PairIterator.prototype, iteratorPrototype)
defineProperty(PairIterator.prototype, 'next', { enumerable: true })
// Not reachable as a constructor: the iterators have no interface object of their own.
Reflect.deleteProperty(PairIterator.prototype, 'constructor')
