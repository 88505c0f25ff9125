// Uploading a package, and inspecting one without installing it.

import { InspectAnswer, UploadAnswer, UploadQuery } from '../../../sdk/api/packages.ts'
import type { UploadOutcome } from '../../lifecycle/plugins.ts'
import { inLanguage } from './in-language.ts'
import { type ReadPackageOptions, withPackage } from './read-package.ts'
import { defineRoute, type RouteInput } from './route.ts'
import type { ApiServices } from './services.ts'

const ARCHIVE_ERRORS = [
  'ARCHIVE_TOO_LARGE',
  'BODY_TOO_SLOW',
  'MEDIA_TYPE',
  'STORE_FULL',
  'TOO_MANY_UPLOADS',
] as const

export const packageRoutes = [
  defineRoute({
    method: 'POST',
    path: '/plugins',
    operationId: 'uploadPlugin',
    summary: 'Upload a plugin, or a new version of one',
    tag: 'plugins',
    permission: 'plugins.manage',
    query: UploadQuery,
    upload: 'package',
    responses: {
      200: { description: 'A new version, or the same content again', schema: UploadAnswer },
      201: {
        description: 'A new plugin',
        schema: UploadAnswer,
        headers: { Location: 'Where the plugin is found' },
      },
    },
    errors: [...ARCHIVE_ERRORS, 'VERSION_EXISTS', 'DOWNGRADE', 'MANIFEST_INVALID'],
    async handle(input) {
      const { query, request, path, actor, services } = input
      const uploaded = await withPackage(request, limitsOf(services), (source) =>
        services.plugins.upload(source, { ...query, actor }),
      )
      const json = await uploadAnswer(uploaded, input)
      // The id has passed the manifest's pattern: it cannot break out of a header.
      const headers = { location: `${path}/${json.id}` }
      return uploaded.kind === 'created' ? { status: 201, json, headers } : { status: 200, json, headers }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/packages/inspect',
    operationId: 'inspectPackage',
    summary: 'Check a package without storing anything',
    tag: 'plugins',
    permission: 'plugins.manage',
    upload: 'package',
    responses: {
      200: { description: 'What was found, also for a package that is refused', schema: InspectAnswer },
    },
    errors: ARCHIVE_ERRORS,
    async handle({ request, services }) {
      const json = await withPackage(request, limitsOf(services), (source) =>
        services.plugins.inspect(source),
      )
      return { status: 200, json }
    },
  }),
]

export async function uploadAnswer(
  { kind, installation, warnings, notYetActive }: UploadOutcome,
  input: RouteInput,
): Promise<UploadAnswer> {
  return { ...(await inLanguage(installation, input)), outcome: kind, warnings, notYetActive }
}

function limitsOf({ config, store }: ApiServices): ReadPackageOptions {
  const { maxArchiveBytes: maxBytes } = config.packages
  return { folder: store.paths.staging, maxBytes, maxMs: config.http.uploadMs }
}
