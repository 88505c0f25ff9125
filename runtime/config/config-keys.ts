// Every key of the configuration with its rule and a one-sentence description; config-sources.ts reads values by this table.
// Invariant: the table has exactly the leaves of Config (the type checks it), and docs/configuration.md lists exactly its rows.

import { type Config, DEFAULT_CONFIG } from './config.ts'

/** Dotted paths of the leaves: "port", "limits.memoryMb". */
export type ConfigKey = Leaves<Config>

type Leaves<T> = {
  [K in keyof T & string]: T[K] extends readonly unknown[] | string | number | boolean | null
    ? K
    : `${K}.${Leaves<T[K]>}`
}[keyof T & string]

/** The rule for a value. Numbers are whole numbers, bounds included. */
export type ConfigRule =
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'choice'; readonly of: readonly string[] }
  | {
      readonly kind:
        | 'text'
        | 'path'
        | 'origin'
        | 'publicUrls'
        | 'basePath'
        | 'domain'
        | 'languages'
        | 'headers'
        | 'ids'
        | 'paths'
        | 'words'
        | 'registries'
        | 'name'
        | 'secret'
        | 'issuer'
        | 'title'
        | 'names'
        | 'groups'
    }

export interface ConfigRow {
  readonly rule: ConfigRule
  readonly meaning: string
  /** Whether null (or an empty variable) is allowed and means "none". */
  readonly optional?: true
}

const bytes = { kind: 'integer', min: 1, max: 1e12 } as const
const milliseconds = { kind: 'integer', min: 1, max: 86_400_000 } as const
const count = { kind: 'integer', min: 1, max: 1_000_000 } as const

