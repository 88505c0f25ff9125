// Renders values, which are templates that may refer to each other.
// Invariant: each is rendered once, after those that it names; a circle is a problem of every value in it.

import {
  type JsonValue,
  MAX_VALUE_DEPTH,
  type OwnedValue,
  type TemplateProblem,
} from '../format/engine-calls.ts'
import { Engine } from './engine.ts'
import { isTrue } from './filters.ts'
import { type Place, problemAt } from './places.ts'
import { isValueName, readParts } from './source.ts'

export interface RenderedValues {
  readonly rendered: Readonly<Record<string, JsonValue>>
  readonly problems: readonly TemplateProblem[]
  readonly broken: boolean
}

export function renderValues(values: Readonly<Record<string, OwnedValue>>): RenderedValues {
  const renderer = new ValueRenderer(values)
  try {
    return renderer.all()
  } finally {
    renderer.dispose()
  }
}

const FAILED = Symbol('failed')

class ValueRenderer {
  readonly #values: ReadonlyMap<string, OwnedValue>
  readonly #done = new Map<string, JsonValue | typeof FAILED>()
  /** Those being rendered, outermost first. */
  readonly #open: string[] = []
  readonly #problems: TemplateProblem[] = []
  readonly #engine: Engine
  #texts = 0

  constructor(values: Readonly<Record<string, OwnedValue>>) {
    this.#values = new Map(Object.entries(values))
    const onlyInTemplates = (name: string) => () => {
      throw new Error(`${name}: not known in values`)
    }
    this.#engine = new Engine({
      values: {},
      files: [],
      filters: { walk_templates: onlyInTemplates('walk_templates') },
      functions: {
        patch: onlyInTemplates('patch'),
        iter_values_named: (args, named) => this.#named(namedPattern(args, named)),
      },
    })
  }

  all(): RenderedValues {
    for (const key of this.#values.keys()) this.#resolve(key)
    const rendered = [...this.#done].filter((entry): entry is [string, JsonValue] => entry[1] !== FAILED)
    return {
      // Keys are any text, also `__proto__`.
      rendered: Object.fromEntries(rendered),
      problems: this.#problems,
      broken: this.#engine.isBroken,
    }
  }

  dispose(): void {
    this.#engine.dispose()
  }

  /** Undefined when it cannot be rendered. */
  #resolve(key: string): JsonValue | undefined {
    const owned = this.#values.get(key)
    if (owned === undefined) return undefined
    const done = this.#done.get(key)
    if (done !== undefined) return done === FAILED ? undefined : done
    const place: Place = { kind: 'value', key, owner: owned.owner }
    const start = this.#open.indexOf(key)
    if (start !== -1) {
      this.#failCircle(this.#open.slice(start))
      return undefined
    }
    if (this.#open.length >= MAX_VALUE_DEPTH) {
      this.#fail(key, problemAt(place, `More than ${MAX_VALUE_DEPTH} values within each other`))
      return undefined
    }
    this.#open.push(key)
    // What was found so far belongs to the value that asks for this one while it is rendered.
    const outer = this.#engine.problems.take()
    try {
      const value = this.#render(owned.value, { place, known: this.#needed(key, owned.value) })
      const found = this.#engine.problems.take()
      for (const problem of found) this.#fail(key, { ...problem, key, owner: owned.owner })
      if (!this.#done.has(key)) this.#done.set(key, value)
      return this.#done.get(key) === FAILED ? undefined : value
    } finally {
      this.#open.pop()
      for (const problem of outer) this.#engine.problems.add(problem)
    }
  }

  /** The values that a value names, rendered. One that has a problem is a problem here, too. */
  #needed(key: string, value: JsonValue): Readonly<Record<string, JsonValue>> {
    const names = new Set(textsOf(value).flatMap(namesIn))
    const known: [string, JsonValue][] = []
    for (const name of names) {
      if (!this.#values.has(name)) continue
      const needed = this.#resolve(name)
      if (needed !== undefined) known.push([name, needed])
      else if (!this.#done.has(key)) {
        const { owner } = this.#values.get(key) ?? { owner: 'host' }
        const message = `Needs ${name}, which has a problem,`
        this.#fail(key, problemAt({ kind: 'value', key, owner }, message))
      }
    }
    return Object.fromEntries(known)
  }

  #render(
    value: JsonValue,
    at: { readonly place: Place & { kind: 'value' }; readonly known: Readonly<Record<string, JsonValue>> },
  ): JsonValue {
    if (this.#done.get(at.place.key) === FAILED) return null
    if (typeof value === 'string') {
      if (!value.includes('{')) return value
      const name = `value:${this.#texts++}`
      return this.#engine.renderText(name, { place: at.place, text: value, values: at.known })
    }
    if (Array.isArray(value)) return value.map((item: JsonValue) => this.#render(item, at))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#render(item, at)]))
  }

  #fail(key: string, problem: TemplateProblem): void {
    this.#done.set(key, FAILED)
    this.#problems.push(problem)
  }

  #failCircle(circle: readonly string[]): void {
    const said = `The values refer to each other: ${[...circle, circle[0]].join(' → ')},`
    for (const key of circle) {
      if (this.#done.has(key)) continue
      const { owner } = this.#values.get(key) ?? { owner: 'host' }
      this.#fail(key, problemAt({ kind: 'value', key, owner }, said))
    }
  }

  #named(pattern: NamedPattern): JsonValue[] {
    const keys = [...this.#values.keys()].filter((key) => matches(key, pattern))
    return keys.flatMap((key) => {
      const value = this.#resolve(key)
      return value === undefined || !(pattern.allowEmpty || isTrue(value)) ? [] : [value]
    })
  }
}

export interface NamedPattern {
  readonly prefix: string
  readonly suffix: string
  readonly allowEmpty: boolean
}

/** The arguments of Tutor's `iter_values_named`. */
export function namedPattern(args: readonly unknown[], named: ReadonlyMap<string, unknown>): NamedPattern {
  const [prefix, suffix, allowEmpty] = args
  return {
    prefix: String(named.get('prefix') ?? prefix ?? ''),
    suffix: String(named.get('suffix') ?? suffix ?? ''),
    allowEmpty: isTrue(named.get('allow_empty') ?? allowEmpty),
  }
}

export function matches(key: string, { prefix, suffix }: NamedPattern): boolean {
  return key.startsWith(prefix) && key.endsWith(suffix)
}

function textsOf(value: JsonValue): string[] {
  if (typeof value === 'string') return value.includes('{') ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

function namesIn(text: string): string[] {
  return readParts(text).flatMap((part) =>
    part.kind === 'text'
      ? []
      : part.tokens.filter((_, index) => isValueName(part.tokens, index)).map((token) => token.text),
  )
}
