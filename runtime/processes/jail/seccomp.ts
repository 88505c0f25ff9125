// The seccomp filter of a child in the jail, made from the table of denied calls. bwrap applies it before it starts the child.
// Invariant: the architecture is checked first, since numbers mean other calls on others; the filter reads no memory.

import {
  allow,
  assemble,
  fail,
  type Instruction,
  kill,
  loadArchitecture,
  loadArgument,
  loadNumber,
  unless,
  when,
} from './bpf.ts'
import {
  CLONE,
  DENIED,
  DENIED_WITHOUT_PROCESSES,
  type DeniedCall,
  EAFNOSUPPORT,
  ENOSYS,
  EPERM,
  IOCTL,
  LAST_KNOWN,
  PERSONALITY,
  SOCKET,
  SOCKETPAIR,
} from './syscalls.ts'

export interface FilterOptions {
  /** Whether the child starts programs: esbuild. */
  readonly processes: boolean
}

/** Audit architectures, in the order of the numbers in the table. */
const ARCHITECTURES = { x64: 0xc000_003e, arm64: 0xc000_00b7 } as const
export type FilteredArchitecture = keyof typeof ARCHITECTURES

/** Numbers of the x32 ABI have this bit. */
const X32 = 0x4000_0000

const CLONE_THREAD = 0x0001_0000
/** Mounts, control groups, host name, inter-process communication, users, processes, network. */
const CLONE_NEW =
  0x0002_0000 | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x2000_0000 | 0x4000_0000
const AF_UNIX = 1
/** Types characters into a terminal; does what a console may. */
const TERMINAL_ORDERS = [0x5412, 0x541c]
/** Asks for the present personality. */
const NO_PERSONALITY = 0xffff_ffff

/** The filter for bwrap's `--seccomp`; undefined for an architecture whose numbers are not in the table. */
export function seccompFilter(
  options: FilterOptions,
  architecture: string = process.arch,
): Buffer | undefined {
  if (architecture !== 'x64' && architecture !== 'arm64') return undefined
  return assemble(programOf(options, architecture))
}

function programOf({ processes }: FilterOptions, architecture: FilteredArchitecture): Instruction[] {
  const column = architecture === 'x64' ? 0 : 1
  const denied = [...DENIED, ...(processes ? [] : DENIED_WITHOUT_PROCESSES)]
  const onCall = (numbers: DeniedCall['numbers'], block: readonly Instruction[]) => {
    const number = numbers[column]
    // A block that looked at an argument has lost the number: it ends the program.
    return number === null ? [] : when('equal', number, [...block, allow])
  }
  return [
    loadArchitecture,
    ...unless('equal', ARCHITECTURES[architecture], [kill]),
    loadNumber,
    ...(architecture === 'x64' ? when('at least', X32, [fail(ENOSYS)]) : []),
    ...when('greater', LAST_KNOWN, [fail(ENOSYS)]),
    ...onCall(CLONE, [
      loadArgument(0),
      ...when('any bit', CLONE_NEW, [fail(EPERM)]),
      ...(processes ? [] : unless('any bit', CLONE_THREAD, [fail(EPERM)])),
    ]),
    ...[SOCKET, SOCKETPAIR].flatMap((numbers) =>
      onCall(numbers, [loadArgument(0), ...unless('equal', AF_UNIX, [fail(EAFNOSUPPORT)])]),
    ),
    ...onCall(IOCTL, [
      loadArgument(1),
      ...TERMINAL_ORDERS.flatMap((order) => when('equal', order, [fail(EPERM)])),
    ]),
    ...onCall(PERSONALITY, [
      loadArgument(0),
      ...when('equal', NO_PERSONALITY, [allow]),
      ...unless('equal', 0, [fail(EPERM)]),
    ]),
    ...denied.flatMap(({ numbers, errno }) => {
      const number = numbers[column]
      return number === null ? [] : when('equal', number, [fail(errno)])
    }),
    allow,
  ]
}
