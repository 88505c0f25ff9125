// Reads the configuration: flags override PLUGBAY_* variables, which override plugbay.config.json.
// Invariant: all invalid values are reported at once, each with its source, and nothing starts then.

import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import { type Config, DEFAULT_CONFIG } from './config.ts'
import { type ConfigKey, configKeys, configRow, variableOf } from './config-keys.ts'
import { readConfigValue } from './config-values.ts'

export const CONFIG_FILE = 'plugbay.config.json'

export interface ConfigSources {
  /** Flags by config key, for example `{"port": "8080", "limits.memoryMb": "128"}`; undefined is absent. */
  readonly flags?: Readonly<Record<string, unknown>>
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Path of a config file that must exist. Default: PLUGBAY_CONFIG, otherwise an existing plugbay.config.json in `cwd`. */
  readonly file?: string | undefined
}

/**
 * Variables with our prefix that are not configuration: of clients, of plugins' settings, and those that Kubernetes makes for a
 * service "plugbay".
 */
const OTHER_VARIABLES = /^PLUGBAY_(CONFIG|URL|TOKEN|SETTING_.*|VALUE_.*|SERVICE_.*|PORT_\d+_.*)$/

/** Where a value comes from: the path of the file, the name of the variable, or the flag. */
export interface ConfigSource {
  readonly kind: 'file' | 'variable' | 'flag'
  readonly name: string
}

/** The source of each value that a file, a variable or a flag gives. */
export type ConfigOrigins = Readonly<Partial<Record<ConfigKey, ConfigSource>>>

export interface LoadedConfig {
  readonly config: Config
  readonly origins: ConfigOrigins
}

interface Entry {
  readonly key: string
  readonly raw: unknown
  readonly source: ConfigSource
  /** Base folder of relative paths. */
  readonly base: string
}

/**
 * The configuration from all sources. `data` is absolute: relative paths are resolved against the config file's folder, or
 * `cwd`.
 * Throws CONFIG_INVALID with a problem for each wrong value and unknown key.
 */
export function loadConfig(sources: ConfigSources): Config {
  return loadConfigWithOrigins(sources).config
}

/** The same, with the source of each value. */
export function loadConfigWithOrigins(sources: ConfigSources): LoadedConfig {
  const problems: Problem[] = []
  const values = new Map<ConfigKey, unknown>()
  const origins: Partial<Record<ConfigKey, ConfigSource>> = {}
  const known = new Set<string>(configKeys())
  for (const entry of [
    ...fileEntries(sources, problems),
    ...variableEntries(sources),
    ...flagEntries(sources),
  ]) {
    if (!known.has(entry.key)) {
      problems.push(unknownKey(entry))
      continue
    }
    const key = entry.key as ConfigKey
    const read = readConfigValue(entry.raw, configRow(key), entry.base)
    if (read.ok) {
      values.set(key, read.value)
      origins[key] = entry.source
    } else problems.push(wrongValue(entry, key, read.wanted))
  }
  const [first] = problems
  if (first !== undefined) throw new PlugbayError('CONFIG_INVALID', first.message, { problems })
  if (!values.has('data')) values.set('data', resolve(sources.cwd, DEFAULT_CONFIG.data))
  return { config: assemble(values), origins }
}

function fileEntries(sources: ConfigSources, problems: Problem[]): readonly Entry[] {
  const asked = sources.file ?? sources.env?.PLUGBAY_CONFIG
  const path = resolve(sources.cwd, asked ?? CONFIG_FILE)
  const text = readOptional(path, asked !== undefined)
  if (text === undefined) return []
  try {
    return flatten(JSON.parse(text), path)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    problems.push({
      code: 'CONFIG_INVALID',
      message: `The file "${path}" is not valid JSON: ${error.message}`,
      hint: 'JSON takes double quotes, no comments and no comma after the last value',
      file: path,
    })
    return []
  }
}

function readOptional(path: string, required: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' && !required) return undefined
    throw new PlugbayError(
      'CONFIG_INVALID',
      `The config file "${path}" cannot be read (${code ?? 'unknown reason'})`,
      { cause: error },
    )
  }
}

