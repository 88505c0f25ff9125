// What is made from the schema of the manifest and the table of permissions: the published schema file and the tables of
// docs/manifest.md.
// Run this file to write them: node test/sdk/manifest/generated.ts

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { notYetActive } from '../../../runtime/package/worker/manifest/inactive-features.ts'
import { type Manifest, manifestJsonSchema } from '../../../sdk/manifest/manifest.ts'
import { PERMISSIONS } from '../../../sdk/permissions/permissions.ts'
import type { PermissionTable } from '../../../sdk/permissions/row.ts'

type Schema = Readonly<Record<string, unknown>>

const ROOT = join(import.meta.dirname, '../../..')
export const SCHEMA_FILE = join(ROOT, 'sdk/manifest/manifest.v1.json')
const DOCS_FILE = join(ROOT, 'docs/manifest.md')

/** The parts of docs/manifest.md that are written here, between marks. */
const TABLES = { fields: fieldTables, permissions: permissionTable } as const

export type TableName = keyof typeof TABLES
export const TABLE_NAMES: readonly TableName[] = ['permissions', 'fields']

/** The tables of all fields, one for the top level and one for each field that has fields of its own. */
function fieldTables(): string {
  const root = manifestJsonSchema()
  const fields = propertiesOf(root)
  const sections = Object.entries(fields).filter(
    ([, schema]) => Object.keys(rowsBelow('', schema)).length > 0,
  )
  const inactive = inactiveFields(root)
  return [
    inactive.size === 0
      ? 'All fields and permissions are active: this version acts on each of them.\n'
      : `This version acts on all fields and permissions, except ${[...inactive].map((name) => `\`${name}\``).join(', ')}.\n`,
    '### Top level\n',
    table(
      Object.fromEntries(
        Object.entries(fields).map(([name, schema]) => [name, { schema, required: isRequired(root, name) }]),
      ),
    ),
    ...sections.flatMap(([name, schema]) => [
      `### \`${name}\`\n`,
      `${schema.description}.\n`,
      table(rowsBelow(`${name}`, schema)),
    ]),
  ].join('\n')
}

/** What "plugbay check" would list of a manifest that has everything. */
function inactiveFields(schema: Schema): ReadonlySet<string> {
  const namesOf = (fields: Schema, value: unknown) =>
    Object.fromEntries(Object.keys(propertiesOf(fields)).map((name) => [name, value]))
  const { permissions = {}, contributes = {} } = propertiesOf(schema)
  const everything = {
    ...namesOf(schema, {}),
    permissions: namesOf(permissions, true),
    contributes: namesOf(contributes, []),
  }
  // Only the names count.
  return new Set(notYetActive(everything as unknown as Manifest))
}

/** What each permission gives, the risk that an administrator reads of it, and what it means for the plugin. */
function permissionTable(): string {
  const rows: PermissionTable = PERMISSIONS
  const lines = Object.entries(rows).map(([name, { description, words, sharing }]) => {
    const shares = sharing === 'own-data' ? 'yes' : 'no'
    return `| \`${name}\` | ${description}. | ${words.title}. ${words.danger} | ${shares} |`
  })
  return `| permission | gives | what an administrator reads | may share a process |\n|---|---|---|---|\n${lines.join('\n')}\n`
}

/** The part of docs/manifest.md between the marks, and what belongs there. */
export function documented(name: TableName): { readonly found: string; readonly expected: string } {
  const docs = readFileSync(DOCS_FILE, 'utf8')
  const { start, end } = marked(docs, name)
  return { found: docs.slice(start, end), expected: TABLES[name]() }
}

function marked(docs: string, name: TableName): { readonly start: number; readonly end: number } {
  const begin = `<!-- ${name}: written by test/sdk/manifest/generated.ts -->\n`
  return { start: docs.indexOf(begin) + begin.length, end: docs.indexOf(`<!-- ${name}: end -->\n`) }
}

interface Row {
  readonly schema: Schema
  readonly required: boolean
}

