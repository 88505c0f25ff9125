// The values of a plugin's settings that count: environment over stored over default, each with its source.
// Invariant: a value that does not fit its schema never reaches the plugin; the problem names where it came from.

import { createRequire } from 'node:module'
import type { Ajv2020 } from 'ajv/dist/2020.js'
import type { Setting } from '../../../sdk/api/settings.ts'
import type { FormProperty, FormSchema } from '../../../sdk/manifest/form-schema.ts'
import type { Problem } from '../../errors.ts'

export interface EffectiveSettings {
  /** What the plugin sees: no secrets. */
  readonly values: Readonly<Record<string, unknown>>
  /** Values of secrets: for outbound requests only. */
  readonly secrets: Readonly<Record<string, string>>
  readonly views: Readonly<Record<string, Setting>>
  readonly problems: readonly Problem[]
}

export interface SettingSources {
  readonly pluginId: string
  readonly schema: FormSchema | undefined
  readonly stored: Readonly<Record<string, unknown>>
  readonly environment: Readonly<Record<string, string | undefined>>
}

export function effectiveSettings(sources: SettingSources): EffectiveSettings {
  const { schema } = sources
  const values: Record<string, unknown> = {}
  const secrets: Record<string, string> = {}
  const views: Record<string, Setting> = {}
  const problems: Problem[] = []
  const check = createSettingCheck()
  for (const [key, property] of Object.entries(schema?.properties ?? {})) {
    const { value, source } = find(key, property, sources)
    const secret = property.format === 'secret'
    views[key] = { value: secret ? null : (value ?? null), source, schema: property }
    // A default was checked with its package, and is the author's own: what others have set is what may be wrong.
    const isSet = source !== 'default'
    const problem =
      value === undefined ? missing(key, schema) : isSet ? check(key, value, property) : undefined
    if (problem !== undefined)
      problems.push({
        ...problem,
        message: `${problem.message} (${describe(source, key, sources.pluginId)})`,
      })
    else if (value !== undefined && !secret) values[key] = value
    else if (typeof value === 'string') secrets[key] = value
  }
  return { values, secrets, views, problems }
}

/** Says what is wrong with a value of a field of the form. */
export type SettingCheck = (key: string, value: unknown, property: FormProperty) => Problem | undefined

/**
 * A check for the fields of one form. It runs in the runtime: a form of two hundred fields and values of a megabyte take it
 * milliseconds, since forms hold no pattern and no reference (sdk/manifest/form-schema.ts), and the first error is enough.
 */
export function createSettingCheck(): SettingCheck {
  let ajv: Ajv2020 | undefined
  return (key, value, property) => {
    ajv ??= openAjv()
    const validate = ajv.compile({ ...property })
    if (validate(value)) return undefined
    const reason = validate.errors?.[0]?.message
    return {
      code: 'SETTINGS_INVALID',
      message: `Setting "${key}" ${reason ?? 'is not valid'}`,
      pointer: `/${key}`,
    }
  }
}

/** Loaded here: a start is not to wait for it where nobody has set anything. */
function openAjv(): Ajv2020 {
  const require = createRequire(import.meta.url)
  const library = require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js')
  const addFormats = require('ajv-formats') as typeof import('ajv-formats')
  // The form itself was checked when its package was uploaded; to check each field again takes longer than all else.
  const ajv = new library.Ajv2020({ strict: false, validateSchema: false, meta: false })
  addFormats.default(ajv)
  ajv.addFormat('secret', true)
  return ajv
}

/** `apiKey` of `usb-backup` is PLUGBAY_SETTING_USB_BACKUP_API_KEY. */
export function environmentName(pluginId: string, key: string): string {
  const snake = (text: string) =>
    text
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replaceAll('-', '_')
      .toUpperCase()
  return `PLUGBAY_SETTING_${snake(pluginId)}_${snake(key)}`
}

function find(
  key: string,
  property: FormProperty,
  sources: SettingSources,
): { value: unknown; source: Setting['source'] } {
  const text = sources.environment[environmentName(sources.pluginId, key)]
  if (text !== undefined) return { value: parse(text, property.type), source: 'environment' }
  if (Object.hasOwn(sources.stored, key)) return { value: sources.stored[key], source: 'stored' }
  return { value: property.default, source: 'default' }
}

/** A variable is text: other types are read as JSON; what is not JSON stays text, and the schema refuses it. */
function parse(text: string, type: FormProperty['type']): unknown {
  if (type === 'string') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function missing(key: string, schema: FormSchema | undefined): Problem | undefined {
  if (schema?.required?.includes(key) !== true) return undefined
  return {
    code: 'SETTINGS_INVALID',
    message: `Setting "${key}" is required and has no value`,
    pointer: `/${key}`,
  }
}

function describe(source: Setting['source'], key: string, pluginId: string): string {
  if (source === 'environment') return `from ${environmentName(pluginId, key)}`
  return source === 'stored' ? 'as stored' : 'from the manifest'
}
