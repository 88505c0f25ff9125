// Checks a value of a setting against the field of the form that declares it.
// Invariant: a message says what the value must be, and never holds the value, which may be a secret in the wrong place.

import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Ajv2020, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js'
import type { FormProperty } from '../../sdk/manifest/form-schema.ts'
import { textIn } from '../../sdk/manifest/text.ts'
import { FORMAT_NAMES, formatOf } from '../../sdk/settings/formats.ts'
import { schemaFault } from '../../sdk/text/schema-fault.ts'
import { codeRoot } from '../bundles/code-root.ts'
import type { Problem } from '../errors.ts'

/** Returns what is wrong with a value, in its normal form. */
export type SettingCheck = (key: string, value: unknown, property: FormProperty) => Problem | undefined

/** Returns what a value must be, in its normal form, as the end of a sentence; undefined for one that is fine. */
export type FieldCheck = (value: unknown, property: FormProperty) => string | undefined

/**
 * A check for the fields of one form. It runs in the runtime: even a form of two hundred fields and values of a megabyte take
 * milliseconds, because forms have no patterns and no references (sdk/manifest/form-schema.ts), and the first error is enough.
 */
export function createFieldCheck(): FieldCheck {
  let ajv: Ajv2020 | undefined
  const validators = new Map<FormProperty, ValidateFunction>()
  return (value, property) => {
    ajv ??= openAjv()
    const validate = validators.get(property) ?? ajv.compile({ ...property })
    validators.set(property, validate)
    return validate(value) ? undefined : wordsFor(validate.errors?.[0], property)
  }
}

export function createSettingCheck(): SettingCheck {
  const check = createFieldCheck()
  return (key, value, property) => {
    const wanted = check(value, property)
    if (wanted === undefined) return undefined
    return {
      code: 'SETTINGS_INVALID',
      message: `Setting ${nameOf(key, property)} ${wanted}`,
      pointer: `/${key}`,
    }
  }
}

/** What a check says, without the name of the setting. */
export function wordsAlone({ message }: Problem, key: string, property: FormProperty): string {
  return message.slice(`Setting ${nameOf(key, property)} `.length)
}

/** As the form shows it, and as the manifest does. */
function nameOf(key: string, { title }: FormProperty): string {
  const label = title === undefined ? '' : textIn(title, [])
  return label === '' || label === key ? `"${key}"` : `"${label}" (${key})`
}

const KINDS: Readonly<Record<FormProperty['type'], string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
}
const CHOICES_SHOWN = 10

function wordsFor(error: ErrorObject | undefined, property: FormProperty): string {
  const { keyword, instancePath = '' } = error ?? {}
  const inList = instancePath !== ''
  const { type, format, enum: choices } = inList ? (property.items ?? property) : property
  const subject = inList ? `item ${Number(instancePath.slice(1)) + 1} ` : ''
  if (keyword === 'type' || keyword === 'format')
    return `${subject}must be ${formatOf(format)?.words ?? KINDS[type]}`
  if (keyword === 'enum' && choices !== undefined) {
    const shown = choices.slice(0, CHOICES_SHOWN).map((choice) => JSON.stringify(choice))
    const more = choices.length > CHOICES_SHOWN ? `, … (${choices.length} in total)` : ''
    return `${subject}must be one of ${shown.join(', ')}${more}`
  }
  return `${subject}${error === undefined ? 'is not valid' : schemaFault(error)}`
}

/** Loaded on demand: a start without settings to check must not wait for it. */
function openAjv(): Ajv2020 {
  const require = createRequire(join(codeRoot(), 'runtime/'))
  const library = require('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js')
  const addFormats = require('ajv-formats') as typeof import('ajv-formats')
  // The form itself was checked at upload; checking each field again would take longer than everything else.
  const ajv = new library.Ajv2020({ strict: false, validateSchema: false, meta: false })
  addFormats.default(ajv)
  for (const name of FORMAT_NAMES) {
    const { check, type } = formatOf(name) ?? {}
    if (check === undefined) continue
    if (type === 'integer') ajv.addFormat(name, { type: 'number', validate: check })
    else ajv.addFormat(name, check)
  }
  return ajv
}
