// All data of the server as one file, and back.
// Invariant: the bytes pass through unread; a process of its own makes and judges them.

import { RestoreAnswer, RestoreQuery } from '../../../sdk/api/data.ts'
import { BACKUP_TYPE } from '../../../sdk/api/media-types.ts'
import { PlugbayError } from '../../errors.ts'
import { chunksOf } from './request-body.ts'
import { defineRoute } from './route.ts'

// A backup holds all that users have stored, and a restore decides about everything.
const COMMON = { path: '/backup', tag: 'data', permission: '*' } as const

/** No plugin pays for what an administrator does. */
const nobody = (): void => undefined

/** A tar leaves nothing out. */
const nothing = (): ReadableStream<Uint8Array> => new Blob([]).stream()

export const backupRoutes = [
  defineRoute({
    ...COMMON,
    method: 'GET',
    operationId: 'makeBackup',
    summary: 'All data of the server, made while it runs: a tar',
    responses: { 200: { description: 'The backup; its key for secrets is not in it', media: BACKUP_TYPE } },
    errors: ['QUOTA_EXCEEDED', 'STORE_FULL'],
    async handle({ request, actor, onEnded, services }) {
      const headers = { 'content-type': BACKUP_TYPE }
      if (request.method === 'HEAD') return new Response(null, { headers })
      const left = new AbortController()
      const leave = () => left.abort()
      request.signal.addEventListener('abort', leave)
      onEnded(leave)
      const caller = {
        plugin: null,
        actor,
        signal: left.signal,
        charge: nobody,
        form: 'tar',
        body: nothing(),
      } as const
      return new Response(await services.hostData.snapshot(undefined, caller), { headers })
    },
  }),
  defineRoute({
    ...COMMON,
    method: 'PUT',
    operationId: 'restoreBackup',
    summary: 'Put the data of a backup in the place of what is there, or check that it could be',
    upload: BACKUP_TYPE,
    query: RestoreQuery,
    responses: {
      200: { description: 'What was restored, and what will be at the next start', schema: RestoreAnswer },
    },
    errors: [
      'SNAPSHOT_INVALID',
      'STATE_CONFLICT',
      'MEDIA_TYPE',
      'BODY_TOO_SLOW',
      'STORE_FULL',
      'TOO_MANY_UPLOADS',
    ],
    async handle({ query, request, actor, services }) {
      const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
      if (type !== BACKUP_TYPE)
        throw new PlugbayError('MEDIA_TYPE', `A backup is sent as "${BACKUP_TYPE}": use "plugbay restore"`)
      const body = chunksOf(request, services.config.http.uploadMs)
      const caller = {
        plugin: null,
        actor,
        signal: request.signal,
        charge: nobody,
        body,
        isCheck: query.check === true,
      }
      const { restored, atNextStart, checked } = await services.hostData.restore(undefined, caller)
      return {
        status: 200,
        json: { restored: [...restored], atNextStart: [...atNextStart], checked: [...checked] },
      }
    },
  }),
]
