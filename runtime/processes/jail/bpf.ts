// Assembles programs of classic BPF as seccomp runs them: each looks at the call's number, architecture and arguments.
// Invariant: jumps lead forwards only, within their own block, and so every program ends.

/** One instruction: code, jump if true, jump if false (how many to skip), constant. */
export type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, constant: number]

const LOAD = 0x20
const RETURN = 0x06
const EQUAL = 0x15
const GREATER = 0x25
const AT_LEAST = 0x35
const ANY_BIT = 0x45

const ALLOW = 0x7fff_0000
const KILL = 0x8000_0000
const ERRNO = 0x0005_0000

/** Offsets in struct seccomp_data. */
const NUMBER = 0
const ARCHITECTURE = 4
const ARGUMENTS = 16

export const allow: Instruction = [RETURN, 0, 0, ALLOW]
export const kill: Instruction = [RETURN, 0, 0, KILL]
export const loadNumber: Instruction = [LOAD, 0, 0, NUMBER]
export const loadArchitecture: Instruction = [LOAD, 0, 0, ARCHITECTURE]

/** Makes the call fail with this error number. */
export function fail(errno: number): Instruction {
  return [RETURN, 0, 0, ERRNO | errno]
}

/** The lower half of an argument: all that the kernel reads of an int, and of the flags of clone. */
export function loadArgument(index: number): Instruction {
  return [LOAD, 0, 0, ARGUMENTS + index * 8]
}

export type Test = 'equal' | 'greater' | 'at least' | 'any bit'
const CODES: Readonly<Record<Test, number>> = {
  equal: EQUAL,
  greater: GREATER,
  'at least': AT_LEAST,
  'any bit': ANY_BIT,
}

/** The block if what was loaded passes the test; otherwise what follows it. */
export function when(test: Test, constant: number, block: readonly Instruction[]): Instruction[] {
  return [[CODES[test], 0, block.length, constant], ...block]
}

/** The block unless what was loaded passes the test. */
export function unless(test: Test, constant: number, block: readonly Instruction[]): Instruction[] {
  return [[CODES[test], block.length, 0, constant], ...block]
}

/** The bytes of struct sock_filter, one after the other; both architectures are little-endian. */
export function assemble(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8)
  for (const [index, [code, ifTrue, ifFalse, constant]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(ifTrue, index * 8 + 2)
    bytes.writeUInt8(ifFalse, index * 8 + 3)
    bytes.writeUInt32LE(constant >>> 0, index * 8 + 4)
  }
  return bytes
}
