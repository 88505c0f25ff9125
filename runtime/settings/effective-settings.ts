// The effective values of a plugin's settings, each with its source: the command line over a variable over settings.toml over the
// administrator's value over a default that another plugin has changed over the author's default.
// Invariant: a value that violates its schema never reaches the plugin; the problem names its source.

import type { Setting } from '../../sdk/api/settings.ts'
import type { FormProperty, FormSchema } from '../../sdk/manifest/form-schema.ts'
import { fromText, normalValue } from '../../sdk/settings/setting-text.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import type { Problem } from '../errors.ts'
import {
  type ChosenDefault,
  type ContributedWarning,
  chooseDefaults,
  type WantedDefaults,
} from './changed-defaults.ts'
import { formerSecrets, isGiven, onceSecret, withheld } from './former-secrets.ts'
import { fileProblem, SETTINGS_FILE } from './sections.ts'
import { createSettingCheck, type SettingCheck } from './setting-check.ts'
import { secretFlag, settingFlag } from './setting-flags.ts'
import { type VariableClash, variableOf } from './variables.ts'

export interface EffectiveSettings {
  /** Values for the plugin, without secrets. */
  readonly values: Readonly<Record<string, unknown>>
  /** Values of secrets: for outbound requests only. */
  readonly secrets: Readonly<Record<string, string>>
  readonly views: Readonly<Record<string, Setting>>
  /** The plugin cannot run with these. */
  readonly problems: readonly Problem[]
  /** It runs, and the operator should know. */
  readonly warnings: readonly Problem[]
  /** Those of them that are about other plugins' changes of defaults. */
  readonly contributed: readonly ContributedWarning[]
}

export interface SettingSources {
  readonly pluginId: string
  readonly schema: FormSchema | undefined
  /** Values on the command line of the server, by key. */
  readonly flags?: Readonly<Record<string, string>>
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Variables that settings of other plugins have too. */
  readonly clashes?: readonly VariableClash[]
  /** The section of settings.toml. */
  readonly file?: Readonly<Record<string, unknown>> | undefined
  /** Why it is not known what settings.toml says. */
  readonly fileUnknown?: Problem | undefined
  readonly stored: Readonly<Record<string, unknown>>
  /** Why stored values cannot be read, by key. */
  readonly unreadable?: Readonly<Record<string, string>>
  /** The defaults that other plugins want for it. */
  readonly defaults?: WantedDefaults
  /** What some release of the plugin has declared to be a secret. */
  readonly everSecret?: ReadonlySet<string>
}

/** Manifests of many plugins can cause more. */
const MAX_WARNINGS = 50

interface Found {
  readonly value: unknown
  readonly source: Setting['source']
  /** The variable, the file or the plugin. */
  readonly from?: string
  /** For messages. */
  readonly place: string
}

export function effectiveSettings(given: SettingSources): EffectiveSettings {
  const { schema, unreadable = {}, everSecret = new Set() } = given
  const properties = Object.entries(schema?.properties ?? {})
  const exposed = formerSecrets(properties, everSecret)
  const sources = withheld(given, exposed)
  const values: Record<string, unknown> = {}
  const secrets: Record<string, string> = {}
  const views: Record<string, Setting> = {}
  const problems: Problem[] = []
  const left: Problem[] = []
  const check = createSettingCheck()
  const changed = chooseDefaults(schema, sources.defaults ?? new Map(), check)
  // What the file would say is not known, so no other value may take its place.
  if (sources.fileUnknown !== undefined && properties.length > 0) problems.push(sources.fileUnknown)
  for (const [key, property] of properties) {
    const search = { sources, changed: changed.chosen.get(key) }
    const { unfit, found } = findFitting(key, property, { search, check })
    const { value, source, from, place } = found
    if (unfit !== undefined) left.push(unfit)
    const secret = property.format === 'secret'
    views[key] = {
      value: secret ? null : (value ?? null),
      source,
      ...(from !== undefined && { from }),
      variable: variableOf(sources.pluginId, key),
      schema: property,
    }
    // Defaults were checked: the author's with its package, those of other plugins when they were chosen.
    const isSet = source !== 'default' && source !== 'plugin'
    const problem =
      source === 'stored' && Object.hasOwn(unreadable, key)
        ? cannotBeRead(key, unreadable[key] ?? '')
        : value === undefined
          ? missing(key, schema)
          : isSet
            ? check(key, value, property)
            : undefined
    if (secret && Object.hasOwn(sources.flags ?? {}, key)) problems.push(secretFlag(sources.pluginId, key))
    if (problem !== undefined) problems.push({ ...problem, message: `${problem.message} (${place})` })
    else if (value !== undefined && !secret) values[key] = value
    else if (typeof value === 'string') secrets[key] = value
  }
  const warnings = [
    ...left,
    ...unknownKeys(given),
    ...exposed.filter((key) => isGiven(key, given)).map(onceSecret),
    ...clashWarnings(given),
    ...changed.warnings.map(({ problem }) => problem),
  ]
  return {
    values,
    secrets,
    views,
    problems,
    warnings: warnings.slice(0, MAX_WARNINGS),
    contributed: changed.warnings,
  }
}

