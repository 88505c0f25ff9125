// docs/glossary.md defines each word once, in alphabetical order, and links to a file that exists and that speaks of it.

import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '../..')
const PAGE = 'docs/glossary.md'
const ROW = /^\| \*\*(.+)\*\* \| (.+) \| \[(.+)\]\((.+)\) \|$/

interface Entry {
  readonly word: string
  readonly meaning: string
  /** As the reader sees it: a path below the project. */
  readonly shown: string
  /** As a browser follows it: relative to the page. */
  readonly link: string
}

function entries(): readonly Entry[] {
  const text = readFileSync(join(ROOT, PAGE), 'utf8')
  const [, table = ''] = /<!-- words[^>]*-->([\s\S]*)<!-- \/words -->/.exec(text) ?? []
  const rows = table.trim().split('\n').slice(2)
  assert.ok(rows.length >= 30, `${rows.length} rows were found`)
  return rows.map((row) => {
    const [, word = '', meaning = '', shown = '', link = ''] =
      ROW.exec(row) ?? assert.fail(`No entry: ${row}`)
    return { word, meaning, shown, link }
  })
}

test('the words of the glossary are in alphabetical order, and each is there once', () => {
  const words = entries().map(({ word }) => word)
  assert.deepEqual(
    words,
    words.toSorted((a, b) => a.localeCompare(b, 'en')),
  )
  assert.equal(new Set(words).size, words.length)
})

test('every entry links to the file that it names', () => {
  for (const { word, shown, link } of entries()) {
    const target = relative(ROOT, join(ROOT, dirname(PAGE), link))
    assert.equal(target, shown, word)
    assert.ok(
      statSync(join(ROOT, target), { throwIfNoEntry: false })?.isFile(),
      `${word}: there is no ${target}`,
    )
  }
})

test('the file of every entry uses its word', () => {
  for (const { word, shown } of entries()) {
    const [head = ''] = word
      .replace(/ \(.*\)$/, '')
      .split(' ')
      .toReversed()
    const text = `${shown}\n${readFileSync(join(ROOT, shown), 'utf8')}`.toLowerCase()
    assert.ok(text.includes(head.toLowerCase()), `${word}: ${shown} does not speak of it`)
  }
})

test('README, ARCHITECTURE and CONTRIBUTING lead to the glossary', () => {
  for (const page of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'])
    assert.ok(readFileSync(join(ROOT, page), 'utf8').includes(`(${PAGE})`), page)
})
