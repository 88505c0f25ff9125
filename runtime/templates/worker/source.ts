// Reads the delimiters and tokens of a Jinja template, as far as is needed to see its expressions.
// Invariant: linear in the length of the text; what cannot be read is left to the engine, which reports it.

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'output' | 'tag'
      readonly open: string
      readonly close: string
      /** Between the delimiters. */
      readonly body: string
      readonly tokens: readonly Token[]
      /** 1-based, of the opening delimiter. */
      readonly line: number
    }

export interface Token {
  readonly kind: 'name' | 'string' | 'number' | 'sign'
  readonly text: string
  /** Offsets in the body. */
  readonly start: number
  readonly end: number
}

/** Not names of values: operators, constants, and what the engine provides in its own ways. */
const WORDS: ReadonlySet<string> = new Set([
  ...['and', 'or', 'not', 'in', 'is', 'if', 'else', 'true', 'false', 'none', 'True', 'False', 'None'],
  ...['self', 'loop', 'caller', 'super', 'varargs', 'kwargs', 'recursive'],
])
const CLOSES = { '{{': '}}', '{%': '%}' } as const
const TOKEN =
  /\s+|(?<name>[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)|(?<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<sign>==|!=|<=|>=|\*\*|\/\/|.)/suy

export function readParts(text: string): Part[] {
  const parts: Part[] = []
  const lines = new LineCounter(text)
  let from = 0
  const opening = /\{[{%#][-+]?/g
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const open = match[0]
    const kind = open.slice(0, 2)
    if (kind === '{#') {
      const end = text.indexOf('#}', opening.lastIndex)
      if (end === -1) break
      opening.lastIndex = end + 2
      continue
    }
    const bodyStart = opening.lastIndex
    const found = readBody(text, bodyStart, CLOSES[kind as keyof typeof CLOSES])
    if (found === undefined) break
    if (match.index > from) parts.push({ kind: 'text', text: text.slice(from, match.index) })
    const { tokens, bodyEnd, end } = found
    parts.push({
      kind: kind === '{{' ? 'output' : 'tag',
      open,
      close: text.slice(bodyEnd, end),
      body: text.slice(bodyStart, bodyEnd),
      tokens,
      line: lines.at(match.index),
    })
    from = end
    if (kind === '{%' && tokens[0]?.text === 'raw') from = endOfRaw(text, end) ?? text.length
    if (from > end) parts.push({ kind: 'text', text: text.slice(end, from) })
    opening.lastIndex = from
  }
  if (from < text.length) parts.push({ kind: 'text', text: text.slice(from) })
  return parts
}

/** Whether the token is the name of a variable: no attribute, filter, test, argument's name or function. */
export function isValueName(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index]
  if (token?.kind !== 'name' || WORDS.has(token.text)) return false
  const before = tokens[index - 1]?.text
  const after = tokens[index + 1]?.text
  if (before === '.' || before === '|' || before === 'is' || after === '=') return false
  if (before === 'not' && tokens[index - 2]?.text === 'is') return false
  return after !== '('
}

/** Offset behind `{% endraw %}`. */
function endOfRaw(text: string, start: number): number | undefined {
  const end = /\{%[-+]?\s*endraw\s*[-+]?%\}/g
  end.lastIndex = start
  return end.exec(text) === null ? undefined : end.lastIndex
}

interface Body {
  readonly tokens: readonly Token[]
  /** Where the closing delimiter begins, and where it ends. */
  readonly bodyEnd: number
  readonly end: number
}

function readBody(text: string, start: number, close: string): Body | undefined {
  const tokens: Token[] = []
  let depth = 0
  for (let at = start; at < text.length; ) {
    const signed = text[at] === '-' || text[at] === '+' ? 1 : 0
    if (depth === 0 && text.startsWith(close, at + signed))
      return { tokens, bodyEnd: at, end: at + signed + close.length }
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (match === null) return undefined
    const [token] = match
    // Its string never ends.
    if (token === '"' || token === "'") return undefined
    const end = at + token.length
    const kind = (['name', 'number', 'string', 'sign'] as const).find(
      (kind) => match.groups?.[kind] !== undefined,
    )
    if (kind !== undefined) tokens.push({ kind, text: token, start: at - start, end: end - start })
    if (kind === 'sign') {
      if ('([{'.includes(token)) depth++
      else if (')]}'.includes(token)) depth = Math.max(0, depth - 1)
    }
    at = end
  }
  return undefined
}

class LineCounter {
  readonly #text: string
  #offset = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
  }

  /** Offsets must grow. */
  at(offset: number): number {
    for (let next = this.#text.indexOf('\n', this.#offset); next !== -1 && next < offset; ) {
      this.#line++
      this.#offset = next + 1
      next = this.#text.indexOf('\n', this.#offset)
    }
    return this.#line
  }
}
