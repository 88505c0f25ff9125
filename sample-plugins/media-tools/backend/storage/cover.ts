// The text of a cover: title, author and what stands on the back, in lines of one width.

import type { Book } from './objects.ts'

export interface Cover {
  readonly layout: 'plain' | 'framed' | 'centred'
  readonly subtitle: string
  readonly blurb: string
  /** Characters in a line, with its frame. */
  readonly width: number
}

export function coverOf({ title, author }: Pick<Book, 'title' | 'author'>, cover: Cover): string {
  const { layout, subtitle, blurb, width } = cover
  const inner = layout === 'framed' ? width - 4 : width
  const paragraphs = [title, subtitle, author, blurb].filter((text) => text !== '')
  const lines = paragraphs.flatMap((text, index) => [...(index > 0 ? [''] : []), ...wrapped(text, inner)])
  const shaped = lines.map((line) => (layout === 'plain' ? line : centred(line, inner)))
  if (layout !== 'framed') return `${shaped.map((line) => line.trimEnd()).join('\n')}\n`
  const edge = `+${'-'.repeat(width - 2)}+`
  return `${[edge, ...shaped.map((line) => `| ${line} |`), edge].join('\n')}\n`
}

export function longestWord(text: string): string {
  return text
    .split(/\s+/)
    .reduce((longest, word) => (lengthOf(word) > lengthOf(longest) ? word : longest), '')
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && lengthOf(`${last} ${word}`) <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

function centred(line: string, width: number): string {
  const free = Math.max(0, width - lengthOf(line))
  const before = Math.floor(free / 2)
  return `${' '.repeat(before)}${line}${' '.repeat(free - before)}`
}

function lengthOf(text: string): number {
  return [...text].length
}
