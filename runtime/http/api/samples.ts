// The sample plugins that come with the server: which there are, and their installation.

import { Installation, PluginParams } from '../../../sdk/api/plugins.ts'
import { SampleList } from '../../../sdk/api/samples.ts'
import { PlugbayError } from '../../errors.ts'
import { inLanguage } from './in-language.ts'
import { defineRoute } from './route.ts'

export const sampleRoutes = [
  defineRoute({
    method: 'GET',
    path: '/samples',
    operationId: 'listSamples',
    summary: 'The sample plugins that come with the server',
    tag: 'plugins',
    permission: 'plugins.view',
    responses: { 200: { description: 'All of them, on one page', schema: SampleList } },
    async handle({ services: { samples, store } }) {
      const installed = new Set((await store.catalog.list()).map(({ id }) => id))
      const ids = (await samples?.ids()) ?? []
      return {
        status: 200,
        json: { items: ids.map((id) => ({ id, isInstalled: installed.has(id) })), nextCursor: null },
      }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/samples/:id/install',
    operationId: 'installSample',
    summary: 'Install a sample plugin, without granting what it asks for',
    tag: 'plugins',
    permission: 'plugins.manage',
    params: PluginParams,
    responses: { 200: { description: 'The plugin', schema: Installation } },
    errors: ['NOT_FOUND', 'VERSION_EXISTS', 'DOWNGRADE', 'MANIFEST_INVALID', 'STORE_FULL'],
    async handle(input) {
      const { params, actor, services } = input
      // Only a name of the list leads to a file.
      const ids = (await services.samples?.ids()) ?? []
      if (services.samples === undefined || !ids.includes(params.id))
        throw new PlugbayError('NOT_FOUND', `There is no sample "${params.id}"`)
      const source = await services.samples.source(params.id)
      const { installation } = await services.plugins.upload(source, { actor, enable: true, grant: 'none' })
      return { status: 200, json: await inLanguage(installation, input) }
    },
  }),
]
