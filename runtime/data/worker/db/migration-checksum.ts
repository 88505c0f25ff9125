// The checksum of a migration: that of its text, whatever editors and checkouts do to line endings, a BOM, and blanks at ends.
// Invariant: two texts with one checksum do the same, and every checksum that was recorded before this rule is still known.

import { createHash } from 'node:crypto'

/** Strings, quoted names and comments, each up to its end or that of the text; and blanks. Linear for any text. */
const TOKENS =
  /'[^']*(?:'|$)|"[^"]*(?:"|$)|`[^`]*(?:`|$)|\[[^\]]*(?:\]|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[ \t]+/g
const BOM = '\ufeff'

/** Hex SHA-256 of the normal form: what is recorded of a migration. */
export function migrationChecksum(sql: string): string {
  return sha256(normalForm(sql))
}

/** Whether a recorded checksum is that of this text, also as servers recorded it that hashed the bytes of the file. */
export function isChecksumOf(recorded: string, sql: string): boolean {
  if (recorded === migrationChecksum(sql)) return true
  for (const text of [withPlainLines(sql), normalForm(sql)])
    for (const ending of [text, text.replace(/\n+$/, ''), text.replace(/\n*$/, '\n')])
      for (const lines of [ending, ending.replaceAll('\n', '\r\n')])
        if (recorded === sha256(lines) || recorded === sha256(BOM + lines)) return true
  return false
}

/** The text without a BOM, each line ended by "\n": what is run, so that a string over several lines is the same from any checkout. */
export function withPlainLines(sql: string): string {
  const text = sql.startsWith(BOM) ? sql.slice(1) : sql
  // Beside "\n", a single "\r" is a character of the author's.
  return text.includes('\n') ? text.replaceAll('\r\n', '\n') : text.replaceAll('\r', '\n')
}

/** Without blanks at the ends of lines, except within strings and names, and with one line end behind the last character. */
function normalForm(sql: string): string {
  const text = withPlainLines(sql)
  const trimmed = text.replace(TOKENS, (token, offset: number) => {
    if (token.startsWith('--')) return withoutBlanksAtEnd(token)
    if (token.startsWith('/*')) return token.split('\n').map(withoutBlanksAtEnd).join('\n')
    const isBlank = token.startsWith(' ') || token.startsWith('\t')
    const after = text[offset + token.length]
    return isBlank && (after === '\n' || after === undefined) ? '' : token
  })
  return `${trimmed.trimEnd()}\n`
}

function withoutBlanksAtEnd(line: string): string {
  let end = line.length
  while (line[end - 1] === ' ' || line[end - 1] === '\t') end--
  return line.slice(0, end)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