function flatten(document: unknown, path: string): readonly Entry[] {
  const base = dirname(path)
  const entries: Entry[] = []
  const groups = new Set(configKeys().flatMap(groupsOf))
  const add = (key: string, value: unknown): void => {
    if (groups.has(key) && isRecord(value))
      for (const [inner, raw] of Object.entries(value)) add(`${key}.${inner}`, raw)
    else entries.push({ key, raw: value, source: { kind: 'file', name: path }, base })
  }
  if (!isRecord(document)) return [{ key: '', raw: document, source: { kind: 'file', name: path }, base }]
  for (const [name, value] of Object.entries(document)) {
    if (name !== '$schema') add(name, value)
  }
  return entries
}

/** "images.args.build" is in "images" and "images.args". */
function groupsOf(key: string): readonly string[] {
  const parts = key.split('.')
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function variableEntries(sources: ConfigSources): readonly Entry[] {
  const byVariable = new Map<string, ConfigKey>(configKeys().map((key) => [variableOf(key), key]))
  const entries: Entry[] = []
  for (const [name, raw] of Object.entries(sources.env ?? {})) {
    if (!name.startsWith('PLUGBAY_') || raw === undefined || OTHER_VARIABLES.test(name)) continue
    entries.push({
      key: byVariable.get(name) ?? name,
      raw,
      source: { kind: 'variable', name },
      base: sources.cwd,
    })
  }
  return entries
}

function flagEntries(sources: ConfigSources): readonly Entry[] {
  return Object.entries(sources.flags ?? {}).flatMap(([key, raw]) =>
    raw === undefined ? [] : [{ key, raw, source: { kind: 'flag', name: flagOf(key) }, base: sources.cwd }],
  )
}

/** "publicUrl" → "--public-url"; nested keys have no flag of their own: "--set limits.memoryMb". */
export function flagOf(key: string): string {
  if (key.includes('.')) return `--set ${key}`
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** `"port" in /etc/plugbay.config.json`, `variable PLUGBAY_PORT`, `flag --port`. */
function placeOf({ key, source: { kind, name } }: Entry): string {
  if (kind !== 'file') return `${kind} ${name}`
  return key === '' ? `the file "${name}", which must hold one object` : `"${key}" in ${name}`
}

function unknownKey(entry: Entry): Problem {
  const isVariable = entry.source.kind === 'variable'
  const near = didYouMean(entry.key, isVariable ? configKeys().map(variableOf) : configKeys())
  return {
    code: 'CONFIG_INVALID',
    message: `Unknown configuration: ${placeOf(entry)}`,
    hint: near === undefined ? 'docs/configuration.md lists every key' : `Did you mean "${near}"?`,
  }
}

function wrongValue(entry: Entry, key: ConfigKey, wanted: string): Problem {
  // Secrets stay out of messages, which end up in logs.
  const shown =
    configRow(key).rule.kind === 'secret'
      ? 'the given value'
      : (JSON.stringify(entry.raw) ?? String(entry.raw))
  const kubernetes = key === 'port' && typeof entry.raw === 'string' && entry.raw.startsWith('tcp://')
  return {
    code: 'CONFIG_INVALID',
    message: `Wrong value of ${placeOf(entry)}: ${shown} is not ${wanted}`,
    hint: kubernetes
      ? 'Kubernetes sets this variable for a service named "plugbay": set "enableServiceLinks: false" on the pod'
      : `Give ${wanted}`,
  }
}

function assemble(values: ReadonlyMap<ConfigKey, unknown>): Config {
  const config: Record<string, unknown> = structuredClone(DEFAULT_CONFIG) as unknown as Record<
    string,
    unknown
  >
  for (const [key, value] of values) {
    const parts = key.split('.')
    const last = parts.pop() ?? ''
    // The groups of a known key are objects of DEFAULT_CONFIG.
    const group = parts.reduce((each, part) => each[part] as Record<string, unknown>, config)
    group[last] = value
  }
  return config as unknown as Config
}
