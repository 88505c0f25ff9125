// Prepares the text of a template for the engine, which prints as Rust does, escapes by the extension of a file, and lets
// undefined values pass through filters: outputs are printed as Python does, unescaped, and each name is checked where it is used.
// Invariant: every line stays where it is, so that lines in errors are the author's.

import { isValueName, type Part, readParts, type Token } from './source.ts'

/** A place that needs a value; numbered by the caller. */
export interface Use {
  /** As written: `redis.port`, or a whole expression. */
  readonly name: string
  readonly line: number
}

export interface Guarded {
  readonly text: string
  readonly parts: readonly Part[]
}

/** Names that the rewritten text uses; a template that takes them breaks only itself. */
export const OUTPUT_VARIABLE = 'plugbay_output'
export const PRINT_FUNCTION = 'plugbay_print'
export const MISSING_FUNCTION = 'plugbay_missing'

/** Calls whose results are text, and that the engine knows only as a whole output. */
const WHOLE_OUTPUTS: ReadonlySet<string> = new Set(['loop', 'super', 'caller'])
const CONDITIONS: ReadonlySet<string> = new Set(['if', 'elif'])
/** Closing brackets between a name and its test: `(a) is defined`. */
const MAX_CLOSING = 5

/** @param note returns the number of a use */
export function guard(source: string, note: (use: Use) => number): Guarded {
  const parts = readParts(source)
  const text = parts.map((part) => (part.kind === 'text' ? part.text : guardPart(part, note))).join('')
  return { text, parts }
}

type Delimited = Exclude<Part, { readonly kind: 'text' }>

function guardPart(part: Delimited, note: (use: Use) => number): string {
  const { kind, open, close, body, tokens, line } = part
  const [first, second] = tokens
  if (first === undefined) return `${open}${body}${close}`
  if (kind === 'tag') return `${open}${guardTag(part, note)}${close}`
  if (WHOLE_OUTPUTS.has(first.text) && second?.text === '(') return `${open}${body}${close}`
  const use = note({ name: body.trim(), line: line + newlines(body, first.start) })
  // A name alone is checked when it is printed.
  const isName = endOfChain(tokens, 0) === tokens.length
  const expression = isName ? body : guardNames(part, { from: 0, note })
  const v = OUTPUT_VARIABLE
  // A conditional evaluates only what it prints: what is neither text nor number, which is seldom, is printed outside of the engine.
  const print = `${v}|safe if ${v} is string else ${v} if ${v} is number else ${PRINT_FUNCTION}(${v}, ${use}, ${v} is undefined)|safe`
  return `{%${open.slice(2)} set ${v} = (${expression}) %}{{ ${print} ${close}`
}

function guardTag(part: Delimited, note: (use: Use) => number): string {
  const { tokens } = part
  const word = tokens[0]?.text ?? ''
  if (CONDITIONS.has(word)) return guardNames(part, { from: 1, note })
  const assigned = word === 'set' ? tokens.findIndex(({ text }) => text === '=') : -1
  // As in Jinja, a variable may hold an undefined value until it is used.
  const isPlain = assigned !== -1 && endOfChain(tokens, assigned + 1) === tokens.length
  return assigned === -1 || isPlain ? part.body : guardNames(part, { from: assigned + 1, note })
}

function guardNames(
  { body, tokens, line }: Delimited,
  { from, note }: { readonly from: number; readonly note: (use: Use) => number },
): string {
  let text = ''
  let copied = 0
  for (let index = from; index < tokens.length; ) {
    const token = tokens[index]
    if (token === undefined || !isValueName(tokens, index)) {
      index++
      continue
    }
    const end = endOfChain(tokens, index)
    const last = tokens[end - 1]
    if (last !== undefined && !isTested(tokens, end)) {
      const chain = body.slice(token.start, last.end)
      const use = note({ name: chain, line: line + newlines(body, token.start) })
      text += `${body.slice(copied, token.start)}(${chain} if ${chain} is defined else ${MISSING_FUNCTION}(${use}))`
      copied = last.end
    }
    index = end
  }
  return text + body.slice(copied)
}

/** A name with the attributes and constant keys behind it, up to a method's call. */
function endOfChain(tokens: readonly Token[], start: number): number {
  if (!isValueName(tokens, start)) return start
  let end = start + 1
  for (;;) {
    const [sign, key, after] = [tokens[end], tokens[end + 1], tokens[end + 2]]
    if (sign?.text === '.' && key?.kind === 'name' && after?.text !== '(') end += 2
    else if (sign?.text === '[' && (key?.kind === 'string' || key?.kind === 'number') && after?.text === ']')
      end += 3
    else return end
  }
}

/** Whether what follows may have an undefined value: a test, or a default. */
function isTested(tokens: readonly Token[], end: number): boolean {
  let at = end
  while (at < end + MAX_CLOSING && tokens[at]?.text === ')') at++
  const next = tokens[at]?.text
  const filter = tokens[at + 1]?.text
  return next === 'is' || (next === '|' && (filter === 'default' || filter === 'd'))
}

function newlines(text: string, end: number): number {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count++
  return count
}
