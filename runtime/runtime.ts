// The composition root: creates the parts, connects them, starts them in order and closes them in reverse. No logic.

import { join } from 'node:path'
import { openStore } from '../plugin-store/open-store.ts'
import type { HostDeclaration } from '../sdk/host/declaration.ts'
import { Actions, type HostActions } from './actions/actions.ts'
import { ContextFolders } from './actions/context-folders.ts'
import { cacheFolder } from './bundles/cache-folder.ts'
import { type Config, withDefaults } from './config/config.ts'
import { packageVersion } from './config/package-version.ts'
import { BundleFailures } from './contributions/bundle-failures.ts'
import { Contributors } from './contributions/contributors.ts'
import { type HostSettings, LiveHostSettings } from './contributions/host-settings.ts'
import { LivePlugins } from './contributions/live-plugins.ts'
import { MenuTitles } from './contributions/menu-titles.ts'
import { type HostMenus, Menus } from './contributions/menus.ts'
import { Orders } from './contributions/orders.ts'
import { LiveValues } from './contributions/values.ts'
import { openDataProcesses } from './data/data-processes.ts'
import { HostData } from './data/host/host-data.ts'
import { createOwnData } from './data/host/own-data.ts'
import { PluginStorage } from './data/plugin-storage.ts'
import { openUsb } from './devices/usb/usb.ts'
import { DriveCommands } from './devices/volumes/drive-commands.ts'
import { createUdisks } from './devices/volumes/udisks.ts'
import { createVolumes } from './devices/volumes/volumes.ts'
import { createEgress } from './egress/egress.ts'
import { createOwnServer } from './egress/own-server.ts'
import { watchDevices } from './events/device-events.ts'
import { DurableEvents } from './events/durable-events.ts'
import { Events, type HostEvents } from './events/events.ts'
import { createPluginEvents } from './events/plugin-events.ts'
import { openFiles } from './files/files.ts'
import { CallDepths } from './guest-calls/call-depths.ts'
import { Hooks, type HostHooks } from './hooks/hooks.ts'
import { Points } from './host/points.ts'
import { ValueChecks } from './host/value-checks.ts'
import { bucketHandlers } from './host-calls/bucket.ts'
import { dbHandlers } from './host-calls/db.ts'
import { eventHandlers } from './host-calls/events.ts'
import { fetchHandlers } from './host-calls/fetch.ts'
import { fileHandlers } from './host-calls/files.ts'
import { hookHandlers } from './host-calls/hooks.ts'
import { hostFunctionHandlers } from './host-calls/host.ts'
import { hostDataCalls } from './host-calls/host-data.ts'
import { kvHandlers } from './host-calls/kv.ts'
import { REAL_OUTSIDE } from './host-calls/outside.ts'
import { signHandlers } from './host-calls/sign.ts'
import { taskHandlers } from './host-calls/tasks.ts'
import { usbHandlers } from './host-calls/usb.ts'
import { volumeHandlers } from './host-calls/volumes.ts'
import { filesOfPlugins } from './http/backend/file-pipe.ts'
import { createHttp } from './http/http.ts'
import { adminToken, isGuessable } from './http/identity/admin-token.ts'
import { snapshotOf } from './http/metrics/metrics-snapshot.ts'
import { serverReport } from './http/metrics/server-report.ts'
import { createImages } from './images/create-images.ts'
import { Init } from './init/init.ts'
import { serverInit } from './init/server-init.ts'
import { languagesOf } from './languages/host-languages.ts'
import { createPluginAdmin } from './lifecycle/plugin-admin.ts'
import { createPrecompression } from './lifecycle/prepare/precompression.ts'
import { createLog } from './log.ts'
import { createByteCache } from './package/byte-cache.ts'
import { sweepAllDerived } from './package/derived-writer.ts'
import { openPackageProcess } from './package/package-process.ts'
import { openSourceMapProcess } from './package/source-map-process.ts'
import { DEVELOPMENT, PRODUCTION } from './policy.ts'
import { openJail } from './processes/jail/jail.ts'
import { Recorder } from './recording/recorder.ts'
import { LiveTemplates } from './rendering/live-templates.ts'
import type { Runtime, RuntimeOptions } from './runtime-types.ts'
import { openSandbox } from './sandbox/placement/sandbox.ts'
import { UsageMeters } from './sandbox/usage/usage-meters.ts'
import { type ServerHost, serverHost } from './server-host.ts'
import { checkHostSettings } from './settings/check-host-settings.ts'
import { SETTINGS_FILE } from './settings/sections.ts'
import { openSettingsFile } from './settings/settings-file.ts'
import { Slots } from './slots/slots.ts'
import { BackgroundTasks } from './tasks/background-tasks.ts'
import { followPlugins } from './tasks/follow-plugins.ts'
import { createGuestTasks } from './tasks/guest-tasks.ts'
import { createTaskAdmin } from './tasks/task-admin.ts'
import { TemplateEngine } from './templates/template-engine.ts'
import { readOperatorValues } from './values/operator-values.ts'
import { renderWith } from './values/render-values.ts'

