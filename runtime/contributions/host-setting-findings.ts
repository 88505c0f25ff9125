// Compares what a manifest does with settings of the application with what that allows.
// Invariant: overriding a value, or redefining a setting, is a problem, and the plugin is not loaded; a name that the application
// does not have is a warning, since it may be older.

import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import type { FormProperty } from '../../sdk/manifest/form-schema.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'
import { normalValue } from '../../sdk/settings/setting-text.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import type { Problem } from '../errors.ts'
import { hostForm, mayAppend } from '../settings/host-values.ts'
import { createSettingCheck } from '../settings/setting-check.ts'
import type { PointFindings } from './point-findings.ts'

type Declaring = Pick<Manifest, 'id' | 'settingAppends' | 'settingDefaults'>

export function checkHostSettingUse(manifest: Declaring, host: HostDeclaration): PointFindings {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  if (manifest.id === host.id && host.settings !== undefined) problems.push(redefines(host))
  const known = hostForm(host).properties ?? {}
  for (const [id, lists] of Object.entries(manifest.settingAppends ?? {})) {
    if (id !== host.id) {
      warnings.push(otherHost(id, host))
      continue
    }
    for (const [key, items] of Object.entries(lists)) {
      const property = Object.hasOwn(known, key) ? known[key] : undefined
      if (property === undefined) warnings.push(unknownSetting(key, { field: 'settingAppends', host, known }))
      else if (!mayAppend(property)) problems.push(overrides(key, host))
      else problems.push(...wrongItems(key, items, { property, host }))
    }
  }
  const defaults = manifest.settingDefaults ?? {}
  for (const key of Object.keys((Object.hasOwn(defaults, host.id) ? defaults[host.id] : undefined) ?? {}))
    if (!Object.hasOwn(known, key))
      warnings.push(unknownSetting(key, { field: 'settingDefaults', host, known }))
  return { problems, warnings }
}

function redefines({ id }: HostDeclaration): Problem {
  return {
    code: 'HOST_SETTING_REFUSED',
    message: `"${id}" is the application: a plugin of this id would redefine its settings`,
    hint: 'Give the plugin another id',
    file: 'manifest.json',
    pointer: '/id',
  }
}

function overrides(key: string, { id }: HostDeclaration): Problem {
  return {
    code: 'HOST_SETTING_REFUSED',
    message: `"${key}" of "${id}" is not a list that plugins may append to, and no plugin can override its value`,
    hint: `Change its default: "settingDefaults": { "${id}": { "${key}": … } }`,
    file: 'manifest.json',
    pointer: `/settingAppends/${id}/${key}`,
  }
}

function wrongItems(
  key: string,
  items: readonly unknown[],
  { property, host }: { readonly property: FormProperty; readonly host: HostDeclaration },
): readonly Problem[] {
  // How many there may be depends on what others append.
  const { minItems: _least, maxItems: _most, ...rest } = property
  const problem = createSettingCheck()(key, normalValue(items, property), rest)
  if (problem === undefined) return []
  return [
    {
      code: 'HOST_SETTING_REFUSED',
      message: `What is appended to "${key}" of "${host.id}" does not fit: ${problem.message}`,
      hint: 'Correct the items',
      file: 'manifest.json',
      pointer: `/settingAppends/${host.id}/${key}`,
    },
  ]
}

function otherHost(id: string, host: HostDeclaration): Problem {
  return {
    code: 'POINT_UNKNOWN',
    message: `"settingAppends" names the application "${id}", and this is "${host.id}": this part of the plugin does nothing here`,
    file: 'manifest.json',
    pointer: `/settingAppends/${id}`,
  }
}

interface Unknown {
  readonly field: 'settingAppends' | 'settingDefaults'
  readonly host: HostDeclaration
  readonly known: Readonly<Record<string, unknown>>
}

function unknownSetting(key: string, { field, host, known }: Unknown): Problem {
  const keys = Object.keys(known)
  const near = didYouMean(key, keys)
  return {
    code: 'POINT_UNKNOWN',
    message: `"${host.id}" ${host.version} has no setting "${key}": this part of the plugin does nothing here`,
    hint: near === undefined ? `It has ${keys.slice(0, 10).join(', ') || 'none'}` : `Did you mean "${near}"?`,
    file: 'manifest.json',
    pointer: `/${field}/${host.id}/${key}`,
  }
}
