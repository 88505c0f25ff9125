// The administrator's values of the application's own settings, as stored.
// Invariant: a value that cannot be read, or that the declaration does not accept any more, is left out with a warning: the application
// may be newer than the value, and starts all the same.

import type { SettingRecord } from '../../plugin-store/records.ts'
import type { FormSchema } from '../../sdk/manifest/form-schema.ts'
import { normalValue } from '../../sdk/settings/setting-text.ts'
import type { Problem } from '../errors.ts'
import { createSettingCheck } from './setting-check.ts'

export interface StoredHostSettings {
  readonly values: Readonly<Record<string, unknown>>
  readonly warnings: readonly Problem[]
}

export function usableValues(rows: readonly SettingRecord[], schema: FormSchema): StoredHostSettings {
  const properties = schema.properties ?? {}
  const check = createSettingCheck()
  const warnings: Problem[] = []
  const values = rows.flatMap(({ key, value, unreadable }) => {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined
    // What is not declared now may be again.
    if (property === undefined) return []
    const normal = normalValue(value, property)
    const why =
      unreadable === undefined
        ? check(key, normal, property)?.message
        : `it cannot be decrypted: ${unreadable}`
    if (why === undefined) return [[key, normal] as const]
    warnings.push({
      code: 'SETTINGS_INVALID',
      message: `The stored value of "${key}" is not used: ${why}`,
      hint: 'Set it again, or remove it',
      pointer: `/${key}`,
    })
    return []
  })
  return { values: Object.fromEntries(values), warnings }
}
