// Uploading a package, and looking into one without keeping it.

import { Type } from '../../../sdk/schema.ts'
import type { PackageSource } from '../../package/types.ts'
import { type ReadPackageOptions, withPackage } from './read-package.ts'
import { defineRoute, type RouteInput } from './route.ts'
import { InspectAnswer, UploadAnswer } from './schemas.ts'
import type { ApiServices } from './services.ts'

const UploadQuery = Type.Object(
  {
    enable: Type.Optional(
      Type.Boolean({ description: 'Default: true for a new plugin; an update keeps what was' }),
    ),
    grant: Type.Optional(
      Type.Enum(['all', 'none'], { description: 'Whether what is asked is granted at once' }),
    ),
    downgrade: Type.Optional(Type.Boolean({ description: 'Take a version lower than the installed one' })),
  },
  { additionalProperties: false },
)

const ARCHIVE_ERRORS = ['ARCHIVE_TOO_LARGE', 'MEDIA_TYPE', 'STORE_FULL'] as const

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
    async handle({ query, request, path, actor, services }) {
      const { kind, installation, warnings, notYetActive } = await withPackage(
        request,
        limitsOf(services),
        (source) => services.plugins.upload(source, { ...query, actor }),
      )
      return {
        status: kind === 'created' ? 201 : 200,
        json: { ...installation, outcome: kind, warnings, notYetActive },
        // The id has passed the manifest's pattern: it cannot break out of a header.
        headers: { location: `${path}/${installation.id}` },
      }
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
    handle: inspect,
  }),
]

async function inspect({ request, services }: RouteInput) {
  const report = await withPackage(request, limitsOf(services), (source: PackageSource) =>
    services.plugins.inspect(source),
  )
  return { status: 200, json: report }
}

function limitsOf({ config, store }: ApiServices): ReadPackageOptions {
  return { folder: store.paths.staging, maxBytes: config.packages.maxArchiveBytes }
}
