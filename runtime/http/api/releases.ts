// What releases of plugins consist of: their files, README and icon.

import { PermissionUses } from '../../../sdk/api/permission-uses.ts'
import { PluginParams } from '../../../sdk/api/plugins.ts'
import { ReleaseContent, ReleaseParams } from '../../../sdk/api/releases.ts'
import { defineRoute } from './route.ts'

/** The content of a version changes only in development. */
const KEPT = 'private, max-age=300'

export const releaseRoutes = [
  defineRoute({
    method: 'GET',
    path: '/plugins/:id/releases/:version',
    operationId: 'getRelease',
    summary: 'The files, manifest and README of a release, to be read or compared with another one',
    tag: 'plugins',
    permission: 'plugins.view',
    params: ReleaseParams,
    responses: { 200: { description: 'The release', schema: ReleaseContent } },
    errors: ['NOT_FOUND'],
    async handle({ params, services }) {
      return { status: 200, json: await services.plugins.release(params.id, params.version) }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/plugins/:id/releases/:version/icon',
    operationId: 'getIcon',
    summary: 'The icon of a release, an image',
    tag: 'plugins',
    permission: 'plugins.view',
    params: ReleaseParams,
    responses: { 200: { description: 'The image, to be shown by <img> only', media: 'image/*' } },
    errors: ['NOT_FOUND'],
    async handle({ params, services }) {
      const { type, bytes } = await services.plugins.icon(params.id, params.version)
      const headers = {
        'content-type': type,
        'cache-control': KEPT,
        // An SVG that is opened by itself would be a page of this origin.
        'content-disposition': 'attachment',
        'content-security-policy': "default-src 'none'; sandbox",
      }
      return new Response(bytes, { headers })
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/plugins/:id/permission-uses',
    operationId: 'listPermissionUses',
    summary: 'How often, and when last, a plugin has used what it asks for',
    tag: 'plugins',
    permission: 'plugins.view',
    params: PluginParams,
    responses: { 200: { description: 'All of them, on one page', schema: PermissionUses } },
    errors: ['PLUGIN_UNKNOWN'],
    async handle({ params, services }) {
      return {
        status: 200,
        json: { items: [...(await services.plugins.permissionUses(params.id))], nextCursor: null },
      }
    },
  }),
]
