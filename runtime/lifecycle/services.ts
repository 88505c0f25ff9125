// The services of other parts that the lifecycle needs.

import type { Store } from '../../plugin-store/store.ts'
import type { Config } from '../config/config.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import type { DataProcesses } from '../data/data-processes.ts'
import type { UsbDevices } from '../devices/usb/usb-devices.ts'
import type { Handlers } from '../host-calls/host-calls.ts'
import type { Log } from '../log.ts'
import type { ByteCache } from '../package/byte-cache.ts'
import type { PackageProcess } from '../package/package-process.ts'
import type { Policy } from '../policy.ts'
import type { Sandbox } from '../sandbox/placement/sandbox.ts'

export interface LifecycleServices {
  readonly config: Config
  readonly log: Log
  readonly store: Store
  readonly packages: PackageProcess
  readonly sandbox: Sandbox
  readonly data: DataProcesses
  readonly devices: UsbDevices
  readonly handlers: Handlers
  readonly live: LivePlugins
  /** Shared cache for the hot assets of all artifacts. */
  readonly assetCache: ByteCache
  /** Source of settings in the environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly policy: Policy
  /** `plugbay serve --safe`: nothing is started. */
  readonly safe: boolean
}
