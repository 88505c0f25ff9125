// Every route of the admin API. Routes that are not in this list do not exist.

import { Anything } from '../../../sdk/api/shape.ts'
import { actionRoutes } from './actions.ts'
import { auditRoutes } from './audit.ts'
import { backupRoutes } from './backup.ts'
import { bundleRoutes } from './bundles.ts'
import { dataRoutes } from './data.ts'
import { deliveryRoutes } from './deliveries.ts'
import { deviceRoutes } from './devices.ts'
import { enablingRoutes } from './enabling.ts'
import { eventRoutes } from './events.ts'
import { extensionPointRoutes } from './extension-points.ts'
import { imageRoutes } from './images.ts'
import { initRoutes } from './init.ts'
import { logRoutes } from './logs.ts'
import { menuRoutes } from './menus.ts'
import { type OpenApiDocument, openApiDocument } from './openapi.ts'
import { packageRoutes } from './packages.ts'
import { pageRoutes } from './pages.ts'
import { pluginDeviceRoutes } from './plugin-devices.ts'
import { pluginRoutes } from './plugins.ts'
import { recordingRoutes } from './recordings.ts'
import { releaseRoutes } from './releases.ts'
import { defineRoute, type Route } from './route.ts'
import { sampleRoutes } from './samples.ts'
import { secretRoutes } from './secrets.ts'
import { serverRoutes } from './server.ts'
import { sessionRoutes } from './session.ts'
import { settingsRoutes } from './settings.ts'
import { storageRoutes } from './storage.ts'
import { taskRoutes } from './tasks.ts'
import { templateRoutes } from './templates.ts'
import { tokenRoutes } from './tokens.ts'
import { usageRoutes } from './usage.ts'
import { userRoutes } from './users.ts'
import { valueRoutes } from './values.ts'
import { volumeRoutes } from './volumes.ts'

/** @param version of Plugbay, for the document */
export function apiRoutes(version: string): readonly Route[] {
  let document: OpenApiDocument | undefined
  const routes: readonly Route[] = [
    ...sessionRoutes,
    ...packageRoutes,
    ...pluginRoutes,
    ...releaseRoutes,
    ...sampleRoutes,
    ...enablingRoutes,
    ...usageRoutes,
    ...settingsRoutes,
    ...valueRoutes,
    ...templateRoutes,
    ...initRoutes,
    ...secretRoutes,
    ...dataRoutes,
    ...serverRoutes,
    ...backupRoutes,
    ...logRoutes,
    ...recordingRoutes,
    ...storageRoutes,
    ...deviceRoutes,
    ...pluginDeviceRoutes,
    ...volumeRoutes,
    ...extensionPointRoutes,
    ...menuRoutes,
    ...pageRoutes,
    ...actionRoutes,
    ...taskRoutes,
    ...imageRoutes,
    ...bundleRoutes,
    ...auditRoutes,
    ...eventRoutes,
    ...deliveryRoutes,
    ...userRoutes,
    ...tokenRoutes,
    defineRoute({
      method: 'GET',
      path: '/openapi.json',
      operationId: 'getDocument',
      summary: 'This document',
      tag: 'document',
      permission: 'anyone',
      responses: { 200: { description: 'OpenAPI 3.1', schema: Anything } },
      async handle({ path }) {
        const base = path.slice(0, -'/openapi.json'.length)
        document ??= openApiDocument(routes, version)
        return { status: 200, json: { ...document, servers: [{ url: base }] } }
      },
    }),
  ]
  return routes
}
