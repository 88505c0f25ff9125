// What the library answers: its pages in each language, signing in, borrowing, and the sync.

import type { DatabaseSync } from 'node:sqlite'
import { type Context, Hono } from 'hono'
import { accepts } from 'hono/accepts'
import { deleteCookie, setCookie } from 'hono/cookie'
import type { Runtime } from 'plugbay'
import type { Books } from './database/books.ts'
import type { Members } from './database/members.ts'
import type { AllSeries } from './database/series.ts'
import { pastSyncs } from './database/sync.ts'
import type { Member } from './database/types.ts'
import type { library } from './declaration.ts'
import { memberOf, SESSION_COOKIE, sessionOf } from './identity.ts'
import type { MediaLibrary } from './media/media-library.ts'
import { offer } from './offer.ts'
import { bookPage } from './pages/book-page.ts'
import { libraryPage } from './pages/library-page.ts'
import { loansPage } from './pages/loans-page.ts'
import { messagePage } from './pages/message-page.ts'
import type { View } from './pages/page.ts'
import { signInPage } from './pages/sign-in-page.ts'
import { syncPage } from './pages/sync-page.ts'
import { PluginPoints, THEME } from './plugin-points.ts'
import { actionRoutes } from './routes-of-actions.ts'
import { isLanguage, LANGUAGES, type Language } from './words.ts'

export interface LibraryParts {
  readonly runtime: Runtime<typeof library>
  readonly database: DatabaseSync
  readonly members: Members
  readonly books: Books
  readonly series: AllSeries
  readonly media: MediaLibrary
  /** There may be events for plugins in the outbox. */
  readonly outboxFilled: () => void
}

interface Variables {
  readonly view: View
}

export function libraryRoutes(parts: LibraryParts) {
  const { runtime, database, members, books, series, outboxFilled } = parts
  const points = new PluginPoints(runtime)
  const mayBorrow = ({ member }: View) =>
    member !== undefined && books.borrowedBy(member.name).length < runtime.settings.values.maxLoans
  const app = new Hono<{ Variables: Variables }>()

  app.use('/:language/*', async (c, next) => {
    const language = c.req.param('language')
    if (!isLanguage(language)) return c.notFound()
    const member = memberOf(members, c.req.raw)
    const path = c.req.path.slice(language.length + 1)
    const theme = await points.theme({ member, language })
    // Pages of plugins then are in the language that was chosen here.
    setCookie(c, 'plugbay-language', language, { sameSite: 'Lax', path: '/' })
    c.set('view', { language, words: LANGUAGES[language].words, path, member, theme })
    return await next()
  })
  app.notFound((c) => {
    const language = preferredLanguage(c)
    const member = memberOf(members, c.req.raw)
    const { words } = LANGUAGES[language]
    return c.html(messagePage({ language, words, path: '/', member, theme: THEME }, words.notFound), 404)
  })

  app.get('/:language/', async (c) => {
    const view = c.get('view')
    const filter = { text: c.req.query('q') ?? '', subject: c.req.query('subject') ?? '' }
    const found = await points.titled(books.search(filter), view)
    return c.html(
      libraryPage(view, {
        books: found,
        subjects: books.subjects(),
        filter,
        notices: runtime.settings.values.notices,
      }),
    )
  })

  app.get('/:language/books/:id{[0-9]{1,9}}', async (c) => {
    const view = c.get('view')
    const book = books.get(Number(c.req.param('id')))
    if (book === undefined) return c.html(messagePage(view, view.words.nothing), 404)
    const [titled = book] = await points.titled([book], view)
    await points.opened(book, view)
    return c.html(
      bookPage(view, {
        ...{ book: titled, loan: books.loan(book.id), mayBorrow: mayBorrow(view) },
        series: series.ofBook(book.id),
        offered: await offer(runtime, view, { context: 'book', objectId: String(book.id) }),
      }),
    )
  })

  app.get('/:language/loans', async (c) => {
    const view = c.get('view')
    if (view.member === undefined) return c.redirect(`/${view.language}/sign-in`)
    const found = await points.titled(books.borrowedBy(view.member.name), view)
    return c.html(loansPage(view, found))
  })

  app.post('/:language/books/:id{[0-9]{1,9}}/:change{borrow|return}', (c) => {
    const { member, language } = c.get('view')
    const id = Number(c.req.param('id'))
    if (member === undefined) return c.redirect(`/${language}/sign-in`, 303)
    const book = books.get(id)
    if (book === undefined) return c.notFound()
    if (c.req.param('change') === 'borrow') books.borrow(id, member.name, runtime.settings.values.maxLoans)
    else {
      books.giveBack(book, member.name)
      outboxFilled()
    }
    return c.redirect(`/${language}/books/${id}`, 303)
  })

  app.get('/:language/sign-in', (c) =>
    c.html(signInPage(c.get('view'), { failed: false, members: members.all() })),
  )
  app.post('/:language/sign-in', async (c) => {
    const view = c.get('view')
    const form = await c.req.parseBody()
    const token = members.signIn(textOf(form.name), textOf(form.password))
    if (token === undefined) return c.html(signInPage(view, { failed: true, members: members.all() }), 401)
    setCookie(c, SESSION_COOKIE, token, { httpOnly: true, sameSite: 'Lax', path: '/' })
    return c.redirect(`/${view.language}/`, 303)
  })

  app.post('/:language/sign-out', (c) => {
    const { member, language } = c.get('view')
    const token = sessionOf(c.req.raw)
    if (token !== undefined) members.signOut(token)
    deleteCookie(c, SESSION_COOKIE, { path: '/' })
    // Ends what plugins still had of this user: page tokens, sockets, open responses.
    if (member !== undefined) runtime.endUser(member.name)
    return c.redirect(`/${language}/`, 303)
  })

  app.use('/:language/sync', async (c, next) => {
    const view = c.get('view')
    if (view.member === undefined) return c.redirect(`/${view.language}/sign-in`, 303)
    return isLibrarian(view.member) ? await next() : c.html(messagePage(view, view.words.notFound), 404)
  })
  app.get('/:language/sync', (c) => c.html(syncPage(c.get('view'), pastSyncs(database))))
  app.post('/:language/sync', async (c) => {
    const view = c.get('view')
    await points.sync(database, view)
    return c.redirect(`/${view.language}/sync`, 303)
  })
  app.route('/', actionRoutes(parts))
  return app
}

export function preferredLanguage(c: Context): Language {
  const found = accepts(c, {
    header: 'Accept-Language',
    supports: Object.keys(LANGUAGES),
    default: 'en',
    match: (wanted, { supports, default: first }) =>
      wanted
        .toSorted((a, b) => b.q - a.q)
        .map(({ type }) => type.split('-')[0] ?? '')
        .find((type) => supports.includes(type)) ?? first,
  })
  return isLanguage(found) ? found : 'en'
}

function isLibrarian({ role }: Member): boolean {
  return role === 'librarian'
}

function textOf(field: unknown): string {
  return typeof field === 'string' ? field : ''
}
