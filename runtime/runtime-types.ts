// What createRuntime() takes and gives: types only.

import type { Store } from '../plugin-store/store.ts'
import type { HostDeclaration } from '../sdk/host/declaration.ts'
import type { HostActions } from './actions/actions.ts'
import type { Config, GivenConfig } from './config/config.ts'
import type { ConfigOrigins } from './config/config-sources.ts'
import type { Contributors } from './contributions/contributors.ts'
import type { HostSettings } from './contributions/host-settings.ts'
import type { LivePlugins } from './contributions/live-plugins.ts'
import type { MenuTitles } from './contributions/menu-titles.ts'
import type { HostMenus } from './contributions/menus.ts'
import type { Orders } from './contributions/orders.ts'
import type { HostValues } from './contributions/values.ts'
import type { HostData } from './data/host/host-data.ts'
import type { UsbBackend, UsbDevices } from './devices/usb/usb.ts'
import type { EgressOptions } from './egress/egress.ts'
import type { DurableEvents } from './events/durable-events.ts'
import type { HostEvents } from './events/events.ts'
import type { Files } from './files/files.ts'
import type { HostHooks } from './hooks/hooks.ts'
import type { Points } from './host/points.ts'
import type { Outside } from './host-calls/outside.ts'
import type { SamplePackages } from './http/api/services.ts'
import type { Http } from './http/http.ts'
import type { Authenticate } from './http/identity/authenticate.ts'
import type { ReservedPaths } from './http/routing/reserved-paths.ts'
import type { ScryptCost } from './http/sign-in/password-hash.ts'
import type { Images } from './images/images.ts'
import type { Init } from './init/init.ts'
import type { Languages } from './languages/languages.ts'
import type { Plugins } from './lifecycle/plugins.ts'
import type { Log } from './log.ts'
import type { Jail } from './processes/jail/jail.ts'
import type { HostTemplatesApi } from './rendering/live-templates.ts'
import type { Sandbox } from './sandbox/placement/sandbox.ts'
import type { Inspector } from './sandbox/types.ts'
import type { SettingFlags } from './settings/setting-flags.ts'
import type { HostSlots } from './slots/slots.ts'
import type { BackgroundTasks } from './tasks/background-tasks.ts'

export interface Development {
  /** Pages get the development client; this answers in place of plugins. */
  readonly paths: ReservedPaths
  /** Pauses isolates: then nothing of a plugin has a deadline. */
  readonly inspector?: Inspector | undefined
}

export interface RuntimeOptions<Host extends HostDeclaration = HostDeclaration> {
  /** The application around the runtime, with its extension points; by default those of the standalone server. */
  readonly host?: Host
  readonly config?: GivenConfig
  /** Where its values come from, for the administrator; by default they are those of the application. */
  readonly configOrigins?: ConfigOrigins
  /** Authenticates users on behalf of an embedding application. */
  readonly authenticate?: Authenticate
  /**
   * Serve pages where users of the runtime sign in (`/sign-in`), and at `/` the plugins that they may use; by default off, since an
   * application has its own. `plugbay serve` does it. With a cost, new passwords are hashed at that instead of the usual one.
   */
  readonly signIn?: boolean | { readonly passwordCost: ScryptCost }
  /** Source of PLUGBAY_SETTING_… variables; `process.env` by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Settings of plugins that win over those of all other sources, as text, by id and key: those of the command line. */
  readonly settingFlags?: SettingFlags
  /** Install, but start no plugin. */
  readonly safe?: boolean
  /** Folders that packages may be read from, in addition to uploads: `plugbay dev`, sample plugins. */
  readonly packageFolders?: readonly string[]
  /** Sample plugins that an administrator may install: those of `plugbay serve`. */
  readonly samples?: SamplePackages
  /** How plugins' requests reach other servers; the system resolves names by default. */
  readonly network?: Pick<EgressOptions, 'resolve' | 'ca' | 'times'>
  /** Replaces the entry module of sandbox processes: for tests of what a compromised process can do. */
  readonly sandboxEntry?: URL
  /** Replaces the processes that reach USB devices: for tests without hardware. */
  readonly usb?: UsbBackend
  /** Around network, data and time: for tests of plugins. */
  readonly outside?: Outside
  /** Only `plugbay dev` gives it. */
  readonly dev?: Development
}

export interface Runtime<Host extends HostDeclaration = HostDeclaration> {
  readonly host: Host
  /** The extension points of the runtime and of the host. */
  readonly points: Points
  readonly contributors: Contributors
  /** The operator's order of plugins at each point. */
  readonly orders: Pick<Orders, 'names' | 'of'>
  /** The operator's titles of items in menus. */
  readonly menuTitles: Pick<MenuTitles, 'of'>
  readonly hooks: HostHooks<Host>
  /** What plugins offer users to do with objects of the application. */
  readonly actions: HostActions<Host>
  readonly menus: HostMenus<Host>
  /** The application's own settings, live. */
  readonly settings: HostSettings<Host>
  /** The values for templates of the application, live. */
  readonly values: HostValues
  /** The rendered files of the application. */
  readonly templates: HostTemplatesApi
  /** Sets the application up by the steps of plugins. */
  readonly init: Pick<Init, 'list' | 'start'>
  readonly events: HostEvents<Host>
  /** Durable events on their way. */
  readonly durable: Pick<DurableEvents, 'list' | 'retry' | 'discard'>
  /** Background tasks of plugins, and of the server itself. */
  readonly tasks: BackgroundTasks
  /** Container images of plugins. */
  readonly images: Pick<Images, 'list' | 'ask'>
  /** The parts of plugins for slots in pages of the application. */
  readonly slots: HostSlots<Host>
  /** The languages of the host, and which of them suits a reader. */
  readonly languages: Languages
  readonly config: Config
  readonly version: string
  readonly plugins: Plugins
  /** Everything that serves now. */
  readonly live: Pick<LivePlugins, 'current' | 'get' | 'subscribe'>
  readonly log: Log
  readonly store: Store
  readonly sandbox: Pick<Sandbox, 'processes' | 'kills'>
  /** Operating-system isolation of child processes. */
  readonly jail: Jail
  /** All data of the host, for backups. */
  readonly hostData: Pick<HostData, 'snapshot' | 'restore'>
  readonly devices: UsbDevices
  /** Folders that plugins are given. */
  readonly files: Files
  readonly http: Http
  readonly isReady: () => boolean
  /** A one-time code that signs in as the administrator. */
  adminCode(): string
  /** Ends what a user of the embedding application was given until now: page tokens, WebSockets, open responses. */
  endUser(name: string): void
  /** Ends readiness: event streams end, so that a server can close; requests in progress continue. Idempotent. */
  leave(): void
  /** Ends readiness, drains requests, then stops every plugin and process. Idempotent. */
  close(): Promise<void>
}
