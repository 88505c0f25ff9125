// plugbay serve: runs the server until a signal, then completes the requests in flight and exits with 0.

import { hostname, networkInterfaces } from 'node:os'
import { type Command, Option } from 'commander'
import type { Config } from '../../config/config.ts'
import type { ConfigKey } from '../../config/config-keys.ts'
import { loadConfigWithOrigins } from '../../config/config-sources.ts'
import { mainOrigin } from '../../config/public-urls.ts'
import { printOutcome } from '../output.ts'
import { addJsonOption, type Session, untilSignal, usageError } from '../session.ts'

interface ServeOptions {
  readonly port?: string
  readonly host?: string
  readonly data?: string
  readonly publicUrl?: string
  readonly publicUrls?: string
  readonly basePath?: string
  readonly trustProxy?: true
  readonly pluginDomain?: string
  readonly languages?: string
  readonly logLevel?: string
  readonly config?: string
  readonly set?: readonly string[]
  readonly samples: boolean
  readonly safe?: true
  readonly json?: boolean
}

export function addServe(program: Command, session: Session): void {
  const command = program
    .command('serve')
    .description('Start the server. Prints one link that opens the admin page signed in.')
    .option('-p, --port <number>', 'port to listen on (default: 3000; 0 takes any free one)')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1, this machine only)')
    .option('-d, --data <folder>', 'folder of everything the server remembers (default: ./data)')
    .option('--public-url <origin>', 'the origin that visitors use, such as https://media.example.org')
    .option('--public-urls <origins>', 'further origins, with plugin domains: "http://nas.local:3000, …"')
    .option('--base-path <path>', 'path that everything is below, such as /tools/plugbay')
    .option('--trust-proxy', 'believe the X-Forwarded headers of a proxy in front')
    .option('--plugin-domain <domain>', 'give each plugin an origin of its own below this domain')
    .option('--languages <tags>', 'languages of pages, such as en,fr')
    .addOption(
      new Option('--log-level <level>', 'least important lines to log').choices([
        'debug',
        'info',
        'warn',
        'error',
        'silent',
      ]),
    )
    .option('--config <file>', 'config file (default: plugbay.config.json where there is one)')
    .option('--set <key=value...>', 'any other key of docs/configuration.md')
    .option('--safe', 'start no plugin: to repair a server that one of them harms')
    .option('--no-samples', 'do not install the sample plugins into a new data folder')
  addJsonOption(command)
    .addHelpText('after', EXAMPLES)
    .action((options: ServeOptions) => serve(session, options))
}

async function serve(session: Session, options: ServeOptions): Promise<void> {
  const { io, parts, settingFlags } = session
  await session.run({ json: options.json }, async () => {
    const flags = { ...flagsOf(options), ...settingsOf(options.set ?? []) }
    const sources = { flags, env: io.env, cwd: io.cwd, file: options.config }
    const { config, origins } = loadConfigWithOrigins(sources)
    const { signalled, stop } = untilSignal(io)
    try {
      const { samples, safe = false } = options
      const server = await parts.serve(config, { samples, safe, settingFlags, configOrigins: origins })
      const { url, adminUrl } = server
      const mode = options.safe === true ? ' in safe mode: no plugin starts' : ''
      const text = `Plugbay runs at ${url}${mode}${hiddenWords(config)}\nAdmin page, signed in (works once, for 10 minutes): ${adminUrl}\nCtrl-C stops it`
      printOutcome(io, { results: [{ id: 'serve', ok: true, url, adminUrl }], text }, options.json === true)
      await signalled
      if (!options.json) io.err('Stopping: what is in flight is answered first; Ctrl-C again ends at once\n')
      await server.close()
    } finally {
      stop()
    }
    return undefined
  })
}

/** Other machines reach the port, and are refused under every name but loopback. */
function hiddenWords(config: Config): string {
  const { host, port } = config
  if (mainOrigin(config) !== null || isLoopbackAddress(host)) return ''
  const found = Object.values(networkInterfaces())
    .flat()
    .find((each) => each !== undefined && !each.internal && each.family === 'IPv4')
  const name = WILDCARDS.has(host) ? (found?.address ?? hostname()) : host
  const shown = `http://${name.includes(':') ? `[${name}]` : name}${port === 80 ? '' : `:${port}`}`
  return `\n  Browsers of other machines are refused (421) until the server is told its address: --public-url ${shown}`
}

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

function isLoopbackAddress(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

function flagsOf(options: ServeOptions): Partial<Record<ConfigKey, unknown>> {
  const { port, host, data, publicUrl, publicUrls, basePath, trustProxy, ...others } = options
  const { pluginDomain, languages, logLevel } = others
  return { port, host, data, publicUrl, publicUrls, basePath, trustProxy, pluginDomain, languages, logLevel }
}

function settingsOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.indexOf('=')
      if (equals < 1)
        throw usageError(`"--set ${pair}" has no value`, 'Write it like --set limits.memoryMb=128')
      return [pair.slice(0, equals), pair.slice(equals + 1)]
    }),
  )
}

const EXAMPLES = `
Examples:
  $ plugbay serve
  $ plugbay serve --port 8080 --data /var/lib/plugbay
  $ plugbay serve --host 0.0.0.0 --public-url https://media.example.org --trust-proxy
  $ plugbay serve --set limits.memoryMb=128 --set sandbox.maxProcesses=4
  $ plugbay serve --plugin.guestbook.title="Our school"

Every key can also stand in plugbay.config.json or in a variable (PLUGBAY_PORT, PLUGBAY_DATA, …);
flags win over variables, variables over the file. docs/configuration.md lists them.

Settings of plugins: --plugin.<id>.<setting>=value, which wins over every other source; not for secrets,
since everyone on the machine can read a command line. docs/settings.md has the other ways.`
