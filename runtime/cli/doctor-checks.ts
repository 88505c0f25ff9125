// The checks of `plugbay doctor`: one function per requirement of the server.
// Invariant: a check never throws and leaves nothing behind; native code is loaded in a child, whose crash is a finding.

import { execFile } from 'node:child_process'
import { access, constants, mkdtemp, rmdir, stat, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { lockFolder } from '../../plugin-store/folder-lock.ts'
import { codeRoot } from '../bundles/code-root.ts'
import type { Config } from '../config/config.ts'
import type { ErrorCode } from '../errors.ts'
import { findJail } from '../processes/jail/jail.ts'
import { checkKeyFile } from './check-key-file.ts'

export interface Finding {
  readonly id: string
  readonly level: 'ok' | 'warn' | 'fail'
  readonly message: string
  readonly hint?: string
  readonly code?: ErrorCode
}

export type Check = () => Promise<Finding>

/** All checks, in the order of the report. */
export function doctorChecks(config: Config): readonly Check[] {
  return [
    checkNode,
    ...Object.entries(NATIVE_MODULES).map(
      ([name, code]) =>
        () =>
          checkModule(name, code),
    ),
    () => checkData(config.data),
    () => checkLock(config.data),
    () => checkKeyFile(config),
    () => checkPort(config.host, config.port),
    () => checkJail(config),
    checkUsb,
    () => checkDisk(config.data),
  ]
}

const OLDEST_NODE = 26

async function checkNode(): Promise<Finding> {
  const version = process.versions.node
  const id = 'node'
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return { id, level: 'ok', message: `Node ${version}` }
  const hint = `Install Node ${OLDEST_NODE} or newer, or run "npm install" in the project: it brings its own`
  return { id, level: 'fail', message: `Node ${version} is too old`, hint }
}

/** Each with a line of code that exercises it. */
const NATIVE_MODULES = {
  'isolated-vm': 'new m.default.Isolate({ memoryLimit: 8 }).dispose()',
  'better-sqlite3': 'new m.default(":memory:").close()',
  usb: 'void m',
} as const

const run = promisify(execFile)

async function checkModule(id: string, work: string): Promise<Finding> {
  const code = `const m = await import(${JSON.stringify(id)}); ${work}; process.exit(0)`
  try {
    await run(process.execPath, ['--no-node-snapshot', '--input-type=module', '-e', code], {
      cwd: codeRoot(),
      timeout: 20_000,
    })
    return { id, level: 'ok', message: 'loads' }
  } catch (error) {
    const reason = firstErrorLine(String((error as { stderr?: unknown }).stderr ?? error))
    const hint =
      'Run "npm install" again on this machine: native modules are made for one system and one version of Node'
    return { id, level: 'fail', message: `does not load: ${reason}`, hint }
  }
}

function firstErrorLine(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim())
  return (
    lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.find((line) => line !== '') ?? 'the process ended'
  )
}

async function checkData(folder: string): Promise<Finding> {
  const id = 'data'
  try {
    const existing = await nearestExisting(folder)
    if (existing !== folder) {
      await access(existing, constants.W_OK | constants.X_OK)
      return { id, level: 'ok', message: `"${folder}" will be made at the first start` }
    }
    await rmdir(await mkdtemp(join(folder, 'doctor-')))
    return { id, level: 'ok', message: `"${folder}" is writable` }
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    const hint = 'Give the user of the server the right to write there, or name another folder with --data'
    return {
      id,
      level: 'fail',
      code: 'FILE_UNUSABLE',
      message: `"${folder}" is not writable (${reason})`,
      hint,
    }
  }
}

async function checkLock(folder: string): Promise<Finding> {
  const id = 'lock'
  try {
    // Without a lock file no server has run here, and testing the lock would create one.
    await stat(join(folder, 'lock.db'))
  } catch {
    return { id, level: 'ok', message: 'no server uses the data folder' }
  }
  try {
    const lock = await lockFolder(folder)
    lock.release()
    return { id, level: 'ok', message: 'no server uses the data folder' }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const hint =
      'Nothing to do when that is your server; a second one needs a data folder of its own (--data)'
    return { id, level: 'warn', message, hint }
  }
}

