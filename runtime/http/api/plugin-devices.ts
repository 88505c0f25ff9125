// Which USB devices a plugin may use, and which of them an administrator chose for it.

import { listOf } from '../../../sdk/api/lists.ts'
import { ChosenDevices, PluginDevice } from '../../../sdk/api/plugin-devices.ts'
import { PluginParams } from '../../../sdk/api/plugins.ts'
import { defineRoute } from './route.ts'
import type { ApiServices } from './services.ts'

const RESPONSES = {
  200: {
    description: 'On one page: those that match its grant and are plugged in, and those that were chosen',
    schema: listOf(PluginDevice),
  },
} as const

export const pluginDeviceRoutes = [
  defineRoute({
    method: 'GET',
    path: '/plugins/:id/devices',
    operationId: 'listPluginDevices',
    summary: 'The USB devices that a plugin may use',
    tag: 'devices',
    permission: 'devices.view',
    params: PluginParams,
    responses: RESPONSES,
    errors: ['PLUGIN_UNKNOWN'],
    async handle({ params, services }) {
      return { status: 200, json: await pageOf(params.id, services) }
    },
  }),
  defineRoute({
    method: 'PUT',
    path: '/plugins/:id/devices',
    operationId: 'choosePluginDevices',
    summary: 'Choose what a plugin gets when it asks for a USB device',
    tag: 'devices',
    permission: 'plugins.manage',
    params: PluginParams,
    body: ChosenDevices,
    responses: RESPONSES,
    errors: ['PLUGIN_UNKNOWN'],
    async handle({ params, body, actor, services }) {
      await services.pluginDevices.choose(params.id, body.chosen, actor)
      return { status: 200, json: await pageOf(params.id, services) }
    },
  }),
]

async function pageOf(id: string, { plugins, pluginDevices }: ApiServices) {
  const { grants } = await plugins.get(id)
  return { items: [...(await pluginDevices.list(id, grants.usb ?? []))], nextCursor: null }
}
