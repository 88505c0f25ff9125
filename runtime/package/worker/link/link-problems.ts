// Converts esbuild's messages to problems: our refusals in our words, the rest as syntax errors, with line and column.

import type { Location, Message } from 'esbuild'
import type { Problem } from '../../../../sdk/api/problems.ts'
import { codeFrame, escapeControls } from '../../../../sdk/text/code-frame.ts'
import { type LinkDetail, MAX_PROBLEMS, type PackagePlugin } from './link-plugin.ts'
import { FILES } from './link-wrapper.ts'
import { refuseComputed } from './resolve-refusals.ts'

const MAX_TEXT = 500
const UNRESOLVED = /^Could not resolve /

/** The errors of a build, sorted by file and line. */
export function linkProblems(messages: readonly Message[], source: PackagePlugin): Problem[] {
  return messages
    .slice(0, MAX_PROBLEMS)
    .map((message) => toProblem(message, source))
    .sort(
      (a, b) => compare(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
    )
}

function toProblem(message: Message, source: PackagePlugin): Problem {
  const { location } = message
  const place = location === null ? undefined : placeOf(location)
  const detail = isDetail(message.detail) ? message.detail : unresolved(message, source)
  const { code, message: sentence, hint } = detail ?? syntaxError(message)
  const file = detail?.file ?? place?.file
  const text = file === undefined ? undefined : source.textOf(file)
  const problem: Problem = {
    code,
    message: sentence,
    ...(hint === undefined ? {} : { hint }),
    ...(file === undefined ? {} : { file }),
  }
  if (place === undefined || detail?.file !== undefined || text === undefined) return problem
  return {
    ...problem,
    line: place.line,
    column: place.column,
    frame: codeFrame(text, place.line, place.column),
  }
}

/** A refusal that esbuild reports itself: the import may fail (require, import()), but no catch handles it here. */
function unresolved(message: Message, source: PackagePlugin): LinkDetail | undefined {
  if (!UNRESOLVED.test(message.text) || message.location === null) return undefined
  const { file } = placeOf(message.location)
  const specifier = /^Could not resolve "(.*)"$/.exec(message.text)?.[1] ?? ''
  return source.refusalOf(file, specifier) ?? { code: 'IMPORT_REFUSED', ...refuseComputed() }
}

function syntaxError(message: Message): {
  readonly code: 'SYNTAX_ERROR'
  readonly message: string
  readonly hint?: string
} {
  const [note] = message.notes
  const words = { code: 'SYNTAX_ERROR', message: inHouseStyle(message.text) } as const
  if (note === undefined) return words
  const place = note.location === null ? undefined : placeOf(note.location)
  const where = place === undefined ? '' : ` ${place.file}:${place.line}:${place.column}`
  return { ...words, hint: `${inHouseStyle(note.text)}${where}` }
}

function inHouseStyle(text: string): string {
  return escapeControls(text.slice(0, MAX_TEXT).replaceAll(`"${FILES}:`, '"')).replace(/[.:]$/, (end) =>
    end === ':' ? end : '',
  )
}

/** esbuild counts columns from 0 and in bytes. */
function placeOf(location: Location): {
  readonly file: string
  readonly line: number
  readonly column: number
} {
  const before = Buffer.from(location.lineText, 'utf8').subarray(0, location.column).toString('utf8')
  const prefix = `${FILES}:`
  const file = location.file.startsWith(prefix) ? location.file.slice(prefix.length) : location.file
  return { file, line: location.line, column: before.length + 1 }
}

function isDetail(value: unknown): value is LinkDetail {
  return typeof value === 'object' && value !== null && 'code' in value && 'hint' in value
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0
}
