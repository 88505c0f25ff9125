import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptedLanguages } from '../../runtime/languages/accept-language.ts'
import { directionOf } from '../../runtime/languages/direction.ts'
import { Languages } from '../../runtime/languages/languages.ts'
import { nearest } from '../../runtime/languages/near.ts'

const SCHOOL = new Languages({ available: ['en', 'fr', 'ar', 'pt-BR', 'zh-Hant', 'no'], default: 'fr' })

test('Accept-Language is read by quality, and what is no tag is left out', () => {
  assert.deepEqual(acceptedLanguages('fr-ca;q=0.5, en, *;q=0.9, a_b, de;q=0, x;q=2, ar ; q=0.7'), [
    'en',
    'ar',
    'fr-CA',
  ])
  assert.deepEqual(acceptedLanguages(''), [])
  assert.equal(acceptedLanguages('en,'.repeat(10_000)).length, 50)
})

test('a reader gets the language of the host that is nearest, else the default', () => {
  assert.equal(SCHOOL.accepted('en-GB,en;q=0.9'), 'en')
  assert.equal(SCHOOL.accepted('pt-PT'), 'pt-BR')
  assert.equal(SCHOOL.accepted('zh-TW'), 'zh-Hant')
  assert.equal(SCHOOL.accepted('nb'), 'no')
  assert.equal(SCHOOL.accepted('ar-EG-u-nu-latn'), 'ar')
  for (const header of ['*', 'a_b', 'he', '', undefined]) assert.equal(SCHOOL.accepted(header), 'fr')
})

test('languages that a host spells in another way are made canonical', () => {
  const languages = new Languages({ available: ['EN', 'pt-br', 'api', 'not a tag'], default: 'PT-BR' })
  assert.deepEqual(languages.available, ['en', 'pt-BR'])
  assert.equal(languages.default, 'pt-BR')
  assert.equal(new Languages({ available: [], default: 'fr' }).default, 'fr')
})

test('clients cannot make the matcher remember more and more', () => {
  const languages = new Languages({ available: ['en', 'fr'], default: 'en' })
  const heap = () => {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  }
  const ask = (from: number, to: number) => {
    for (let n = from; n < to; n++) languages.accepted(`de-${String(n % 1000).padStart(3, '0')},fr-x-a${n}`)
  }
  ask(0, 2000)
  const before = heap()
  ask(2000, 60_000)
  assert.ok(heap() - before < 20_000_000, 'each header left something behind')
  // What it has not seen is still matched, by its main part.
  assert.equal(languages.accepted('fr-BE'), 'fr')
})

test('the nearest language of a text has the same script, if there is one', () => {
  assert.equal(nearest('zh-TW', ['zh-Hans', 'zh-Hant']), 'zh-Hant')
  assert.equal(nearest('pt-PT', ['en', 'pt-BR']), 'pt-BR')
  assert.equal(nearest('sr-Latn', ['sr']), 'sr')
  assert.equal(nearest('fr', ['en', 'a_b', '']), undefined)
})

test('what stands in for a language: the nearest, the default, English; any if there is none of these', () => {
  assert.deepEqual(SCHOOL.chain('ar', ['en', 'ar', 'fr', 'de']), ['ar', 'fr', 'en'])
  assert.deepEqual(SCHOOL.chain('ar', ['de']), ['de'])
  assert.deepEqual(SCHOOL.chain('ar', []), [])
  assert.equal(SCHOOL.text({ en: 'Backup', fr: 'Sauvegarde' }, 'ar'), 'Sauvegarde')
  assert.equal(SCHOOL.text({ 'ar-EG': 'نسخة', en: 'Backup' }, 'ar'), 'نسخة')
  assert.equal(SCHOOL.text('Backup', 'ar'), 'Backup')
})

test('the direction of a language', () => {
  assert.deepEqual(['en', 'ar', 'he', 'az-Arab', 'az'].map(directionOf), ['ltr', 'rtl', 'rtl', 'rtl', 'ltr'])
})
