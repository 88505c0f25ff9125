// What every part of a runtime is made from: options with their defaults, and what is to be closed.

import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import { type Config, withDefaults } from '../config/config.ts'
import { packageVersion } from '../config/package-version.ts'
import { isGuessable } from '../http/identity/admin-token.ts'
import { languagesOf } from '../languages/host-languages.ts'
import type { Languages } from '../languages/languages.ts'
import { createLog, type Log } from '../log.ts'
import { DEVELOPMENT, type Policy, PRODUCTION } from '../policy.ts'
import type { RuntimeOptions } from '../runtime-types.ts'
import { serverHost } from '../server-host.ts'
import { checkHostSettings } from '../settings/check-host-settings.ts'
import { Closers } from './closers.ts'

export interface Setup<Host extends HostDeclaration = HostDeclaration> {
  readonly options: RuntimeOptions<Host>
  readonly config: Config
  readonly host: Host
  readonly languages: Languages
  readonly version: string
  readonly policy: Policy
  readonly log: Log
  readonly closers: Closers
}

/** Rejects with HOST_INVALID. */
export async function readOptions<Host extends HostDeclaration>(
  options: RuntimeOptions<Host>,
): Promise<Setup<Host>> {
  const config = withDefaults(options.config)
  const host = await hostOf(options, config)
  const log = createLog(config.logLevel)
  if (config.adminToken !== null && isGuessable(config.adminToken))
    log.warn('The admin token of the configuration can be guessed: use 22 random characters or more')
  return {
    ...{ options, config, host, log },
    languages: languagesOf(host.languages, config),
    version: packageVersion(),
    policy: options.dev === undefined ? PRODUCTION : DEVELOPMENT,
    closers: new Closers(),
  }
}

/** A host that is given is checked; the validator is loaded for nothing else at a start. */
async function hostOf<Host extends HostDeclaration>(
  { host }: RuntimeOptions<Host>,
  config: Config,
): Promise<Host> {
  // Without one, `Host` is the type of the server's own.
  if (host === undefined) return serverHost(config) as unknown as Host
  const { checkHost } = await import('../host/check-host.ts')
  checkHost(host)
  if (host.settings !== undefined) checkHostSettings(host)
  return host
}
