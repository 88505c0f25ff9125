// What plugins do, as the server of "plugbay dev" records it. Other servers record nothing, and answer 404.

import { PluginParams } from '../../../sdk/api/plugins.ts'
import { PermissionAdvice, RECORDING_EVENTS, Recording } from '../../../sdk/api/recordings.ts'
import { PlugbayError } from '../../errors.ts'
import { permissionAdvice } from '../../recording/permission-advice.ts'
import type { PluginRecording } from '../../recording/plugin-recording.ts'
import { defineRoute, type RouteInput } from './route.ts'
import type { ApiServices } from './services.ts'
import { wantsEvents } from './wants-events.ts'

const COMMON = {
  method: 'GET',
  tag: 'development',
  // It shows what visitors have sent.
  permission: 'plugins.manage',
  params: PluginParams,
} as const

export const recordingRoutes = [
  defineRoute({
    ...COMMON,
    path: '/plugins/:id/recording',
    operationId: 'getRecording',
    summary:
      'The last calls to a plugin with their host calls; with Accept: text/event-stream they are followed',
    responses: {
      200: { description: 'The calls, newest first', schema: Recording, events: RECORDING_EVENTS },
    },
    errors: ['PLUGIN_UNKNOWN', 'NOT_FOUND', 'TOO_MANY_LISTENERS'],
    async handle(input) {
      const { params, request, services } = input
      const recording = await recordingOf(params.id, services)
      if (wantsEvents(request)) return follow(input, recording)
      const items = [...recording.list()]
      return { status: 200, json: { items, nextCursor: null }, headers: { vary: 'accept' } }
    },
  }),
  defineRoute({
    ...COMMON,
    path: '/plugins/:id/recording/permissions',
    operationId: 'advisePermissions',
    summary:
      'What a plugin has used without asking, what it asks for and never used, and a manifest for both',
    responses: { 200: { description: 'The advice', schema: PermissionAdvice } },
    errors: ['PLUGIN_UNKNOWN', 'NOT_FOUND'],
    async handle({ params, services }) {
      const recording = await recordingOf(params.id, services)
      const { permissions } = await services.plugins.get(params.id)
      return { status: 200, json: permissionAdvice(permissions, recording.permissions) }
    },
  }),
]

/** @throws PlugbayError PLUGIN_UNKNOWN, NOT_FOUND */
async function recordingOf(
  id: string,
  { recorder, plugins }: Pick<ApiServices, 'recorder' | 'plugins'>,
): Promise<PluginRecording> {
  if (recorder === undefined)
    throw new PlugbayError('NOT_FOUND', 'Only the server of "plugbay dev" records what plugins do')
  await plugins.get(id)
  return recorder.of(id)
}

function follow(input: RouteInput, recording: PluginRecording): Response {
  const { request, principal, stillAllowed, onEnded, streams } = input
  let id = 0
  return streams.open({
    request,
    principal,
    stillAllowed,
    onEnded,
    start: (send) => recording.subscribe((call) => send({ event: 'call', id: ++id, data: call })),
  })
}
