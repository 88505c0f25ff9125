// What the admin API needs of the rest of the runtime, and nothing more.

import type { Store } from '../../../plugin-store/store.ts'
import type { Server } from '../../../sdk/api/server.ts'
import type { HostActions } from '../../actions/actions.ts'
import type { Config } from '../../config/config.ts'
import type { Contributors } from '../../contributions/contributors.ts'
import type { LiveHostSettings } from '../../contributions/host-settings.ts'
import type { MenuTitles } from '../../contributions/menu-titles.ts'
import type { HostMenus } from '../../contributions/menus.ts'
import type { Orders } from '../../contributions/orders.ts'
import type { LiveValues } from '../../contributions/values.ts'
import type { HostData } from '../../data/host/host-data.ts'
import type { PluginStorage } from '../../data/plugin-storage.ts'
import type { PluginDevices } from '../../devices/usb/plugin-devices.ts'
import type { UsbDevices } from '../../devices/usb/usb-devices.ts'
import type { DriveCommands } from '../../devices/volumes/drive-commands.ts'
import type { Volumes } from '../../devices/volumes/volumes.ts'
import type { DurableEvents } from '../../events/durable-events.ts'
import type { Points } from '../../host/points.ts'
import type { Images } from '../../images/images.ts'
import type { Init } from '../../init/init.ts'
import type { Languages } from '../../languages/languages.ts'
import type { Plugins } from '../../lifecycle/plugins.ts'
import type { Log } from '../../log.ts'
import type { PackageSource } from '../../package/types.ts'
import type { Revocations } from '../../permissions/revocations.ts'
import type { Recorder } from '../../recording/recorder.ts'
import type { LiveTemplates } from '../../rendering/live-templates.ts'
import type { Slots } from '../../slots/slots.ts'
import type { TaskAdmin } from '../../tasks/task-admin.ts'
import type { Authenticator } from '../identity/authenticate.ts'
import type { SignInCodes } from '../identity/sign-in-codes.ts'
import type { PluginPages } from '../pages/plugin-pages.ts'
import type { OwnOrigins } from '../routing/plugin-traffic.ts'
import type { StreamLimits } from './event-stream.ts'

/** Packages that come with the server. */
export interface SamplePackages {
  /** Ids of the plugins, sorted. */
  ids(): Promise<readonly string[]>
  /** Whether it exceeds limits on purpose. */
  misbehaves(id: string): boolean
  /** @param id one of these */
  source(id: string): Promise<PackageSource>
}

export interface ApiServices {
  readonly actions: HostActions
  readonly durable: Pick<DurableEvents, 'list' | 'retry' | 'discard'>
  readonly config: Pick<Config, 'publicUrl' | 'publicUrls' | 'basePath' | 'trustProxy' | 'packages' | 'http'>
  /** As in problemType(). */
  readonly shell: string
  readonly plugins: Plugins
  readonly tasks: TaskAdmin
  readonly images: Pick<Images, 'list' | 'ask'>
  readonly contributors: Contributors
  readonly menus: HostMenus
  readonly menuTitles: Pick<MenuTitles, 'of'>
  readonly pages: PluginPages
  /** Of plugins, for visitors who reach the server in this way; null without them. */
  readonly ownOrigins: (request: Request) => OwnOrigins | null
  readonly orders: Pick<Orders, 'names' | 'of'>
  readonly points: Points
  readonly languages: Languages
  readonly hostSettings: Pick<LiveHostSettings, 'views' | 'problems' | 'change'>
  readonly init: Pick<Init, 'list' | 'start'>
  readonly values: Pick<LiveValues, 'change' | 'list' | 'problems'>
  readonly templates: Pick<LiveTemplates, 'compare' | 'patches' | 'render'>
  readonly slots: Pick<Slots, 'bundles' | 'items' | 'report'>
  readonly store: Pick<Store, 'principals' | 'audit' | 'catalog' | 'paths' | 'secrets'>
  /** Those that come with the server; absent in applications. */
  readonly samples?: SamplePackages | undefined
  readonly hostData: Pick<HostData, 'snapshot' | 'restore'>
  readonly server: () => Promise<Server>
  readonly devices: Pick<UsbDevices, 'list'>
  readonly pluginDevices: Pick<PluginDevices, 'list' | 'choose'>
  readonly volumes: Pick<Volumes, 'list'>
  readonly drives: Pick<DriveCommands, 'mount' | 'unmount' | 'eject'>
  /** In development. */
  readonly recorder?: Pick<Recorder, 'of'> | undefined
  /** In development. */
  readonly storage?: PluginStorage | undefined
  readonly authenticator: Authenticator
  readonly signInCodes: SignInCodes
  /** Present where users of the store sign in by themselves: here only whether they do. */
  readonly signIn?: unknown
  readonly revocations: Pick<Revocations, 'isOver' | 'watch'>
  readonly log: Log
  /** Version of Plugbay, for the OpenAPI document. */
  readonly version: string
  readonly streams?: Partial<StreamLimits>
  /** Aborted when event streams must end, since they never would by themselves. */
  readonly ending: AbortSignal
}
