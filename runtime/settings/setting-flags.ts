// Settings of plugins on the command line of the server: "--plugin.guestbook.title=Our school".
// Invariant: no secret comes this way: every user of the machine can read the command lines of its processes.

import type { FormProperty } from '../../sdk/manifest/form-schema.ts'
import { PlugbayError, type Problem } from '../errors.ts'

/** Values as text, by id of the plugin, then by key. */
export type SettingFlags = Readonly<Record<string, Readonly<Record<string, string>>>>

export const FLAG_PREFIX = '--plugin.'

export function settingFlag(pluginId: string, key: string): string {
  return `${FLAG_PREFIX}${pluginId}.${key}`
}

export function flagsOf(flags: SettingFlags, pluginId: string): Readonly<Record<string, string>> {
  return Object.hasOwn(flags, pluginId) ? (flags[pluginId] ?? {}) : {}
}

/** Of a flag for a secret. */
export function secretFlag(pluginId: string, key: string): Problem {
  return {
    code: 'SETTINGS_INVALID',
    message: `The secret "${key}" of "${pluginId}" stands on the command line (${settingFlag(pluginId, key)}), where every user of the machine can read it`,
    hint: `Give it another value by "plugbay settings set ${pluginId} ${key}", a variable or settings.toml, and start without the flag`,
    pointer: `/${key}`,
  }
}

interface Declared {
  readonly pluginId: string
  readonly properties: Readonly<Record<string, FormProperty>>
}

/** @throws PlugbayError SETTINGS_INVALID with a problem for each flag of a secret */
export function refuseSecretFlags(flags: SettingFlags, installed: readonly Declared[]): void {
  const problems = installed.flatMap(({ pluginId, properties }) =>
    Object.keys(flagsOf(flags, pluginId))
      .filter((key) => Object.hasOwn(properties, key) && properties[key]?.format === 'secret')
      .map((key) => secretFlag(pluginId, key)),
  )
  const [first] = problems
  if (first !== undefined) throw new PlugbayError('SETTINGS_INVALID', first.message, { problems })
}
