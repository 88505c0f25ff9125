// Reads one catalog of messages: a JSON object of strings, nested or not, each a message in ICU MessageFormat.
// Invariant: no file makes it throw, or keeps it busy for longer than its size explains.

import { type Node, type ParseError, parseTree } from 'jsonc-parser'
import type { Problem } from '../../../../sdk/api/problems.ts'
import { MAX_CATALOG_BYTES, MAX_KEY_DEPTH } from '../../../../sdk/messages/catalog.ts'
import { parseMessage } from '../../../../sdk/messages/format.ts'
import { codeFrame, placeAt } from '../../../../sdk/text/code-frame.ts'
import { quoted } from '../manifest/manifest-finding.ts'

const MAX_MESSAGES = 10_000
const MAX_KEY = 200
/** Parsing takes up to a microsecond for each character, and for some messages its square. */
const MAX_MESSAGE = 4000
/** Enough to see what is wrong with a file. */
const MAX_PROBLEMS = 10
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

export interface CatalogSource {
  /** Its path in the package. */
  readonly file: string
  readonly language: string
  readonly bytes: Uint8Array
}

export interface ReadCatalog {
  /** Full keys: "entries.none". */
  readonly keys: ReadonlySet<string>
  readonly problems: readonly Problem[]
}

export function readCatalog(source: CatalogSource): ReadCatalog {
  const reader = new CatalogReader(source)
  reader.read()
  return { keys: reader.keys, problems: reader.problems }
}

class CatalogReader {
  readonly keys = new Set<string>()
  readonly problems: Problem[] = []
  readonly #source: CatalogSource
  #text = ''

  constructor(source: CatalogSource) {
    this.#source = source
  }

  read(): void {
    const { bytes } = this.#source
    if (bytes.length > MAX_CATALOG_BYTES)
      return this.#report(
        `The catalog has ${bytes.length} bytes, ${MAX_CATALOG_BYTES} are allowed`,
        'Leave out messages that the plugin does not use',
      )
    try {
      this.#text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    } catch {
      return this.#report('The catalog is not text in UTF-8', 'Save it as UTF-8')
    }
    if (this.#text.startsWith('\ufeff'))
      return this.#report(
        'The catalog begins with a byte order mark',
        'Save the file as "UTF-8", not as "UTF-8 with BOM"',
      )
    let value: unknown
    try {
      value = JSON.parse(this.#text)
    } catch (error) {
      return this.#reportSyntax(error)
    }
    if (!isWithinDepth(value, MAX_KEY_DEPTH))
      return this.#report(
        `The catalog is nested more than ${MAX_KEY_DEPTH} levels deep`,
        'Write the keys with dots: "entries.none"',
      )
    // Unlike JSON.parse() it keeps positions, and keys that are there twice.
    const root = parseTree(this.#text)
    if (root?.type !== 'object')
      return this.#report('A catalog is an object of messages', 'Write { "key": "message" }', root)
    this.#readObject(root, '')
  }

  #readObject(object: Node, prefix: string): void {
    for (const property of object.children ?? []) {
      const [name, value] = property.children ?? []
      if (name === undefined || value === undefined) continue
      if (this.problems.length >= MAX_PROBLEMS) return
      const key = prefix + String(name.value)
      if (FORBIDDEN_KEYS.has(name.value) || name.value === '' || key.length > MAX_KEY)
        this.#report(
          `${quoted(key)} cannot be the key of a message`,
          `Choose a name of at most ${MAX_KEY} characters`,
          name,
        )
      else if (value.type === 'object') this.#readObject(value, `${key}.`)
      else if (value.type !== 'string')
        this.#report(`The message ${quoted(key)} is not a string`, 'Put it in double quotes', value)
      else if (this.keys.has(key))
        this.#report(`The message ${quoted(key)} is there twice`, 'Keep one of the two', name)
      else if (this.keys.size >= MAX_MESSAGES)
        return this.#report(
          `The catalog has more than ${MAX_MESSAGES} messages`,
          'Leave out messages that the plugin does not use',
        )
      else this.#readMessage(key, value)
    }
  }

  #readMessage(key: string, node: Node): void {
    this.keys.add(key)
    const message = String(node.value)
    if (message.length > MAX_MESSAGE)
      return this.#report(
        `The message ${quoted(key)} has more than ${MAX_MESSAGE} characters`,
        'Split it into several messages',
        node,
      )
    try {
      parseMessage(message, this.#source.language)
    } catch (error) {
      const reason = error instanceof RangeError ? 'it is nested too deeply' : wordsFor(error)
      this.#report(
        `The message ${quoted(key)} is not in ICU MessageFormat: ${reason}`,
        'Close every brace; write \'{\' in single quotes where it is text; give every plural and select an "other"',
        node,
      )
    }
  }

  #reportSyntax(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    // Not every message of V8 names the place.
    const at = /position (\d+)/.exec(message)?.[1]
    const offset = at === undefined ? firstError(this.#text) : Number(at)
    const [what = ''] = message.split(/ in JSON| \(line|, "|, \.\.\./)
    this.#report(`The catalog is not JSON: ${what}`, 'JSON has no comments and no commas at the end', {
      offset,
    })
  }

  #report(message: string, hint: string, at?: { readonly offset: number }): void {
    const { file } = this.#source
    const place = at === undefined ? undefined : placeAt(this.#text, at.offset)
    const frame = place === undefined ? undefined : codeFrame(this.#text, place.line, place.column)
    this.problems.push({
      code: 'LOCALE_INVALID',
      message,
      hint,
      file,
      ...place,
      ...(frame === undefined ? {} : { frame }),
    })
  }
}

function firstError(text: string): number {
  const errors: ParseError[] = []
  try {
    parseTree(text, errors)
  } catch {
    // Nested so deeply that the parser has no stack left: the place is not known.
  }
  return errors[0]?.offset ?? text.length
}

/** Codes of the parser, such as "EXPECT_ARGUMENT_CLOSING_BRACE". */
function wordsFor(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.slice(0, 100).toLowerCase().replaceAll('_', ' ')
}

/** JSON.parse() takes any depth; what follows recurses. */
function isWithinDepth(value: unknown, most: number): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []))
    if (depth > most && level.length > 0) return false
  }
  return true
}
