// Where a text comes from, and the sentences that name the place.

import { MAX_PROBLEMS, type TemplateProblem } from '../format/engine-calls.ts'
import { isValueName, type Part, type Token } from './source.ts'

export type Place =
  | { readonly kind: 'file'; readonly path: string; readonly owner: string }
  | { readonly kind: 'patch'; readonly point: string; readonly owner: string }
  | { readonly kind: 'value'; readonly key: string; readonly owner: string }

const MAX_MESSAGE = 500

/** @param said a sentence without its place */
export function problemAt(place: Place, said: string, line?: number): TemplateProblem {
  const where = `${nameOf(place)}${ownerOf(place)}${line === undefined ? '' : `, line ${line}`}`
  return {
    message: `${said.slice(0, MAX_MESSAGE)} in ${where}`,
    owner: place.owner,
    ...(place.kind === 'patch' ? { patch: place.point } : {}),
    ...(place.kind === 'value' ? { key: place.key } : {}),
    ...(place.kind === 'file' ? { file: place.path } : {}),
    ...(line === undefined ? {} : { line }),
  }
}

function nameOf(place: Place): string {
  if (place.kind === 'patch') return `patch '${place.point}'`
  return place.kind === 'value' ? `value ${place.key}` : `'${place.path}'`
}

function ownerOf({ owner }: Place): string {
  if (owner === 'host') return ''
  return owner === 'user' ? ' of the user' : ` of plugin ${owner}`
}

/** Problems in the order in which they were found, each once. */
export class Problems {
  readonly #found: TemplateProblem[] = []

  get size(): number {
    return this.#found.length
  }

  add(problem: TemplateProblem): void {
    if (this.#found.length >= MAX_PROBLEMS) return
    if (!this.#found.some(({ message, file }) => message === problem.message && file === problem.file))
      this.#found.push(problem)
  }

  /** Empties the list. */
  take(): TemplateProblem[] {
    return this.#found.splice(0)
  }
}

/** The name on a line that most likely has no value: the engine does not tell which it was. */
export function missingName(
  parts: readonly Part[],
  { line, isKnown }: { readonly line: number; readonly isKnown: (name: string) => boolean },
): string | undefined {
  const names = partsAt(parts, line).flatMap((part) => chains(readNames(part)))
  return (
    names.find(([head = '']) => !isKnown(head))?.join('.') ??
    names.find(({ length }) => length > 1)?.join('.')
  )
}

/** The line on which a filter or function is used, if there is one such line. */
export function lineOfUse(parts: readonly Part[], name: string): number | undefined {
  const lines = new Set(
    parts.flatMap((part) =>
      part.kind === 'text' || !part.tokens.some((token) => token.kind === 'name' && token.text === name)
        ? []
        : [part.line],
    ),
  )
  const [line] = lines
  return lines.size === 1 ? line : undefined
}

type Delimited = Exclude<Part, { readonly kind: 'text' }>

function partsAt(parts: readonly Part[], line: number): Delimited[] {
  return parts.filter(
    (part): part is Delimited =>
      part.kind !== 'text' && part.line <= line && part.line + part.body.split('\n').length > line,
  )
}

/** Without the word of a statement, and the names that it sets. */
function readNames({ kind, tokens }: Delimited): readonly Token[] {
  if (kind === 'output') return tokens
  const word = tokens[0]?.text
  const sets = word === 'for' ? 'in' : word === 'set' ? '=' : undefined
  return tokens.slice(sets === undefined ? 1 : tokens.findIndex(({ text }) => text === sets) + 1)
}

function chains(tokens: readonly Token[]): string[][] {
  const found: string[][] = []
  for (const [index, token] of tokens.entries()) {
    if (isValueName(tokens, index)) found.push([token.text])
    else if (token.kind === 'name' && tokens[index - 1]?.text === '.' && tokens[index + 1]?.text !== '(')
      found.at(-1)?.push(token.text)
  }
  return found
}
