// The operating-system isolation of children: bwrap where it works, otherwise none, depending on the configuration.
// Invariant: bwrap is tested once, with the mounts that children get; installed is not the same as usable.

import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { codeRoot } from '../../bundles/code-root.ts'
import type { SandboxConfig } from '../../config/config.ts'
import { PlugbayError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { ChildRights } from '../child-flags.ts'
import { type BwrapFeatures, defaultSearchPath, findBwrap, INFO_FD } from './bwrap.ts'
import { endJailLeftovers } from './jail-leftovers.ts'
import { seccompFilter } from './seccomp.ts'
import { type Bwrap, spawnInJail } from './spawn-in-jail.ts'

export type Jail =
  | (Bwrap & { readonly kind: 'bwrap' })
  /** `reason` explains it to the operator, in half a sentence. */
  | { readonly kind: 'none'; readonly reason: string; readonly isMissing?: boolean }

export const NO_JAIL: Jail = { kind: 'none', reason: 'none was asked for' }

export interface JailOptions {
  readonly mode: SandboxConfig['jail']
  /** An existing folder that children write to: it must be usable from inside. */
  readonly folder?: string | undefined
  /** Where to search bwrap; PATH of this process and the usual folders by default. */
  readonly searchPath?: string | undefined
}

const hasFilter = seccompFilter({ processes: true }) !== undefined
/** The best first. */
const FEATURES: readonly BwrapFeatures[] = [true, false].flatMap((seccomp) =>
  seccomp && !hasFilter ? [] : [true, false].map((disableUserns) => ({ disableUserns, seccomp })),
)

/** Tests what works here. Never rejects. */
export async function findJail(options: JailOptions): Promise<Jail> {
  if (options.mode === 'none') return { kind: 'none', reason: 'sandbox.jail is "none"' }
  if (process.platform !== 'linux')
    return { kind: 'none', reason: 'bwrap exists on Linux only', isMissing: true }
  const binary = findBwrap(options.searchPath ?? defaultSearchPath())
  if (binary === undefined) return { kind: 'none', reason: 'bwrap is not installed', isMissing: true }
  const rights: ChildRights = options.folder === undefined ? {} : { write: [options.folder] }
  let reason = ''
  for (const features of FEATURES) {
    const failure = await tryBwrap({ binary, features }, { rights, folder: options.folder })
    if (failure === undefined) return { kind: 'bwrap', binary, features }
    reason = failure
  }
  return { kind: 'none', reason: `bwrap does not work here: ${reason}` }
}

/** The jail for children; logs a line when there is none. Rejects with JAIL_UNUSABLE when bwrap is required. */
export async function openJail(options: JailOptions & { readonly log: Log }): Promise<Jail> {
  const jail = await findJail(options)
  const { mode, log } = options
  if (jail.kind === 'bwrap') {
    log.debug({ bwrap: jail.binary, ...jail.features }, 'children run inside bwrap')
    if (!jail.features.seccomp) log.info('children run inside bwrap without a filter of system calls')
    const ended = endJailLeftovers()
    if (ended > 0) log.info({ processes: ended }, 'ended what a killed runtime had left of its jail')
  } else if (mode === 'bwrap')
    throw new PlugbayError('JAIL_UNUSABLE', `sandbox.jail is "bwrap", but ${jail.reason}`)
  else log.info({ reason: jail.reason }, 'children run without the wall of the operating system')
  return jail
}

const TRY_MS = 10_000

/** Does in the jail what children do: loads our code, writes where it may. Prints "ready", and waits to be ended. */
const TRIAL = `
const { accessSync, constants } = require('node:fs')
const [root, folder] = process.argv.slice(1)
accessSync(root + '/runtime', constants.R_OK)
if (folder) accessSync(folder, constants.W_OK)
process.stdout.write('ready')
process.stdin.on('data', () => process.exit(0)).on('end', () => process.exit(0))
`

/** undefined: it works. */
async function tryBwrap(
  place: Bwrap,
  { rights, folder }: { readonly rights: ChildRights; readonly folder: string | undefined },
): Promise<string | undefined> {
  const command = [process.execPath, '-e', TRIAL, codeRoot(), ...(folder === undefined ? [] : [folder])]
  const child = spawnInJail(place, command, {
    rights,
    stdio: ['pipe', 'pipe', 'pipe', 'ignore'],
    env: {},
    cwd: '/',
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), TRY_MS)
  try {
    return await outcomeOf(child)
  } finally {
    clearTimeout(timer)
    child.kill('SIGKILL')
  }
}

async function outcomeOf(child: ChildProcess): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  let output = ''
  let errors = ''
  const info = readInfo(child)
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (errors.length < 1000) errors += text
  })
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (output !== 'ready') return
    // The process to measure and kill later must be visible now.
    void info.then((pid) => {
      const isSeen = existsSync(`/proc/${pid}/statm`)
      resolve(isSeen ? undefined : 'its processes cannot be seen in /proc')
      child.stdin?.end()
    })
  })
  child.stdin?.on('error', () => undefined)
  child.on('error', (error) => resolve(error.message))
  child.on('exit', (code, signal) => resolve(firstLine(errors) ?? `it ended with ${signal ?? code}`))
  return await promise
}

/** The process that bwrap created, as seen from outside its pid namespace. Never settles when bwrap fails. */
export function readInfo(child: ChildProcess): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const pipe = child.stdio[INFO_FD] as Duplex | null | undefined
  let text = ''
  pipe?.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    const [, pid] = /"child-pid": *(\d+)/.exec(text.slice(0, 4096)) ?? []
    if (pid !== undefined) resolve(Number(pid))
  })
  pipe?.on('error', () => undefined)
  return promise
}

function firstLine(text: string): string | undefined {
  return text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '')
}
