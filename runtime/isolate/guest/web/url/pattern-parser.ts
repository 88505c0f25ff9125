// Compiles pattern strings of the URL Pattern standard to regular expressions, which run in this isolate, under its limits.
// Invariant: the input is the serialised components of a pattern that the host has parsed: valid and encoded already.
import { exec } from '../base/primordials.ts'

/** How names and wildcards are parsed in one component. */
export interface PatternOptions {
  readonly delimiter: string
  readonly prefix: string
  readonly ignoreCase: boolean
}

export interface CompiledPattern {
  readonly regexp: RegExp
  /** Names of its groups, in order. */
  readonly names: readonly string[]
}

type TokenType = 'open' | 'close' | 'regexp' | 'name' | 'char' | 'escaped' | 'modifier' | 'asterisk' | 'end'

interface Token {
  readonly type: TokenType
  readonly value: string
}

interface Part {
  /** Source of the group's expression; undefined for text. */
  readonly matcher: string | undefined
  readonly name: string
  readonly prefix: string
  readonly suffix: string
  readonly modifier: string
}

const FULL_WILDCARD = '.*'
const NAME_START = /^[$_\p{ID_Start}]$/u
const NAME_PART = /^(?:[$_\p{ID_Continue}]|\u200c|\u200d)$/u
const SPECIAL = '{}()[].+*?^$|/\\'

export function compilePattern(pattern: string, options: PatternOptions): CompiledPattern {
  const parts = new Parser(tokenize(pattern), options).parse()
  const names: string[] = []
  let source = '^'
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Part
    if (part.matcher !== undefined) names[names.length] = part.name
    source += partSource(part)
  }
  return { regexp: new RegExp(`${source}$`, options.ignoreCase ? 'vi' : 'v'), names }
}

function tokenize(pattern: string): Token[] {
  const points = Array.from(pattern)
  const tokens: Token[] = []
  let at = 0
  const add = (type: TokenType, value: string, length: number) => {
    tokens[tokens.length] = { type, value }
    at += length
  }
  while (at < points.length) {
    const point = points[at] as string
    if (point === '*') add('asterisk', point, 1)
    else if (point === '+' || point === '?') add('modifier', point, 1)
    else if (point === '\\') add('escaped', points[at + 1] ?? '', 2)
    else if (point === '{') add('open', point, 1)
    else if (point === '}') add('close', point, 1)
    else if (point === ':') {
      let end = at + 1
      while (end < points.length && exec(end === at + 1 ? NAME_START : NAME_PART, points[end] as string))
        end++
      add(end === at + 1 ? 'char' : 'name', end === at + 1 ? point : joined(points, at + 1, end), end - at)
    } else if (point === '(') {
      const end = closing(points, at)
      add('regexp', joined(points, at + 1, end), end + 1 - at)
    } else add('char', point, 1)
  }
  add('end', '', 0)
  return tokens
}

/** Index of the bracket that closes the one at `open`. */
function closing(points: readonly string[], open: number): number {
  let depth = 0
  for (let at = open; at < points.length; at++) {
    if (points[at] === '\\') at++
    else if (points[at] === '(') depth++
    else if (points[at] === ')' && --depth === 0) return at
  }
  throw new TypeError('A group of the pattern is not closed')
}

function joined(points: readonly string[], start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i++) text += points[i] as string
  return text
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #options: PatternOptions
  readonly #parts: Part[] = []
  #at = 0
  #pending = ''
  #nextName = 0

  constructor(tokens: readonly Token[], options: PatternOptions) {
    this.#tokens = tokens
    this.#options = options
  }

  parse(): readonly Part[] {
    for (;;) {
      const char = this.#take('char')
      const name = this.#take('name')
      const matcher = this.#matcher(name)
      if (name !== undefined || matcher !== undefined) {
        let prefix = char?.value ?? ''
        if (prefix !== this.#options.prefix) {
          this.#pending += prefix
          prefix = ''
        }
        this.#flush()
        this.#add({ prefix, name, matcher, suffix: '', modifier: this.#modifier() })
        continue
      }
      const text = char ?? this.#take('escaped')
      if (text !== undefined) this.#pending += text.value
      else if (this.#take('open') !== undefined) this.#group()
      else break
    }
    this.#flush()
    if (this.#take('end') === undefined) throw new TypeError('The pattern is not valid')
    return this.#parts
  }

  #group(): void {
    const prefix = this.#text()
    const name = this.#take('name')
    const matcher = this.#matcher(name)
    const suffix = this.#text()
    if (this.#take('close') === undefined) throw new TypeError('A group of the pattern is not closed')
    this.#add({ prefix, name, matcher, suffix, modifier: this.#modifier() })
  }

  #take(type: TokenType): Token | undefined {
    const token = this.#tokens[this.#at]
    if (token?.type !== type) return undefined
    this.#at++
    return token
  }

  #matcher(name: Token | undefined): Token | undefined {
    return this.#take('regexp') ?? (name === undefined ? this.#take('asterisk') : undefined)
  }

  #modifier(): string {
    return (this.#take('modifier') ?? this.#take('asterisk'))?.value ?? ''
  }

  #text(): string {
    let text = ''
    for (;;) {
      const token = this.#take('char') ?? this.#take('escaped')
      if (token === undefined) return text
      text += token.value
    }
  }

  #flush(): void {
    if (this.#pending === '') return
    this.#push({ matcher: undefined, name: '', prefix: this.#pending, suffix: '', modifier: '' })
    this.#pending = ''
  }

  #push(part: Part): void {
    this.#parts[this.#parts.length] = part
  }

  #add(given: {
    readonly prefix: string
    readonly name: Token | undefined
    readonly matcher: Token | undefined
    readonly suffix: string
    readonly modifier: string
  }): void {
    const { prefix, name, matcher, suffix, modifier } = given
    if (name === undefined && matcher === undefined) {
      if (modifier === '') {
        this.#pending += prefix
        return
      }
      this.#flush()
      if (prefix !== '') this.#push({ matcher: undefined, name: '', prefix, suffix: '', modifier })
      return
    }
    this.#flush()
    const source =
      matcher === undefined
        ? `[^${escaped(this.#options.delimiter)}]+?`
        : matcher.type === 'asterisk'
          ? FULL_WILDCARD
          : matcher.value
    this.#push({ matcher: source, name: name?.value ?? `${this.#nextName++}`, prefix, suffix, modifier })
  }
}

function partSource(part: Part): string {
  const { matcher, modifier } = part
  const prefix = escaped(part.prefix)
  const suffix = escaped(part.suffix)
  if (matcher === undefined) return modifier === '' ? prefix : `(?:${prefix})${modifier}`
  const once = modifier === '' || modifier === '?'
  if (prefix === '' && suffix === '') return once ? `(${matcher})${modifier}` : `((?:${matcher})${modifier})`
  if (once) return `(?:${prefix}(${matcher})${suffix})${modifier}`
  const repeated = `(?:${prefix}((?:${matcher})(?:${suffix}${prefix}(?:${matcher}))*)${suffix})`
  return modifier === '*' ? `${repeated}?` : repeated
}

function escaped(text: string): string {
  let out = ''
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string
    out += SPECIAL.includes(char) ? `\\${char}` : char
  }
  return out
}
