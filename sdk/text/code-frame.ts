// Positions in a text: converts an offset to line and column, and formats the lines around it.
// Invariant: a frame holds no control character of the source, and no line wider than MAX_WIDTH characters.

const MAX_WIDTH = 100
const BEFORE = 60
const CONTEXT = 2
const TERMINATOR = /\r\n|[\n\r\u2028\u2029]/g

/** Both 1-based; a column counts UTF-16 code units, as editors do. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** The position of the offset (in UTF-16 code units). */
export function placeAt(source: string, offset: number): Place {
  let line = 1
  let start = 0
  for (const match of source.matchAll(TERMINATOR)) {
    const next = match.index + match[0].length
    if (next > offset) break
    line++
    start = next
  }
  return { line, column: Math.max(0, offset - start) + 1 }
}

/**
 * The line of the position with two lines before and after it, and a mark under the column. Lines end where JavaScript ends
 * them. Long lines are cut around the column; characters that a terminal would interpret are escaped.
 */
export function codeFrame(source: string, line: number, column: number): string {
  const start = column <= MAX_WIDTH ? 0 : column - 1 - BEFORE
  const gutter = String(line + CONTEXT).length
  const rows: string[] = []
  for (const [number, text] of linesAround(source, line)) {
    const marked = number === line
    rows.push(
      `${marked ? '>' : ' '} ${String(number).padStart(gutter)} | ${visible(text, start, start + MAX_WIDTH)}`.trimEnd(),
    )
    if (marked) {
      const before = visible(text, start, Math.min(column - 1, text.length))
      rows.push(`  ${' '.repeat(gutter)} | ${' '.repeat([...before].length)}^`)
    }
  }
  return rows.join('\n')
}

/** Numbers and texts of the lines around `line`; reads no further than necessary. */
function linesAround(source: string, line: number): [number, string][] {
  const found: [number, string][] = []
  let number = 1
  let start = 0
  const keep = (end: number) => {
    if (number >= line - CONTEXT && number <= line + CONTEXT) found.push([number, source.slice(start, end)])
  }
  for (const match of source.matchAll(TERMINATOR)) {
    if (number > line + CONTEXT) return found
    keep(match.index)
    start = match.index + match[0].length
    number++
  }
  keep(source.length)
  return found
}

/** Part of a line, starting at `from`, safe to print; "…" marks omitted text. */
function visible(text: string, from: number, to: number): string {
  const part = text.slice(from, Math.max(from, to))
  const shown = escapeControls(part.replaceAll('\t', '  '))
  return `${from > 0 && text.length > 0 ? '…' : ''}${shown}${to >= from + MAX_WIDTH && text.length > to ? '…' : ''}`
}

/** Escapes control, bidirectional and zero-width characters and lone surrogates, as in "\u202e". */
export function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cs}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
