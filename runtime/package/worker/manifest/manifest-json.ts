// Parses manifest.json, keeping the position of every value. Stricter than JSON where parsers differ.
// Invariant: the text is measured (size, depth, number of values) before anything recursive or quadratic processes it.

import { type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import type { Problem } from '../../../../sdk/api/problems.ts'
import {
  type Finding,
  MANIFEST_FILE,
  type ManifestText,
  type Path,
  problemAt,
  quoted,
  toProblem,
} from './manifest-finding.ts'

const MAX_BYTES = 1_000_000
const MAX_DEPTH = 64
const MAX_VALUES = 20_000
const MAX_PROBLEMS = 100
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

export type JsonOutcome =
  | { readonly ok: true; readonly value: unknown; readonly source: ManifestText }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Parses the manifest. Never throws. */
export function parseManifest(bytes: Uint8Array): JsonOutcome {
  const text = decode(bytes)
  if (typeof text !== 'string') return { ok: false, problems: [text] }
  const structure = checkStructure(text)
  if (structure !== undefined) return { ok: false, problems: [structure] }
  const errors: ParseError[] = []
  const root = parseTree(text, errors, {
    disallowComments: true,
    allowTrailingComma: false,
    allowEmptyContent: false,
  })
  const [error] = errors
  if (error !== undefined || root === undefined) return { ok: false, problems: [syntaxProblem(text, error)] }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Two parsers must agree: what only one of them accepts is not JSON.
    return { ok: false, problems: [syntaxProblem(text, undefined)] }
  }
  const source = { text, root }
  const findings = checkValues(root).slice(0, MAX_PROBLEMS)
  if (findings.length > 0)
    return { ok: false, problems: findings.map((finding) => toProblem(finding, source)) }
  return { ok: true, value, source }
}

function decode(bytes: Uint8Array): string | Problem {
  const refused = (message: string, hint: string): Problem => ({
    code: 'MANIFEST_INVALID',
    message,
    hint,
    file: MANIFEST_FILE,
  })
  if (bytes.length > MAX_BYTES)
    return refused('The manifest is larger than 1 MB', 'Move large values into files of the package')
  const [first, second, third] = bytes
  if (first === 0xef && second === 0xbb && third === 0xbf) {
    return refused(
      'The manifest begins with a byte order mark',
      'Save the file as "UTF-8", not as "UTF-8 with BOM"',
    )
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return refused('The manifest is not UTF-8 text', 'Save the file with the encoding UTF-8')
  }
}

/**
 * Measures depth and number of values by counting brackets and commas outside strings; strings end at the end of their line.
 */
function checkStructure(text: string): Problem | undefined {
  let depth = 0
  let values = 0
  let inString = false
  for (let offset = 0; offset < text.length; offset++) {
    const character = text[offset]
    if (inString) {
      if (character === '\\') offset++
      else if (character === '"' || character === '\n' || character === '\r') inString = false
    } else if (character === '"') inString = true
    else if (character === '[' || character === '{') depth++
    else if (character === ']' || character === '}') depth--
    else if (character === ',') values++
    if (depth > MAX_DEPTH)
      return tooMuch(text, offset, `The manifest is nested more than ${MAX_DEPTH} levels deep`)
    if (values > MAX_VALUES) return tooMuch(text, offset, `The manifest holds more than ${MAX_VALUES} values`)
  }
  return undefined
}

function tooMuch(text: string, offset: number, message: string): Problem {
  return problemAt(text, offset, {
    code: 'MANIFEST_INVALID',
    message,
    hint: 'No manifest needs that; look for a mistake',
  })
}

function syntaxProblem(text: string, error: ParseError | undefined): Problem {
  const code = 'MANIFEST_INVALID'
  if (text.trim() === '')
    return problemAt(text, 0, {
      code,
      message: 'The manifest is empty',
      hint: 'Begin with { "manifestVersion": 1, "id": "…" }',
    })
  if (error === undefined) return problemAt(text, 0, { code, message: 'The manifest is not valid JSON' })
  const [message, hint] = wordsFor(text, error)
  const comma = message === TRAILING_COMMA ? text.slice(0, error.offset).trimEnd().length - 1 : error.offset
  return problemAt(text, comma, { code, message, ...(hint === undefined ? {} : { hint }) })
}

