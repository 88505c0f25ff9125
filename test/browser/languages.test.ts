// A translated page in a browser, left to right and right to left: plugbay/client, messages, and the API of the page's language.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { serve as listenFor } from '../../runtime/serve.ts'
import { openBrowser } from '../support/chromium.ts'
import { clientBundle } from '../support/client-bundle.ts'
import { backendOf, install, startTestRuntime } from '../support/runtime.ts'

const HTML = `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<style>aside { position: absolute; inset-inline-start: 0; top: 300px; width: 100px }</style>
<script>globalThis.early = [document.documentElement.lang, document.documentElement.dir]</script>
<script type="module" src="page.js"></script>
</head><body><h1></h1><p></p><aside>menu</aside><a href="deep/">deep</a></body></html>`

const SCRIPT = `
import { api, inLanguage, messages, mount } from 'plugbay/client'
const { t, language, dir, available } = await messages()
document.querySelector('h1').textContent = t('title')
document.querySelector('p').textContent = t('entries.count', { count: 3 }) + ' – ' + t('day', { day: new Date(2026, 10, 28, 12) })
const plain = await (await fetch('api/where')).json()
const own = await (await api('/where')).json()
globalThis.results = { language, dir, available, mount, plain, own, missing: t('only.english'), key: t('no.such.key'), others: available.map(inLanguage) }
document.title = 'done'
`

const CATALOGS = {
  en: {
    title: 'School',
    entries: { count: '{count, plural, one {# entry} other {# entries}}' },
    day: '{day, date, long}',
    'only.english': 'Only English',
  },
  fr: {
    title: 'École',
    entries: { count: '{count, plural, one {# entrée} other {# entrées}}' },
    day: '{day, date, long}',
  },
  ar: {
    title: 'مدرسة',
    entries: { count: '{count, plural, few {# مدخلات} other {# مدخل}}' },
    day: '{day, date, ::dMMMMyyyy}',
  },
}

async function serve(t: TestContext, access: 'public' | 'user'): Promise<number> {
  const authenticate = async () => ({ name: 'Ada', permissions: [], kind: 'application' as const })
  const runtime = await startTestRuntime(t, {
    config: { languages: ['en', 'fr', 'ar'] },
    ...(access === 'user' && { authenticate }),
  })
  const files: Record<string, string> = {
    'frontend/index.html': HTML,
    'frontend/deep/index.html': HTML.replace('page.js', '../page.js'),
    'frontend/page.js': await clientBundle(SCRIPT),
  }
  for (const [language, messages] of Object.entries(CATALOGS))
    files[`locales/${language}.json`] = JSON.stringify(messages)
  await install(runtime, {
    id: 'school',
    backend: backendOf(
      'return Response.json([ctx.language, ctx.dir, ctx.user?.name ?? null, ctx.t("title")])',
    ),
    files,
    manifest: { access, contributes: { pages: { translated: true } } },
  })
  const listening = await listenFor(runtime)
  t.after(() => listening.close(0))
  return listening.port
}

interface Results {
  readonly language: string
  readonly dir: string
  readonly available: readonly string[]
  readonly mount: string
  readonly plain: unknown
  readonly own: unknown
  readonly missing: string
  readonly key: string
  readonly others: readonly string[]
}

async function read(page: Page) {
  await page.waitForFunction(() => document.title === 'done')
  return page.evaluate(() => {
    const { results, early } = globalThis as unknown as { results: Results; early: readonly string[] }
    const { lang, dir } = document.documentElement
    const menu = document.querySelector('aside')?.getBoundingClientRect()
    return {
      results,
      early,
      html: [lang, dir],
      texts: [document.querySelector('h1')?.textContent, document.querySelector('p')?.textContent],
      isMenuLeft: (menu?.left ?? 0) < innerWidth / 2,
    }
  })
}

for (const [where, access] of [
  ['sandboxed', 'public'],
  ['sandboxed, for users', 'user'],
  ['on its own origin', 'public'],
] as const) {
  test(`a translated page works from left to right and from right to left, ${where}`, async (t) => {
    const browser = await openBrowser(t)
    if (browser === undefined) return
    const port = await serve(t, access)
    const isOwn = where === 'on its own origin'
    const origin = isOwn ? `http://school.localhost:${port}` : `http://127.0.0.1:${port}`
    const start = isOwn ? '/' : '/plugins/school/'
    const mountIn = (language: string) => (isOwn ? `/${language}` : `/${language}/plugins/school`)
    const user = access === 'user' ? 'Ada' : null
    const openIn = async (locale: string) => {
      const context = await browser.newContext({ locale })
      const page = await context.newPage()
      await page.goto(origin + start)
      return page
    }

    const french = await openIn('fr-FR')
    const left = await read(french)
    assert.equal(new URL(french.url()).pathname, `${mountIn('fr')}/`)
    assert.deepEqual(
      [left.html, left.early],
      [
        ['fr', 'ltr'],
        ['fr', 'ltr'],
      ],
    )
    assert.deepEqual(left.texts, ['École', '3 entrées – 28 novembre 2026'])
    assert.deepEqual(left.results.plain, ['fr', 'ltr', user, 'École'])
    assert.deepEqual(left.results.own, left.results.plain)
    assert.equal(left.results.mount, mountIn('fr'))
    assert.deepEqual(
      left.results.others,
      ['en', 'fr', 'ar'].map((each) => `${origin}${mountIn(each)}/`),
    )
    assert.equal(left.isMenuLeft, true)

    const arabic = await openIn('ar-EG')
    const right = await read(arabic)
    assert.deepEqual(
      [right.html, right.early],
      [
        ['ar', 'rtl'],
        ['ar', 'rtl'],
      ],
    )
    assert.deepEqual([right.results.language, right.results.dir], ['ar', 'rtl'])
    assert.match(String(right.texts[1]), /^3 مدخلات – .*نوفمبر/)
    assert.deepEqual(right.results.plain, ['ar', 'rtl', user, 'مدرسة'])
    assert.equal(right.isMenuLeft, false)
    assert.deepEqual([right.results.missing, right.results.key], ['Only English', 'no.such.key'])

    // What a sandboxed page opens is not trusted with its visitor.
    if (user !== null) return
    await arabic.evaluate(() => {
      document.title = ''
    })
    await arabic.click('a')
    const deep = await read(arabic)
    assert.equal(new URL(arabic.url()).pathname, `${mountIn('ar')}/deep/`)
    assert.deepEqual(deep.html, ['ar', 'rtl'])
  })
}
