// The store, the child processes that touch what is hostile, and what leads out of the machine.

import { join } from 'node:path'
import { openStore } from '../../plugin-store/open-store.ts'
import { cacheFolder } from '../bundles/cache-folder.ts'
import { openDataProcesses } from '../data/data-processes.ts'
import { openUsb } from '../devices/usb/usb.ts'
import { DriveCommands } from '../devices/volumes/drive-commands.ts'
import { createUdisks } from '../devices/volumes/udisks.ts'
import { createVolumes } from '../devices/volumes/volumes.ts'
import { createEgress } from '../egress/egress.ts'
import { createOwnServer } from '../egress/own-server.ts'
import { openFiles } from '../files/files.ts'
import { REAL_OUTSIDE } from '../host-calls/outside.ts'
import { adminToken } from '../http/identity/admin-token.ts'
import { createByteCache } from '../package/byte-cache.ts'
import { sweepAllDerived } from '../package/derived-writer.ts'
import { openPackageProcess } from '../package/package-process.ts'
import { openSourceMapProcess } from '../package/source-map-process.ts'
import { openJail } from '../processes/jail/jail.ts'
import { openSandbox } from '../sandbox/placement/sandbox.ts'
import { UsageMeters } from '../sandbox/usage/usage-meters.ts'
import { SETTINGS_FILE } from '../settings/sections.ts'
import { openSettingsFile } from '../settings/settings-file.ts'
import type { Setup } from './setup.ts'

const ASSET_CACHE_BYTES = 32_000_000

export type Processes = Awaited<ReturnType<typeof openProcesses>>

export async function openProcesses({ options, config, policy, log, closers }: Setup) {
  const warn = (message: string, error: unknown) => log.warn({ error: String(error) }, message)
  const store = closers.add(
    await openStore(config.data, {
      flush: policy.flush,
      ...(config.secrets.keyFile !== null && { keyFile: config.secrets.keyFile }),
      warn,
    }),
  )
  const [jail, admin] = await Promise.all([
    openJail({ mode: config.sandbox.jail, folder: store.paths.pluginData, log }),
    adminToken(store, config),
    sweepAllDerived(store.paths.artifacts, warn),
  ])
  const outside = options.outside ?? REAL_OUTSIDE
  const { clockAheadMs } = outside
  const sandbox = closers.add(
    openSandbox({
      config: config.sandbox,
      memoryMb: config.limits.memoryMb,
      cacheFolder: cacheFolder() ?? store.paths.cache,
      ...{ jail, log, clockAheadMs },
      ...(options.sandboxEntry !== undefined && { entry: options.sandboxEntry }),
    }),
  )
  const meters = new UsageMeters()
  const charge = (pluginId: string, ms: number) => meters.charge(pluginId, ms)
  const data = closers.add(
    openDataProcesses({ folder: store.paths.pluginData, jail, log, charge, clockAheadMs }),
  )
  outside.opened(data, sandbox)
  const files = closers.add(openFiles({ jail, log, charge }))
  const volumes = closers.add(createVolumes({ ...config.volumes, files }))
  const drives = new DriveCommands({
    ...{ volumes, files, udisks: createUdisks(), audit: store.audit },
    isAllowed: config.volumes.udisks,
  })
  const packages = closers.add(
    openPackageProcess({
      staging: store.paths.staging,
      limits: config.packages,
      compress: policy.compress,
      ...{ jail, log },
      folders: options.packageFolders ?? [],
    }),
  )
  const sourceMaps = closers.add(openSourceMapProcess({ artifacts: store.paths.artifacts, jail, log }))
  const usb = closers.add(openUsb({ backend: options.usb, store, charge, jail, log }))
  const ownServer = createOwnServer(config)
  const egress = closers.add(
    outside.egress(createEgress({ ...options.network, ownServer, limits: config.limits, charge })),
  )
  const settingsFile = closers.add(await openSettingsFile({ path: join(config.data, SETTINGS_FILE), log }))
  return {
    ...{ store, jail, admin, outside, meters, charge },
    ...{ sandbox, data, files, volumes, drives, packages, sourceMaps, usb },
    ...{ ownServer, egress, settingsFile },
    assetCache: createByteCache(ASSET_CACHE_BYTES),
  }
}
