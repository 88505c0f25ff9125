// Checks what an administrator wants to store as values of settings.
// Invariant: all values are valid, or none is accepted; "500MB" becomes a number, since what is stored is what is used.

import type { FormSchema } from '../../sdk/manifest/form-schema.ts'
import { normalValue } from '../../sdk/settings/setting-text.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import { createSettingCheck } from './setting-check.ts'

type Values = Readonly<Record<string, unknown>>

/**
 * The values to store; undefined for one that returns to its default (null).
 * @throws PlugbayError SETTINGS_INVALID with all problems
 */
export function checkedChanges(values: Values, schema: FormSchema | undefined): Values {
  const properties = schema?.properties ?? {}
  const check = createSettingCheck()
  const problems: Problem[] = []
  const stored = Object.entries(values).map(([key, value]) => {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined
    if (property === undefined) {
      problems.push({ code: 'SETTINGS_INVALID', message: `There is no setting "${key}"`, pointer: `/${key}` })
      return [key, undefined]
    }
    if (value === null) return [key, undefined]
    const normal = normalValue(value, property)
    const problem = check(key, normal, property)
    if (problem !== undefined) problems.push(problem)
    return [key, normal]
  })
  if (problems.length > 0) throw new PlugbayError('SETTINGS_INVALID', 'A setting is not valid', { problems })
  return Object.fromEntries(stored)
}
