// Starts what was opened, in order: data that a restore left, plugins, rendered files, tasks and events.

import { watchDevices } from '../events/device-events.ts'
import { createPluginEvents } from '../events/plugin-events.ts'
import { followPlugins } from '../tasks/follow-plugins.ts'
import type { ExtensionPoints } from './extension-points.ts'
import type { OpenedPlugins } from './plugins.ts'
import type { Processes } from './processes.ts'
import type { Setup } from './setup.ts'

export async function start(
  { options, closers }: Setup,
  { store, usb, volumes }: Processes,
  { live, events, tasks, durable, templates, precompression, lost }: ExtensionPoints,
  { plugins, hostData }: OpenedPlugins,
): Promise<void> {
  const isSafe = options.safe ?? false
  closers.add(precompression)
  closers.add(templates)
  await hostData.recover()
  await plugins.boot()
  await hostData.importPending()
  // Without plugins the files would lose what these contribute.
  if (!isSafe) await templates.start()
  closers.add(tasks)
  closers.add(durable)
  closers.add(events)
  if (!isSafe) await Promise.all([tasks.start(), durable.start(plugins)])
  closers.run(await followPlugins({ tasks, plugins, catalog: store.catalog, live, onError: lost }))
  const pluginEvents = createPluginEvents(events, await store.catalog.list())
  closers.run(plugins.subscribeEvents((event) => void pluginEvents(event).catch(lost)))
  closers.run(watchDevices({ events, live, devices: usb.devices, volumes, onError: lost }))
}