export type { Authenticate, Purpose } from './http/identity/authenticate.ts'
export type { Runtime, RuntimeOptions } from './runtime-types.ts'

/**
 * Opens the data folder and starts every installed plugin. Rejects with a PlugbayError or StoreError (HOST_INVALID, STORE_LOCKED,
 * …).
 */
export async function createRuntime<const Host extends HostDeclaration = ServerHost>(
  options: RuntimeOptions<Host> = {},
): Promise<Runtime<Host>> {
  const config = withDefaults(options.config)
  const host = await hostOf(options, config)
  const version = packageVersion()
  const log = createLog(config.logLevel)
  if (config.adminToken !== null && isGuessable(config.adminToken))
    log.warn('The admin token of the configuration can be guessed: use 22 random characters or more')
  const languages = languagesOf(host.languages, config)
  const policy = options.dev === undefined ? PRODUCTION : DEVELOPMENT
  const closers: (() => Promise<void>)[] = []
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const store = await openStore(config.data, {
      flush: policy.flush,
      ...(config.secrets.keyFile !== null && { keyFile: config.secrets.keyFile }),
      warn: (message, error) => log.warn({ error: String(error) }, message),
    })
    closers.push(() => store.close())
    const warn = (message: string, error: unknown) => log.warn({ error: String(error) }, message)
    const [jail, admin] = await Promise.all([
      openJail({ mode: config.sandbox.jail, folder: store.paths.pluginData, log }),
      adminToken(store, config),
      sweepAllDerived(store.paths.artifacts, warn),
    ])
    const outside = options.outside ?? REAL_OUTSIDE
    const { clockAheadMs } = outside
    const sandbox = openSandbox({
      config: config.sandbox,
      memoryMb: config.limits.memoryMb,
      cacheFolder: cacheFolder() ?? store.paths.cache,
      ...{ jail, log, clockAheadMs },
      ...(options.sandboxEntry !== undefined && { entry: options.sandboxEntry }),
    })
    closers.push(() => sandbox.close())
    const meters = new UsageMeters()
    const charge = (pluginId: string, ms: number) => meters.charge(pluginId, ms)
    const data = openDataProcesses({ folder: store.paths.pluginData, jail, log, charge, clockAheadMs })
    closers.push(() => data.close())
    outside.opened(data, sandbox)
    const files = openFiles({ jail, log, charge })
    closers.push(() => files.close())
    const volumes = createVolumes({ ...config.volumes, files })
    closers.push(async () => volumes.close())
    const drives = new DriveCommands({
      ...{ volumes, udisks: createUdisks(), audit: store.audit },
      isAllowed: config.volumes.udisks,
      letGo: (root) => files.letGo(root),
    })
    const packages = openPackageProcess({
      staging: store.paths.staging,
      limits: config.packages,
      compress: policy.compress,
      jail,
      log,
      folders: options.packageFolders ?? [],
    })
    closers.push(() => packages.close())
    const sourceMaps = openSourceMapProcess({ artifacts: store.paths.artifacts, jail, log })
    closers.push(() => sourceMaps.close())
    const usb = openUsb({ backend: options.usb, store, charge, jail, log })
    closers.push(() => usb.close())
    const ownServer = createOwnServer(config)
    const egress = outside.egress(
      createEgress({ ...options.network, ownServer, limits: config.limits, charge }),
    )
    closers.push(() => egress.close())
    const settingsFile = await openSettingsFile({ path: join(config.data, SETTINGS_FILE), log })
    closers.push(() => settingsFile.close())
    const live = new LivePlugins()
    const points = new Points(
      host,
      hostDataCalls(() => hostData),
    )
    const orders = new Orders(store)
    await orders.read()
    const menuTitles = new MenuTitles(store)
    await menuTitles.read()
    const contributors = new Contributors(live, orders)
    const checks = new ValueChecks()
    const depths = new CallDepths()
    const menus = new Menus({ points, contributors, orders, titles: menuTitles, checks, languages })
    const hooks = new Hooks({ points, contributors, live, checks, depths, languages })
    const lost = (error: unknown) => log.error({ error: String(error) }, 'an event was not sent')
    const durable = new DurableEvents({
      ...{ store: store.deliveries, live, depths, config: config.events, onError: lost },
    })
    const events = new Events({ points, live, contributors, checks, depths, durable, onError: lost })
    const precompression = createPrecompression({
      folderOf: store.paths.artifact,
      jail,
      log,
      policy,
    })
    live.subscribe(({ added }) => {
      for (const { artifact } of added) precompression.later(artifact)
    })
    const folders = new ContextFolders({ points, files, live })
    const tasks = new BackgroundTasks({
      ...{ store: store.tasks, live, checks, log, now: outside.now, config: config.tasks },
      logLinesPerSecond: config.limits.logLinesPerSecond,
      foldersOf: (plugin, action) => folders.of(plugin, action),
    })
    const actions = new Actions({
      ...{ points, contributors, live, checks, languages, folders },
      schedule: (...task) => tasks.schedule(...task),
    })
    const guestTasks = createGuestTasks({ tasks, store: store.tasks, charge })
    const environment = options.environment ?? process.env
    const hostSettings = await LiveHostSettings.open({
      ...{ host, environment, settingsFile, live, contributors, orders, store, log },
    })
    const templateEngine = new TemplateEngine({ log, jail })
    closers.push(() => templateEngine.close())
    const values = await LiveValues.open({
      ...{ host, live, contributors, orders, store, log },
      operator: await readOperatorValues(host, environment),
      render: renderWith(templateEngine.renderValues.bind(templateEngine)),
    })
    closers.push(() => values.close())
    const templates = new LiveTemplates({
      ...{ host, live, contributors, orders, values, log, engine: templateEngine },
    })
    const images = createImages({ config, host, live, values, engine: templateEngine, tasks, store })
    const bundleFailures = new BundleFailures(live)
    const slots = new Slots({
      ...{ points, contributors, live, checks, languages, failures: bundleFailures },
      showsFrames: !config.http.ownOriginsOnly,
    })
    closers.push(async () => hostSettings.close())
    const assetCache = createByteCache(32_000_000)
    const recorder = policy.records ? new Recorder() : undefined
    const storage = policy.records ? new PluginStorage({ data, kvBytes: config.limits.kvBytes }) : undefined
    const plugins = createPluginAdmin({
      config,
      log,
      store,
      packages,
      sourceMaps,
      sandbox,
      ...{ meters, data, devices: usb.devices },
      live,
      points,
      contributors,
      orders,
      menuTitles,
      bundleFailures,
      languages,
      handlers: outside.handlers({
        ...{ ...kvHandlers(data), ...dbHandlers(data), ...bucketHandlers(data.buckets) },
        ...usbHandlers(usb),
        ...fileHandlers(),
        ...volumeHandlers({ volumes, files, drives }),
        ...fetchHandlers(egress),
        ...signHandlers(),
        ...hookHandlers((...call) => hooks.applyFor(...call)),
        ...hostFunctionHandlers({
          ...{ points, checks },
          onError: (error, call) =>
            log.error({ ...call, err: error }, 'a function of the application failed'),
        }),
        ...eventHandlers((...call) => events.emitFor(...call)),
        ...taskHandlers(() => guestTasks),
      }),
      assetCache,
      settingsFile,
      settingFlags: options.settingFlags ?? {},
      ...{ hostSettings, values, templates, environment, policy, recorder },
      inspector: options.dev?.inspector,
      safe: options.safe ?? false,
    })
    closers.push(() => plugins.close())
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
    closers.push(() => precompression.close())
    closers.push(() => templates.close())
    await hostData.recover()
    await plugins.boot()
    await hostData.importPending()
    // Without plugins the files would lose what these contribute.
    if (!(options.safe ?? false)) await templates.start()
    closers.push(() => tasks.close())
    closers.push(() => durable.close())
    closers.push(() => events.close())
    if (!(options.safe ?? false)) await Promise.all([tasks.start(), durable.start(plugins)])
    const followed = await followPlugins({ tasks, plugins, catalog: store.catalog, live, onError: lost })
    closers.push(async () => followed())
    const pluginEvents = createPluginEvents(events, await store.catalog.list())
    const stopEvents = plugins.subscribeEvents((event) => void pluginEvents(event).catch(lost))
    closers.push(async () => stopEvents())
    const stopDevices = watchDevices({ events, live, devices: usb.devices, volumes, onError: lost })
    closers.push(async () => stopDevices())

    const init = new Init({
      ...{ live, store, tasks },
      application: options.host === undefined ? await serverInit(config) : host.init,
      render: (script) => templates.textOf(script),
    })
    const ending = new AbortController()
    const children = { sandbox, data, files, usb, packages, precompression, sourceMaps, templateEngine }
    const http = createHttp({
      config,
      assetCache,
      version,
      log,
      store,
      plugins,
      live,
      points,
      contributors,
      ...{ orders, menuTitles, menus },
      actions,
      tasks: createTaskAdmin({ tasks, store: store.tasks, audit: store.audit }),
      durable,
      hostSettings,
      ...{ values, templates, init },
      languages,
      ...{ images, slots },
      files: filesOfPlugins(data.buckets, meters),
      ...{ hostData, devices: usb.devices, pluginDevices: usb.ofPlugins },
      volumes,
      drives,
      ...{ recorder, storage, ownServer },
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
      ending: ending.signal,
    })
    return {
      host,
      languages,
      points,
      contributors,
      orders,
      menuTitles,
      // The names and values that the declaration has: checked again when they arrive.
      hooks: hooks as HostHooks<Host>,
      menus: menus as HostMenus<Host>,
      actions: actions as HostActions<Host>,
      // Its values were checked against the declaration that `Host` is the type of.
      settings: hostSettings as unknown as HostSettings<Host>,
      ...{ values, templates, init },
      events: events as HostEvents<Host>,
      durable,
      tasks,
      ...{ images, slots },
      config,
      version,
      plugins,
      live,
      log,
      store,
      sandbox,
      jail,
      hostData,
      devices: usb.devices,
      files,
      http,
      isReady: () => !ending.signal.aborted,
      adminCode: () => http.signInCode(admin),
      endUser: (name) => http.endUser(name),
      leave: () => ending.abort(),
      async close() {
        ending.abort()
        await closeAll()
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** A host that is given is checked; the validator is loaded for nothing else at a start. */
async function hostOf<Host extends HostDeclaration>(
  { host }: RuntimeOptions<Host>,
  config: Config,
): Promise<Host> {
  // Without one, `Host` is the type of the server's own.
  if (host === undefined) return serverHost(config) as unknown as Host
  const { checkHost } = await import('./host/check-host.ts')
  checkHost(host)
  if (host.settings !== undefined) checkHostSettings(host)
  return host
}
