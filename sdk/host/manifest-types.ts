// What a manifest says, as the fields of ManifestValues (plugin-api/manifest-values.ts): which permissions it asks for, and the names and
// values that it declares. It may be half written: what has not the form of a manifest is left out.

import { schemaToType } from './schema-to-type.ts'

type Field = readonly [name: string, type: string, isThere?: boolean]
type Fields = readonly Field[]

/** The lines of the interface, without indentation. */
export function manifestTypes(manifest: unknown): readonly string[] {
  const contributes = fieldOf(manifest, 'contributes')
  const settings = propertiesOf(fieldOf(manifest, 'settings'))
  const [secret, open] = [settings.filter(isSecret), settings.filter((each) => !isSecret(each))]
  const fields: Fields = [
    ['id', JSON.stringify(String(fieldOf(manifest, 'id') ?? ''))],
    ['permissions', record(permissionsOf(fieldOf(manifest, 'permissions')))],
    ['settings', record(open.map(typed))],
    ['secrets', record(secret.map(({ key, isThere }) => [key, isThere ? '"required"' : '"optional"']))],
    ['tasks', record(argumentsOf(fieldOf(contributes, 'tasks'), { byDefault: false }))],
    ['actions', record(argumentsOf(fieldOf(contributes, 'actions'), { byDefault: true }))],
    ['hooks', anyOf(namesIn(fieldOf(contributes, 'hooks'), 'hook'))],
    [
      'bundles',
      anyOf(namesIn(fieldOf(contributes, 'bundles'), 'id', (each) => fieldOf(each, 'data') === true)),
    ],
    [
      'patches',
      anyOf(
        entriesOf(fieldOf(contributes, 'patches')).flatMap(([name, text]) => (text === true ? [name] : [])),
      ),
    ],
  ]
  return fields.map(([name, type]) => `readonly ${name}: ${type}`)
}

/** The value of a flag is `true`, of a level its name, of a list of names these names. */
function permissionsOf(permissions: unknown): Fields {
  return entriesOf(permissions).map(([name, value]) => {
    if (typeof value === 'string') return [name, JSON.stringify(value)]
    const isNames = Array.isArray(value) && value.every((each) => typeof each === 'string')
    return [name, isNames ? anyOf(value) : 'true']
  })
}

const GROUP = /^[\w.-]+\.\*$/

/** "content.*" stands for all that begin with "content.". */
function anyOf(names: readonly string[]): string {
  const types = names.map((name) => {
    if (name === '*') return 'string'
    return GROUP.test(name) ? `\`${name.slice(0, -1)}\${string}\`` : JSON.stringify(name)
  })
  return types.length === 0 ? 'never' : [...new Set(types)].join(' | ')
}

interface Property {
  readonly key: string
  readonly schema: unknown
  /** Whether it always has a value. */
  readonly isThere: boolean
}

function propertiesOf(form: unknown): readonly Property[] {
  const required = fieldOf(form, 'required')
  return entriesOf(fieldOf(form, 'properties')).map(([key, schema]) => ({
    key,
    schema,
    isThere: fieldOf(schema, 'default') !== undefined || (Array.isArray(required) && required.includes(key)),
  }))
}

function isSecret({ schema }: Property): boolean {
  return fieldOf(schema, 'format') === 'secret'
}

function typed({ key, schema, isThere }: Property): Field {
  return [key, schemaToType(schema), isThere]
}

/** @param byDefault whether a default makes an argument present */
function argumentsOf(list: unknown, { byDefault }: { readonly byDefault: boolean }): Fields {
  return listOf(list).flatMap((each) => {
    const id = fieldOf(each, 'id')
    if (typeof id !== 'string') return []
    const form = fieldOf(each, 'arguments')
    if (form === undefined) return [[id, byDefault ? 'Readonly<Record<string, unknown>>' : 'unknown']]
    return [[id, byDefault ? record(propertiesOf(form).map(typed)) : schemaToType(form)]]
  })
}

function namesIn(
  list: unknown,
  field: string,
  keep: (each: unknown) => boolean = () => true,
): readonly string[] {
  return listOf(list)
    .filter(keep)
    .flatMap((each) => {
      const name = fieldOf(each, field)
      return typeof name === 'string' ? [name] : []
    })
}

function record(fields: Fields): string {
  const lines = fields.map(
    ([name, type, isThere = true]) =>
      `      readonly ${JSON.stringify(name)}${isThere ? '' : '?'}: ${type}\n`,
  )
  return lines.length === 0 ? '{}' : `{\n${lines.join('')}    }`
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
}

export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}
