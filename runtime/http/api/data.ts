// The data of a plugin as one file: export and import.
// Invariant: the bytes pass through unread; the data process judges their content.

import { DataImportAnswer, ImportQuery } from '../../../sdk/api/data.ts'
import { SNAPSHOT_TYPE } from '../../../sdk/api/media-types.ts'
import { PluginParams } from '../../../sdk/api/plugins.ts'
import { PlugbayError } from '../../errors.ts'
import { isEncoded } from './read-json.ts'
import { chunksOf } from './request-body.ts'
import { defineRoute } from './route.ts'
import { streamedBody } from './streamed-body.ts'

/** The second type is what clients send for an unknown file. */
const TYPES: readonly string[] = [SNAPSHOT_TYPE, 'application/octet-stream']

const COMMON = {
  path: '/plugins/:id/data',
  tag: 'data',
  // Data that visitors entrusted to a plugin needs more than the permission to view plugins.
  permission: 'plugins.manage',
  params: PluginParams,
} as const

export const dataRoutes = [
  defineRoute({
    ...COMMON,
    method: 'GET',
    operationId: 'exportData',
    summary: 'Everything that a plugin has stored, at one moment, as a snapshot',
    responses: {
      200: {
        description: 'The snapshot; also of a plugin that is disabled, or uninstalled with its data kept',
        media: SNAPSHOT_TYPE,
        headers: { 'Content-Disposition': 'A name for the file' },
      },
    },
    errors: ['PLUGIN_UNKNOWN', 'STORE_FULL'],
    async handle({ params, request, actor, onEnded, services }) {
      if (request.method === 'HEAD') {
        // HEAD makes no snapshot.
        await services.plugins.get(params.id)
        return new Response(null, { headers: { 'content-type': SNAPSHOT_TYPE } })
      }
      const snapshot = await services.plugins.exportData(params.id, actor)
      return new Response(streamedBody(snapshot, onEnded), {
        headers: {
          'content-type': SNAPSHOT_TYPE,
          'content-length': String(snapshot.bytes),
          // The id has passed the pattern of ids, and the date is ours.
          'content-disposition': `attachment; filename="${params.id}-${snapshot.createdAt.slice(0, 10)}.plugbay-data"`,
        },
      })
    },
  }),
  defineRoute({
    ...COMMON,
    method: 'PUT',
    operationId: 'importData',
    summary: 'Replace everything that a plugin has stored by a snapshot',
    upload: SNAPSHOT_TYPE,
    query: ImportQuery,
    responses: {
      200: { description: 'The data was replaced, and the plugin restarted', schema: DataImportAnswer },
    },
    errors: [
      'PLUGIN_UNKNOWN',
      'STATE_CONFLICT',
      'BODY_TOO_LARGE',
      'BODY_TOO_SLOW',
      'MEDIA_TYPE',
      'SNAPSHOT_INVALID',
      'MIGRATION_FAILED',
      'STORE_FULL',
      'TOO_MANY_UPLOADS',
    ],
    async handle({ params, query, request, actor, services }) {
      requireType(request)
      const source = chunksOf(request, services.config.http.uploadMs)
      const options = { source, anyPlugin: query.force === true, actor }
      return { status: 200, json: await services.plugins.importData(params.id, options) }
    },
  }),
]

function requireType(request: Request): void {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (TYPES.includes(type) && !isEncoded(request)) return
  const message = `A snapshot is sent as "${SNAPSHOT_TYPE}", without a Content-Encoding`
  throw new PlugbayError('MEDIA_TYPE', message, {
    problems: [{ code: 'MEDIA_TYPE', message, hint: 'Use "plugbay import", or set Content-Type' }],
  })
}
