// TypeScript as a document sees it: declarations with their JSDoc, found by name, across imports.
// Invariant: a file that does not parse, and a name that cannot be followed, is an error here, not a hole in the page.

import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type Comment, type Node, type Program, parseSync, type Statement } from 'oxc-parser'

export const ROOT = join(import.meta.dirname, '../../..')

export interface Doc {
  /** Without tags, as one paragraph. */
  readonly text: string
  readonly tags: readonly { readonly name: string; readonly text: string }[]
}

export interface Declaration {
  readonly file: SourceText
  readonly node: Node
  readonly doc: Doc
}

export interface SourceText {
  /** Below the project, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly program: Program
  readonly comments: readonly Comment[]
}

/** @param path below the project */
export function readSource(path: string): SourceText {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const { program, comments, errors } = parseSync(path, text)
  const [error] = errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  return { path, text, program, comments }
}

/** The declaration of a name in a file, or in the file that it is imported from. */
export function declarationOf(file: SourceText, name: string): Declaration | undefined {
  for (const statement of file.program.body) {
    const inner = unwrapped(statement)
    if (namesOf(inner).includes(name)) return { file, node: inner, doc: docBefore(file, statement.start) }
    if (statement.type !== 'ImportDeclaration') continue
    const specifier = statement.specifiers.find(({ local }) => local.name === name)
    if (specifier === undefined || !statement.source.value.startsWith('.')) continue
    const imported =
      specifier.type === 'ImportSpecifier' && specifier.imported.type === 'Identifier'
        ? specifier.imported.name
        : name
    return declarationOf(importedFile(file, statement.source.value), imported)
  }
  return undefined
}

/** The JSDoc that ends right before a place; empty when there is none. */
export function docBefore(file: SourceText, start: number): Doc {
  const comment = file.comments.findLast(
    ({ type, value, end }) =>
      type === 'Block' && value.startsWith('*') && end <= start && file.text.slice(end, start).trim() === '',
  )
  return comment === undefined ? { text: '', tags: [] } : parseDoc(comment.value)
}

/** What the first comment of a file says, without "name: " at its begin. */
export function headOf(file: SourceText): string {
  const lines: string[] = []
  for (const line of file.text.split('\n')) {
    if (!line.startsWith('//')) break
    lines.push(line.slice(2).trim())
  }
  const text = lines.join(' ').replace(/^[a-z.]+: /, '')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export function tagsOf(doc: Doc, name: string): readonly string[] {
  return doc.tags.filter((tag) => tag.name === name).map(({ text }) => text)
}

function parseDoc(value: string): Doc {
  const lines = value.split('\n').map((line) => line.replace(/^\s*\*+ ?/, '').trimEnd())
  const [text = '', ...tags] = lines.join('\n').split(/^\s*@(?=[a-z])/m)
  return {
    text: paragraph(text),
    tags: tags.map((tag) => {
      const [, name = '', rest = ''] = /^([a-z]+)\s*([\s\S]*)$/i.exec(tag) ?? []
      return { name, text: paragraph(rest) }
    }),
  }
}

function paragraph(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

function unwrapped(statement: Statement): Node {
  return statement.type === 'ExportNamedDeclaration' && statement.declaration !== null
    ? statement.declaration
    : statement
}

function namesOf(node: Node): readonly string[] {
  switch (node.type) {
    case 'ClassDeclaration':
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
      return node.id === null ? [] : [node.id.name]
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
      return [node.id.name]
    case 'VariableDeclaration':
      return node.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
    default:
      return []
  }
}

function importedFile(from: SourceText, specifier: string): SourceText {
  return readSource(relative(ROOT, join(ROOT, dirname(from.path), specifier)))
}
