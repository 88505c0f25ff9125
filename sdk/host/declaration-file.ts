// The text of plugbay-env.d.ts: what a host offers and what a manifest declares, as types for the author of a plugin.

import { STREAM } from './calls.ts'
import { schemaToType } from './schema-to-type.ts'

export const DECLARATION_FILE = 'plugbay-env.d.ts'

export interface TypesSource {
  readonly host: { readonly id: string; readonly version: string }
  readonly points: readonly { readonly kind: string; readonly name: string; readonly point: unknown }[]
  /** The settings of the manifest: a JSON Schema of an object. */
  readonly settings: unknown
}

export function declarationFile({ host, points, settings }: TypesSource): string {
  const typesOf = (kind: string, typeOf: (point: unknown) => string) =>
    points
      .filter((point) => point.kind === kind)
      .map(({ name, point }) => `    ${JSON.stringify(name)}: ${typeOf(point)}`)
  const fieldType = (field: string) => (point: unknown) => schemaToType(fieldOf(point, field))
  const callType = (point: unknown) => {
    const isStream = fieldOf(point, 'result') === STREAM
    const result = isStream ? 'ReadableStream<Uint8Array<ArrayBuffer>>' : fieldType('result')(point)
    const body = fieldOf(point, 'body') === true ? `; body: ${BODY}` : ''
    return `{ args: ${fieldType('args')(point)}; result: ${result}${body} }`
  }
  const sections = [
    section('HookValues', typesOf('hooks', fieldType('value'))),
    section('EventValues', typesOf('events', fieldType('data'))),
    section('ContextValues', typesOf('contexts', fieldType('data'))),
    section('CallValues', typesOf('calls', callType)),
    section('SettingValues', settingsOf(settings)),
  ].filter((text) => text !== '')
  return `${firstLine(host)}
// Do not edit: "plugbay types" writes it, and "plugbay dev" while it is of the same host.

${AUGMENTED}

declare module 'plugbay/sdk' {
${sections.join('\n')}
}
`
}

/** Whether the file was written from the host of that id. */
export function isOfHost(text: string, id: string): boolean {
  const [first = ''] = text.split('\n', 1)
  return first.startsWith(`${OPENING}${JSON.stringify(id)} `)
}

const OPENING = '// Types of '
/** As CallBody of plugin-api/host.ts. */
const BODY = 'ReadableStream<Uint8Array> | ArrayBuffer | ArrayBufferView | Blob | string'
/** Without it, the declaration would replace the module instead of adding to it. */
const AUGMENTED = "import 'plugbay/sdk'"

function firstLine({ id, version }: TypesSource['host']): string {
  return `${OPENING}${JSON.stringify(id)} ${JSON.stringify(version)}`.replaceAll(/[\u2028\u2029]/g, ' ')
}

function section(name: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `  interface ${name} {\n${lines.join('\n')}\n  }`
}

/** A setting without a value is absent, unless it has a default or must have one. */
function settingsOf(settings: unknown): readonly string[] {
  const properties = fieldOf(settings, 'properties')
  if (typeof properties !== 'object' || properties === null) return []
  const required = fieldOf(settings, 'required')
  return Object.entries(properties)
    .filter(([, schema]) => fieldOf(schema, 'format') !== 'secret')
    .map(([key, schema]) => {
      const isThere =
        fieldOf(schema, 'default') !== undefined || (Array.isArray(required) && required.includes(key))
      return `    readonly ${JSON.stringify(key)}${isThere ? '' : '?'}: ${schemaToType(schema)}`
    })
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}
