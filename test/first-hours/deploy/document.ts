// The examples of docs/deploy.md, as they stand there.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const DOCUMENT = readFileSync(join(import.meta.dirname, '../../../docs/deploy.md'), 'utf8')

const BLOCKS = [...DOCUMENT.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
  language,
  text,
}))

/** The block whose first line is a comment with this. */
export function example(title: string): string {
  const found = BLOCKS.filter(({ text }) => text.startsWith(`# ${title}\n`))
  assert.equal(found.length, 1, title)
  return found[0]?.text ?? ''
}

/** All blocks of a language. */
export function examplesIn(language: string): readonly string[] {
  return BLOCKS.flatMap((block) => (block.language === language ? [block.text] : []))
}

/** The configuration for this public URL. */
export function configFor(publicUrl: string): Readonly<Record<string, unknown>> {
  const all = examplesIn('json').map((text) => JSON.parse(text) as Readonly<Record<string, unknown>>)
  return all.find((config) => config.publicUrl === publicUrl) ?? assert.fail(publicUrl)
}

/** Puts what is here in the place of what is there; each must be there. */
export function adapt(text: string, places: Readonly<Record<string, string>>): string {
  return Object.entries(places).reduce((changed, [from, to]) => {
    assert.ok(changed.includes(from), `the example has no "${from}"`)
    return changed.replaceAll(from, to)
  }, text)
}
