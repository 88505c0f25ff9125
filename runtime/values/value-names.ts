// The names of values: what a plugin adds and presets has its prefix, and a variable of the server names each.
// Invariant: a name can be written in a template, so it has no hyphen.

import { didYouMean } from '../../sdk/text/did-you-mean.ts'

export const VALUE_VARIABLE_PREFIX = 'PLUGBAY_VALUE_'

/** `SECRET_KEY` of `my-plugin` is MY_PLUGIN_SECRET_KEY; the key stays as it is written. */
export function valueName(pluginId: string, key: string): string {
  return `${pluginId.replaceAll('-', '_').toUpperCase()}_${key}`
}

/** `REDIS_HOST` is PLUGBAY_VALUE_REDIS_HOST. */
export function valueVariable(name: string): string {
  return `${VALUE_VARIABLE_PREFIX}${name}`
}

const SHOWN = 100

/** For a message: names of values may be long. */
export function shownName(name: string): string {
  return name.length > SHOWN ? `${name.slice(0, SHOWN - 1)}…` : name
}

/** `Did you mean "REDIS_HOST"?` */
export function meantName(name: string, known: Iterable<string>): string | undefined {
  const meant = didYouMean(shownName(name), [...known])
  return meant === undefined ? undefined : `Did you mean "${meant}"?`
}