interface Search {
  readonly sources: SettingSources
  readonly changed: ChosenDefault | undefined
}

/**
 * A stored value fitted when it was set. When another release declares the setting otherwise, the default takes its place, if
 * there is one; the value stays stored for a release that it fits.
 */
function findFitting(
  key: string,
  property: FormProperty,
  { search, check }: { readonly search: Search; readonly check: SettingCheck },
): { readonly found: Found; readonly unfit?: Problem } {
  const found = find(key, property, search)
  if (found.source !== 'stored' || found.value === undefined) return { found }
  const problem = check(key, found.value, property)
  if (problem === undefined) return { found }
  const { [key]: _, ...stored } = search.sources.stored
  const instead = find(key, property, { ...search, sources: { ...search.sources, stored } })
  if (instead.value === undefined) return { found }
  const message = `Instead of the stored value, the default is used: ${lowerFirst(problem.message)}`
  return { found: instead, unfit: { ...problem, message, hint: 'Set it again, or return to the default' } }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function find(key: string, property: FormProperty, { sources, changed }: Search): Found {
  const { pluginId, flags = {}, environment, file, stored } = sources
  const flag = Object.hasOwn(flags, key) ? flags[key] : undefined
  if (flag !== undefined && property.format !== 'secret') {
    const from = settingFlag(pluginId, key)
    return { value: fromText(flag, property), source: 'command-line', from, place: `from ${from}` }
  }
  const variable = variableOf(pluginId, key)
  const text = environment[variable]
  if (text !== undefined && !isLost(key, sources))
    return {
      value: fromText(text, property),
      source: 'environment',
      from: variable,
      place: `from ${variable}`,
    }
  if (file !== undefined && Object.hasOwn(file, key)) {
    const place = `from ${SETTINGS_FILE}, section [${pluginId}], key "${key}"`
    return { value: fromFile(file[key], property), source: 'file', from: SETTINGS_FILE, place }
  }
  if (Object.hasOwn(stored, key))
    return { value: normalValue(stored[key], property), source: 'stored', place: 'as stored' }
  if (changed !== undefined)
    return { value: changed.value, source: 'plugin', from: changed.by, place: `changed by "${changed.by}"` }
  const value = normalValue(property.default, property)
  return { value, source: 'default', place: 'as declared' }
}

/** Text in the file is read as in a variable, unless text is what is wanted: both `maxSize = "500MB"` and `maxSize = 5` work. */
function fromFile(value: unknown, property: FormProperty): unknown {
  return typeof value === 'string' ? fromText(value, property) : normalValue(value, property)
}

function isLost(key: string, { clashes = [], pluginId }: SettingSources): boolean {
  return clashes.some(({ settings: [owner, ...others] }) => {
    const isOwner = owner?.pluginId === pluginId && owner.key === key
    return !isOwner && others.some((other) => other.pluginId === pluginId && other.key === key)
  })
}

function missing(key: string, schema: FormSchema | undefined): Problem | undefined {
  if (schema?.required?.includes(key) !== true) return undefined
  return {
    code: 'SETTINGS_INVALID',
    message: `Setting "${key}" is required and has no value`,
    pointer: `/${key}`,
  }
}

function cannotBeRead(key: string, reason: string): Problem {
  return {
    code: 'SETTINGS_INVALID',
    message: `Setting "${key}" cannot be decrypted: ${reason}`,
    hint: 'Restore the key file and restart, or set the value again',
    pointer: `/${key}`,
  }
}

const UNKNOWN_SHOWN = 20

function unknownKeys({ file = {}, pluginId, schema }: SettingSources): readonly Problem[] {
  const known = Object.keys(schema?.properties ?? {})
  const unknown = Object.keys(file).filter((key) => !known.includes(key))
  return unknown.slice(0, UNKNOWN_SHOWN).map((key) => {
    const shown = key.slice(0, 64)
    const near = didYouMean(shown, known)
    return fileProblem(
      `Section [${pluginId}] of ${SETTINGS_FILE} has "${shown}", which is not a setting of "${pluginId}"`,
      near === undefined ? `It has: ${known.join(', ') || 'none'}` : `Did you mean "${near}"?`,
    )
  })
}

function clashWarnings({ clashes = [], environment }: SettingSources): readonly Problem[] {
  return clashes
    .filter(({ variable }) => environment[variable] !== undefined)
    .map(({ variable, settings: [owner, ...others] }) => {
      const nameOf = (one: { pluginId: string; key: string } | undefined): string =>
        `"${one?.key}" of "${one?.pluginId}"`
      return {
        code: 'SETTINGS_CONFLICT',
        message: `The variable ${variable} means ${[owner, ...others].map(nameOf).join(' and ')}; it counts for ${nameOf(owner)}, which was installed first`,
        hint: `Set the other in ${SETTINGS_FILE} or on the admin page`,
      }
    })
}
