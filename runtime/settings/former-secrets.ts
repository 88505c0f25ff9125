// Settings that were secrets in another release of the plugin: what was given to them stays closed.

import type { FormProperty } from '../../sdk/manifest/form-schema.ts'
import type { Problem } from '../errors.ts'
import { variableOf } from './variables.ts'

interface GivenValues {
  readonly pluginId: string
  readonly flags?: Readonly<Record<string, string>>
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly file?: Readonly<Record<string, unknown>> | undefined
  readonly stored: Readonly<Record<string, unknown>>
}

/** The keys that some release has declared to be secrets, and this one declares in the open. */
export function formerSecrets(
  properties: readonly (readonly [string, FormProperty])[],
  everSecret: ReadonlySet<string>,
): readonly string[] {
  return properties.flatMap(([key, { format }]) => (everSecret.has(key) && format !== 'secret' ? [key] : []))
}

/**
 * Without the values that were given to a secret: an update that declares the setting as another kind would get them in clear, and
 * could send them anywhere.
 */
export function withheld<Sources extends GivenValues>(sources: Sources, exposed: readonly string[]): Sources {
  if (exposed.length === 0) return sources
  const { flags, environment, file, stored, pluginId } = sources
  const variables = exposed.map((key) => variableOf(pluginId, key))
  return {
    ...sources,
    ...(flags !== undefined && { flags: without(flags, exposed) }),
    environment: without(environment, variables),
    file: file && without(file, exposed),
    stored: without(stored, exposed),
  }
}

export function isGiven(
  key: string,
  { flags = {}, environment, file = {}, stored, pluginId }: GivenValues,
): boolean {
  return (
    Object.hasOwn(flags, key) ||
    environment[variableOf(pluginId, key)] !== undefined ||
    Object.hasOwn(file, key) ||
    Object.hasOwn(stored, key)
  )
}

function without<Value>(
  values: Readonly<Record<string, Value>>,
  keys: readonly string[],
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => !keys.includes(key)))
}

export function onceSecret(key: string): Problem {
  return {
    code: 'SETTINGS_INVALID',
    message: `Setting "${key}" was a secret in another release: its value is not given to this one, which declares it in the open`,
    hint: 'Ask the author for another name for the setting',
    pointer: `/${key}`,
  }
}
