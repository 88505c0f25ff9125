// What the documents point to is there.

import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', 'runtime/**/*.md', 'sample-plugins/**/*.md'], {
  exclude: ['**/node_modules/**'],
})

/** In code marks: a path of the project from its root. */
const ROOTED = /`((?:sdk|plugin-store|runtime|test|docs)\/[\w./*-]+)`/g
const LINK = /\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g

test('every link between documents leads somewhere', () => {
  const found = DOCUMENTS.flatMap((document) =>
    matches(document, LINK).map((target) => ({ document, target, path: join(dirname(document), target) })),
  )
  assert.ok(found.length > 30)
  assert.deepEqual(
    found.filter(({ path }) => !existsSync(path)),
    [],
  )
})

test('every path of the project that a document names is there', () => {
  // Those of a template are of the plugin that is made from it.
  const ours = DOCUMENTS.filter((path) => !/^(?:runtime\/cli\/templates|sample-plugins)\//.test(path))
  const found = ours.flatMap((document) => matches(document, ROOTED).map((path) => ({ document, path })))
  assert.ok(found.length > 100)
  assert.deepEqual(
    // What a benchmark writes is not kept.
    found.filter(({ path }) => !path.startsWith('test/bench/results') && globSync(path).length === 0),
    [],
  )
})

function matches(document: string, pattern: RegExp): readonly string[] {
  return [...readFileSync(document, 'utf8').matchAll(pattern)].map(([, target = '']) => target)
}
