// Checks the settings that a host declares, when a runtime is created: that each has a sensible form and a valid default.

import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import { formatOf } from '../../sdk/settings/formats.ts'
import { normalValue } from '../../sdk/settings/setting-text.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import { hostForm, mayAppend } from './host-values.ts'
import { createSettingCheck, type SettingCheck } from './setting-check.ts'

/** @throws PlugbayError HOST_INVALID with all problems */
export function checkHostSettings(host: HostDeclaration): void {
  const check = createSettingCheck()
  const { properties = {}, required = [] } = hostForm(host)
  const problems = [
    ...required.flatMap((key) =>
      Object.hasOwn(properties, key)
        ? []
        : [wrong('required', `Setting "${key}" is required but not declared`)],
    ),
    ...Object.entries(properties).flatMap(([key, property]) => propertyProblems(key, property, check)),
  ]
  const [first] = problems
  if (first !== undefined) throw new PlugbayError('HOST_INVALID', first.message, { problems })
}

type Property = NonNullable<ReturnType<typeof hostForm>['properties']>[string]

function propertyProblems(key: string, property: Property, check: SettingCheck): readonly Problem[] {
  const { type, format, default: preset } = property
  const at = (message: string) => [wrong(`properties/${key}`, message)]
  const row = formatOf(format)
  if (mayAppend(property) && type !== 'array')
    return at(`Setting "${key}" allows to append, and is not a list`)
  if (row !== undefined && row.type !== type)
    return at(`The format "${format}" of the setting "${key}" is of the type "${row.type}", not "${type}"`)
  if (format === 'secret' && preset !== undefined) return at(`The secret "${key}" cannot have a default`)
  try {
    const problem = check(key, normalValue(preset, property), property)
    return preset === undefined || problem === undefined
      ? []
      : at(`The default does not fit: ${problem.message}`)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return at(`The schema of the setting "${key}" is not valid: ${reason}`)
  }
}

function wrong(place: string, message: string): Problem {
  return { code: 'HOST_INVALID', message, pointer: `/settings/${place}` }
}
