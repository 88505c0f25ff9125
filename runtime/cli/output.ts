// Prints results: for people what happened, why and what to type next; for programs one JSON document.
// Invariant: with --json standard output holds one document `{ok, results}` and nothing else.

import { isErrorCode, PlugbayError, type Problem } from '../errors.ts'
import { asTyped } from './invocation.ts'
import { coloured, type Io, printable } from './io.ts'

/** The result for one subject of a command. Commands add fields of their own. */
export interface Result {
  /** Plugin id, path or name of a check. */
  readonly id: string
  readonly ok: boolean
  /** Why it failed. */
  readonly problem?: Problem
  /** All problems, when there are several. */
  readonly problems?: readonly Problem[]
  readonly [more: string]: unknown
}

export interface Outcome {
  readonly results: readonly Result[]
  /** Text for people about a success, without a final line feed; failures are described by their problems. */
  readonly text?: string
  /** Overrides the status of the results. */
  readonly exitCode?: number
}

/** Prints the outcome in the chosen format. */
export function printOutcome(io: Io, outcome: Outcome, json: boolean): void {
  if (json) {
    const ok = outcome.results.every((result) => result.ok)
    io.out(`${JSON.stringify({ ok, results: outcome.results }, undefined, 2)}\n`)
    return
  }
  if (outcome.text !== undefined && outcome.text !== '') io.out(`${outcome.text}\n`)
  for (const result of outcome.results) {
    if (!result.ok) io.err(`${failureText(io, result)}\n`)
  }
}

function failureText(io: Io, result: Result): string {
  const { problem, problems = [] } = result
  const mark = coloured(io, 'red', '✗')
  const head = `${mark} ${result.id === '' ? '' : `${printable(result.id)}: `}${textOf(io, problem?.message ?? 'it failed')}`
  const several = problems.length > 1 || (problems.length === 1 && problems[0]?.message !== problem?.message)
  if (several) return [head, ...problems.map((each) => indent(formatProblem(io, each)))].join('\n')
  const details = problems[0] ?? problem
  return details === undefined ? head : [head, ...placeLines(io, details).map(indent)].join('\n')
}

/** Formats one problem: the message, the position, the lines around it and the hint. */
export function formatProblem(io: Io, problem: Problem): string {
  return [textOf(io, problem.message), ...placeLines(io, problem).map(indent)].join('\n')
}

/** Of a problem: commands in it can be typed. */
function textOf(io: Io, text: string): string {
  return asTyped(printable(text), io)
}

function placeLines(io: Io, problem: Problem): readonly string[] {
  const lines: string[] = []
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':')
  const pointer = problem.pointer ? `at ${problem.pointer}` : ''
  if (place !== '' || pointer !== '') lines.push(printable([place, pointer].filter(Boolean).join(' ')))
  if (problem.frame !== undefined) lines.push(printable(problem.frame))
  if (problem.hint !== undefined) lines.push(coloured(io, 'dim', `→ ${textOf(io, problem.hint)}`))
  return lines
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}

/** Warnings of a successful result, to be printed below its line. */
export function warningLines(io: Io, { warnings }: Result): readonly string[] {
  const list = Array.isArray(warnings) ? (warnings as readonly Problem[]) : []
  return list.map((warning) => indent(`warning: ${formatProblem(io, warning)}`))
}

/** Formats columns with headings; every cell is made printable. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows.map((row) => row.map((cell) => printable(cell).replaceAll('\n', ' ')))]
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** A failed result for any thrown value; one that is not a PlugbayError becomes INTERNAL with its message. */
export function failureOf(id: string, error: unknown): Result {
  const known = asPlugbayError(error)
  const problem: Problem = {
    code: known.code,
    message: known.message,
    hint: known.problems[0]?.hint ?? known.row.hint,
  }
  return { id, ok: false, problem, ...(known.problems.length > 0 && { problems: known.problems }) }
}

function asPlugbayError(error: unknown): PlugbayError {
  if (error instanceof PlugbayError) return error
  const { code, path, port } = error as NodeJS.ErrnoException & { port?: number }
  const message = error instanceof Error ? error.message : String(error)
  if (isErrorCode(code)) return new PlugbayError(code, message, { cause: error })
  if (code === 'EADDRINUSE')
    return new PlugbayError('PORT_UNUSABLE', `Port ${port ?? ''} is in use by another program`, {
      cause: error,
    })
  if (code === 'EACCES' && port !== undefined) {
    return new PlugbayError(
      'PORT_UNUSABLE',
      `Port ${port} may not be used by this user (ports below 1024 need a privilege)`,
      { cause: error },
    )
  }
  if (code !== undefined && path !== undefined)
    return new PlugbayError('FILE_UNUSABLE', message, { cause: error })
  return new PlugbayError('INTERNAL', message, { cause: error })
}

const LEVEL_COLOURS = { debug: 'dim', info: 'dim', warn: 'yellow', error: 'red' } as const

/**
 * Formats one line of a plugin's log, with its stack below. The plugin can neither control the terminal nor forge a line: only
 * the first line of a message starts at the margin.
 */
export function logText(
  io: Io,
  line: {
    readonly level: keyof typeof LEVEL_COLOURS
    readonly message: string
    readonly stack?: string | undefined
  },
): string {
  const level = coloured(io, LEVEL_COLOURS[line.level], line.level.padEnd(5))
  const [first = '', ...more] = printable(line.message).split('\n')
  if (line.stack !== undefined) more.push(...printable(line.stack).split('\n'))
  return [`${level} ${first}`, ...more.map((text) => `    ${text}`)].join('\n')
}
