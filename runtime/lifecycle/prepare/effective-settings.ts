// The effective values of a plugin's settings: environment over stored over default, each with its source.
// Invariant: a value that violates its schema never reaches the plugin; the problem names its source.

import { createRequire } from 'node:module'
import type { Ajv2020 } from 'ajv/dist/2020.js'
import type { Setting } from '../../../sdk/api/settings.ts'
import type { FormProperty, FormSchema } from '../../../sdk/manifest/form-schema.ts'
import type { Problem } from '../../errors.ts'

export interface EffectiveSettings {
  /** Values for the plugin, without secrets. */
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
    // The author's default was checked with its package: only values set by others may be wrong.
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

/** Returns what is wrong with a value of a form field. */
export type SettingCheck = (key: string, value: unknown, property: FormProperty) => Problem | undefined

/**
 * A check for the fields of one form. It runs in the runtime: even a form of two hundred fields and values of a megabyte take
 * milliseconds, because forms have no patterns and no references (sdk/manifest/form-schema.ts), and the first error is enough.
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

/** Loaded on demand: a start without stored settings must not wait for it. */
function openAjv(): Ajv2020 {
  const require = createRequire(import.meta.url)
  const library = require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js')
  const addFormats = require('ajv-formats') as typeof import('ajv-formats')
  // The form itself was checked at upload; checking each field again would take longer than everything else.
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

/** A variable is text: for other types it is parsed as JSON; text that is not JSON is refused by the schema. */
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
