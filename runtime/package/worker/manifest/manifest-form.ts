// Checks a form of an author (settings, arguments of an action): that its fields make sense and their defaults are valid.

import { Ajv2020 } from 'ajv/dist/2020.js'
import type { FormProperty, FormSchema } from '../../../../sdk/manifest/form-schema.ts'
import { FORMAT_NAMES, formatOf } from '../../../../sdk/settings/formats.ts'
import { normalValue } from '../../../../sdk/settings/setting-text.ts'
import { type Finding, inWords, type Path, quoted } from './manifest-finding.ts'
import { didYouMean } from './manifest-suggest.ts'
import { kindOf } from './schema-messages.ts'

export type FormCheck = (form: FormSchema, path: Path) => Finding[]

const NUMBER_FIELDS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'] as const
const FIELDS_BY_TYPE: Readonly<Record<FormProperty['type'], readonly (keyof FormProperty)[]>> = {
  string: ['enum', 'format', 'minLength', 'maxLength', 'x-context', 'x-secret-field'],
  number: ['enum', ...NUMBER_FIELDS],
  integer: ['enum', 'format', ...NUMBER_FIELDS],
  boolean: [],
  array: ['items', 'minItems', 'maxItems', 'uniqueItems', 'x-context'],
}
const FIELDS_OF_ALL = new Set([
  'type',
  'title',
  'description',
  'default',
  'examples',
  'x-advanced',
  'x-clear-after',
])
/** A setting is the same for everyone, and a form of settings keeps what was entered. */
const FIELDS_OF_ARGUMENTS = new Set(['x-clear-after', 'x-context'])

/** A reusable check. Schemas of authors have no patterns and no references, so compiling and running them is cheap. */
export function createFormCheck(): FormCheck {
  const ajv = new Ajv2020({ strict: false, validateSchema: false, addUsedSchema: false })
  // For a default in a format of JSON Schema, the right type is enough here; values that a person enters are checked in full.
  for (const name of FORMAT_NAMES) {
    const { check = true, type } = formatOf(name) ?? {}
    if (type === 'integer' && check !== true) ajv.addFormat(name, { type: 'number', validate: check })
    else ajv.addFormat(name, check)
  }
  return (form, path) => {
    const properties = Object.entries(form.properties ?? {})
    const keys = properties.map(([key]) => key)
    return [
      ...(form.required ?? []).flatMap((key, index) =>
        keys.includes(key)
          ? []
          : [
              wrong(
                [...path, 'required', index],
                `${quoted(key)} is required but is no field of the form`,
                didYouMean(key, keys),
              ),
            ],
      ),
      ...properties.flatMap(([key, property]) => {
        const at = [...path, 'properties', key]
        return [
          ...checkFields(property, at),
          ...checkDefault(property, at, (value) =>
            ajv.validate({ ...property }, normalValue(value, property)),
          ),
        ]
      }),
    ]
  }
}

function checkFields(property: FormProperty, path: Path): Finding[] {
  const fits = new Set<string>([...FIELDS_OF_ALL, ...FIELDS_BY_TYPE[property.type]])
  const strange = Object.keys(property).filter((field) => !fits.has(field))
  const misplaced =
    path[0] === 'settings' ? Object.keys(property).filter((field) => FIELDS_OF_ARGUMENTS.has(field)) : []
  return [
    ...misplaced.map((field) => ({
      ...wrong([...path, field], `"${field}" is for arguments of actions, not for settings`, 'Remove it'),
      atKey: true,
    })),
    ...strange.map((field) => ({
      ...wrong(
        [...path, field],
        `"${field}" means nothing for the type "${property.type}"`,
        'Remove it, or change the type',
      ),
      atKey: true,
    })),
    ...checkFormat(property, path),
    ...checkSecretField(property, path),
    ...(property.items?.format === 'secret'
      ? [
          wrong(
            [...path, 'items', 'format'],
            'A list cannot hold secrets: the backend reads its items',
            'Declare a setting of type "string" with the format "secret" for each secret',
          ),
        ]
      : []),
    ...(property.type === 'array' && property.items === undefined
      ? [wrong(path, `${inWords(path)} is a list without "items"`, 'Add "items": { "type": "string" }')]
      : []),
  ]
}

/** "port" is a number, "ip" is a text. */
function checkFormat({ type, format }: FormProperty, path: Path): Finding[] {
  const row = formatOf(format)
  if (row === undefined || row.type === type || !FIELDS_BY_TYPE[type].includes('format')) return []
  return [
    wrong(
      [...path, 'format'],
      `The format "${format}" is of the type "${row.type}", not "${type}"`,
      `Write "type": "${row.type}"`,
    ),
  ]
}

function checkSecretField(property: FormProperty, path: Path): Finding[] {
  if (property['x-secret-field'] === undefined || (property.format === 'secret' && path[0] === 'settings'))
    return []
  return [
    wrong(
      [...path, 'x-secret-field'],
      `${inWords(path)} is no secret of the settings, so it is sent nowhere by itself`,
      'Write "format": "secret", or remove "x-secret-field"',
    ),
  ]
}

function checkDefault(property: FormProperty, path: Path, valid: (value: unknown) => unknown): Finding[] {
  if (!Object.hasOwn(property, 'default')) return []
  const at = [...path, 'default']
  if (property.format === 'secret') {
    return [
      wrong(
        at,
        'A secret cannot have a default, because everybody can read the package',
        'Leave "default" out',
      ),
    ]
  }
  if (valid(property.default) === true) return []
  return [
    wrong(
      at,
      `The default of ${inWords(path)} does not fit its own rules: ${kindOf(property.default)}`,
      `It must be ${formatOf(property.format)?.words ?? `a valid ${property.type}`}`,
    ),
  ]
}

function wrong(path: Path, message: string, hint: string | undefined): Finding {
  return { code: 'MANIFEST_INVALID', path, message, hint }
}
