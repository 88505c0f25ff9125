// The menus of the application, for its pages. A visitor gets what that visitor may open.

import { Menu, MenuParams, MenuQuery } from '../../../sdk/api/menus.ts'
import { PlugbayError } from '../../errors.ts'
import { createLanguageOf } from '../exchange/visitor-language.ts'
import { defineRoute } from './route.ts'

export const menuRoutes = [
  defineRoute({
    method: 'GET',
    path: '/menus/:menu',
    operationId: 'getMenu',
    summary: 'The items of a menu that the visitor may open, by category',
    tag: 'contributions',
    permission: 'visitor',
    params: MenuParams,
    query: MenuQuery,
    responses: { 200: { description: 'The menu', schema: Menu } },
    errors: ['POINT_UNKNOWN'],
    async handle({ params: { menu }, query, path, principal, request, services }) {
      const { languages, menus, points } = services
      const headers = [...request.headers].flat()
      const language = query.language ?? createLanguageOf(languages)({ headers }, principal)
      const caller = {
        user: principal,
        params: parsed(query.params ?? '{}'),
        language,
        basePath: path.slice(0, path.lastIndexOf('/api/v1/')),
      }
      const groups = await menus.items(menu, caller).catch((error: unknown) => {
        // Here the parameters are not the application's mistake.
        if (!(error instanceof PlugbayError) || error.code !== 'VALUE_INVALID') throw error
        throw new PlugbayError('BAD_REQUEST', error.message, { cause: error })
      })
      const title = points.find('menus', menu)?.point.title ?? menu
      const text = languages.text(title, languages.of(language))
      return { status: 200, json: { menu, title: text, groups: [...groups] } }
    },
  }),
]

function parsed(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Said below, as for every other value that is not an object.
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>
  throw new PlugbayError('BAD_REQUEST', 'The parameter "params" is not a JSON object')
}
