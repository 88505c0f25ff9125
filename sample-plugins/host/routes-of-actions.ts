// Pages around actions: series, media folders and files, and the tasks of plugins.

import { Readable } from 'node:stream'
import { Hono } from 'hono'
import type { Member } from './database/types.ts'
import { userOf } from './identity.ts'
import { mediaTypeOf, UNKNOWN_TYPE } from './media/media-types.ts'
import { ALL_MEDIA } from './media/objects.ts'
import { type Offer, offer } from './offer.ts'
import { actionPanel, type OfferedActions } from './pages/actions/action-panel.ts'
import { filePage } from './pages/actions/file-page.ts'
import { mediaPage } from './pages/actions/media-page.ts'
import { seriesPage } from './pages/actions/series-page.ts'
import { tasksPage } from './pages/actions/tasks-page.ts'
import { actionWords } from './pages/actions/words.ts'
import { messagePage } from './pages/message-page.ts'
import type { View } from './pages/page.ts'
import type { LibraryParts } from './routes.ts'

const FIRST_FOLDER = 'primary'
const NOTHING: OfferedActions = { actions: [], choices: new Map() }

export function actionRoutes({ runtime, series, media }: Pick<LibraryParts, 'runtime' | 'series' | 'media'>) {
  const app = new Hono<{ Variables: { readonly view: View } }>()
  const offered = async (view: View, asked: Offer) => (await offer(runtime, view, asked)) ?? NOTHING

  app.get('/:language/series/:id{[0-9]{1,9}}', async (c) => {
    const view = c.get('view')
    const found = series.get(Number(c.req.param('id')))
    if (found === undefined) return c.html(messagePage(view, view.words.notFound), 404)
    const actions = await offered(view, { context: 'series', objectId: String(found.id) })
    return c.html(seriesPage(view, found, actions))
  })

  // Media and tasks are for members whose role lets them see these.
  app.use('/:language/media/*', async (c, next) => {
    const { member, language, words } = c.get('view')
    if (member === undefined) return c.redirect(`/${language}/sign-in`, 303)
    return may(member, 'media.view') ? await next() : c.html(messagePage(c.get('view'), words.notFound), 404)
  })
  app.get('/:language/media', async (c) => {
    const view = c.get('view')
    await media.scan()
    const folder = media.folder(c.req.query('folder') ?? FIRST_FOLDER)
    if (folder === undefined) return c.html(messagePage(view, view.words.notFound), 404)
    return c.html(
      mediaPage(view, {
        ...{ folder, folders: media.folders(), files: media.filesOf(folder.id) },
        onAll: await offered(view, { context: 'media', objectId: ALL_MEDIA }),
        onFolder: await offered(view, { context: 'media-folder', objectId: folder.id }),
        onNothing: await offered(view, { context: 'general' }),
      }),
    )
  })
  /** A part of a page: the actions for the files that are chosen there. */
  app.get('/:language/media/chosen', async (c) => {
    const view = c.get('view')
    const words = actionWords(view.language)
    const ids = (c.req.query('files') ?? '').split(',').filter((id) => id !== '')
    if (ids.length === 0)
      return c.html(
        `<section class="actions"><h2>${words.chosen}</h2><p class="facts">${words.chooseSome}</p></section>`,
      )
    const actions = await offered(view, { context: 'media-files', objectId: ids.join() })
    return c.html(actionPanel(`${words.chosen}: ${ids.length.toLocaleString(view.language)}`, actions, words))
  })
  app.get('/:language/media/files/:id{[0-9]{1,9}}', async (c) => {
    const view = c.get('view')
    await media.scan()
    const file = media.file(Number(c.req.param('id')))
    if (file === undefined) return c.html(messagePage(view, view.words.notFound), 404)
    const actions = await offered(view, { context: 'media-file', objectId: String(file.id) })
    return c.html(filePage(view, file, actions))
  })
  app.get('/:language/media/files/:id{[0-9]{1,9}}/content', async (c) => {
    const file = media.file(Number(c.req.param('id')))
    const stream = file && (await media.open(file))
    if (file === undefined || stream === undefined) return c.notFound()
    const type = mediaTypeOf(file.name)
    const headers = {
      'content-type': type,
      'cache-control': 'no-cache',
      ...(type === UNKNOWN_TYPE && { 'content-disposition': 'attachment' }),
    }
    return c.body(Readable.toWeb(stream) as ReadableStream, 200, headers)
  })
  app.get('/:language/tasks', (c) => {
    const view = c.get('view')
    const { member, language, words } = view
    if (member === undefined) return c.redirect(`/${language}/sign-in`, 303)
    if (!may(member, 'tasks.view')) return c.html(messagePage(view, words.notFound), 404)
    return c.html(tasksPage(view, may(member, 'tasks.manage')))
  })
  return app
}

export function may(member: Member, permission: string): boolean {
  return userOf(member).permissions.some((each) => each === '*' || each === permission)
}
