// The text of plugbay-env.d.ts: what a host offers and what a manifest declares, as types for the author of a plugin.
// Invariant: what is of the host stands before MARK, and what is of the manifest behind it, so that each can change without the other.

import { STREAM } from './calls.ts'
import { fieldOf, manifestTypes } from './manifest-types.ts'
import { schemaToType } from './schema-to-type.ts'

export const DECLARATION_FILE = 'plugbay-env.d.ts'

export interface HostTypes {
  readonly host: { readonly id: string; readonly version: string }
  readonly points: readonly { readonly kind: string; readonly name: string; readonly point: unknown }[]
}

export interface TypesSource extends HostTypes {
  /** Undefined where there is none that can be read. */
  readonly manifest: unknown
}

export function declarationFile({ manifest, ...host }: TypesSource): string {
  return hostPart(host) + (manifest === undefined ? '' : manifestPart(manifest))
}

/** The file with another manifest. In one of an older version, which says less, what follows counts. */
export function withManifest(file: string, manifest: unknown): string {
  const start = file.indexOf(MARK)
  return (start === -1 ? file : file.slice(0, start)) + manifestPart(manifest)
}

/** What the file says of the manifest, from the mark on; empty without. */
export function manifestPartOf(file: string): string {
  const start = file.indexOf(MARK)
  return start === -1 ? '' : file.slice(start)
}

function hostPart({ host, points }: HostTypes): string {
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
  ].filter((text) => text !== '')
  return `${firstLine(host)}
// Do not edit: "plugbay types" writes it, and "plugbay dev" while it is of the same host.

${AUGMENTED}

declare module 'plugbay/sdk' {
${sections.join('\n')}
}
`
}

function manifestPart(manifest: unknown): string {
  const lines = manifestTypes(manifest).map((line) => `    ${line}`)
  return `${MARK}
declare module 'plugbay/sdk' {
  interface ManifestValues {
${lines.join('\n')}
  }
}
`
}

/** Whether the file was written from the host of that id. */
export function isOfHost(text: string, id: string): boolean {
  const [first = ''] = text.split('\n', 1)
  return first.startsWith(`${OPENING}${JSON.stringify(id)} `)
}

const OPENING = '// Types of '
const MARK = '\n// From manifest.json: "plugbay dev" and "plugbay check" keep it up to date.'
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
