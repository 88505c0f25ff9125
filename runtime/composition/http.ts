// The HTTP side of a runtime: what it is served from.

import { filesOfPlugins } from '../http/backend/file-pipe.ts'
import { createHttp, type Http } from '../http/http.ts'
import { snapshotOf } from '../http/metrics/metrics-snapshot.ts'
import { serverReport } from '../http/metrics/server-report.ts'
import type { Init } from '../init/init.ts'
import { createTaskAdmin } from '../tasks/task-admin.ts'
import type { ExtensionPoints } from './extension-points.ts'
import type { OpenedPlugins } from './plugins.ts'
import type { Processes } from './processes.ts'
import type { Setup } from './setup.ts'

interface Joined {
  readonly setup: Setup
  readonly processes: Processes
  readonly extension: ExtensionPoints
  readonly opened: OpenedPlugins
  readonly init: Init
  /** Event streams end with it. */
  readonly ending: AbortSignal
}

export function openHttp({ setup, processes, extension, opened, init, ending }: Joined): Http {
  const { options, config, version, log, languages } = setup
  const { store, jail, meters, sandbox, data, files, usb, packages, sourceMaps, volumes, drives } = processes
  const { live, points, contributors, orders, menuTitles, menus, actions, tasks, durable } = extension
  const { hostSettings, values, templates, templateEngine, images, slots, precompression } = extension
  const { plugins, hostData, recorder, storage } = opened
  const children = { sandbox, data, files, usb, packages, precompression, sourceMaps, templateEngine }
  return createHttp({
    ...{ config, version, log, store, languages, plugins, live, points, contributors },
    assetCache: processes.assetCache,
    ...{ orders, menuTitles, menus, actions, durable, hostSettings, values, templates, init, images, slots },
    tasks: createTaskAdmin({ tasks, store: store.tasks, audit: store.audit }),
    files: filesOfPlugins(data.buckets, meters),
    ...{ hostData, devices: usb.devices, pluginDevices: usb.ofPlugins, volumes, drives },
    ...{ recorder, storage, ownServer: processes.ownServer },
    snapshot: () => snapshotOf({ ...children, plugins }),
    server: serverReport({
      ...{ config, version, jail, children },
      origins: options.configOrigins,
      isSafe: options.safe ?? false,
    }),
    signIn: options.signIn ?? false,
    samples: options.samples,
    authenticate: options.authenticate,
    reservedPaths: options.dev?.paths,
    ending,
  })
}