const TRAILING_COMMA = 'There is a comma with nothing after it'

function wordsFor(text: string, error: ParseError): readonly [message: string, hint?: string] {
  const found = text.slice(error.offset, error.offset + Math.max(1, Math.min(error.length, 40)))
  const name = printParseErrorCode(error.error)
  const expectsMore = name === 'PropertyNameExpected' || name === 'ValueExpected'
  if (expectsMore && /,\s*$/.test(text.slice(Math.max(0, error.offset - 1000), error.offset))) {
    return [TRAILING_COMMA, 'Remove the comma']
  }
  switch (name) {
    case 'InvalidCommentToken':
    case 'UnexpectedEndOfComment':
      return ['JSON has no comments', 'Remove the comment']
    case 'PropertyNameExpected':
      return ['A name in double quotes is expected here']
    case 'ValueExpected':
      return ['A value is expected here']
    case 'ColonExpected':
      return ['A colon is expected here']
    case 'CommaExpected':
      return ['A comma is expected here', 'Put a comma between two values']
    case 'CloseBraceExpected':
      return ['A closing brace "}" is missing']
    case 'CloseBracketExpected':
      return ['A closing bracket "]" is missing']
    case 'EndOfFileExpected':
      return ['There is something after the end of the manifest']
    case 'UnexpectedEndOfString':
      return ['A string does not end on its line', 'Close it with a double quote; write a line break as \\n']
    case 'UnexpectedEndOfNumber':
    case 'InvalidNumberFormat':
      return ['A number is not complete']
    case 'InvalidUnicode':
    case 'InvalidEscapeCharacter':
      return ['A string holds an escape that JSON does not have', 'Write a backslash as \\\\']
    case 'InvalidCharacter':
      return ['A string holds a control character', 'Write it as an escape, such as \\t or \\n']
    default:
      return [`${quoted(found)} is not JSON`, 'Names and strings stand in double quotes']
  }
}

/** Valid JSON that parsers interpret differently: duplicate keys, keys of the prototype, numbers and text out of range. */
function checkValues(root: Node): Finding[] {
  const findings: Finding[] = []
  const visit = (node: Node, path: Path): void => {
    const report = (message: string, hint: string) =>
      findings.push({ code: 'MANIFEST_INVALID', path, message, hint })
    if (node.type === 'number' && !Number.isFinite(node.value))
      report('The number is too large', 'Use a smaller number')
    if (node.type === 'string' && !node.value.isWellFormed())
      report('The string holds half a character', 'Write a \\u escape of this kind as a pair')
    if (node.type === 'array')
      for (const [index, item] of (node.children ?? []).entries()) visit(item, [...path, index])
    if (node.type !== 'object') return
    const keys = new Set<string>()
    for (const property of node.children ?? []) {
      const [key, value] = property.children ?? []
      if (key === undefined || value === undefined) continue
      const name = String(key.value)
      const wrong = wrongKey(name, keys)
      if (wrong !== undefined) {
        findings.push({ code: 'MANIFEST_INVALID', path: [...path, name], offset: key.offset, ...wrong })
      }
      keys.add(name)
      visit(value, [...path, name])
    }
  }
  visit(root, [])
  return findings
}

function wrongKey(name: string, seen: ReadonlySet<string>): Pick<Finding, 'message' | 'hint'> | undefined {
  if (seen.has(name)) return { message: `${quoted(name)} is there twice`, hint: 'Keep one of the two' }
  if (FORBIDDEN_KEYS.has(name))
    return { message: `${quoted(name)} may not be used as a name`, hint: 'Choose another name' }
  if (!name.isWellFormed())
    return { message: 'A name holds half a character', hint: 'Write a \\u escape of this kind as a pair' }
  return undefined
}
