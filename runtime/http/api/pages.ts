// The pages of plugins, for the shell that shows them in a frame.

import { PageLinks, PageParams, PageToken, PluginPage } from '../../../sdk/api/pages.ts'
import { createLanguageOf } from '../exchange/visitor-language.ts'
import { defineRoute, type RouteInput } from './route.ts'

/** A menu of the standalone server; an application that embeds the runtime has menus of its own. */
const MAIN_MENU = 'shell.main'

export const pageRoutes = [
  defineRoute({
    method: 'GET',
    path: '/pages',
    operationId: 'listPageLinks',
    summary: 'Links to pages of plugins that the visitor may open, by category: the main menu of the shell',
    tag: 'contributions',
    permission: 'visitor',
    responses: { 200: { description: 'All links, on one page', schema: PageLinks } },
    async handle(input) {
      const { menus, points } = input.services
      const isThere = points.find('menus', MAIN_MENU) !== undefined
      const groups = isThere ? await menus.items(MAIN_MENU, visitorOf(input, '/pages')) : []
      return { status: 200, json: { items: [...groups], nextCursor: null } }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/pages/:plugin',
    operationId: 'getPages',
    summary: 'Where the pages of a plugin are, and what a frame around them shows of the plugin',
    tag: 'contributions',
    permission: 'visitor',
    params: PageParams,
    responses: { 200: { description: 'The pages', schema: PluginPage } },
    errors: ['NOT_FOUND', 'PLUGIN_UNAVAILABLE', 'UNAUTHENTICATED', 'FORBIDDEN'],
    async handle(input) {
      const { params, request, services } = input
      const question = { ...visitorOf(input, '/pages/'), ownOrigins: services.ownOrigins(request) }
      const found = services.pages.find(params.plugin, question)
      return { status: 200, json: found }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/pages/:plugin/token',
    operationId: 'makePageToken',
    summary: 'Make a token for a page that is open, whose own has become too old',
    tag: 'contributions',
    permission: 'visitor',
    params: PageParams,
    responses: {
      201: { description: 'The token', schema: PageToken, headers: { 'Cache-Control': 'It is not kept' } },
    },
    errors: ['NOT_FOUND', 'PLUGIN_UNAVAILABLE', 'UNAUTHENTICATED', 'FORBIDDEN'],
    async handle({ params: { plugin }, principal, services }) {
      const token = services.pages.token(plugin, principal)
      return { status: 201, headers: { 'cache-control': 'no-store' }, json: { token } }
    },
  }),
]

type VisitorInput = Pick<RouteInput, 'path' | 'principal' | 'request' | 'services'>

/** @param route what follows "/api/v1" in the path */
function visitorOf({ path, principal, request, services }: VisitorInput, route: string) {
  const language = createLanguageOf(services.languages)({ headers: [...request.headers].flat() }, principal)
  return { user: principal, language, basePath: path.slice(0, path.lastIndexOf(`/api/v1${route}`)) }
}
