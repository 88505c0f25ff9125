// What plugins contribute to: menus, hooks, events, tasks, actions, settings, values, templates, images, slots.

import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import { Actions } from '../actions/actions.ts'
import { ContextFolders } from '../actions/context-folders.ts'
import { BundleFailures } from '../contributions/bundle-failures.ts'
import { Contributors } from '../contributions/contributors.ts'
import { LiveHostSettings } from '../contributions/host-settings.ts'
import { LivePlugins } from '../contributions/live-plugins.ts'
import { MenuTitles } from '../contributions/menu-titles.ts'
import { Menus } from '../contributions/menus.ts'
import { Orders } from '../contributions/orders.ts'
import { LiveValues } from '../contributions/values.ts'
import type { HostData } from '../data/host/host-data.ts'
import { DurableEvents } from '../events/durable-events.ts'
import { Events } from '../events/events.ts'
import { CallDepths } from '../guest-calls/call-depths.ts'
import { Hooks } from '../hooks/hooks.ts'
import { Points } from '../host/points.ts'
import { ValueChecks } from '../host/value-checks.ts'
import { hostDataCalls } from '../host-calls/host-data.ts'
import { createImages } from '../images/create-images.ts'
import { createPrecompression } from '../lifecycle/prepare/precompression.ts'
import { LiveTemplates } from '../rendering/live-templates.ts'
import { Slots } from '../slots/slots.ts'
import { BackgroundTasks } from '../tasks/background-tasks.ts'
import { createGuestTasks } from '../tasks/guest-tasks.ts'
import { TemplateEngine } from '../templates/template-engine.ts'
import { readOperatorValues } from '../values/operator-values.ts'
import { renderWith } from '../values/render-values.ts'
import type { Processes } from './processes.ts'
import type { Setup } from './setup.ts'

export type ExtensionPoints = Awaited<ReturnType<typeof openExtensionPoints>>

/** @param hostData is opened later: it holds the data of plugins, too */
export async function openExtensionPoints(
  { options, config, host, languages, policy, log, closers }: Setup<HostDeclaration>,
  { store, jail, outside, charge, files, settingsFile }: Processes,
  hostData: () => HostData,
) {
  const live = new LivePlugins()
  const points = new Points(host, hostDataCalls(hostData))
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
  const precompression = createPrecompression({ folderOf: store.paths.artifact, jail, log, policy })
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
  const templateEngine = closers.add(new TemplateEngine({ log, jail }))
  const values = closers.add(
    await LiveValues.open({
      ...{ host, live, contributors, orders, store, log },
      operator: await readOperatorValues(host, environment),
      render: renderWith(templateEngine.renderValues.bind(templateEngine)),
    }),
  )
  const templates = new LiveTemplates({
    ...{ host, live, contributors, orders, values, log, engine: templateEngine },
  })
  const images = createImages({ config, host, live, values, engine: templateEngine, tasks, store })
  const bundleFailures = new BundleFailures(live)
  const slots = new Slots({
    ...{ points, contributors, live, checks, languages, failures: bundleFailures },
    showsFrames: !config.http.ownOriginsOnly,
  })
  closers.add(hostSettings)
  return {
    ...{ live, points, orders, menuTitles, contributors, checks, environment, lost },
    ...{ menus, hooks, durable, events, tasks, guestTasks, actions, hostSettings },
    ...{ values, templates, templateEngine, images, bundleFailures, slots, precompression },
  }
}
