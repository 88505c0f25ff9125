// Joins the parts of a runtime, starts them in order and closes them in reverse. No logic: what is joined is in composition/.

import type { HostDeclaration } from '../sdk/host/declaration.ts'
import type { HostActions } from './actions/actions.ts'
import { openExtensionPoints } from './composition/extension-points.ts'
import { openHttp } from './composition/http.ts'
import { type OpenedPlugins, openPlugins } from './composition/plugins.ts'
import { openProcesses } from './composition/processes.ts'
import { readOptions, type Setup } from './composition/setup.ts'
import { start } from './composition/start.ts'
import type { HostSettings } from './contributions/host-settings.ts'
import type { HostMenus } from './contributions/menus.ts'
import type { HostEvents } from './events/events.ts'
import type { HostHooks } from './hooks/hooks.ts'
import { Init } from './init/init.ts'
import { serverInit } from './init/server-init.ts'
import type { Runtime, RuntimeOptions } from './runtime-types.ts'
import type { ServerHost } from './server-host.ts'

export type { Authenticate, Purpose } from './http/identity/authenticate.ts'
export type { Runtime, RuntimeOptions } from './runtime-types.ts'

/**
 * Opens the data folder and starts every installed plugin. Rejects with a PlugbayError or StoreError (HOST_INVALID, STORE_LOCKED,
 * …).
 */
export async function createRuntime<const Host extends HostDeclaration = ServerHost>(
  options: RuntimeOptions<Host> = {},
): Promise<Runtime<Host>> {
  const setup = await readOptions(options)
  try {
    return await open(setup)
  } catch (error) {
    await setup.closers.closeAll()
    throw error
  }
}

async function open<Host extends HostDeclaration>(setup: Setup<Host>): Promise<Runtime<Host>> {
  const { options, config, host, languages, version, log, closers } = setup
  const processes = await openProcesses(setup)
  const extension = await openExtensionPoints(setup, processes, () => opened.hostData)
  const opened: OpenedPlugins = openPlugins(setup, processes, extension)
  await start(setup, processes, extension, opened)
  const { live, points, contributors, orders, menuTitles, values, templates, tasks } = extension
  const init = new Init({
    ...{ live, store: processes.store, tasks },
    application: options.host === undefined ? await serverInit(config) : host.init,
    render: (script) => templates.textOf(script),
  })
  const ending = new AbortController()
  const http = openHttp({ setup, processes, extension, opened, init, ending: ending.signal })
  return {
    ...{ host, config, version, log, languages },
    ...{ live, points, contributors, orders, menuTitles, values, templates, init, tasks },
    // The names and values that the declaration has: checked again when they arrive.
    hooks: extension.hooks as HostHooks<Host>,
    menus: extension.menus as HostMenus<Host>,
    actions: extension.actions as HostActions<Host>,
    events: extension.events as HostEvents<Host>,
    // Its values were checked against the declaration that `Host` is the type of.
    settings: extension.hostSettings as unknown as HostSettings<Host>,
    durable: extension.durable,
    images: extension.images,
    slots: extension.slots,
    plugins: opened.plugins,
    hostData: opened.hostData,
    store: processes.store,
    sandbox: processes.sandbox,
    jail: processes.jail,
    devices: processes.usb.devices,
    files: processes.files,
    http,
    isReady: () => !ending.signal.aborted,
    adminCode: () => http.signInCode(processes.admin),
    endUser: (name) => http.endUser(name),
    leave: () => ending.abort(),
    async close() {
      ending.abort()
      await closers.closeAll()
    },
  }
}
