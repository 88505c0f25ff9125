// What the commands need of the rest of the runtime, as functions that main.ts passes in.
// Each part is loaded when it is called: a client command starts no server code.

import type { Rotation } from '../../plugin-store/store.ts'
import type { Config, PackageLimits } from '../config/config.ts'
import type { ConfigOrigins } from '../config/config-sources.ts'
import type { DevOptions, DevServer } from '../dev/dev-events.ts'
import type { Problem } from '../errors.ts'
import type { PackageReport, PackageSource } from '../package/types.ts'
import type { SettingFlags } from '../settings/setting-flags.ts'

export interface RunningServer {
  /** For example "http://127.0.0.1:3000". */
  readonly url: string
  /** The admin page with a one-time code: opening it signs in. */
  readonly adminUrl: string
  /** Completes the requests in flight, then stops everything. */
  close(): Promise<void>
}

/** The package process: reads untrusted packages, in a child that can be killed. */
export interface PackageTool {
  /** Never rejects because of the package's content. */
  check(source: PackageSource, options: { readonly limits: PackageLimits }): Promise<PackageReport>
  /** Packs the checked folder, byte for byte the same for the same files; `bytes` is null when the report is not ok. */
  pack(folder: string, options: { readonly limits: PackageLimits }): Promise<PackedFolder>
  close(): Promise<void>
}

export interface PackedFolder {
  readonly report: PackageReport
  readonly bytes: Uint8Array<ArrayBuffer> | null
}

export interface Trial {
  readonly problems: readonly Problem[]
  /** Why it could not be tried, or not to its end: what it needs of a server. */
  readonly untried: string | null
}

export interface ServeParts {
  readonly samples: boolean
  readonly safe: boolean
  readonly settingFlags: SettingFlags
  readonly configOrigins: ConfigOrigins
}

export interface CliParts {
  serve(config: Config, options: ServeParts): Promise<RunningServer>
  startDev(folder: string, options: DevOptions): Promise<DevServer>
  openPackageTool(): Promise<PackageTool>
  /** Runs a valid package once: see try-package.ts. */
  tryPackage(source: PackageSource): Promise<Trial>
  /** In the data folder of the configuration. Undefined while a server uses it. */
  rotateSecrets(config: Config, options: RotateOptions): Promise<Rotation | undefined>
}

export interface RotateOptions {
  readonly acceptLoss: boolean
  readonly warn: (message: string, error: unknown) => void
}
