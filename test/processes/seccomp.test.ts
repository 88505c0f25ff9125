// The seccomp filter, run by an interpreter of classic BPF, for both architectures; and its table, against the kernel's headers where
// they are installed. What a real kernel does with it: test/security/walls/seccomp.test.ts.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { seccompFilter } from '../../runtime/processes/jail/seccomp.ts'
import {
  CLONE,
  DENIED,
  DENIED_WITHOUT_PROCESSES,
  IOCTL,
  PERSONALITY,
  SOCKET,
  SOCKETPAIR,
} from '../../runtime/processes/jail/syscalls.ts'

const ALLOW = 0x7fff0000
const KILL = 0x80000000
const ERRNO = 0x50000
const THREAD = 0x3d0f00

const PLACES = [
  {
    name: 'x64',
    column: 0,
    audit: 0xc000003e,
    headers: '/usr/include/x86_64-linux-gnu/asm/unistd_64.h',
    // read, write, mmap, futex, openat, execve, exit_group, membarrier, pkey_alloc, clock_gettime, getrandom
    needed: [0, 1, 9, 202, 257, 59, 231, 324, 330, 228, 318],
  },
  {
    name: 'arm64',
    column: 1,
    audit: 0xc00000b7,
    headers: '/usr/include/asm-generic/unistd.h',
    needed: [63, 64, 222, 98, 56, 221, 94, 283, 289, 113, 278],
  },
] as const

for (const { name, column, audit, headers, needed } of PLACES) {
  const filter = (processes: boolean) => {
    const program = seccompFilter({ processes }, name)
    assert.ok(program)
    return (number: number, values: readonly number[] = [], architecture: number = audit) =>
      run(program, { number, architecture, values })
  }
  const numberOf = (numbers: readonly [number | null, number | null]) => {
    const number = numbers[column]
    assert.ok(number !== null)
    return number
  }

  test(`the filter for ${name} answers each call of the table by its row, and lets pass what children need`, () => {
    const [strict, lax] = [filter(false), filter(true)]
    for (const { name: call, numbers, errno } of DENIED) {
      const number = numbers[column]
      for (const ask of [strict, lax]) if (number !== null) assert.equal(ask(number), ERRNO | errno, call)
    }
    for (const { numbers } of DENIED_WITHOUT_PROCESSES) {
      const number = numbers[column]
      if (number !== null) assert.deepEqual([strict(number), lax(number)], [ERRNO | 1, ALLOW])
    }
    for (const number of needed) assert.equal(strict(number), ALLOW, `${number}`)
    const clone = numberOf(CLONE)
    assert.deepEqual([strict(clone, [THREAD]), lax(clone, [THREAD])], [ALLOW, ALLOW])
    assert.deepEqual([strict(clone, [17]), lax(clone, [17])], [ERRNO | 1, ALLOW])
    assert.deepEqual([strict(clone, [THREAD | 0x10000000]), lax(clone, [0x40000011])], [ERRNO | 1, ERRNO | 1])
    for (const call of [SOCKET, SOCKETPAIR])
      assert.deepEqual([strict(numberOf(call), [1]), strict(numberOf(call), [2])], [ALLOW, ERRNO | 97])
    assert.deepEqual(
      [strict(numberOf(IOCTL), [1, 0x5401]), strict(numberOf(IOCTL), [1, 0x5412])],
      [ALLOW, ERRNO | 1],
    )
    const personality = numberOf(PERSONALITY)
    assert.deepEqual(
      [0xffffffff, 0, 0x40000].map((value) => strict(personality, [value])),
      [ALLOW, ALLOW, ERRNO | 1],
    )
    assert.equal(strict(463), ERRNO | 38)
    assert.equal(strict(needed[0], [], 0x40000003), KILL)
  })

  const options = existsSync(headers) ? {} : { skip: `${headers} is not installed` }
  test(`the numbers of the table for ${name} are those of the kernel's headers`, options, () => {
    const text = readFileSync(headers, 'utf8')
    const wrong = [...DENIED, ...DENIED_WITHOUT_PROCESSES].flatMap(({ name: call, numbers }) => {
      const found = new RegExp(`#define __NR(?:3264)?_${call}\\s+(\\d+)`).exec(text)?.[1]
      // A call that is newer than the headers is not in them.
      const expected = found === undefined ? numbers[column] : Number(found)
      return expected === numbers[column] || (numbers[column] ?? 0) > 450 ? [] : [`${call}: ${found}`]
    })
    assert.deepEqual(wrong, [])
  })
}

test('other architectures have no filter', () => {
  assert.equal(seccompFilter({ processes: true }, 'riscv64'), undefined)
})

interface Call {
  readonly number: number
  readonly architecture: number
  readonly values: readonly number[]
}

/** What seccomp would do with the call. */
function run(program: Buffer, { number, architecture, values }: Call): number {
  const data = Buffer.alloc(64)
  data.writeInt32LE(number | 0, 0)
  data.writeUInt32LE(architecture, 4)
  for (const [index, value] of values.entries()) data.writeUInt32LE(value, 16 + index * 8)
  let loaded = 0
  for (let at = 0; at * 8 < program.length; at++) {
    const code = program.readUInt16LE(at * 8)
    const constant = program.readUInt32LE(at * 8 + 4)
    if (code === 0x06) return constant
    if (code === 0x20) loaded = data.readUInt32LE(constant)
    else at += program.readUInt8(at * 8 + (holds(code, loaded, constant) ? 2 : 3))
  }
  throw new Error('The program has no end')
}

function holds(code: number, loaded: number, constant: number): boolean {
  if (code === 0x15) return loaded === constant
  if (code === 0x25) return loaded > constant
  if (code === 0x35) return loaded >= constant
  if (code === 0x45) return (loaded & constant) !== 0
  throw new Error(`An unknown instruction: ${code}`)
}
