// The languages of the admin page: every text that its sources name stands in every language, and nothing that a reader sees is written past them.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type Node, parseSync } from 'oxc-parser'
import { bestLanguage, LANGUAGES } from '../../runtime/admin-ui/src/languages/languages.ts'
import { createTexts, type Translations } from '../../runtime/admin-ui/src/languages/translate.ts'
import { PERMISSIONS } from '../../sdk/permissions/permissions.ts'
import { PUBLIC_ACCESS } from '../../sdk/permissions/public-access.ts'
import type { PermissionRow } from '../../sdk/permissions/row.ts'

const SOURCES = join(import.meta.dirname, '../../runtime/admin-ui/src')
const TRANSLATED = Object.keys(LANGUAGES).filter((code) => code !== 'en')

interface Named {
  /** Texts by their English form; true where there is one for each plural category. */
  readonly texts: Map<string, boolean>
  /** What is shown without being translated, with its file. */
  readonly bare: string[]
}

/** Attributes and properties whose values are read by people. */
const SHOWN = /^(?:label|title|description|placeholder|aria-label|text|sentence|explains)$/

function namedIn(file: string, source: string): Named {
  const found: Named = { texts: new Map(), bare: [] }
  visit(parseSync(file, source).program, (node) => {
    if (node.type === 'CallExpression' && node.callee.type === 'Identifier') {
      const isPlural = node.callee.name === 'plural'
      const [one, several] = node.arguments
      const text = isPlural ? several : one
      if (
        (isPlural || node.callee.name === 't') &&
        text?.type === 'Literal' &&
        typeof text.value === 'string'
      )
        found.texts.set(text.value, isPlural)
    }
    if (node.type === 'JSXText' && /\p{L}{2,}/u.test(node.value) && node.value.trim() !== 'Plugbay')
      found.bare.push(`${file}: ${node.value.trim()}`)
    if (
      node.type === 'JSXAttribute' &&
      node.name.type === 'JSXIdentifier' &&
      node.value?.type === 'Literal'
    ) {
      const text = String(node.value.value)
      if (node.name.name === 'text' && source.includes('<RichText')) found.texts.set(text, false)
      else if (SHOWN.test(node.name.name) && /\p{L}{2,} \p{L}/u.test(text))
        found.bare.push(`${file}: ${text}`)
    }
    if (node.type === 'Property' && node.key.type === 'Identifier' && node.value.type === 'Literal')
      if (SHOWN.test(node.key.name) && /\p{L}{2,}/u.test(String(node.value.value)))
        found.bare.push(`${file}: ${node.value.value}`)
  })
  return found
}

function visit(node: unknown, see: (node: Node) => void): void {
  if (typeof node !== 'object' || node === null) return
  if ('type' in node && typeof node.type === 'string') see(node as Node)
  for (const child of Object.values(node)) visit(child, see)
}

const files = globSync('**/*.{ts,tsx}', { cwd: SOURCES })
const named = files.map((file) => namedIn(file, readFileSync(join(SOURCES, file), 'utf8')))
const rows: readonly PermissionRow[] = Object.values(PERMISSIONS)
const words = [...rows.flatMap(({ words, kind }) => [words, ...(kind.wordings ?? [])]), PUBLIC_ACCESS.words]
  .flatMap(({ title, sentence, danger }) => [title, sentence, danger])
  .filter((text) => text !== undefined)
const labels = rows.flatMap(({ kind }) => kind.labels ?? [])
const texts = new Map([
  ...named.flatMap((each) => [...each.texts]),
  ...[...words, ...labels].map((text) => [text, false] as const),
])

function translations(code: string): Translations {
  return JSON.parse(readFileSync(join(SOURCES, 'languages', `${code}.json`), 'utf8')) as Translations
}

function placesOf(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))].sort()
}

describe('the languages of the admin page', () => {
  it('has found the texts in the sources', () => {
    assert.ok(texts.size > 400, `${texts.size} texts`)
    assert.deepEqual(namedIn('a.tsx', '<b title="Two words">Left out</b>').bare, [
      'a.tsx: Two words',
      'a.tsx: Left out',
    ])
    assert.ok(namedIn('a.ts', "t('One')").texts.has('One'))
  })

  it('shows nothing past the translations', () => {
    const bare = named.flatMap((each) => each.bare)
    assert.deepEqual(bare, [])
  })

  for (const code of TRANSLATED) {
    const own = translations(code)

    it(`every text is there in "${code}", and no other`, () => {
      assert.deepEqual(
        [...texts.keys()].filter((text) => !Object.hasOwn(own, text)),
        [],
      )
      assert.deepEqual(
        Object.keys(own).filter((text) => !texts.has(text)),
        [],
      )
    })

    it(`every text in "${code}" has the values of the English one, and its plurals the categories of the language`, () => {
      const categories = new Intl.PluralRules(code)
      for (const [text, isPlural] of texts) {
        const translated = own[text]
        assert.equal(typeof translated, isPlural ? 'object' : 'string', text)
        if (typeof translated === 'string') assert.deepEqual(placesOf(translated), placesOf(text), text)
        if (typeof translated !== 'object') continue
        for (let count = 0; count <= 120; count++)
          assert.ok(translated[categories.select(count)] ?? translated.other, `${text} for ${count}`)
      }
    })
  }
})

describe('a text', () => {
  it('is in English where no language has it, and takes its values', () => {
    const { t, plural } = createTexts('de', { Save: 'Speichern', 'Hi {name}': 'Hallo {name}' })
    assert.equal(t('Save'), 'Speichern')
    assert.equal(t('Undo'), 'Undo')
    assert.equal(t('Hi {name}', { name: '{name} constructor' }), 'Hallo {name} constructor')
    assert.equal(t('constructor'), 'constructor')
    assert.equal(plural('one', '{count} of them', { count: 1 }), 'one')
    assert.equal(plural('one', '{count} of them', { count: 2000 }), '2.000 of them')
  })

  it('of a number takes the form of the language for it', () => {
    const own = { '{count} days': { one: 'يوم', two: 'يومان', few: '{count} أيام', other: '{count} يوم' } }
    const { plural } = createTexts('ar', own)
    const forms = [1, 2, 3, 100].map((count) => plural('one day', '{count} days', { count }))
    assert.equal(new Set(forms).size, 4)
    assert.equal(forms[1], 'يومان')
  })

  it('is in the first language that the reader wants and the page has', () => {
    assert.equal(bestLanguage(['pt-BR', 'de-AT', 'fr']), 'de')
    assert.equal(bestLanguage(['constructor', 'tlh']), 'en')
    assert.equal(bestLanguage([]), 'en')
  })
})
