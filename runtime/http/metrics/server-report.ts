// What runs, on what, with which configuration: for the administrator.
// Invariant: a secret is never in it.

import { statfs } from 'node:fs/promises'
import type { Problem } from '../../../sdk/api/problems.ts'
import type { Server, ServerProcess, ServerSetting } from '../../../sdk/api/server.ts'
import type { Config } from '../../config/config.ts'
import { type ConfigKey, configKeys, configRow, configValue, defaultOf } from '../../config/config-keys.ts'
import type { ConfigOrigins } from '../../config/config-sources.ts'
import type { Jail } from '../../processes/jail/jail.ts'
import { cpuMsOf, residentBytesOf } from '../../processes/process-figures.ts'
import type { ProcessParts } from './metrics-snapshot.ts'

export interface ServerParts {
  readonly config: Config
  /** Undefined: the application has given the configuration. */
  readonly origins: ConfigOrigins | undefined
  readonly version: string
  readonly jail: Jail
  readonly isSafe: boolean
  readonly children: ProcessParts
}

/** @returns takes the figures of the moment in which it is called */
export function serverReport(parts: ServerParts): () => Promise<Server> {
  const startedAt = new Date(Date.now() - process.uptime() * 1000).toISOString()
  const settings = configKeys().map((key) => settingOf(key, parts))
  return async () => ({
    version: parts.version,
    node: process.versions.node,
    system: `${process.platform} ${process.arch}`,
    time: new Date().toISOString(),
    startedAt,
    isSafe: parts.isSafe,
    jail: jailOf(parts.jail),
    disk: await diskOf(parts.config.data),
    processes: processesOf(parts.children),
    settings,
  })
}

function settingOf(key: ConfigKey, { config, origins }: ServerParts): ServerSetting {
  const { meaning, rule } = configRow(key)
  const value = configValue(config, key)
  // Arguments of programs may hold a password.
  const isSecret = rule.kind === 'secret' || rule.kind === 'words'
  const origin = origins?.[key]
  const isDefault = JSON.stringify(value) === JSON.stringify(defaultOf(key))
  const isGiven = origins === undefined && !isDefault
  return {
    key,
    meaning,
    ...((!isSecret || isDefault) && { value }),
    isSecret: isSecret && !isDefault,
    source: origin?.kind ?? (isGiven ? 'application' : 'default'),
    place: origin?.name ?? null,
  }
}

function jailOf(jail: Jail): Server['jail'] {
  return jail.kind === 'bwrap'
    ? { kind: 'bwrap', hasFilter: jail.features.seccomp, reason: null }
    : { kind: 'none', hasFilter: false, reason: jail.reason }
}

const LOW_BYTES = 1e9

async function diskOf(folder: string): Promise<Server['disk']> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder)
    const freeBytes = bavail * bsize
    return { folder, freeBytes, totalBytes: blocks * bsize, problem: freeBytes < LOW_BYTES ? LOW : null }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    const problem: Problem = { code: 'FILE_UNUSABLE', message: `The disk cannot be measured (${reason})` }
    return { folder, freeBytes: null, totalBytes: null, problem }
  }
}

const LOW: Problem = {
  code: 'STORE_FULL',
  message: 'Less than 1 GB is free',
  hint: 'Free some space: a package may need 200 MB while it is unpacked',
}

function processesOf(parts: ProcessParts): readonly ServerProcess[] {
  const { sandbox, data, files, usb, packages, precompression, sourceMaps, templateEngine } = parts
  const child = (kind: ServerProcess['kind'], pid: number | undefined, plugins: readonly string[] = []) =>
    pid === undefined ? [] : [figuresOf(kind, pid, plugins)]
  const children = (kind: ServerProcess['kind'], pids: readonly number[]) =>
    pids.flatMap((pid) => child(kind, pid))
  return [
    figuresOf('runtime', process.pid, []),
    ...sandbox.processes.flatMap(({ pid, plugins }) => child('sandbox', pid, plugins)),
    ...children('data', data.pids),
    ...children('files', files.pids),
    ...children('usb', usb.pids),
    ...child('package', packages.pid),
    ...child('compression', precompression.pid),
    ...child('source-map', sourceMaps.pid),
    ...child('template', templateEngine.pid),
  ]
}

function figuresOf(kind: ServerProcess['kind'], pid: number, plugins: readonly string[]): ServerProcess {
  return { kind, pid, plugins: [...plugins], memoryBytes: residentBytesOf(pid), cpuMs: cpuMsOf(pid) ?? null }
}