async function checkPort(host: string, port: number): Promise<Finding> {
  const id = 'port'
  const error = await tryListen(host, port)
  if (error === undefined) return { id, level: 'ok', message: `${host}:${port} is free` }
  if (error.code === 'EADDRINUSE' && (await answersAsPlugbay(host, port))) {
    return { id, level: 'ok', message: `a Plugbay server answers on ${host}:${port}` }
  }
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'is in use by another program',
    EACCES: 'may not be used by this user',
    EADDRNOTAVAIL: 'is not an address of this machine',
  }
  const reason = reasons[error.code ?? ''] ?? `cannot be used (${error.code ?? error.message})`
  const hint = 'Stop the other program, or choose another with --port or --host'
  return { id, level: 'fail', code: 'PORT_UNUSABLE', message: `${host}:${port} ${reason}`, hint }
}

function tryListen(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', resolve)
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}

async function answersAsPlugbay(host: string, port: number): Promise<boolean> {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  try {
    const response = await fetch(`http://${name}:${port}/schema/manifest.v1.json`, {
      signal: AbortSignal.timeout(2000),
    })
    return response.ok && (await response.text()).includes('Plugbay')
  } catch {
    return false
  }
}

async function checkJail({ data, sandbox: { jail: mode } }: Config): Promise<Finding> {
  const id = 'jail'
  const folder = (await isThere(data)) ? data : undefined
  const jail = await findJail({ mode, folder })
  if (jail.kind === 'bwrap') {
    const message = `bwrap (${jail.binary}): child processes have a file system and no network of their own`
    if (jail.features.seccomp) return { id, level: 'ok', message: `${message}, and a seccomp filter` }
    return {
      id,
      level: 'warn',
      message: `${message}, but no seccomp filter`,
      hint: 'Use Linux on x86-64 or AArch64, with a kernel and a container that allow seccomp filters',
    }
  }
  const message = `${jail.reason}: plugins are confined by the isolate and by Node, without the third wall`
  const hint = jail.isMissing
    ? 'Install it, for example with "apt install bubblewrap"'
    : mode === 'none'
      ? 'Set sandbox.jail to "auto" to use bwrap where it works'
      : 'Allow unprivileged user namespaces (in a container: a seccomp profile that permits them)'
  if (mode === 'bwrap') return { id, level: 'fail', code: 'JAIL_UNUSABLE', message: jail.reason, hint }
  return { id, level: 'warn', message, hint }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}

async function checkUsb(): Promise<Finding> {
  const id = 'usb bus'
  if (process.platform !== 'linux') return { id, level: 'ok', message: 'is asked when a plugin needs it' }
  try {
    await access('/dev/bus/usb', constants.R_OK | constants.X_OK)
    return { id, level: 'ok', message: 'is there' }
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const message = missing
      ? 'this machine has none: plugins see an empty list of devices'
      : 'may not be read by this user'
    const hint = missing
      ? 'In a container, pass /dev/bus/usb into it'
      : 'Add the user of the server to the group that owns /dev/bus/usb'
    return { id, level: 'warn', message, hint }
  }
}

const LOW_BYTES = 1e9
const TOO_LOW_BYTES = 1e8

async function checkDisk(folder: string): Promise<Finding> {
  const id = 'disk'
  try {
    const { bavail, bsize } = await statfs(await nearestExisting(folder))
    const free = bavail * bsize
    const message = `${(free / 1e9).toFixed(1)} GB free for the data folder`
    if (free >= LOW_BYTES) return { id, level: 'ok', message }
    const hint = 'Free some space: a package may need 200 MB while it is unpacked'
    return { id, level: free < TOO_LOW_BYTES ? 'fail' : 'warn', code: 'STORE_FULL', message, hint }
  } catch (error) {
    return {
      id,
      level: 'warn',
      message: `cannot be measured (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
    }
  }
}

async function nearestExisting(folder: string): Promise<string> {
  try {
    await stat(folder)
    return folder
  } catch (error) {
    const parent = dirname(folder)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === folder) throw error
    return nearestExisting(parent)
  }
}
