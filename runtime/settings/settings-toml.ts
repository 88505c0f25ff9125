// The text of settings.toml: one section per plugin, [usb-backup], with keys of its settings.
// Invariant: sections and values are plain data with own members only; dates become the text that they were.

import { parse, TomlError } from 'smol-toml'
import { fileProblem, type ReadSections, SETTINGS_FILE } from './sections.ts'

/** Throws nothing. It takes 65 ms for a megabyte. */
export function readSections(bytes: Uint8Array): ReadSections {
  let document: object
  try {
    document = parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    if (error instanceof TomlError) return syntaxError(error)
    // The decoder throws a TypeError, deep nesting a RangeError.
    return refused(`"${SETTINGS_FILE}" cannot be read: ${error instanceof Error ? error.message : error}`)
  }
  const sections = new Map<string, Readonly<Record<string, unknown>>>()
  const warnings: ReturnType<typeof fileProblem>[] = []
  for (const [name, value] of Object.entries(document)) {
    if (isTable(value)) sections.set(name, plainTable(value))
    else warnings.push(outsideSections(name))
  }
  return { ok: true, sections, warnings }
}

function refused(message: string): ReadSections {
  return { ok: false, problem: fileProblem(message) }
}

/** The first line is the reason; the rest of the message shows the file, which may hold secrets. */
function syntaxError({ message, line, column }: TomlError): ReadSections {
  const [reason = ''] = message.replace(/^Invalid TOML document: /, '').split('\n')
  const problem = fileProblem(
    `"${SETTINGS_FILE}" has a syntax error in line ${line}, column ${column}: ${reason}`,
    'Correct the file; it is read again at once. Text takes quotes, sections look like [usb-backup]',
  )
  return { ok: false, problem: { ...problem, line, column } }
}

function outsideSections(name: string): ReturnType<typeof fileProblem> {
  return fileProblem(
    `"${name}" in ${SETTINGS_FILE} is in no section`,
    'Put it below the id of its plugin in brackets, such as [usb-backup]',
  )
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function plainTable(table: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const plain: Record<string, unknown> = Object.create(null)
  for (const [key, value] of Object.entries(table))
    plain[key] = value instanceof Date ? value.toISOString() : value
  return plain
}
