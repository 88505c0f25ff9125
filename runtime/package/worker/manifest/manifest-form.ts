// Checks a form of an author (settings, arguments of an action): that its fields make sense and their defaults are valid.

import { Ajv2020 } from 'ajv/dist/2020.js'
import { type FormProperty, type FormSchema, STRING_FORMATS } from '../../../../sdk/manifest/form-schema.ts'
import { type Finding, inWords, type Path, quoted } from './manifest-finding.ts'
import { didYouMean } from './manifest-suggest.ts'
import { kindOf } from './schema-messages.ts'

export type FormCheck = (form: FormSchema, path: Path) => Finding[]

const NUMBER_FIELDS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'] as const
const FIELDS_BY_TYPE: Readonly<Record<FormProperty['type'], readonly (keyof FormProperty)[]>> = {
  string: ['enum', 'format', 'minLength', 'maxLength'],
  number: ['enum', ...NUMBER_FIELDS],
  integer: ['enum', ...NUMBER_FIELDS],
  boolean: [],
  array: ['items', 'minItems', 'maxItems', 'uniqueItems'],
}
const FIELDS_OF_ALL = new Set(['type', 'title', 'description', 'default', 'examples'])

/** A reusable check. Schemas of authors have no patterns and no references, so compiling and running them is cheap. */
export function createFormCheck(): FormCheck {
  const ajv = new Ajv2020({ strict: false, validateSchema: false, addUsedSchema: false })
  // For a default, the right type is enough here; values that a person enters are checked with the full formats.
  for (const format of STRING_FORMATS) ajv.addFormat(format, true)
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
          ...checkDefault(property, at, (value) => ajv.validate({ ...property }, value)),
        ]
      }),
    ]
  }
}

function checkFields(property: FormProperty, path: Path): Finding[] {
  const fits = new Set<string>([...FIELDS_OF_ALL, ...FIELDS_BY_TYPE[property.type]])
  const strange = Object.keys(property).filter((field) => !fits.has(field))
  return [
    ...strange.map((field) => ({
      ...wrong(
        [...path, field],
        `"${field}" means nothing for the type "${property.type}"`,
        'Remove it, or change the type',
      ),
      atKey: true,
    })),
    ...(property.type === 'array' && property.items === undefined
      ? [wrong(path, `${inWords(path)} is a list without "items"`, 'Add "items": { "type": "string" }')]
      : []),
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
      `It must be a valid ${property.type}`,
    ),
  ]
}

function wrong(path: Path, message: string, hint: string | undefined): Finding {
  return { code: 'MANIFEST_INVALID', path, message, hint }
}
