// Native code in the jail asks the kernel for what no child needs: each call is answered by the filter, as its row says. The same
// program without the filter reaches the kernel: so the test can fail. Class: doors of the kernel that nothing in a child uses.

import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { type Bwrap, spawnInJail } from '../../../runtime/processes/jail/spawn-in-jail.ts'
import {
  CLONE,
  DENIED,
  DENIED_WITHOUT_PROCESSES,
  EAFNOSUPPORT,
  ENOSYS,
  EPERM,
  IOCTL,
  LAST_KNOWN,
  PERSONALITY,
  SOCKET,
} from '../../../runtime/processes/jail/syscalls.ts'
import { JAIL } from '../../support/jail.ts'
import { temporaryFolder } from '../../support/runtime.ts'
import { record } from '../helpers/record.ts'
import { errorsOf, programOf, type SystemCall } from './native-code.ts'

interface Case extends SystemCall {
  readonly name: string
  readonly errno: number
}

const SIGCHLD = 17
const X32 = 0x4000_0000
const FAMILIES = {
  AF_INET: 2,
  AF_INET6: 10,
  AF_NETLINK: 16,
  AF_PACKET: 17,
  AF_ALG: 38,
  AF_VSOCK: 40,
  AF_XDP: 44,
}
const NAMESPACES = {
  CLONE_NEWNS: 0x20000,
  CLONE_NEWCGROUP: 0x2000000,
  CLONE_NEWUTS: 0x4000000,
  CLONE_NEWIPC: 0x8000000,
  CLONE_NEWUSER: 0x10000000,
  CLONE_NEWPID: 0x20000000,
  CLONE_NEWNET: 0x40000000,
}

/** Of a child that starts no processes. Arguments are such that a call that gets through does no harm. */
const CASES: readonly Case[] = [
  ...[...DENIED, ...DENIED_WITHOUT_PROCESSES].flatMap(({ name, numbers: [number], errno }) =>
    number === null ? [] : [{ name, number, errno }],
  ),
  ...Object.entries(FAMILIES).map(([name, family]) => ({
    name: `socket ${name}`,
    number: numberOf(SOCKET),
    arguments: [family, 2, 0],
    errno: EAFNOSUPPORT,
  })),
  ...Object.entries(NAMESPACES).map(([name, flag]) => ({
    name: `clone ${name}`,
    number: numberOf(CLONE),
    arguments: [flag | SIGCHLD, 0],
    errno: EPERM,
  })),
  { name: 'clone of a process', number: numberOf(CLONE), arguments: [SIGCHLD, 0], errno: EPERM },
  { name: 'ioctl TIOCSTI', number: numberOf(IOCTL), arguments: [1, 0x5412, 0], errno: EPERM },
  { name: 'ioctl TIOCLINUX', number: numberOf(IOCTL), arguments: [1, 0x541c, 0], errno: EPERM },
  {
    name: 'ioctl TIOCSTI, with a bit that the kernel ignores',
    number: numberOf(IOCTL),
    arguments: [1, 0x1_0000_5412, 0],
    errno: EPERM,
  },
  { name: 'personality', number: numberOf(PERSONALITY), arguments: [0x40000], errno: EPERM },
  { name: 'ptrace by the x32 ABI', number: X32 | 521, errno: ENOSYS },
  { name: 'getpid by the x32 ABI', number: X32 | 39, errno: ENOSYS },
  { name: 'a later call', number: LAST_KNOWN + 1, errno: ENOSYS },
]

/** These work, or fail in another way, where only the other walls of the jail stand. */
const SEEN_WITHOUT = [
  ...[
    'ptrace',
    'kcmp',
    'memfd_create',
    'clone3',
    'msgget',
    'semget',
    'fork',
    'vfork',
    'personality',
    'io_uring_setup',
  ],
  ...[
    'socket AF_INET',
    'socket AF_NETLINK',
    'clone of a process',
    'name_to_handle_at',
    'process_vm_readv',
    'setns',
  ],
  ...['pidfd_send_signal', 'ioctl TIOCSTI'],
]

const IN_FILTER =
  JAIL.kind === 'bwrap' && JAIL.features.seccomp && process.arch === 'x64'
    ? {}
    : { skip: 'bwrap, seccomp and x86-64 are needed' }

test(
  'every call of the table is answered by the filter, and by the kernel without it',
  IN_FILTER,
  async (t) => {
    assert.ok(JAIL.kind === 'bwrap')
    const program = await install(t, programOf(CASES))
    const errors = errorsOf(await run(JAIL, program))
    assert.deepEqual(
      CASES.map(({ name }, index) => `${name}: ${errors[index]}`),
      CASES.map(({ name, errno }) => `${name}: ${errno}`),
    )
    const bare = errorsOf(await run({ ...JAIL, features: { ...JAIL.features, seccomp: false } }, program))
    const changed = CASES.filter(({ errno }, index) => bare[index] !== errno).map(({ name }) => name)
    assert.deepEqual(
      SEEN_WITHOUT.filter((name) => !changed.includes(name)),
      [],
    )
    record({
      id: 'W-seccomp',
      area: 'walls',
      title: 'system calls of native code in the jail',
      culprit: `${CASES.length} refused, ${changed.length} of which got further without the filter`,
    })
  },
)

test('a call by the numbers of another architecture ends the process', IN_FILTER, async (t) => {
  assert.ok(JAIL.kind === 'bwrap')
  // mov eax, 20 (getpid of i386); int 0x80; then the end as ever.
  const program = programOf([])
  const start = 64 + 56 + 10
  const old = Buffer.from([0xb8, 20, 0, 0, 0, 0xcd, 0x80])
  const code = Buffer.concat([program.subarray(0, start), old, program.subarray(start)])
  const path = await install(t, code)
  const child = spawnInJail(JAIL, [path], {
    rights: { code: [], read: [path] },
    stdio: ['ignore', 'ignore', 'inherit', 'ignore'],
  })
  const exit = await new Promise((resolve) => child.once('exit', (status) => resolve(status)))
  assert.equal(exit, 128 + 31, 'SIGSYS')
})

test('a child that runs esbuild may start processes, in no new namespace', IN_FILTER, async (t) => {
  assert.ok(JAIL.kind === 'bwrap')
  const calls = CASES.filter(({ name }) => /^(?:fork|clone )/.test(name))
  const errors = errorsOf(await run(JAIL, await install(t, programOf(calls)), true))
  assert.deepEqual(
    calls.filter((_, index) => errors[index] === 0).map(({ name }) => name),
    ['fork', 'clone of a process'],
  )
})

function numberOf([number]: readonly [number | null, number | null]): number {
  assert.ok(number !== null)
  return number
}

async function install(t: TestContext, program: Buffer): Promise<string> {
  const path = join(await temporaryFolder(t), 'program')
  await writeFile(path, program)
  await chmod(path, 0o755)
  return path
}

async function run(jail: Bwrap, program: string, childProcess = false): Promise<Buffer> {
  const child = spawnInJail(jail, [program], {
    rights: { code: [], read: [program], childProcess },
    stdio: ['ignore', 'pipe', 'inherit', 'ignore'],
  })
  assert.ok(child.stdout)
  return await buffer(child.stdout)
}
