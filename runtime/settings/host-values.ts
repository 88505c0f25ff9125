// The effective values of the application's own settings: as those of a plugin, and then what plugins append to lists.
// Invariant: a plugin adds valid items behind those of others, or nothing; it replaces no value that the operator has set.

import type { Setting } from '../../sdk/api/settings.ts'
import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import type { FormProperty, FormSchema } from '../../sdk/manifest/form-schema.ts'
import { normalValue } from '../../sdk/settings/setting-text.ts'
import type { Problem } from '../errors.ts'
import type { ContributedWarning } from './changed-defaults.ts'
import { effectiveSettings, type SettingSources } from './effective-settings.ts'
import { createSettingCheck, type SettingCheck, wordsAlone } from './setting-check.ts'

export interface AppendedItems {
  /** Id of the plugin. */
  readonly by: string
  readonly items: readonly unknown[]
}

export interface HostSources
  extends Pick<SettingSources, 'environment' | 'file' | 'fileUnknown' | 'defaults' | 'stored'> {
  readonly host: HostDeclaration
  /** By key, in the order of the plugins. */
  readonly appends: ReadonlyMap<string, readonly AppendedItems[]>
}

export interface HostValues {
  /** Secrets too: the application is trusted. */
  readonly values: Readonly<Record<string, unknown>>
  readonly views: Readonly<Record<string, Setting>>
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  readonly contributed: readonly ContributedWarning[]
}

/** A form with any keywords; the check knows all of JSON Schema. */
export function hostForm({ settings }: HostDeclaration): FormSchema {
  return { ...settings, type: 'object' } as FormSchema
}

export function mayAppend(property: object | undefined): boolean {
  return property !== undefined && Reflect.get(property, 'x-append') === true
}

export function hostValues(sources: HostSources): HostValues {
  const { host, appends, ...rest } = sources
  const schema = hostForm(host)
  const own = effectiveSettings({ pluginId: host.id, schema, ...rest })
  const values: Record<string, unknown> = { ...own.values, ...own.secrets }
  const views: Record<string, Setting> = { ...own.views }
  const contributed = [...own.contributed]
  const check = createSettingCheck()
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const view = views[key]
    const wanted = mayAppend(property) ? (appends.get(key) ?? []) : []
    if (wanted.length === 0 || view === undefined) continue
    const { list, appended, warnings } = appendTo(values[key] ?? [], wanted, { key, property, check })
    contributed.push(...warnings)
    if (appended.length === 0) continue
    values[key] = list
    views[key] = { ...view, value: list, appended }
  }
  const warnings = [
    ...own.warnings,
    ...contributed.slice(own.contributed.length).map(({ problem }) => problem),
  ]
  return { values, views, problems: own.problems, warnings, contributed }
}

function appendTo(
  base: unknown,
  wanted: readonly AppendedItems[],
  {
    key,
    property,
    check,
  }: { readonly key: string; readonly property: FormProperty; readonly check: SettingCheck },
) {
  const appended: AppendedItems[] = []
  const warnings: ContributedWarning[] = []
  let list: readonly unknown[] = Array.isArray(base) ? base : []
  for (const { by, items } of wanted) {
    const known = new Set(list.map((item) => JSON.stringify(item)))
    const normal = normalValue(items, property) as readonly unknown[]
    const added = normal.filter((item) => !known.has(JSON.stringify(item)))
    const next = [...list, ...added]
    const problem = check(key, next, property)
    if (problem !== undefined)
      warnings.push({ problem: leftOut(key, by, wordsAlone(problem, key, property)), by: [by] })
    else if (added.length > 0) {
      list = next
      appended.push({ by, items: added })
    }
  }
  return { list, appended, warnings }
}

function leftOut(key: string, by: string, why: string): Problem {
  return {
    code: 'SETTINGS_CONFLICT',
    message: `What "${by}" appends to "${key}" is left out: the list ${why}`,
    pointer: `/${key}`,
  }
}