function rowsBelow(path: string, schema: Schema): Record<string, Row> {
  const rows: Record<string, Row> = {}
  for (const [name, field] of Object.entries(propertiesOf(schema))) {
    const at = `${path}.${name}`
    rows[at] = { schema: field, required: isRequired(schema, name) }
    if (!isForm(field) || path === '') Object.assign(rows, rowsBelow(at, field))
  }
  if (isSchema(schema.items)) Object.assign(rows, rowsBelow(`${path}[]`, schema.items))
  for (const value of Object.values(isSchema(schema.patternProperties) ? schema.patternProperties : {})) {
    if (isSchema(value)) Object.assign(rows, rowsBelow(`${path}.*`, value))
  }
  return rows
}

function table(rows: Readonly<Record<string, Row>>): string {
  const lines = Object.entries(rows).map(([name, { schema, required }]) => {
    const preset = schema.default === undefined ? '' : ` Default: \`${JSON.stringify(schema.default)}\`.`
    return `| \`${name}\` | ${required ? 'yes' : ''} | ${kindOf(schema)} | ${schema.description}.${preset} |`
  })
  return `| field | required | value | meaning |\n|---|---|---|---|\n${lines.join('\n')}\n`
}

function kindOf(schema: Schema): string {
  const { anyOf, enum: choices, items, type, patternProperties } = schema
  if (Array.isArray(anyOf)) {
    const [first, other] = anyOf.filter(isSchema)
    if (first !== undefined && isSchema(other?.patternProperties))
      return `text${amountOf(first, 'Length', 'characters')}`
    return anyOf.filter(isSchema).map(kindOf).join(' or ')
  }
  if (Array.isArray(choices)) return choices.map((choice) => `\`${JSON.stringify(choice)}\``).join(', ')
  if (Object.hasOwn(schema, 'const')) return `\`${JSON.stringify(schema.const)}\``
  if (isForm(schema)) return 'form'
  if (isSchema(patternProperties))
    return `object of ${Object.values(patternProperties).filter(isSchema).map(plural).join()}`
  if (type === 'array')
    return `list of ${isSchema(items) ? plural(items) : 'values'}${amountOf(schema, 'Items', 'items')}`
  if (type === 'integer') return `whole number${rangeOf(schema)}`
  if (type === 'string') return `string${amountOf(schema, 'Length', 'characters')}`
  if (type === 'boolean') return '`true`, `false`'
  return type === undefined ? 'any value' : String(type)
}

function plural({ anyOf, type }: Schema): string {
  if (Array.isArray(anyOf)) return anyOf.filter(isSchema).map(plural).join(' or ')
  return type === undefined ? 'any values' : `${type}s`
}

function rangeOf({ minimum, maximum }: Schema): string {
  return minimum === undefined || maximum === undefined
    ? ''
    : `, ${Number(minimum).toLocaleString('en')} to ${Number(maximum).toLocaleString('en')}`
}

function amountOf(schema: Schema, what: string, unit: string): string {
  const most = schema[`max${what}`]
  return most === undefined ? '' : `, at most ${Number(most).toLocaleString('en')} ${unit}`
}

/** A form of the author: the fields of a form are documented once, under "settings". */
function isForm(schema: Schema): boolean {
  return Object.hasOwn(propertiesOf(schema), 'properties')
}

function propertiesOf(schema: Schema): Readonly<Record<string, Schema>> {
  return isSchema(schema.properties) ? (schema.properties as Readonly<Record<string, Schema>>) : {}
}

function isRequired(schema: Schema, name: string): boolean {
  return Array.isArray(schema.required) && schema.required.includes(name)
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null
}

if (import.meta.main) {
  writeFileSync(SCHEMA_FILE, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`)
  for (const name of TABLE_NAMES) {
    const docs = readFileSync(DOCS_FILE, 'utf8')
    const { start, end } = marked(docs, name)
    writeFileSync(DOCS_FILE, docs.slice(0, start) + TABLES[name]() + docs.slice(end))
  }
}
