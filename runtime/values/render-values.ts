// Values through the template engine: what is asked, and the problem of each value that cannot be rendered.

import type { Problem } from '../errors.ts'
import type { LayeredValue } from './layers.ts'

export interface RenderedValues {
  /** By name; those with problems are absent. */
  readonly rendered: Readonly<Record<string, unknown>>
  /** By name. */
  readonly problems: ReadonlyMap<string, Problem>
}

export interface OwnedValue {
  /** JSON. */
  readonly value: unknown
  /** Whose text it is: the id of a plugin, `host` or `user`. */
  readonly owner: string
}

/** Renders the texts in all values, which may name each other. */
export type RenderValues = (values: ReadonlyMap<string, OwnedValue>) => Promise<RenderedValues>

export interface FoundProblem {
  readonly message: string
  /** The value that is at fault, if one is. */
  readonly key?: string
  /** Otherwise all of this one. */
  readonly owner?: string
  readonly line?: number
}

export function ownedValues(values: ReadonlyMap<string, LayeredValue>): ReadonlyMap<string, OwnedValue> {
  return new Map([...values].map(([name, value]) => [name, { value: value.value, owner: ownerOf(value) }]))
}

/** @param engine what the template engine does with values, which are JSON by name */
export function renderWith<Given>(engine: (values: Given) => Promise<Found>): RenderValues {
  // What is stored, sent or read from a file is JSON.
  return async (values) =>
    renderedValues(values, await engine(Object.fromEntries(values) as unknown as Given))
}

interface Found {
  readonly rendered: Readonly<Record<string, unknown>>
  readonly problems: readonly FoundProblem[]
}

/** Every value is rendered or has a problem. */
function renderedValues(values: ReadonlyMap<string, OwnedValue>, found: Found): RenderedValues {
  const problems = new Map<string, Problem>()
  for (const [name, { owner }] of values) {
    if (Object.hasOwn(found.rendered, name)) continue
    const own = found.problems.find(({ key }) => key === name)
    const shared = found.problems.find((each) => each.key === undefined && each.owner === owner)
    const { message, line } = own ??
      shared ??
      found.problems.find((each) => each.key === undefined && each.owner === undefined) ?? {
        message: `The value ${name} was not rendered`,
        line: undefined,
      }
    const place = line === undefined ? {} : { line }
    problems.set(name, { code: 'VALUES_INVALID', message, pointer: `/${name}`, ...place })
  }
  return { rendered: found.rendered, problems }
}

function ownerOf({ source, by }: LayeredValue): string {
  if (source === 'default') return 'host'
  return source === 'stored' || source === 'environment' || by === null ? 'user' : by
}
