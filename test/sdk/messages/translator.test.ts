import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalogOf } from '../../../sdk/messages/catalog.ts'
import { parseMessage } from '../../../sdk/messages/format.ts'
import { createTranslator, type MessageProblem } from '../../../sdk/messages/translator.ts'

const EN = {
  entries: {
    none: 'No entries',
    count: '{count, plural, one {# entry} other {# entries}}',
  },
  when: 'On {day, date, ::yyyyMMMMd}',
  who: '{who, select, ada {Ada} other {Someone}} is here',
  html: '<b>{name}</b>',
  odd: "It''s '{'quoted'}'",
  'only.english': 'Only English',
}
const AR = {
  'entries.count':
    '{count, plural, zero {لا مدخلات} one {مدخل واحد} two {مدخلان} few {# مدخلات} many {# مدخلا} other {# مدخل}}',
  when: '{day, date, ::yyyyMMMMd}',
  who: '{who',
}

function translator(
  language: string,
  options: { marks?: boolean; catalogs?: readonly (readonly [string, unknown])[] } = {},
) {
  const problems: MessageProblem[] = []
  const {
    catalogs = [
      [language, language === 'ar' ? AR : EN],
      ['en', EN],
    ],
  } = options
  const t = createTranslator({
    language,
    catalogs: catalogs.map(([each, value]) => ({ language: each, messages: catalogOf(value) })),
    parse: parseMessage,
    onProblem: (problem) => problems.push(problem),
    ...(options.marks !== undefined && { marks: options.marks }),
  })
  return { t, problems }
}

test('nested keys are one key with dots, and what is no message is left out', () => {
  const catalog = catalogOf({ a: { b: { c: 'x' } }, 'd.e': 'y', n: 1, list: ['z'], none: null })
  assert.deepEqual(
    [...catalog],
    [
      ['a.b.c', 'x'],
      ['d.e', 'y'],
    ],
  )
  for (const value of [null, 'text', 7, ['a']]) assert.equal(catalogOf(value).size, 0)
})

test('plurals follow the rules of the language', () => {
  const { t } = translator('en')
  assert.deepEqual(
    [0, 1, 2].map((count) => t('entries.count', { count })),
    ['0 entries', '1 entry', '2 entries'],
  )
  const arabic = translator('ar').t
  assert.deepEqual(
    [0, 1, 2, 3, 11, 100].map((count) => arabic('entries.count', { count })),
    ['لا مدخلات', 'مدخل واحد', 'مدخلان', '3 مدخلات', '11 مدخلا', '100 مدخل'],
  )
})

test('French counts zero as one, and writes its numbers and dates', () => {
  const message = '{count, plural, one {# fichier} other {# fichiers}}'
  const { t } = translator('fr', { catalogs: [['fr', { count: message, when: EN.when }]] })
  assert.equal(t('count', { count: 0 }), '0 fichier')
  assert.equal(t('count', { count: 1234 }), '1\u202f234 fichiers')
  assert.equal(t('when', { day: new Date(2026, 10, 28) }), 'On 28 novembre 2026')
})

test('dates are those of the language', () => {
  const day = new Date(2026, 10, 28)
  assert.equal(translator('en').t('when', { day }), 'On November 28, 2026')
  const arabic = translator('ar').t('when', { day })
  assert.match(arabic, /نوفمبر/)
})

test('tags are text, quotes are as ICU has them', () => {
  const { t } = translator('en')
  assert.equal(t('html', { name: '<i>' }), '<b><i></b>')
  assert.equal(t('odd'), "It's {quoted}")
})

test('a missing message is taken from another language, then it is its key', () => {
  const { t, problems } = translator('ar')
  assert.equal(t('only.english'), 'Only English')
  assert.equal(t('entries.none'), 'No entries')
  assert.equal(t('not there'), 'not there')
  assert.equal(t('not there'), 'not there')
  assert.deepEqual(
    problems.map(({ text, isMissing }) => [text, isMissing]),
    [
      ['There is no message "only.english" in "ar"', true],
      ['There is no message "entries.none" in "ar"', true],
      ['There is no message "not there" in "ar"', true],
    ],
  )
})

test('in development such texts are marked', () => {
  const { t } = translator('ar', { marks: true })
  assert.equal(t('only.english'), '⟦Only English⟧')
  assert.equal(t('not there'), '⟦not there⟧')
  assert.equal(t('entries.count', { count: 1 }), 'مدخل واحد')
})

test('a message that cannot be shown is taken from another language, and reported', () => {
  const { t, problems } = translator('ar')
  assert.equal(t('who', { who: 'ada' }), 'Ada is here')
  assert.equal(t('entries.count'), 'entries.count')
  assert.equal(t('entries.count', { count: Symbol('x') as unknown as number }), 'entries.count')
  assert.deepEqual(
    problems.map(({ isMissing }) => isMissing),
    [false, false],
  )
  assert.match(problems[0]?.text ?? '', /"who" in "ar" cannot be shown/)
})

test('names of the prototype are neither keys nor values', () => {
  const { t } = translator('en', { catalogs: [['en', { a: '{constructor}' }]] })
  assert.equal(t('constructor'), 'constructor')
  assert.equal(t('__proto__'), '__proto__')
  assert.equal(t('a'), 'a')
})

test('without any catalog a text is its key', () => {
  assert.equal(translator('en', { catalogs: [] }).t('a'), 'a')
})
