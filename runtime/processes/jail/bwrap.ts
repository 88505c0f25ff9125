// The wall of the operating system: how a child is started inside bwrap, with namespaces and a file system of its own.
// Invariant: nothing of the machine is mounted but libraries, Node, our code, and the folders that the child was given.

import { accessSync, constants, existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { type ChildRights, readablePaths } from '../child-flags.ts'

/** bwrap writes which process it has made here, as JSON. */
export const INFO_FD = 4

/** What not every version and machine has, and what is used where it works. */
export interface BwrapFeatures {
  /** The child cannot make namespaces of its own, and so never has a capability again. bwrap 0.8 or newer. */
  readonly disableUserns: boolean
}

/** Where the dynamic linker looks, by distribution: merged or not, glibc or musl, multilib; stores of NixOS and Guix. */
const LIBRARIES = [
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/usr/lib',
  '/usr/lib32',
  '/usr/lib64',
  '/usr/libx32',
]
const MORE_LIBRARIES = ['/usr/local/lib', '/nix/store', '/gnu/store']
/** The linker's cache; how detect-libc and node-gyp-build tell musl from glibc; the zone of local times, and its name. */
const FILES = ['/etc/ld.so.cache', '/etc/alpine-release', '/etc/localtime', '/usr/share/zoneinfo']

/** Where bwrap is looked for: a service may have a bare PATH. */
export function defaultSearchPath(): string {
  return [process.env.PATH ?? '', '/usr/bin', '/bin', '/usr/local/bin'].join(delimiter)
}

/** The absolute path of bwrap: children have no environment that it could be looked up in. */
export function findBwrap(searchPath: string): string | undefined {
  const folders = searchPath.split(delimiter).filter(isAbsolute)
  return folders.map((folder) => join(folder, 'bwrap')).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Arguments of bwrap, up to the command to run in it. The command becomes the first process of its pid namespace, so that
 * the process that bwrap tells of at INFO_FD is the child itself, and ends all that it may have started.
 */
export function bwrapArguments(rights: ChildRights, features: BwrapFeatures): string[] {
  return [
    // Users, processes, network, inter-process communication, host name, control groups: none of the machine's.
    '--unshare-all',
    ...(features.disableUserns ? ['--unshare-user', '--disable-userns'] : []),
    '--die-with-parent',
    '--new-session',
    '--as-pid-1',
    '--clearenv',
    ...['--cap-drop', 'ALL'],
    ...['--info-fd', String(INFO_FD)],
    ...[...LIBRARIES, ...MORE_LIBRARIES, ...FILES].flatMap(mountLibrary),
    ...libraryFolderOf(process.execPath).flatMap((path) => ['--ro-bind', path, path]),
    ...['--ro-bind', process.execPath, process.execPath],
    ...readablePaths(rights).flatMap((path) => ['--ro-bind-try', path, path]),
    ...(rights.write ?? []).flatMap((path) => ['--bind', path, path]),
    // The root is memory of the machine's: nobody shall fill it.
    ...['--remount-ro', '/'],
    ...['--chdir', '/'],
    '--',
  ]
}

/** A merged /lib is a link, and stays one; the zone of local times is told by the name that the link holds. */
function mountLibrary(path: string): string[] {
  try {
    return lstatSync(path).isSymbolicLink()
      ? ['--symlink', readlinkSync(path), path]
      : ['--ro-bind', path, path]
  } catch {
    return [] // This distribution has none.
  }
}

/** A Node that is linked to libnode has it beside its folder, as in /opt/node/bin and /opt/node/lib. */
function libraryFolderOf(binary: string): string[] {
  const folder = join(dirname(dirname(binary)), 'lib')
  const isMounted = [...LIBRARIES, ...MORE_LIBRARIES].some(
    (path) => folder === path || folder.startsWith(`${path}/`),
  )
  if (isMounted || !existsSync(folder)) return []
  return readdirSync(folder).some((name) => name.startsWith('libnode.so')) ? [folder] : []
}
