// Takes the settings of plugins from a command line, "--plugin.<id>.<setting>=value": which there are is known to no option parser.

import { FORMS } from '../../sdk/manifest/names.ts'
import { FLAG_PREFIX, type SettingFlags } from '../settings/setting-flags.ts'
import { usageError } from './session.ts'

export interface TakenFlags {
  /** All other arguments. */
  readonly rest: readonly string[]
  readonly flags: SettingFlags
}

/**
 * Of several values of one setting, the last counts.
 * @throws PlugbayError USAGE for one without a value, or without the names of plugin and setting
 */
export function takePluginFlags(args: readonly string[]): TakenFlags {
  const flags: Record<string, Record<string, string>> = {}
  const rest = args.filter((argument) => {
    if (!argument.startsWith(FLAG_PREFIX)) return true
    const { id, key, value } = read(argument)
    flags[id] = { ...flags[id], [key]: value }
    return false
  })
  return { rest, flags }
}

function read(argument: string): { readonly id: string; readonly key: string; readonly value: string } {
  const equals = argument.indexOf('=')
  const name = equals === -1 ? argument : argument.slice(0, equals)
  const [id = '', key = '', ...more] = name.slice(FLAG_PREFIX.length).split('.')
  const isName =
    new RegExp(FORMS.id.pattern, 'u').test(id) && new RegExp(FORMS.settingKey.pattern, 'u').test(key)
  if (!isName || more.length > 0)
    throw usageError(
      `"${name}" names no setting of a plugin`,
      'Write it like --plugin.guestbook.title=Guests',
    )
  if (equals === -1) throw usageError(`"${name}" has no value`, `Write it like ${name}=value`)
  return { id, key, value: argument.slice(equals + 1) }
}
