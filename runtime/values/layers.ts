// The values that hold, and why: a variable of the server over what the administrator has set, over what a plugin has added, over what
// plugins set, over their defaults, over those of the application.
// Invariant: a pure function of its sources; nothing here is rendered.

import type { Manifest } from '../../sdk/manifest/manifest.ts'
import type { Problem } from '../errors.ts'
import { isMadeSecret, referringTo, type Secrecy } from './secret-values.ts'
import { findConflicts } from './value-conflicts.ts'
import { valueName, valueVariable } from './value-names.ts'

export type ValuesField = NonNullable<Manifest['values']>

/** Weakest first, as they count. */
export type ValueSource = 'default' | 'plugin-default' | 'plugin' | 'kept' | 'stored' | 'environment'

export interface ValueSources {
  readonly host: {
    readonly id: string
    readonly defaults: Readonly<Record<string, unknown>>
    /** Names of values that are secrets. */
    readonly secrets: readonly string[]
  }
  /** By name. */
  readonly environment: ReadonlyMap<string, unknown>
  /** The administrator's, by name. */
  readonly stored: ReadonlyMap<string, unknown>
  /** What plugins have added, those too that do not serve. */
  readonly kept: readonly KeptValue[]
  /** Those that serve, in order; of several, the last counts. */
  readonly plugins: readonly { readonly id: string; readonly values: ValuesField }[]
}

export interface KeptValue {
  readonly pluginId: string
  /** Without the prefix. */
  readonly key: string
  readonly value: unknown
  readonly isSecret: boolean
}

/** What someone wants of a value. */
export interface Candidate {
  readonly source: ValueSource
  /** Id of the plugin or of the application, or the variable; null for the administrator. */
  readonly by: string | null
  readonly value: unknown
}

export interface LayeredValue extends Candidate {
  readonly name: string
  /** Whose name it is: id of the application or of a plugin; null for a name without a declaration. */
  readonly owner: string | null
  readonly secrecy: Secrecy
  /** Who else wanted it, weakest first. */
  readonly others: readonly Candidate[]
}

/** A value that a plugin adds and that has to be made. */
export interface MissingValue {
  readonly pluginId: string
  readonly key: string
  readonly name: string
  readonly template: unknown
  readonly isSecret: boolean
}

/** A warning, and the plugins that cause it. */
export interface ValueWarning {
  readonly problem: Problem
  readonly by: readonly string[]
}

export interface LayeredValues {
  /** By name, sorted. */
  readonly values: ReadonlyMap<string, LayeredValue>
  readonly missing: readonly MissingValue[]
  readonly warnings: readonly ValueWarning[]
}

export function layerValues(sources: ValueSources): LayeredValues {
  const { host, environment, stored, kept, plugins } = sources
  const wanted = new Map<string, Candidate[]>()
  const owners = new Map<string, string>()
  const secrets = new Set(host.secrets)
  const want = (name: string, candidate: Candidate) => {
    const known = wanted.get(name)
    if (known === undefined) wanted.set(name, [candidate])
    else known.push(candidate)
  }
  const { counting, resting } = sortKept(sources)
  for (const { name, pluginId: by, value } of resting) {
    want(name, { source: 'kept', by, value })
    owners.set(name, by)
  }
  for (const { id, values } of plugins)
    for (const key of [...Object.keys(values.defaults ?? {}), ...Object.keys(values.add ?? {})]) {
      owners.set(valueName(id, key), id)
      if (isMadeSecret(key, values)) secrets.add(valueName(id, key))
    }
  for (const [name, value] of Object.entries(host.defaults)) {
    want(name, { source: 'default', by: host.id, value })
    owners.set(name, host.id)
  }
  for (const { id, values } of plugins)
    for (const [key, value] of Object.entries(values.defaults ?? {}))
      want(valueName(id, key), { source: 'plugin-default', by: id, value })
  for (const { id, values } of plugins)
    for (const [name, value] of Object.entries(values.set ?? {}))
      want(name, { source: 'plugin', by: id, value })
  for (const { name, pluginId, value } of counting) want(name, { source: 'kept', by: pluginId, value })
  for (const { pluginId, key, isSecret } of kept) if (isSecret) secrets.add(valueName(pluginId, key))
  for (const [name, value] of stored) want(name, { source: 'stored', by: null, value })
  // A variable of no known name is a mistake, and changes nothing.
  for (const [name, value] of environment)
    if (wanted.has(name)) want(name, { source: 'environment', by: valueVariable(name), value })
  const missing = missingValues(sources)
  const values = new Map<string, LayeredValue>()
  for (const [name, all] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const last = all.at(-1)
    if (last === undefined) continue
    const secrecy = secrets.has(name) ? 'secret' : 'open'
    values.set(name, { ...last, name, owner: owners.get(name) ?? null, secrecy, others: all.slice(0, -1) })
  }
  const texts = [...values.values(), ...missing.map(({ name, template }) => ({ name, value: template }))]
  const derived = referringTo(secrets, texts)
  for (const [name, value] of values)
    if (value.secrecy === 'open' && derived.has(name)) values.set(name, { ...value, secrecy: 'derived' })
  return {
    values,
    missing: missing.map((each) => ({ ...each, isSecret: each.isSecret || derived.has(each.name) })),
    warnings: findConflicts(sources, values),
  }
}

type NamedKept = KeptValue & { readonly name: string }

/**
 * Those of plugins that serve count; the others rest: they are what the application was set up with, so they stay, but never in the way
 * of a name that someone declares.
 */
function sortKept({ kept, plugins, host }: ValueSources): {
  readonly counting: readonly NamedKept[]
  readonly resting: readonly NamedKept[]
} {
  const counting: NamedKept[] = []
  const resting: NamedKept[] = []
  const places = new Map(plugins.map(({ id }, place) => [id, place]))
  for (const each of kept) {
    const { pluginId, key } = each
    const name = valueName(pluginId, key)
    const { add = {} } = plugins[places.get(pluginId) ?? -1]?.values ?? {}
    if (Object.hasOwn(add, key) && !Object.hasOwn(host.defaults, name)) counting.push({ ...each, name })
    else resting.push({ ...each, name })
  }
  const placeOf = ({ pluginId }: NamedKept) => places.get(pluginId) ?? 0
  return { counting: counting.sort((a, b) => placeOf(a) - placeOf(b)), resting }
}

function missingValues({ environment, host, kept, plugins, stored }: ValueSources): readonly MissingValue[] {
  return plugins.flatMap(({ id, values }) =>
    Object.entries(values.add ?? {}).flatMap(([key, template]) => {
      const name = valueName(id, key)
      const isThere =
        stored.has(name) ||
        environment.has(name) ||
        Object.hasOwn(host.defaults, name) ||
        kept.some((each) => each.pluginId === id && each.key === key)
      return isThere ? [] : [{ pluginId: id, key, name, template, isSecret: isMadeSecret(key, values) }]
    }),
  )
}
