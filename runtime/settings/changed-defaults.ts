// Defaults of a plugin's settings that other plugins want to change ("settingDefaults" in their manifests).
// Invariant: only a value that the setting allows counts, and never one for a secret; of several, the last in order wins, visibly.

import type { FormProperty, FormSchema } from '../../sdk/manifest/form-schema.ts'
import { normalValue } from '../../sdk/settings/setting-text.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import type { Problem } from '../errors.ts'
import { type SettingCheck, wordsAlone } from './setting-check.ts'

export interface WantedDefault {
  /** Id of the plugin. */
  readonly by: string
  readonly value: unknown
}

/** By key, in the order of the plugins. */
export type WantedDefaults = ReadonlyMap<string, readonly WantedDefault[]>

export type ChosenDefault = WantedDefault

/** A warning, and the plugins that cause it. */
export interface ContributedWarning {
  readonly problem: Problem
  readonly by: readonly string[]
}

export interface ChosenDefaults {
  readonly chosen: ReadonlyMap<string, ChosenDefault>
  readonly warnings: readonly ContributedWarning[]
}

export function chooseDefaults(
  schema: FormSchema | undefined,
  wanted: WantedDefaults,
  check: SettingCheck,
): ChosenDefaults {
  const properties = schema?.properties ?? {}
  const chosen = new Map<string, ChosenDefault>()
  const warnings: ContributedWarning[] = []
  for (const [key, all] of wanted) {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined
    if (property === undefined) {
      warnings.push({ problem: noSuchSetting(key, all, Object.keys(properties)), by: idsOf(all) })
      continue
    }
    const valid = all.flatMap(({ by, value }): readonly ChosenDefault[] => {
      const normal = normalValue(value, property)
      const problem =
        property.format === 'secret'
          ? 'is a secret, which has no default'
          : wordsOf(check(key, normal, property), key, property)
      if (problem === undefined) return [{ by, value: normal }]
      warnings.push({ problem: notAllowed(key, by, problem), by: [by] })
      return []
    })
    const last = valid.at(-1)
    if (last === undefined) continue
    chosen.set(key, last)
    if (valid.length > 1) warnings.push({ problem: conflict(key, valid), by: idsOf(valid) })
  }
  return { chosen, warnings }
}

function wordsOf(problem: Problem | undefined, key: string, property: FormProperty): string | undefined {
  return problem && wordsAlone(problem, key, property)
}

function idsOf(all: readonly WantedDefault[]): readonly string[] {
  return all.map(({ by }) => by)
}

function namesOf(all: readonly WantedDefault[]): string {
  return all.map(({ by }) => `"${by}"`).join(' and ')
}

function noSuchSetting(key: string, all: readonly WantedDefault[], known: readonly string[]): Problem {
  const shown = key.slice(0, 64)
  const near = didYouMean(shown, known)
  return {
    code: 'SETTINGS_INVALID',
    message: `${namesOf(all)} would change the default of "${shown}", which is not one of the settings`,
    ...(near !== undefined && { hint: `Did its author mean "${near}"?` }),
    pointer: `/${shown}`,
  }
}

function notAllowed(key: string, by: string, why: string): Problem {
  return {
    code: 'SETTINGS_INVALID',
    message: `The default that "${by}" would give to "${key}" is left out: the setting ${why}`,
    pointer: `/${key}`,
  }
}

function conflict(key: string, valid: readonly WantedDefault[]): Problem {
  return {
    code: 'SETTINGS_CONFLICT',
    message: `${namesOf(valid)} change the default of "${key}"; "${valid.at(-1)?.by}" is the last in order and wins`,
    hint: 'Set a value of your own, change the order of the plugins, or disable one of them',
    pointer: `/${key}`,
  }
}