export const CONFIG_KEYS = {
  port: {
    rule: { kind: 'integer', min: 0, max: 65_535 },
    meaning: 'TCP port to listen on; 0 picks a free one',
  },
  host: { rule: { kind: 'text' }, meaning: 'Address to listen on; "0.0.0.0" or "::" for every network' },
  data: { rule: { kind: 'path' }, meaning: 'Folder for everything that the runtime stores' },
  publicUrl: {
    rule: { kind: 'origin' },
    meaning: 'Origin that visitors use, for example "https://media.example.org"',
    optional: true,
  },
  publicUrls: {
    rule: { kind: 'publicUrls' },
    meaning:
      'Further origins that visitors use, after "publicUrl"; each may name a plugin domain: "https://media.example.org plugins.example.net"',
  },
  basePath: {
    rule: { kind: 'basePath' },
    meaning: 'Path below which everything is, for example "/tools"; a proxy in front must leave it as it is',
  },
  trustProxy: {
    rule: { kind: 'boolean' },
    meaning: 'Trust X-Forwarded-For, -Proto and -Host; only behind a proxy that sets them',
  },
  pluginDomain: {
    rule: { kind: 'domain' },
    meaning:
      'Gives every plugin an origin of its own at "<id>.<pluginDomain>", for visitors of the first public URL',
    optional: true,
  },
  languages: {
    rule: { kind: 'languages' },
    meaning: 'BCP 47 tags of the languages of pages; the first is the default',
  },
  'packages.maxArchiveBytes': { rule: bytes, meaning: 'Largest zip that may be uploaded' },
  'packages.maxInflatedBytes': {
    rule: bytes,
    meaning: 'Largest total size of the unpacked files of a package',
  },
  'packages.maxEntries': { rule: count, meaning: 'Most files in a package' },
  'packages.maxRatio': {
    rule: { kind: 'integer', min: 1, max: 100_000 },
    meaning: 'Largest ratio of unpacked to packed size, for a file and for the whole package',
  },
  'packages.maxCodeBytes': {
    rule: bytes,
    meaning: 'Largest backend code after linking; a larger source map is left out',
  },
  'sandbox.maxProcesses': {
    rule: { kind: 'integer', min: 1, max: 1000 },
    meaning: 'Plugins that get a process of their own before the harmless ones share',
  },
  'sandbox.idleMs': {
    rule: milliseconds,
    meaning: 'Idle time after which a plugin is stopped until it is needed again',
  },
  'sandbox.maxFailures': {
    rule: count,
    meaning: 'Failures within the window that put a plugin into quarantine',
  },
  'sandbox.failureWindowMs': {
    rule: milliseconds,
    meaning: 'Length of the window in which failures are counted',
  },
  'sandbox.maxQueuedBytes': {
    rule: bytes,
    meaning: 'Memory of all queued requests; a plugin may use what the others leave free',
  },
  'sandbox.jail': {
    rule: { kind: 'choice', of: ['auto', 'bwrap', 'none'] },
    meaning: 'Whether child processes start inside bwrap: where it works, always, or never',
  },
  'limits.memoryMb': { rule: { kind: 'integer', min: 8, max: 65_536 }, meaning: 'Memory of one plugin' },
  'limits.cpuMs': { rule: milliseconds, meaning: 'CPU time that one request may use' },
  'limits.cpuPercent': {
    rule: { kind: 'integer', min: 1, max: 10_000 },
    meaning:
      'Percent of one core that one plugin may use, with its database statements, averaged over 60 s; the first 10 ms of each request do not count',
  },
  'limits.deadlineMs': {
    rule: milliseconds,
    meaning: 'Time from the arrival of a request until the plugin must begin its response',
  },
  'limits.maxRequestBytes': { rule: bytes, meaning: 'Largest request body that reaches a plugin' },
  'limits.maxResponseBytes': { rule: bytes, meaning: 'Largest response body of a plugin' },
  'limits.maxRequestsInFlight': { rule: count, meaning: 'Requests that one plugin handles at the same time' },
  'limits.maxRequestsQueued': {
    rule: count,
    meaning: 'Requests that may be queued for one plugin; none waits past its deadline',
  },
  'limits.maxHostCalls': { rule: count, meaning: 'Host calls that one plugin may have pending' },
  'limits.maxTimers': { rule: count, meaning: 'Timers that one plugin may have pending' },
  'limits.maxSockets': { rule: count, meaning: 'WebSockets that one plugin may have open' },
  'limits.maxSocketMessageBytes': {
    rule: { kind: 'integer', min: 1, max: 1_000_000 },
    meaning: 'Largest message of a WebSocket',
  },
  'limits.socketPingMs': {
    rule: milliseconds,
    meaning: 'Interval between WebSocket pings; a socket that does not answer one in that time is closed',
  },
  'limits.kvBytes': { rule: bytes, meaning: 'Key-value storage of one plugin' },
  'limits.databaseBytes': { rule: bytes, meaning: 'SQL database of one plugin' },
  'limits.filesBytes': { rule: bytes, meaning: 'Files of one plugin' },
  'limits.volumeBytes': { rule: bytes, meaning: 'Files of one plugin on one volume' },
  'limits.usbTransfersPerSecond': {
    rule: count,
    meaning: 'Transfers per second of one plugin to USB devices',
  },
  'limits.logLinesPerSecond': { rule: count, meaning: 'Log lines per second that are kept for one plugin' },
  'http.allowedHeaders': {
    rule: { kind: 'headers' },
    meaning:
      'Response headers that plugins may set besides the usual ones, such as "x-acme-region,x-acme-debug-*"',
  },
  'http.ownOriginsOnly': {
    rule: { kind: 'boolean' },
    meaning: 'Shows plugins on origins of their own only: nothing of them is a page on any other origin',
  },
  'http.maxUploads': {
    rule: count,
    meaning: 'Uploads of packages and snapshots that one user or token may have in progress',
  },
  'http.uploadMs': { rule: milliseconds, meaning: 'Time in which an upload must arrive' },
  'tasks.maxRunning': { rule: count, meaning: 'Background tasks that run at the same time, of all plugins' },
  'tasks.maxRunningPerPlugin': {
    rule: count,
    meaning: 'Background tasks of one plugin that run at the same time',
  },
  'tasks.maxOpen': { rule: count, meaning: 'Background tasks of one plugin that have not finished' },
  'tasks.maxDeadlineSeconds': {
    rule: { kind: 'integer', min: 1, max: 2_592_000 },
    meaning: 'Longest run that a background task may ask for; without asking it gets 3,600 s at most',
  },
  'tasks.cpuMs': { rule: milliseconds, meaning: 'CPU time that one run of a background task may use' },
  'tasks.cpuPercent': {
    rule: { kind: 'integer', min: 1, max: 10_000 },
    meaning: 'Percent of one core that the background tasks of one plugin may use, averaged over 60 s',
  },
  'tasks.graceMs': {
    rule: milliseconds,
    meaning: 'Time between the signal to stop and the stop of a background task that goes on',
  },
  'tasks.leaseMs': {
    rule: { kind: 'integer', min: 1000, max: 3_600_000 },
    meaning: 'Time after which the background tasks of a server that is not heard of run again',
  },
  'tasks.historyDays': {
    rule: { kind: 'integer', min: 0, max: 36_500 },
    meaning: 'Days after which finished background tasks and their logs are deleted',
  },
  'events.maxAttempts': {
    rule: count,
    meaning: 'Failed attempts until the delivery of a durable event is dead',
  },
  'events.retryMs': {
    rule: milliseconds,
    meaning:
      'Time to the second attempt of a delivery; each further one waits four times as long, an hour at most',
  },
  'secrets.keyFile': {
    rule: { kind: 'path' },
    meaning: 'File with the key of the secrets in the store; by default "secrets.key" in the data folder',
    optional: true,
  },
  'templates.folder': {
    rule: { kind: 'path' },
    meaning: 'Folder of templates that the server renders, with patches of plugins',
    optional: true,
  },
  'templates.values': {
    rule: { kind: 'path' },
    meaning: 'YAML file with the values of these templates, by name',
    optional: true,
  },
  'templates.output': {
    rule: { kind: 'path' },
    meaning: 'Folder that templates are rendered into; without one nothing is rendered',
    optional: true,
  },
  'volumes.roots': {
    rule: { kind: 'paths' },
    meaning: 'Folders that plugins may keep files in as if they were drives',
  },
  'volumes.drives': {
    rule: { kind: 'boolean' },
    meaning: 'Whether plugins may keep files on removable drives that are mounted (Linux)',
  },
  'volumes.udisks': {
    rule: { kind: 'boolean' },
    meaning:
      'Whether administrators, and plugins that are granted it, have drives mounted or ejected by udisks2 (Linux)',
  },
  'volumes.dataFolder': {
    rule: { kind: 'name' },
    meaning: 'Name of the folder on every volume that holds a folder for each plugin',
  },
  'images.engine': {
    rule: { kind: 'choice', of: ['auto', 'podman', 'docker', 'buildah'] },
    meaning: 'Program that builds, pushes and pulls images: the first of the three that answers, or this one',
  },
  'images.path': {
    rule: { kind: 'path' },
    meaning: 'Path of the program of "images.engine"; without one it is looked for in PATH',
    optional: true,
  },
  'images.args.engine': {
    rule: { kind: 'words' },
    meaning: 'Arguments before the command of the engine, such as "--storage-driver vfs"',
  },
  'images.args.build': {
    rule: { kind: 'words' },
    meaning: 'Further arguments of "build", such as "--isolation chroot"',
  },
  'images.args.push': { rule: { kind: 'words' }, meaning: 'Further arguments of "push"' },
  'images.args.pull': { rule: { kind: 'words' }, meaning: 'Further arguments of "pull"' },
  'images.insecureRegistries': {
    rule: { kind: 'registries' },
    meaning: 'Registries that podman and buildah may ask without TLS, such as "127.0.0.1:5000"',
  },
  'images.timeoutMinutes': {
    rule: { kind: 'integer', min: 1, max: 1440 },
    meaning: 'Longest time of one build, push or pull',
  },
  'plugins.apply': {
    rule: { kind: 'ids' },
    meaning: 'Ids of the plugins that run, and no others, whatever was chosen; overrides the two below',
    optional: true,
  },
  'plugins.enable': { rule: { kind: 'ids' }, meaning: 'Ids of plugins that run although they are disabled' },
  'plugins.disable': {
    rule: { kind: 'ids' },
    meaning: 'Ids of plugins that do not run although they are enabled; overrides "plugins.enable"',
  },
  'init.runner': {
    rule: { kind: 'choice', of: ['none', 'shell'] },
    meaning:
      'What runs scripts of plugins that set the application up: nothing, or a plain shell outside of every sandbox',
  },
  'signIn.passwords': {
    rule: { kind: 'boolean' },
    meaning: 'Whether users of the server sign in with passwords',
  },
  'signIn.oidc.issuer': {
    rule: { kind: 'issuer' },
    meaning: 'Address of an OpenID provider that signs users in, such as "https://id.example.org"',
    optional: true,
  },
  'signIn.oidc.clientId': { rule: { kind: 'text' }, meaning: 'Id under which the provider knows the server' },
  'signIn.oidc.clientSecret': {
    rule: { kind: 'secret' },
    meaning: 'Secret of the server at the provider, best set as a variable or by the next key',
    optional: true,
  },
  'signIn.oidc.clientSecretFile': {
    rule: { kind: 'path' },
    meaning: 'File that holds the secret of the server at the provider',
    optional: true,
  },
  'signIn.oidc.label': { rule: { kind: 'title' }, meaning: 'Name of the provider on the sign-in page' },
  'signIn.oidc.scopes': {
    rule: { kind: 'words' },
    meaning: 'What the provider is asked for, such as "openid profile email groups"',
  },
  'signIn.oidc.nameClaim': {
    rule: { kind: 'text' },
    meaning: 'Claim that names a user whom signing in makes',
  },
  'signIn.oidc.groupsClaim': { rule: { kind: 'text' }, meaning: 'Claim with the groups of a user' },
  'signIn.oidc.groupPermissions': {
    rule: { kind: 'groups' },
    meaning:
      'What members of a group may do, such as "admins=*;editors=plugins.view,tasks.*"; with it, the groups decide at each sign-in',
  },
  'signIn.oidc.allowedEmails': {
    rule: { kind: 'names' },
    meaning: 'Verified addresses, or "@example.org", that are admitted, and with the next key nobody else',
  },
  'signIn.oidc.allowedGroups': {
    rule: { kind: 'names' },
    meaning: 'Groups that are admitted, and with the key above nobody else',
  },
  'signIn.oidc.create': {
    rule: { kind: 'boolean' },
    meaning:
      'Whether signing in makes a user of whom the provider knows; otherwise only who was invited gets in',
  },
  adminToken: {
    rule: { kind: 'secret' },
    meaning: 'Replaces the generated admin token: at least 22 random characters, best set as a variable',
    optional: true,
  },
  logLevel: {
    rule: { kind: 'choice', of: ['debug', 'info', 'warn', 'error', 'silent'] },
    meaning: 'Lowest level of the lines in the log of the runtime',
  },
} as const satisfies Record<ConfigKey, ConfigRow>

/** All keys, in the order of the documentation. */
export function configKeys(): readonly ConfigKey[] {
  return Object.keys(CONFIG_KEYS) as ConfigKey[]
}

export function configRow(key: ConfigKey): ConfigRow {
  return CONFIG_KEYS[key]
}

/** "limits.memoryMb" → "PLUGBAY_LIMITS_MEMORY_MB". */
export function variableOf(key: ConfigKey): string {
  const words = key.replaceAll('.', '_').replace(/[a-z0-9](?=[A-Z])/g, '$&_')
  return `PLUGBAY_${words.toUpperCase()}`
}

/** The value of the key in DEFAULT_CONFIG. */
export function defaultOf(key: ConfigKey): unknown {
  return configValue(DEFAULT_CONFIG, key)
}

/** The value of the key in a configuration. */
export function configValue(config: Config, key: ConfigKey): unknown {
  return key
    .split('.')
    .reduce<unknown>((value, part) => (value as Readonly<Record<string, unknown>>)[part], config)
}
