// Conflicts about values: plugins that want one name, and names without a declaration.
// Invariant: each names everyone who is part of it; none stops a plugin.

import type { LayeredValue, ValueSources, ValueWarning } from './layers.ts'
import { meantName, shownName, valueName, valueVariable } from './value-names.ts'

const HINT = 'Set a value of your own, change the order of the plugins, or disable one of them'

export function findConflicts(
  sources: ValueSources,
  values: ReadonlyMap<string, LayeredValue>,
): readonly ValueWarning[] {
  return [
    ...severalSet(sources),
    ...clashingNames(sources),
    ...takenNames(sources),
    ...overKept(sources),
    ...unknownNames(sources, values),
    ...unknownVariables(sources, values),
  ]
}

/** Plugins that set one name, to different values. */
function severalSet({ plugins }: ValueSources): readonly ValueWarning[] {
  const setters = new Map<string, { readonly by: string; readonly text: string }[]>()
  for (const { id, values } of plugins)
    for (const [name, value] of Object.entries(values.set ?? {}))
      setters.set(name, [...(setters.get(name) ?? []), { by: id, text: JSON.stringify(value) }])
  return [...setters].flatMap(([name, all]) => {
    if (new Set(all.map(({ text }) => text)).size < 2) return []
    const by = all.map((each) => each.by)
    return [
      conflict(
        name,
        by,
        `set the value "${shownName(name)}"; "${by.at(-1)}" is the last in order and counts`,
      ),
    ]
  })
}

/** Names that two plugins declare: "c" of "a-b" and "b_c" of "a". */
function clashingNames({ plugins }: ValueSources): readonly ValueWarning[] {
  const declared = new Map<string, Set<string>>()
  for (const { id, values } of plugins)
    for (const key of [...Object.keys(values.defaults ?? {}), ...Object.keys(values.add ?? {})]) {
      const name = valueName(id, key)
      declared.set(name, (declared.get(name) ?? new Set()).add(id))
    }
  return [...declared].flatMap(([name, ids]) =>
    ids.size < 2
      ? []
      : [
          conflict(
            name,
            [...ids],
            `have values of the name "${shownName(name)}", and only one of them counts`,
          ),
        ],
  )
}

/** Names of the application that a plugin declares, too. */
function takenNames({ host, plugins }: ValueSources): readonly ValueWarning[] {
  return plugins.flatMap(({ id, values }) => {
    const isTaken = (key: string) => Object.hasOwn(host.defaults, valueName(id, key))
    return [
      ...Object.keys(values.defaults ?? {})
        .filter(isTaken)
        .map((key) => taken(id, valueName(id, key), `the default of "${id}" counts while it serves`)),
      ...Object.keys(values.add ?? {})
        .filter(isTaken)
        .map((key) => taken(id, valueName(id, key), `what "${id}" adds does not count`)),
    ]
  })

  function taken(id: string, name: string, what: string): ValueWarning {
    return {
      by: [id],
      problem: {
        code: 'VALUES_CONFLICT',
        message: `"${shownName(name)}" of "${id}" has the name of a value of "${host.id}": ${what}`,
        hint: 'Set a value of your own, or disable the plugin',
      },
    }
  }
}

/** What one plugin sets and another one has added. */
function overKept({ plugins }: ValueSources): readonly ValueWarning[] {
  const added = new Map(
    plugins.flatMap(({ id, values }) =>
      Object.keys(values.add ?? {}).map((key) => [valueName(id, key), id] as const),
    ),
  )
  return plugins.flatMap(({ id, values }) =>
    Object.keys(values.set ?? {}).flatMap((name) => {
      const owner = added.get(name)
      if (owner === undefined) return []
      const message =
        owner === id
          ? `"${id}" both adds and sets "${shownName(name)}": what it has added counts`
          : `"${id}" sets "${shownName(name)}", which "${owner}" has added: that counts`
      return [{ by: [...new Set([id, owner])], problem: { code: 'VALUES_CONFLICT', message, hint: HINT } }]
    }),
  )
}

/** A name that a plugin sets, and that neither the application nor a plugin declares. */
function unknownNames(
  { plugins, stored }: ValueSources,
  values: ReadonlyMap<string, LayeredValue>,
): readonly ValueWarning[] {
  const known = [...values.values()].flatMap(({ name, owner }) => (owner === null ? [] : [name]))
  return plugins.flatMap(({ id, values: { set = {} } }) =>
    Object.keys(set)
      .filter((name) => values.get(name)?.owner === null && !stored.has(name))
      .map((name) => ({
        by: [id],
        problem: {
          code: 'VALUE_UNKNOWN' as const,
          message: `"${id}" sets the value "${shownName(name)}", which neither the application nor a plugin that serves has`,
          ...hintOf(name, known),
        },
      })),
  )
}

function unknownVariables(
  { environment }: ValueSources,
  values: ReadonlyMap<string, LayeredValue>,
): readonly ValueWarning[] {
  return [...environment.keys()]
    .filter((name) => !values.has(name))
    .map((name) => ({
      by: [],
      problem: {
        code: 'VALUE_UNKNOWN',
        message: `The variable ${valueVariable(shownName(name))} is of no value`,
        ...hintOf(name, values.keys()),
      },
    }))
}

function conflict(name: string, by: readonly string[], what: string): ValueWarning {
  const names = by.map((id) => `"${id}"`)
  return {
    by,
    problem: {
      code: 'VALUES_CONFLICT',
      message: `${names.slice(0, -1).join(', ')} and ${names.at(-1)} ${what}`,
      hint: HINT,
      pointer: `/${name}`,
    },
  }
}

function hintOf(name: string, known: Iterable<string>): { readonly hint?: string } {
  const hint = meantName(name, known)
  return hint === undefined ? {} : { hint }
}
