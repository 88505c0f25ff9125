// The standalone server: a runtime, its app and a listener, with the sample plugins in a new data folder.

import { ensureAdminPage } from './admin-ui/build.ts'
import type { Config } from './config/config.ts'
import type { ConfigOrigins } from './config/config-sources.ts'
import { mainOrigin } from './config/public-urls.ts'
import type { Listening } from './http/server/node-server.ts'
import { createRuntime, type Runtime } from './runtime.ts'
import { installSamples, SAMPLE_PACKAGES, sampleFolders } from './samples/samples.ts'
import { serve } from './serve.ts'
import type { SettingFlags } from './settings/setting-flags.ts'

export interface RunningServer {
  /** For example "http://127.0.0.1:3000", with the base path. */
  readonly url: string
  /** The admin page with a one-time code: opening it signs in. */
  readonly adminUrl: string
  readonly runtime: Runtime
  /** Completes the requests in flight, then stops everything. */
  close(): Promise<void>
}

export interface StartOptions {
  /** Install the sample plugins, except where they have been before. */
  readonly samples: boolean
  /** Start no plugin. */
  readonly safe?: boolean
  /** Where the values of the configuration come from. */
  readonly configOrigins?: ConfigOrigins
  /** Settings of plugins on the command line. */
  readonly settingFlags?: SettingFlags
}

/** Rejects with a PlugbayError or StoreError: STORE_LOCKED, PORT_UNUSABLE, … */
export async function startServer(config: Config, options: StartOptions): Promise<RunningServer> {
  const page = ensureAdminPage()
  // The awaiting caller gets the error.
  page.catch(() => undefined)
  const runtime = await createRuntime({
    config,
    signIn: true,
    safe: options.safe ?? false,
    settingFlags: options.settingFlags ?? {},
    configOrigins: options.configOrigins ?? {},
    samples: SAMPLE_PACKAGES,
    packageFolders: await sampleFolders(),
  })
  let listening: Listening
  try {
    await page
    if (options.samples) await installSamples(runtime)
    listening = await serve(runtime)
  } catch (error) {
    await runtime.close()
    throw error
  }
  const { log, version } = runtime
  // Nothing waits for the plugins.
  runtime.events
    .emit('server.started', { version })
    .catch((error: unknown) => log.error({ error: String(error) }, 'an event was not sent'))
  const url = publicAddress(config, listening.port)
  return {
    url,
    adminUrl: `${url}/admin/#code=${runtime.adminCode()}`,
    runtime,
    async close() {
      runtime.leave()
      await listening.close()
      await runtime.close()
    },
  }
}

function publicAddress(config: Config, port: number): string {
  const { host, basePath } = config
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  return (mainOrigin(config) ?? `http://${name}:${port}`) + basePath
}
