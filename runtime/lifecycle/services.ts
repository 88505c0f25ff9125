// The services of other parts that the lifecycle needs.

import type { Store } from '../../plugin-store/store.ts'
import type { Problem } from '../../sdk/api/problems.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'
import type { Config } from '../config/config.ts'
import type { BundleFailures } from '../contributions/bundle-failures.ts'
import type { Contributors } from '../contributions/contributors.ts'
import type { LiveHostSettings } from '../contributions/host-settings.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import type { MenuTitles } from '../contributions/menu-titles.ts'
import type { Orders } from '../contributions/orders.ts'
import type { LiveValues } from '../contributions/values.ts'
import type { DataProcesses } from '../data/data-processes.ts'
import type { UsbDevices } from '../devices/usb/usb-devices.ts'
import type { Points } from '../host/points.ts'
import type { Handlers } from '../host-calls/host-calls.ts'
import type { Languages } from '../languages/languages.ts'
import type { Log } from '../log.ts'
import type { ByteCache } from '../package/byte-cache.ts'
import type { PackageProcess } from '../package/package-process.ts'
import type { SourceMapProcess } from '../package/source-map-process.ts'
import type { Policy } from '../policy.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { Sandbox } from '../sandbox/placement/sandbox.ts'
import type { Inspector } from '../sandbox/types.ts'
import type { UsageMeters } from '../sandbox/usage/usage-meters.ts'
import type { SettingFlags } from '../settings/setting-flags.ts'
import type { SettingsFile } from '../settings/settings-file.ts'

export interface LifecycleServices {
  readonly config: Config
  readonly log: Log
  readonly store: Store
  readonly packages: PackageProcess
  readonly sourceMaps: Pick<SourceMapProcess, 'mapper'>
  readonly sandbox: Sandbox
  readonly meters: UsageMeters
  readonly data: DataProcesses
  readonly devices: UsbDevices
  readonly handlers: Handlers
  readonly live: LivePlugins
  /** What plugins can contribute to. */
  readonly points: Points
  readonly contributors: Contributors
  /** The operator's, of the plugins at each point. */
  readonly orders: Orders
  /** The operator's, of items in menus. */
  readonly menuTitles: MenuTitles
  readonly languages: Languages
  /** Shared cache for the hot assets of all artifacts. */
  readonly assetCache: ByteCache
  readonly settingsFile: SettingsFile
  readonly hostSettings: Pick<LiveHostSettings, 'problems' | 'problemsOf' | 'views'>
  /** For templates of the application. */
  readonly values: Pick<LiveValues, 'layered' | 'problems' | 'problemsOf' | 'read' | 'settled'>
  /** Patches of a plugin that no template has a place for. */
  readonly templates: { warningsOf(manifest: Manifest): readonly Problem[] }
  readonly bundleFailures: Pick<BundleFailures, 'problemsOf'>
  /** Settings on the command line of the server. */
  readonly settingFlags: SettingFlags
  /** Source of settings in the environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly policy: Policy
  /** Debugs all plugins: never in production. */
  readonly inspector?: Inspector | undefined
  /** In development. */
  readonly recorder?: Recorder | undefined
  /** `plugbay serve --safe`: nothing is started. */
  readonly safe: boolean
}
