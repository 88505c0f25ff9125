// The plugins: their lifecycle, what their backends may ask for, and the data of all of them.

import { HostData } from '../data/host/host-data.ts'
import { createOwnData } from '../data/host/own-data.ts'
import { PluginStorage } from '../data/plugin-storage.ts'
import { bucketHandlers } from '../host-calls/bucket.ts'
import { dbHandlers } from '../host-calls/db.ts'
import { eventHandlers } from '../host-calls/events.ts'
import { fetchHandlers } from '../host-calls/fetch.ts'
import { fileHandlers } from '../host-calls/files.ts'
import { hookHandlers } from '../host-calls/hooks.ts'
import { hostFunctionHandlers } from '../host-calls/host.ts'
import type { Handlers } from '../host-calls/host-calls.ts'
import { kvHandlers } from '../host-calls/kv.ts'
import { signHandlers } from '../host-calls/sign.ts'
import { taskHandlers } from '../host-calls/tasks.ts'
import { usbHandlers } from '../host-calls/usb.ts'
import { volumeHandlers } from '../host-calls/volumes.ts'
import { createPluginAdmin } from '../lifecycle/plugin-admin.ts'
import { Recorder } from '../recording/recorder.ts'
import type { ExtensionPoints } from './extension-points.ts'
import type { Processes } from './processes.ts'
import type { Setup } from './setup.ts'

export type OpenedPlugins = ReturnType<typeof openPlugins>

export function openPlugins(setup: Setup, processes: Processes, extension: ExtensionPoints) {
  const { options, config, host, languages, version, policy, log, closers } = setup
  const { store, jail, outside, meters, data, usb, packages, sourceMaps, sandbox } = processes
  const { live, points, contributors, orders, menuTitles, bundleFailures } = extension
  const recorder = policy.records ? new Recorder() : undefined
  const plugins = closers.add(
    createPluginAdmin({
      ...{ config, log, store, packages, sourceMaps, sandbox, meters, data, devices: usb.devices },
      ...{ live, points, contributors, orders, menuTitles, bundleFailures, languages },
      handlers: outside.handlers(hostCalls(setup, processes, extension)),
      assetCache: processes.assetCache,
      settingsFile: processes.settingsFile,
      settingFlags: options.settingFlags ?? {},
      hostSettings: extension.hostSettings,
      values: extension.values,
      templates: extension.templates,
      environment: extension.environment,
      ...{ policy, recorder },
      inspector: options.dev?.inspector,
      safe: options.safe ?? false,
    }),
  )
  const hostData = new HostData({
    ...{ host, version, jail, log, audit: store.audit, paths: store.paths },
    own:
      options.host === undefined
        ? createOwnData({
            ...{ store, snapshots: data.snapshots, plugins: () => plugins.list() },
            exportPlugin: (id) => plugins.exportData(id, 'system'),
            async importPlugin(id, source) {
              await plugins.importData(id, { source, anyPlugin: false, actor: 'system' })
            },
          })
        : undefined,
  })
  return {
    ...{ plugins, hostData, recorder },
    storage: policy.records ? new PluginStorage({ data, kvBytes: config.limits.kvBytes }) : undefined,
  }
}

function hostCalls({ log }: Setup, processes: Processes, extension: ExtensionPoints): Handlers {
  const { data, usb, volumes, files, drives, egress } = processes
  const { hooks, events, guestTasks, points, checks } = extension
  return {
    ...{ ...kvHandlers(data), ...dbHandlers(data), ...bucketHandlers(data.buckets) },
    ...usbHandlers(usb),
    ...fileHandlers(),
    ...volumeHandlers({ volumes, files, drives }),
    ...fetchHandlers(egress),
    ...signHandlers(),
    ...hookHandlers((...call) => hooks.applyFor(...call)),
    ...hostFunctionHandlers({
      ...{ points, checks },
      onError: (error, call) => log.error({ ...call, err: error }, 'a function of the application failed'),
    }),
    ...eventHandlers((...call) => events.emitFor(...call)),
    ...taskHandlers(() => guestTasks),
  }
}
