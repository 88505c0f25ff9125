// Starts a child inside bwrap, with namespaces and a file system of its own.
// Invariant: of the machine only libraries, Node, our code, and the folders given to the child are mounted.

import { accessSync, constants, existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { type ChildRights, childEnvironment, readablePaths } from '../child-flags.ts'

/** bwrap reports the process that it has created here, as JSON. */
export const INFO_FD = 4

/** bwrap reads the seccomp filter here. */
export const SECCOMP_FD = 5

/** Options that not every version and machine has; used where they work. */
export interface BwrapFeatures {
  /** The child cannot create namespaces of its own, and so never regains a capability. bwrap 0.8 or newer. */
  readonly disableUserns: boolean
  /** A filter of system calls (seccomp.ts). Kernels may lack it, and the table of calls has two architectures. */
  readonly seccomp: boolean
}

/** Search paths of the dynamic linker, by distribution: merged or not, glibc or musl, multilib; stores of NixOS and Guix. */
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
/** The linker's cache; files by which detect-libc and node-gyp-build tell musl from glibc; the local time zone and its name. */
const FILES = ['/etc/ld.so.cache', '/etc/alpine-release', '/etc/localtime', '/usr/share/zoneinfo']

/** Where to search bwrap: a service may have a bare PATH. */
export function defaultSearchPath(): string {
  return [process.env.PATH ?? '', '/usr/bin', '/bin', '/usr/local/bin'].join(delimiter)
}

/** The absolute path of bwrap: children have no environment to look it up in. */
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
 * Arguments of bwrap, up to the command to run in it. The command becomes the first process of its pid namespace, so that the
 * process that bwrap reports at INFO_FD is the child itself, and its end kills all that it started.
 */
export function bwrapArguments(rights: ChildRights, features: BwrapFeatures): string[] {
  return [
    // No namespace is shared with the machine: users, processes, network, inter-process communication, host name, control
    // groups.
    '--unshare-all',
    ...(features.disableUserns ? ['--unshare-user', '--disable-userns'] : []),
    '--die-with-parent',
    '--new-session',
    '--as-pid-1',
    '--clearenv',
    ...Object.entries(childEnvironment(rights)).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--cap-drop', 'ALL'],
    ...['--info-fd', String(INFO_FD)],
    ...(features.seccomp ? ['--seccomp', String(SECCOMP_FD)] : []),
    ...[...LIBRARIES, ...MORE_LIBRARIES, ...FILES].flatMap(mountLibrary),
    ...libraryFolderOf(process.execPath).flatMap((path) => ['--ro-bind', path, path]),
    ...['--ro-bind', process.execPath, process.execPath],
    ...readablePaths(rights).flatMap((path) => ['--ro-bind-try', path, path]),
    ...(rights.write ?? []).flatMap((path) => ['--bind-try', path, path]),
    ...(rights.devices ?? []).flatMap((path) => ['--dev-bind-try', path, path]),
    // The root is in the machine's memory: it must not be filled.
    ...['--remount-ro', '/'],
    ...['--chdir', '/'],
    '--',
  ]
}

/** A merged /lib is a link, and stays one; the link of the time zone holds its name. */
function mountLibrary(path: string): string[] {
  try {
    return lstatSync(path).isSymbolicLink()
      ? ['--symlink', readlinkSync(path), path]
      : ['--ro-bind', path, path]
  } catch {
    return [] // Absent in this distribution
  }
}

/** A Node that is linked to libnode has it in a sibling folder, as in /opt/node/bin and /opt/node/lib. */
function libraryFolderOf(binary: string): string[] {
  const folder = join(dirname(dirname(binary)), 'lib')
  const isMounted = [...LIBRARIES, ...MORE_LIBRARIES].some(
    (path) => folder === path || folder.startsWith(`${path}/`),
  )
  if (isMounted || !existsSync(folder)) return []
  return readdirSync(folder).some((name) => name.startsWith('libnode.so')) ? [folder] : []
}
