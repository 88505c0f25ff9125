// The files of a source as text in the format of mtree(5): what they are called, when they were changed, and which parts hold their
// content. A shell can read it: six words a line, always the same ones in this order, and no space inside of a word.

import { type Hash, isHash } from './parts.ts'

export interface TreeFolder {
  readonly type: 'dir'
  /** "media/music": begins with the name of the source. */
  readonly path: string
  readonly mode: number
  /** Seconds since 1970, with up to nine decimals. */
  readonly time: string
}

export interface TreeFile extends Omit<TreeFolder, 'type'> {
  readonly type: 'file'
  readonly size: number
  /** In their order; none for an empty file. */
  readonly parts: readonly Hash[]
}

export type TreeEntry = TreeFolder | TreeFile

export const TREE_HEAD = '#mtree v2.0\n'

export function treeLine(entry: TreeEntry): string {
  const head = `./${escapePath(entry.path)} type=${entry.type} mode=${(entry.mode & 0o7777).toString(8)}`
  if (entry.type === 'dir') return `${head} time=${entry.time}\n`
  // One part is the whole file, and so the digest of it that mtree knows.
  const [word, parts] = entry.parts.length === 1 ? ['sha256', entry.parts] : ['parts', entry.parts]
  return `${head} time=${entry.time} size=${entry.size} ${word}=${parts.join(',')}\n`
}

/** @throws an Error for a damaged text, or one that names a path outside of the tree */
export function parseTree(text: string): readonly TreeEntry[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(parseLine)
}

const LINE =
  /^\.\/(\S+) type=(dir|file) mode=([0-7]{1,4}) time=(-?\d+(?:\.\d{1,9})?)(?: size=(\d{1,15}) (?:sha256|parts)=([0-9a-f,]*))?$/

function parseLine(line: string): TreeEntry {
  const [, escaped = '', type, mode = '', time = '', size, list] = LINE.exec(line) ?? []
  const path = unescapePath(escaped)
  if (type === undefined || !isInside(path)) throw new Error('The list of files is damaged')
  const common = { path, mode: Number.parseInt(mode, 8), time }
  if (type === 'dir') return { type, ...common }
  const parts = list === undefined || list === '' ? [] : list.split(',')
  if (type !== 'file' || size === undefined || !parts.every(isHash))
    throw new Error('The list of files is damaged')
  return { type, ...common, size: Number(size), parts }
}

function isInside(path: string): boolean {
  return path.split('/').every((name) => name !== '' && name !== '.' && name !== '..')
}

/** Octal, as mtree has it. "%" too: so that a path is safe as the format of printf. */
function escapePath(path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  return path.replaceAll(/[\u0000-\u0020\u007f\\#%]/g, (char) => {
    return `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`
  })
}

function unescapePath(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)))
}
