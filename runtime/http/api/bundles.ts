// Frontend bundles and slots, for pages of the application. A visitor gets what the access of each plugin admits them to.

import {
  BundleFailure,
  BundleList,
  BundlePlugin,
  BundleQuery,
  type SlotParts as Parts,
  SlotName,
  SlotParts,
} from '../../../sdk/api/bundles.ts'
import type { PageVisitor } from '../../slots/slots.ts'
import { createLanguageOf } from '../exchange/visitor-language.ts'
import { defineRoute, type RouteInput } from './route.ts'

export const bundleRoutes = [
  defineRoute({
    method: 'GET',
    path: '/slots/:slot',
    operationId: 'getSlot',
    summary: 'The parts of plugins for a slot, in order, as the visitor may see them',
    tag: 'bundles',
    permission: 'visitor',
    params: SlotName,
    query: BundleQuery,
    responses: { 200: { description: 'All parts, on one page', schema: SlotParts } },
    errors: ['POINT_UNKNOWN'],
    async handle(input) {
      const { slot } = input.params
      const items = input.services.slots.items(slot, visitorOf(input, `/slots/${slot}`))
      const parts: Parts = { slot, items, nextCursor: null }
      return { status: 200, json: parts }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/bundles',
    operationId: 'listBundles',
    summary:
      'Frontend bundles of all plugins, with entry, style sheets and integrity, as the visitor may see them',
    tag: 'bundles',
    permission: 'visitor',
    query: BundleQuery,
    responses: { 200: { description: 'All bundles, on one page', schema: BundleList } },
    async handle(input) {
      const items = [...input.services.slots.bundles(visitorOf(input, '/bundles'))]
      return { status: 200, json: { items, nextCursor: null } }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/bundles/:plugin/failures',
    operationId: 'reportBundleFailure',
    summary: 'Tells that a bundle has failed on a page',
    tag: 'bundles',
    permission: 'visitor',
    params: BundlePlugin,
    body: BundleFailure,
    responses: { 204: { description: 'It is in the log of the plugin, and among its problems' } },
    async handle({ services, params, body, principal }) {
      services.slots.report(params.plugin, body, principal)
      return { status: 204 }
    },
  }),
]

type Asked = Pick<RouteInput, 'path' | 'principal' | 'request' | 'services'> & {
  readonly query: { readonly language?: string }
}

function visitorOf({ path, principal, request, services, query }: Asked, end: string): PageVisitor {
  const language =
    query.language ??
    createLanguageOf(services.languages)({ headers: [...request.headers].flat() }, principal)
  return { user: principal, language, basePath: path.slice(0, -`/api/v1${end}`.length) }
}
