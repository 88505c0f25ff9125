// The sample plugins that come with the server: which there are, what each asks for, and their installation.

import { InspectAnswer, UploadAnswer, UploadQuery } from '../../../sdk/api/packages.ts'
import { PluginParams } from '../../../sdk/api/plugins.ts'
import { SampleList } from '../../../sdk/api/samples.ts'
import { PlugbayError } from '../../errors.ts'
import type { PackageSource } from '../../package/types.ts'
import { uploadAnswer } from './packages.ts'
import { defineRoute } from './route.ts'
import type { ApiServices } from './services.ts'

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
        json: {
          items: ids.map((id) => ({
            id,
            isInstalled: installed.has(id),
            misbehaves: samples?.misbehaves(id) === true,
          })),
          nextCursor: null,
        },
      }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/samples/:id/inspect',
    operationId: 'inspectSample',
    summary: 'Check a sample plugin as an upload is checked, and say what it asks for',
    tag: 'plugins',
    permission: 'plugins.manage',
    params: PluginParams,
    responses: { 200: { description: 'What was found', schema: InspectAnswer } },
    errors: ['NOT_FOUND', 'STORE_FULL'],
    async handle({ params, services }) {
      return { status: 200, json: await services.plugins.inspect(await sourceOf(params.id, services)) }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/samples/:id/install',
    operationId: 'installSample',
    summary: 'Install a sample plugin; what it asks for is granted only where the request says so',
    tag: 'plugins',
    permission: 'plugins.manage',
    params: PluginParams,
    query: UploadQuery,
    responses: { 200: { description: 'The plugin', schema: UploadAnswer } },
    errors: ['NOT_FOUND', 'VERSION_EXISTS', 'DOWNGRADE', 'MANIFEST_INVALID', 'STORE_FULL'],
    async handle(input) {
      const { params, query, actor, services } = input
      const source = await sourceOf(params.id, services)
      const { enable = services.samples?.misbehaves(params.id) !== true, grant = 'none' } = query
      const uploaded = await services.plugins.upload(source, { ...query, actor, enable, grant })
      return { status: 200, json: await uploadAnswer(uploaded, input) }
    },
  }),
]

/** Only a name of the list leads to a file. @throws PlugbayError NOT_FOUND */
async function sourceOf(id: string, { samples }: Pick<ApiServices, 'samples'>): Promise<PackageSource> {
  const ids = (await samples?.ids()) ?? []
  if (samples === undefined || !ids.includes(id))
    throw new PlugbayError('NOT_FOUND', `There is no sample "${id}"`)
  return await samples.source(id)
}
